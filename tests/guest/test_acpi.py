#!/usr/bin/python3
# timeout: 200
"""ACPI's tables, read out of a guest's RAM and shown to judges that nobody here
wrote: iasl takes them apart and puts the DSDT together again, acpiexec evaluates
it. Neither's exit status says anything, their text does; and what neither looks
at is checked here: names that two devices have, and places that overlap.
"""

import itertools
import os
import re
import shutil
import struct
import subprocess

import badimages
import idefiles
import vm
from vm import tap

AREA = 0xe0000          # what the guest shows begins here,
SHOWN = 0x4000          # and is so long; the page of the ID follows
BAD = re.compile(r"warning|error|remark|exception|fail|could not|AE_[A-Z]|"
                 r"unresolved|invalid", re.I)
GOOD = re.compile(r"0 Errors, 0 Warnings, 0 Remarks|"
                  r"\(aetests-|AE_OK|"          # acpiexec's tests of itself
                  r"Outstanding cache alloc|"   # its own, with any GPE block
                  r"Disassembly of|^ \* ")
HEADER = 36             # bytes of a table before its content
GENERATION = 0xef000    # what ADDR says
PM_PORTS = (0x600, 14)  # the FADT's, which no device may have
PCI_IDS = ("PNP0A03", "PNP0A08")


def kernel(name):
    """The guest as a kernel: those are who look for firmware."""
    with open(vm.assemble(name), "rb") as program:
        image = badimages.bzimage(program.read(), xloadflags=0)
    path = os.path.join(tap.BUILD, "tests", "guest", name + ".bzimage")
    with open(path, "wb") as out:
        out.write(image)
    return path


def said(*command, cwd):
    """What a judge has to say: all of it, with nothing bad in it."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True,
                          check=False, timeout=60, stdin=subprocess.DEVNULL)
    text = done.stdout + done.stderr
    tap.none_of(f"{command[0]}: {line}" for line in text.splitlines()
                if BAD.search(line) and not GOOD.search(line))
    return text


class Tables:
    """All that a system finds that follows the root pointer."""

    def __init__(self, area):
        self.area = area
        tap.equal(area[:8], b"RSD PTR ", "signature at 0xe0000")
        tap.equal(sum(area[:20]) % 256, 0, "checksum of the root pointer")
        tap.equal(sum(area[:36]) % 256, 0, "its second checksum")
        rsdt, length = struct.unpack_from("<II", area, 16)
        tap.equal((area[15], length), (2, 36), "its revision and length")
        old = self.pointers(self.table(rsdt), 4)
        new = self.pointers(self.table(
            struct.unpack_from("<Q", area, 24)[0]), 8)
        tap.equal(old, new, "RSDT and XSDT")
        self.by_name = {t[:4].decode(): t for t in map(self.table, new)}
        self.add_pointed()

    @staticmethod
    def pointers(table, size):
        return list(struct.unpack(f"<{(len(table) - HEADER) // size}" +
                                  ("Q" if size == 8 else "I"),
                                  table[HEADER:]))

    def table(self, gpa, has_sum=True):
        at = gpa - AREA
        tap.check(0 <= at < len(self.area), f"a table at {gpa:#x}")
        length = struct.unpack_from("<I", self.area, at + 4)[0]
        table = self.area[at:at + length]
        tap.equal(len(table), length, f"bytes of {table[:4]}")
        if has_sum:
            tap.equal(sum(table) % 256, 0, f"checksum of {table[:4]}")
        return table

    def add_pointed(self):
        """What the FADT points to."""
        fadt = self.by_name["FACP"]
        facs, dsdt = struct.unpack_from("<II", fadt, 36)
        x_facs, x_dsdt = struct.unpack_from("<QQ", fadt, 132)
        tap.equal((x_facs, x_dsdt), (0, dsdt), "64-bit pointers of the FADT")
        tap.equal(facs % 64, 0, "alignment of the FACS")
        self.by_name["DSDT"] = self.table(dsdt)
        self.by_name["FACS"] = self.table(facs, has_sum=False)

    def write(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name, table in self.by_name.items():
            with open(os.path.join(folder, name.lower() + ".dat"),
                      "wb") as file:
                file.write(table)


class Device:
    """One of the DSDT, as iasl shows it."""

    def __init__(self, name, text):
        self.name = name
        hid = re.search(r'_HID, (?:EisaId \()?"(\w+)"', text)
        tap.check(hid, f"{name} has no static _HID:\n{text}")
        self.hid = hid.group(1)
        uid = re.search(r"_UID, (\w+)", text)
        self.uid = {"Zero": 0, "One": 1}.get(uid.group(1)) if uid else None
        if uid and self.uid is None:
            self.uid = int(uid.group(1), 16)
        self.irqs = [int(n) for line in re.findall(r"IRQ\w* \([^{}]*\{([\d,]+)\}", text)
                     for n in line.split(",")] if "IRQ" in text else \
            [int(n, 16) for n in re.findall(r"Interrupt \([^{]*\{\s*(0x\w+),",
                                            text)]
        self.ports = list(self.ranges(text, r"\bIO|WordIO", "Range Minimum",
                                      "Length"))
        self.memory = list(self.ranges(text, "DWordMemory", "Range Minimum",
                                       "Length")) + \
            list(self.ranges(text, "Memory32Fixed", "Address Base",
                             "Address Length"))

    @staticmethod
    def ranges(text, kind, base, length):
        """(start, bytes) of each descriptor of a kind, by iasl's comments."""
        for found in re.finditer(rf"(?:{kind}) \(([^()]*)\)", text):
            start, size = (re.search(rf"0x(\w+),\s+// {word}", found.group(1))
                           for word in (base, length))
            yield int(start.group(1), 16), int(size.group(1), 16)


