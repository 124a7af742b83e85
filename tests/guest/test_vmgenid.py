#!/usr/bin/python3
# timeout: 600
"""The VM generation ID: a kernel of Debian's that is restored is told by ACPI, and
says so."""

import stock
import vm
from vm import tap

LIMIT = 250         # seconds for each of the two, on a busy machine
SAVED, TOLD, UNTOLD = 3, 4, 5

# Who is restored hears of it from the kernel's driver, or never.
GUEST = ("if [ $(vmctl save) = saved ]; then vmexit %d; fi; "
         "for i in 1 2 3 4 5 6 7 8 9 10; do "
         "if dmesg | grep 'virtual machine fork'; then vmexit %d; fi; "
         "sleep 1; done; vmexit %d" % (SAVED, TOLD, UNTOLD))
HOST = ('vmm=$1; shift; "$vmm" --save /tmp/snapshot "$@"; status=$?; '
        f'[ $status = {SAVED} ] || exit $status; '
        f'exec "$vmm" --restore /tmp/snapshot --timeout {LIMIT}')

TABLE = vm.Table()


def row(text, status, *options):
    TABLE.add(text, lambda place: vm.Command(
        "sh", "-c", HOST, "sh", vm.KVM_VMM, "--timeout", LIMIT,
        stock.kernel("6.12"), "--initrd", stock.initramfs("6.12"), *options,
        "--cmdline", f'console=ttyS0 quiet run="{GUEST}"', limit=2 * LIMIT),
        lambda result: result.must(status))


if vm.has_feature("vmgenid"):
    row("Debian's kernel makes its random numbers anew when it is restored",
        TOLD)
    for place in vm.places("linux", "initramfs.cpio*"):
        if place == "lab":
            TABLE.add_cases(place)
tap.main()
