#!/usr/bin/python3
# timeout: 240
"""The PCI bus as a system finds and drives it: tests/guest/src/pci.c with each
kind of interrupt controllers, on QEMU's own machine for comparison, and what
options put on the bus of which guest.
"""

import re
import shutil
import subprocess
import tempfile

import os1k
import pcisystem
import vm
from vm import tap

QEMU = "qemu-system-x86_64"
STEPS = ("1 configuration mechanism #1", "2 edu", "3 ECAM", "4 BARs",
         "5 factorial and DMA", "6 INTx# by the 8259s",
         "7 INTx# by the I/O APIC", "8 MSI", "9 what no system does",
         "all is well")
NO_ECAM = "  none"
EDU = "1234:11e8 edu"
BRIDGE = "1b36:0008 pci"


def drive(*options):
    return lambda place: vm.Command(vm.KVM_VMM, "--mem", "64M", "--timeout",
                                    "100", "--edu", *options,
                                    pcisystem.kernel())


def took(*steps, less=()):
    steps = [step for step in steps if step not in less]

    def judge(result):
        tap.equal(result.out.decode().replace("\r", "").splitlines(), steps,
                  "steps, " + result.err)
        result.must(vm.OK)
    return judge


TABLE = vm.Table()
for chip in os1k.kinds():
    TABLE.add(f"a system drives edu, irqchip {chip}",
              drive("--irqchip", chip),
              took(*STEPS, less=STEPS[6:8] if chip == "vmm" else ()))
TABLE.add("the same as a multiboot kernel",
          lambda place: vm.Command(vm.KVM_VMM, "--timeout", "100", "--edu",
                                   "--irqchip", "kernel",
                                   vm.compile_guest("pci")), took(*STEPS))
for without in ("ecam", "acpi"):
    TABLE.add(f"the same, --no-{without}",
              drive(f"--no-{without}", "--irqchip", "kernel"),
              took(*STEPS[:3], NO_ECAM, *STEPS[3:]))
TABLE.add("--no-pci: there is no bus", drive("--no-pci"),
          lambda result: result.must(1, b"1 configuration mechanism #1\n"
                                     b"  have ffffffff, want 80000000\n"))

REAL = vm.Table()


def slots(result):
    """What --verbose says is where: (guest, slot, what)."""
    return re.findall(r"^kvm-vmm: (\S+): 00:(\w\w)\.0 (.*)$", result.err, re.M)


def has_slots(*want):
    def judge(result):
        result.must(vm.OK)
        tap.equal(sorted(slots(result)), sorted(want), "slots")
    return judge


def hello(*words):
    return lambda place: vm.Command(vm.KVM_VMM, "--verbose", *(
        vm.image(word) if word.endswith(".bin") else word for word in words))


REAL.add("nothing on it, no bridge", hello("hello.bin"), has_slots())
REAL.add("devices take slots in the order of the options",
         hello("--edu", "--edu", "hello.bin"),
         has_slots(("hello.bin", "00", BRIDGE), ("hello.bin", "01", EDU),
                   ("hello.bin", "02", EDU)))
REAL.add("each guest has a bus of its own",
         hello("hello.bin", "minimal.bin", "--edu"),
         has_slots(("minimal.bin", "00", BRIDGE), ("minimal.bin", "01", EDU)))
REAL.add("31 devices are what a bus has room for",
         hello(*["--edu"] * 31, "hello.bin"),
         lambda result: (result.must(vm.OK),
                         tap.equal(slots(result)[-1],
                                   ("hello.bin", "1f", EDU), "the last")))
REAL.add("one more is refused", hello(*["--edu"] * 32, "hello.bin"),
         lambda result: (result.must(vm.USAGE),
                         tap.check("edu: 31 such devices are the most" in
                                   result.err, result.err)))