def overlap(ranges):
    """Of (start, bytes, name), those that share a place."""
    return [(a, b) for a, b in itertools.combinations(ranges, 2)
            if a[0] < b[0] + b[1] and b[0] < a[0] + a[1]]


def devices_of(dsl):
    """The devices in a disassembled DSDT; none is inside another."""
    blocks = re.split(r"\bDevice \((\w+)\)", dsl)[1:]
    return [Device(name, text) for name, text in zip(blocks[::2],
                                                      blocks[1::2])]


def check_devices(devices):
    """What iasl and acpiexec say nothing about."""
    names = [(d.hid, d.uid) for d in devices]
    tap.none_of(f"two devices are {name}" for name in set(names)
                if names.count(name) > 1)
    tap.none_of(f"ports {a} and {b}" for a, b in overlap(
        [(*PM_PORTS, "FADT")] + [(*r, d.name) for d in devices
                                 for r in d.ports
                                 if d.name != "PCI0"]))
    tap.none_of(f"memory {a} and {b}" for a, b in overlap(
        [(*r, d.name) for d in devices for r in d.memory]))
    irqs = [irq for d in devices for irq in d.irqs] + [9]
    tap.equal(sorted(irqs), sorted(set(irqs)), "lines of one device each")
    tap.none_of(f"{d.name} has two instances and no _UID" for d in devices
                if d.uid is None and
                sum(other.hid == d.hid for other in devices) > 1)


def check_madt(madt, cpus, devices):
    """Processors, as many as there are; the I/O APIC; what is no edge."""
    entries, at = {}, HEADER + 8
    tap.equal(struct.unpack_from("<II", madt, HEADER), (0xfee00000, 1),
              "local APIC, 8259s")
    while at < len(madt):
        entries.setdefault(madt[at], []).append(madt[at:at + madt[at + 1]])
        at += madt[at + 1]
    tap.equal(at, len(madt), "where the entries end")
    tap.equal([(e[2], e[3], e[4]) for e in entries[0]],
              [(n, n, 1) for n in range(cpus)], "processors")
    tap.equal([d.uid for d in devices if d.hid == "ACPI0007"],
              list(range(cpus)), "processors of the DSDT")
    tap.equal([struct.unpack_from("<BxII", e, 2) for e in entries[1]],
              [(cpus if cpus < 16 else 0, 0xfec00000, 0)], "the I/O APIC")
    tap.equal([struct.unpack_from("<BBIH", e, 2) for e in entries[2]],
              [(0, 9, 9, 0xd)], "the SCI is a level, active high")
    tap.equal([struct.unpack_from("<BHB", e, 2) for e in entries[4]],
              [(0xff, 0, 1)], "NMI")


