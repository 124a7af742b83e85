#!/usr/bin/python3
# timeout: 500
"""Linux at a COM1 that has no interrupts, or no FIFOs: --no-irq4, --no-fifo.

The guest waits for a line that was typed before it started, says what it has
got, and ends by itself.
"""

import vm
from vm import tap

LIMIT = 120         # seconds for a boot on a busy machine
TYPED = b"hello\n"
# What waits to be sent is lost when the VM ends, so there is a second for it.
SCRIPT = "read -t 3 line; echo have=$line; sleep 1; exit 7"

LINUX = vm.Table()


def row(text, feature, options, words, *wanted, unwanted=b"\0"):
    def judge(result):
        if not vm.has_feature(feature):
            raise tap.Skip(f"kvm-vmm was configured without {feature}")
        result.must(7)
        seen = result.out.decode("utf-8", "replace")[-2000:]
        for part in wanted:
            tap.check(part in result.out, f"no {part!r} in:", seen)
        tap.check(unwanted not in result.out, f"{unwanted!r} in:", seen)

    LINUX.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, vm.image("vmlinux"), "--initrd",
        vm.image("initramfs.cpio*"), "--cmdline",
        f"console=ttyS0 {words} -- {SCRIPT}", stdin=TYPED, limit=LIMIT), judge)


row("with IRQ4 what was typed arrives", "irq4", [], "quiet", b"have=hello\r\n")
row("with FIFOs Linux finds a 16550A, and what was typed arrives", "fifo", [],
    "loglevel=7", b"is a 16550A\r\n", b"have=hello\r\n")
row("without FIFOs what was typed arrives", "fifo", ["--no-fifo"], "quiet",
    b"have=hello\r\n")
row("without FIFOs Linux finds a 16450, and what was typed arrives", "fifo",
    ["--no-fifo"], "loglevel=7", b"is a 16450\r\n", b"have=hello\r\n")
for verbosity in ("quiet", "loglevel=7"):
    row(f"without IRQ4 Linux sends, and nothing typed arrives, {verbosity}",
        "irq4", ["--no-irq4"], verbosity, b"have=\r\n", unwanted=b"hello")

LINUX.add_cases(*vm.places("linux", "vmlinux", "initramfs.cpio*"))
tap.main()
