#!/usr/bin/python3
# timeout: 120
"""The interrupt controllers, whoever plays them: what a guest sees of them must
be the same, and a halt for good is noticed whatever goes on ticking.
"""

import os1k
import vm
from vm import tap

TABLE = vm.Table()
KINDS = os1k.kinds()


def row(text, name, kind, judge, *options):
    TABLE.add(f"{text}, irqchip {kind}",
              lambda place: vm.Command(vm.KVM_VMM, "--irqchip", kind, *options,
                                       "--timeout", "15", "--paging",
                                       vm.assemble(name)), judge)


def strays(result):
    """The chip at 0xfec00000 is not there, and the guest halts as it would."""
    result.must(vm.HALTED)
    tap.check("address 0xfec00000: write, but no device is there" in
              result.err, result.err)


for chip in KINDS:
    row("halted with interrupts off, the timer ticks on", "paged_ticks", chip,
        lambda result: result.must(vm.HALTED, b""))
    row("the same without a timer", "paged_ticks", chip,
        lambda result: result.must(vm.HALTED, b""), "--no-pit")
    row("nothing is written over an image in low RAM", "paged_low", chip,
        lambda result: result.must(7, b""))
for chip in [kind for kind in KINDS if kind in ("kernel", "split")]:
    row("a level at the I/O APIC comes again with each end of interrupt",
        "paged_level", chip, lambda result: result.must(5, b"ABCDE"))
if "vmm" in KINDS:
    row("there is no I/O APIC", "paged_ticks", "vmm", strays, "--verbose")
TABLE.add_cases(*vm.places("paged32"))

tap.main()
