#!/usr/bin/python3
# timeout: 120
"""Real-mode programs, on the host and in the lab: every kind of exit."""

import vm
from vm import tap

TABLE = vm.Table()


def row(text, name, status, out=b"", stdin=b"", options=(), note=""):
    """A program of src/, its options, and how it must end.

    The message on stderr must contain note; without one, stderr is empty.
    """
    def judge(result):
        result.must(status, out)
        tap.check(note in result.err and (note or not result.err),
                  f"stderr: have {result.err!r}",
                  f"stderr: want {note or 'nothing'!r}")
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, vm.assemble(name), stdin=stdin), judge)


row("a halt ends a real-mode program well", "halt", vm.OK)
row("REP OUTS prints every byte, forwards, backwards, across a page", "outsb",
    vm.OK, b"forwards\nbackwards\n" + 2999 * b"x" + b"\n")
row("REP INS fills the buffer and nothing around it", "insb", vm.OK)
row("where no device is, reads are all ones and writes are dropped",
    "unclaimed", vm.OK, options=("--mem", "64K"))
row("the hypercalls: print, read, an unknown one, exit with a status",
    "hypercall", 42, b"[Z]\n", stdin=b"Z")
row("a program without interrupts takes no --irqchip", "halt", vm.USAGE,
    options=("--irqchip", "vmm"), note="takes no --irqchip")
row("a triple fault is a crash", "triple", vm.CRASHED, note="kvm-vmm: ")
row("an endless loop ends at --timeout", "loop", vm.LIMIT,
    options=("--timeout", "1"), note="kvm-vmm: ")
row("an endless loop of exits ends at --max-exits", "exits", vm.LIMIT,
    options=("--max-exits", "1000"), note="kvm-vmm: ")
row("a reset by port 0xCF9 ends the guest well", "reset", vm.OK)
row("a scan of the PCI bus, whose register lies across 0xCF9, resets nothing",
    "pciscan", 7)
row("a reset by the keyboard controller ends the guest well",
    "reset_keyboard", vm.OK)
row("the same with the warm-boot flag set is a crash", "reset_warm",
    vm.CRASHED, note="kvm-vmm: ")

# Every byte but Ctrl-D, which ends the echo: Ctrl-A is a key of the console's
# own at a terminal only. The lab needs a millisecond for each byte.
BYTES = bytes(b for b in range(256) if b != 4)
PIPED = {"host": BYTES * 80 + b"\x04", "lab": BYTES * 10 + b"\x04"}


def echoed(result):
    result.must(vm.OK)
    have = result.out.removeprefix(b"ready\n")
    tap.check(have + b"\x04" in PIPED.values(),
              f"{len(result.out)} bytes came back, or changed ones")


TABLE.add("bytes piped into a polling echo all come back",
          lambda place: vm.Command(vm.KVM_VMM, vm.assemble("echo"),
                                   stdin=PIPED[place]), echoed)


def images(text, names, out, *options, note=""):
    """Finished images, each of which must have printed its part of out."""
    def judge(result):
        result.must(vm.OK)
        tap.check(all(part in result.out for part in out) and
                  note in result.err, result.out, result.err)
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, *map(vm.image, names)), judge)


HELLO = b"Hello, KVM!"
images("hello.bin says hello", ["hello.bin"], [HELLO])
images("minimal.bin halts", ["minimal.bin"], [])
images("--verbose names the exits", ["hello.bin"], [HELLO], "--verbose",
       note="exit 3: port output: 0x3f8 (serial) <- 0x6c 'l'")
images("four guests at once, each heard in full",
       ["hello.bin", "minimal.bin", "hello.bin", "hello.bin"], [HELLO])

TABLE.add_cases(*vm.places("real16", "hello.bin", "minimal.bin"))

PAGED = vm.Table()
PAGED.add("--paging enters at 0x80001000 with both mappings",
          lambda place: vm.Command(vm.KVM_VMM, "--paging", vm.assemble("paged")),
          lambda result: result.must(7, b"paging works\n"))
PAGED.add("a halt with interrupts off in 32-bit mode has a status of its own",
          lambda place: vm.Command(vm.KVM_VMM, "--paging",
                             vm.assemble("paged_halt")),
          lambda result: result.must(vm.HALTED, b""))
PAGED.add_cases(*vm.places("paged32"))

tap.main()