def check_fadt(fadt, without, has_apic):
    """What it says of devices is what there is."""
    arch, = struct.unpack_from("<H", fadt, 109)
    flags, = struct.unpack_from("<I", fadt, 112)
    want = {1: "i8042" not in without, 3: not has_apic, 4: True,
            5: "cmos" in without, 0: not {"serial", "i8042"} <= without}
    for bit, value in want.items():
        tap.equal(bool(arch >> bit & 1), value, f"IAPC_BOOT_ARCH bit {bit}")
    tap.equal(fadt[108], 0 if "cmos" in without else 0x32, "century")
    tap.equal(flags >> 20 & 1, 0, "hardware-reduced")
    reset = struct.unpack_from("<BBBBQB", fadt, 116)
    tap.equal(bool(flags >> 10 & 1), not {"reset", "i8042"} <= without,
              "there is a reset register")
    if "reset" not in without:
        tap.equal(reset, (1, 8, 0, 1, 0xcf9, 6), "the reset register")
    elif "i8042" not in without:
        tap.equal(reset, (1, 8, 0, 1, 0x64, 0xfe), "the reset register")


def asks(text, path):
    """What acpiexec evaluated an object to, element by element."""
    found = re.search(rf"Evaluation of {re.escape(path)} returned.*?\n(.*?)"
                      r"\n\n", text, re.S)
    tap.check(found, f"{path} was not evaluated:\n{text[-2000:]}")
    return [int(n, 16) for n in re.findall(r"\[Integer\] = (\w+)",
                                           found.group(1))]


def check_routing(text):
    """INTx# as the 8259s get it, and after _PIC as the I/O APIC does."""
    pic, apic = text.split("Evaluating \\_PIC", 1)
    for part, lines in ((pic, (11, 10, 10, 11)), (apic, (16, 17, 18, 19))):
        tap.equal(asks(part, "\\_SB.PCI0._PRT"), [
            number for slot in range(32) for pin in range(4)
            for number in (slot << 16 | 0xffff, pin, 0,
                           lines[(slot + pin) % 4])], "_PRT")


def check_windows(devices, count):
    """virtio over MMIO: a page each, one behind the other, and a line."""
    windows = [d for d in devices if d.hid == "LNRO0005"]
    tap.equal([d.memory for d in windows],
              [[(0xfeb00000 + 0x1000 * n, 0x1000)] for n in range(count)],
              "windows")
    tap.equal([d.uid for d in windows], list(range(count)), "their numbers")
    tap.none_of(f"{d.name} has {d.irqs}" for d in windows
                if len(d.irqs) != 1)


def check_generation(page, hids, text, is_there):
    """The VM generation ID: 16 bytes, aligned, in a page of their own."""
    tap.equal("MKVM0001" in hids, is_there, "the VM generation ID's device")
    tap.equal(len(page), 0x1000, "its page")
    tap.equal(any(page[:16]), is_there, "the ID is not zeroes")
    tap.check(not any(page[16:]), "nothing else is in its page")
    if is_there:
        tap.equal(asks(text, "\\_SB.VGEN.ADDR"), [GENERATION, 0], "ADDR")


def check_floppies(dsl, hids, count):
    """The controller tells of each of its drives; a tape there never is."""
    tap.equal("PNP0700" in hids, count > 0, "a controller of floppies")
    if count:
        drives = re.search(r"_FDE, Buffer \(0x14\).*?\{(.*?)\}", dsl, re.S)[1]
        tap.equal([int(n, 16) for n in re.findall(r"0x(\w\w)", drives)][::4],
                  [1] * count + [0] * (4 - count) + [2], "drives of _FDE")