# What lspci of pciutils must read out of configuration space, by slot.
LSPCI = {
    "00:00.0": ("Host bridge [0600]", "[1b36:0008]"),
    "00:01.0": ("[1234:11e8] (rev 10)", "Interrupt: pin A routed to IRQ 10",
                "Region 0: Memory at c1000000 (32-bit, non-prefetchable)",
                "MSI: Enable- Count=1/1 Maskable+ 64bit+"),
    "00:02.0": ("[1af4:1044] (rev 01)", "Interrupt: pin A routed to IRQ 10",
                "Control: I/O+ Mem+ BusMaster- ",
                "Region 0: Memory at c2000000 (32-bit, non-prefetchable)",
                "Region 1: Memory at c2004000 (32-bit, non-prefetchable)",
                "Region 2: I/O ports at c400",
                "MSI-X: Enable- Count=2 Masked-",
                "Vector table: BAR=1 offset=00000000",
                "PBA: BAR=1 offset=00000800",
                "Vendor Specific Information: VirtIO: CommonCfg",
                "BAR=0 offset=00000000 size=00000038",
                "Vendor Specific Information: VirtIO: Notify",
                "BAR=2 offset=00000000 size=00000040 multiplier=00000004",
                "BAR=0 offset=00002000 size=00000040 multiplier=00000004",
                "Vendor Specific Information: VirtIO: ISR",
                "Vendor Specific Information: VirtIO: <unknown>"),
}


def by_lspci(result):
    """Debian's lspci reads each slot as what it is."""
    result.must(vm.OK)
    if not shutil.which("lspci"):
        raise tap.Skip("lspci is not installed; `make deps` installs it")
    dump = ""
    for slot in range(3):
        space = result.out[256 * slot:][:256]
        dump += f"00:{slot:02x}.0 device\n" + "".join(
            f"{at:02x}: {space[at:at + 16].hex(' ')}\n"
            for at in range(0, 256, 16)) + "\n"
    with tempfile.NamedTemporaryFile("w", suffix=".lspci") as file:
        file.write(dump)
        file.flush()
        done = subprocess.run(["lspci", "-F", file.name, "-nnvv"], text=True,
                              capture_output=True, check=False)
    tap.equal(done.returncode, 0, "status of lspci, " + done.stderr)
    slots = {text[:7]: text for text in done.stdout.split("\n\n") if text}
    tap.equal(sorted(slots), sorted(LSPCI), "slots")
    for slot, words in LSPCI.items():
        for word in words:
            tap.check(word in slots[slot], f"no {word!r} in", slots[slot])


PROT32 = vm.Table()
PROT32.add("lspci reads in configuration space what was meant",
           lambda place: vm.Command(vm.KVM_VMM, "--edu", "--rng",
                                    pcisystem.small("pciconfig")), by_lspci)


@tap.case("--list names what the bus can have as the bus does")
def listed():
    text = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True,
                          text=True, check=True).stdout
    for line in (r"^device  pci .*\b1b36:0008\b", r"^plug    edu .*\b1234:11e8$",
                 r"^plug    rng .*\bvirtio-rng$"):
        tap.check(re.search(line, text, re.M), f"no line like {line}:", text)


@tap.case("QEMU's edu takes the same steps from the same guest")
def on_qemu():
    if not shutil.which(QEMU):
        raise tap.Skip("QEMU is not installed; `make deps` installs it")
    done = subprocess.run(
        [QEMU, "-M", "q35", "-accel", "tcg", "-m", "64", "-nodefaults",
         "-display", "none", "-serial", "stdio", "-no-reboot", "-device", "edu",
         "-device", "isa-debug-exit,iobase=0xf4", "-append", "qemu", "-kernel",
         vm.compile_guest("pci")], stdin=subprocess.DEVNULL, timeout=120,
        capture_output=True, text=True, check=False)
    tap.equal(done.stdout.splitlines(), list(STEPS), "steps, " + done.stderr)
    tap.equal(done.returncode, 1, "status")     # 0 << 1 | 1


TABLE.add_cases(*vm.places("paged32"))
PROT32.add_cases(*vm.places("prot32"))
REAL.add_cases(*vm.places("real16", "hello.bin", "minimal.bin"))
tap.main()
