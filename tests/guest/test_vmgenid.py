#!/usr/bin/python3
# timeout: 600
"""The VM generation ID: a kernel of Debian's that is restored is told by ACPI, and
says so; and it is where firmware has put it."""

import pcisystem
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


# Saved by itself, and restored twice.
AGAIN = ('vmm=$1; shift; "$vmm" --no-vga --save /tmp/generation.$$ "$@"; status=$?; '
         '[ $status = 3 ] || exit $status; '
         '"$vmm" --restore /tmp/generation.$$; "$vmm" --restore /tmp/generation.$$; '
         'status=$?; rm /tmp/generation.$$; exit $status')
SMALL = vm.Table()


def changes(result):
    """Each has another ID, and the event that says so."""
    result.must(7)
    runs = [run.split() for run in result.out.decode().split("\n@\n")[1:]]
    tap.equal([len(run) for run in runs], [2, 2, 2])
    tap.equal(len({runs[0][1], runs[1][0], runs[2][0]}), 3, repr(runs))
    tap.equal([run[1] for run in runs[1:]], ["00000020"] * 2)


def small(text, judge, *options):
    SMALL.add(text, lambda place: vm.Command(
        "sh", "-c", AGAIN, "sh", vm.KVM_VMM, "--timeout", 120, *options,
        pcisystem.either("generation"), limit=LIMIT), judge)


if vm.has_feature("vmgenid"):
    small("a guest that was restored has another ID", changes)
    if vm.is_configured("FIRMWARE") and vm.has_loader("bzimage16"):
        small("and so has one that firmware has begun", changes, "--firmware")
    SMALL.add_cases(*list(vm.places("real16"))[:1])
    row("Debian's kernel makes its random numbers anew when it is restored",
        TOLD)
    for place in vm.places("linux", "initramfs.cpio*"):
        if place == "lab":
            TABLE.add_cases(place)
tap.main()