def judge(result, cpus, chip, without, has_pci, windows, floppies):
    result.must(vm.OK)
    tables = Tables(result.out[:SHOWN])
    folder = os.path.join(tap.BUILD, "tests", "guest", "acpi")
    tables.write(folder)
    names = set(tables.by_name)
    has_apic = chip != "vmm"
    tap.equal(names, {"FACP", "FACS", "DSDT"} |
              ({"APIC"} if has_apic else set()) |
              ({"MCFG"} if has_pci and "ecam" not in without else set()),
              "tables")
    for name in sorted(names):
        said("iasl", "-d", name.lower() + ".dat", cwd=folder)
    with open(os.path.join(folder, "dsdt.dsl"), encoding="utf-8") as file:
        dsl = file.read()
    text = said("iasl", "-p", "again", "dsdt.dsl", cwd=folder)
    tap.check("0 Errors, 0 Warnings, 0 Remarks" in text, text)
    commands = ["evaluate \\_S5", "namespace"]
    if "vmgenid" not in without:
        commands += ["evaluate \\_SB.VGEN.ADDR"]
    if has_pci:
        commands += ["evaluate \\_SB.PCI0._PRT", "execute \\_PIC 1",
                     "evaluate \\_SB.PCI0._PRT"]
    text = said("acpiexec", "-b", ";".join(commands), "dsdt.dat",
                "facp.dat", cwd=folder)
    if has_pci:
        check_routing(text)
    tap.equal(asks(text, "\\_S5"), [0, 0, 0, 0], "\\_S5")
    tap.none_of(f"{name} is a method" for name in
                re.findall(r"Method \((_HID|_CRS|_UID|_STA|_ADR)", dsl))
    tap.check("_STA" not in dsl, "what is absent is not there")
    devices = devices_of(dsl)
    check_devices(devices)
    check_windows(devices, windows)
    has = {d.hid for d in devices}
    for hid, name in (("PNP0501", "serial"), ("PNP0303", "i8042"),
                      ("PNP0F13", "mouse"), ("PNP0B00", "cmos"), ("PNP0100", "pit")):
        behind = {"i8042"} if name == "mouse" else set()
        tap.equal(hid in has, not (behind | {name}) & without,
                  f"{name} is described")
    tap.equal(bool(has & set(PCI_IDS)), has_pci, "a host bridge")
    com1 = [d.irqs for d in devices if d.hid == "PNP0501"]
    if com1:
        tap.equal(com1, [[] if "irq4" in without else [4]], "COM1's line")
    check_generation(result.out[SHOWN:], has, text, "vmgenid" not in without)
    check_floppies(dsl, has, floppies)
    check_fadt(tables.by_name["FACP"], without, has_apic)
    if has_apic:
        check_madt(tables.by_name["APIC"], cpus, devices)


def is_absent(result):
    result.must(vm.OK)
    tap.equal(result.out.strip(b"\0"), b"", "where the tables would be")


TABLE = vm.Table()


def row(text, judges, *options):
    TABLE.add(text, lambda place: vm.Command(vm.KVM_VMM, *options,
                                             kernel("acpi")), judges)


def described(cpus, chip, *names, has_pci=False, windows=0, floppies=0):
    """A machine, less some devices and features."""
    row(f"the judges have nothing to say: {cpus} vCPUs, irqchip {chip}" +
        (", PCI" if has_pci else "") +
        (f", {windows} windows" if windows else "") +
        (f", {floppies} floppies" if floppies else "") +
        "".join(f", no {name}" for name in names),
        lambda result: judge(result, cpus, chip, set(names), has_pci,
                             windows, floppies),
        "--irqchip", chip, "--smp", cpus, *(["--edu"] if has_pci else []),
        *(["--virtio", "mmio"] if windows else []), *["--rng"] * windows,
        *["--floppy", idefiles.floppy()] * floppies,
        *(f"--no-{name}" for name in names))


FLOPPIES = 2 if vm.has_feature("floppy", "plug") else 0
described(1, "kernel")
described(2, "kernel")
described(64, "kernel")
described(16, "split", "pit")
described(1, "vmm", floppies=FLOPPIES and 1)
described(1, "vmm", "i8042", "cmos", "irq4")
described(4, "kernel", "serial", "mouse")
described(1, "kernel", "serial", "i8042", "reset", "cmos", "pit")
described(1, "kernel", "reset", floppies=FLOPPIES)
described(1, "kernel", "vmgenid")
described(2, "kernel", has_pci=True)
described(1, "vmm", has_pci=True)
described(3, "split", "ecam", has_pci=True)
if vm.has_feature("rng", "plug") and vm.has_feature("mmio", "virtio"):
    described(2, "kernel", windows=1)
    described(1, "kernel", windows=8)
    described(1, "vmm", "i8042", windows=9)
    described(3, "split", has_pci=True, windows=5)
for option in ("--no-acpi", "--no-pm", "--irqchip=none"):
    row(f"{option}: no tables", is_absent, option)
TABLE.add_cases(*vm.places("prot32")[:1])
tap.main()
