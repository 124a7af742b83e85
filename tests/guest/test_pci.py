#!/usr/bin/python3
# timeout: 240
"""The PCI bus as a system finds and drives it: tests/guest/src/pci.c with each
kind of interrupt controllers, on QEMU's own machine for comparison, and what
options put on the bus of which guest.
"""

import os
import re
import shutil
import subprocess

import badimages
import os1k
import vm
from vm import tap

QEMU = "qemu-system-x86_64"
STEPS = ("1 configuration mechanism #1", "2 edu", "3 ECAM", "4 BARs",
         "5 factorial and DMA", "6 INTx# by the 8259s",
         "7 INTx# by the I/O APIC", "8 MSI", "9 what no system does",
         "all is well")
NO_ECAM = "  none"
KERNEL_AT = 0x1000000   # pref_address of badimages.bzimage()
EDU = "1234:11e8 edu"
BRIDGE = "1b36:0008 pci"


def kernel():
    """The guest as a kernel, which has interrupts and firmware's tables."""
    elf = vm.compile_guest("pci", KERNEL_AT)
    path = elf.replace(".elf", ".bzimage")
    subprocess.run(["objcopy", "-O", "binary", elf, path], check=True)
    with open(path, "rb") as file:
        code = file.read()
    room = (len(code) // 4096 + 2) * 4096
    head = badimages.bzimage(b"", xloadflags=0, syssize=room // 16)
    with open(path, "wb") as out:
        out.write(head[:2 * badimages.SECTOR] + code.ljust(room, b"\0"))
    return path


def drive(*options):
    return lambda place: vm.Command(vm.KVM_VMM, "--mem", "64M", "--timeout",
                                    "100", "--edu", *options, kernel())


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


@tap.case("--list names what the bus can have as the bus does")
def listed():
    text = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True,
                          text=True, check=True).stdout
    for line in (r"^device  pci .*\b1b36:0008\b", r"^plug    edu .*\b1234:11e8$"):
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
REAL.add_cases(*vm.places("real16", "hello.bin", "minimal.bin"))
tap.main()
