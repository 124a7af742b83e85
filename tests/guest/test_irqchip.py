#!/usr/bin/python3
# timeout: 300
"""The interrupt controllers, whoever plays them: what a guest sees of them must
be the same, and a halt for good is noticed whatever goes on ticking.
"""

import os
import struct

import badimages
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

# --- What firmware would leave ----------------------------------------------

FIRMWARE = vm.Table()
BDA, EBDA, MP = 0x100, 0x400, 0x2000    # bytes of each that the guest shows
CPU, BUS, IOAPIC, IRQ = 0, 1, 2, 3      # entries of the MP table
ENTRY_SIZES = {CPU: 20, 1: 8, IOAPIC: 8, IRQ: 8, 4: 8}
ALONE = 0xffffffff                      # what is read where no chip is


def kernel(name):
    """The guest as a kernel: those are who look for firmware and CPUs."""
    with open(vm.assemble(name), "rb") as program:
        image = badimages.bzimage(program.read(), xloadflags=0)
    path = os.path.join(tap.BUILD, "tests", "guest", name + ".bzimage")
    with open(path, "wb") as out:
        out.write(image)
    return path


def entries(table):
    """Of an MP table, by type: Intel MultiProcessor Specification 1.4."""
    length, count = struct.unpack_from("<H", table, 4)[0], \
        struct.unpack_from("<H", table, 34)[0]
    tap.equal(sum(table[:length]) % 256, 0, "checksum of the table")
    found, at = {}, 44
    for _ in range(count):
        size = ENTRY_SIZES[table[at]]
        found.setdefault(table[at], []).append(table[at:at + size])
        at += size
    tap.equal(at, length, "where the entries end")
    return found


def describes(result, cpus, has_apic):
    result.must(vm.OK)
    bda, rest = result.out[:BDA], result.out[BDA:]
    ebda, table, regs = rest[:EBDA], rest[EBDA:][:MP], rest[EBDA + MP:]
    tap.equal(struct.unpack_from("<H", bda, 0x0e)[0], 0x9fc0, "40:0E")
    tap.equal(struct.unpack_from("<H", bda, 0x13)[0], 639, "40:13")
    tap.equal(ebda[0], 1, "KiB of the EBDA")
    pointer = ebda.find(b"_MP_")
    ids = struct.unpack("<II", regs)
    if not has_apic:
        tap.equal((pointer, ids), (-1, (ALONE, ALONE)), "no APIC at all")
        return
    tap.equal(pointer % 16, 0, "where the pointer is")
    tap.equal(sum(ebda[pointer:pointer + 16]) % 256, 0, "its checksum")
    tap.equal(struct.unpack_from("<I", ebda, pointer + 4)[0], 0xf0000,
              "where the table is")
    found = entries(table)
    tap.equal([entry[1] for entry in found[CPU]], list(range(cpus)),
              "APIC ids of the CPUs")
    ioapic = found[IOAPIC][0][1]
    tap.equal(ioapic, cpus if cpus < 16 else 0, "the I/O APIC's id")
    tap.equal({entry[6] for entry in found[IRQ]}, {ioapic}, "where lines go")
    tap.equal(ids, (ioapic << 24, 0), "what the registers say of both APICs")
    return found


def has_pci(result):
    """PCI is the bus of that number; INTx# of its slots take turns."""
    found = describes(result, 2, True)
    tap.equal([(entry[1], bytes(entry[2:])) for entry in found[BUS]],
              [(0, b"PCI   "), (1, b"ISA   ")], "buses")
    wired = {}
    for entry in found[IRQ]:
        flags = entry[2] | entry[3] << 8
        wired.setdefault((entry[4], flags), []).append((entry[5], entry[7]))
    tap.equal(sorted(wired), [(0, 0xf), (1, 0), (1, 0xd)],
              "buses and their flags")
    tap.equal(wired[1, 0], [(line, line) for line in range(16) if line != 9],
              "ISA")
    tap.equal(wired[1, 0xd], [(9, 9)], "ACPI's interrupt")
    tap.equal(wired[0, 0xf], [(slot << 2 | pin, 16 + (slot + pin) % 4)
                              for slot in range(32) for pin in range(4)], "PCI")


for chip, counts in (("kernel", (1, 2, 15, 16)), ("split", (1, 2, 15, 16)),
                     ("vmm", (1,)), ("none", (1,))):
    for number in counts if chip in (*KINDS, "none") else ():
        FIRMWARE.add(
            f"the BIOS data area and the MP table tell the truth, {number} "
            f"vCPUs, irqchip {chip}",
            lambda place, chip=chip, number=number: vm.Command(
                vm.KVM_VMM, "--irqchip", chip, "--smp", number, kernel("firmware")),
            lambda result, chip=chip, number=number: describes(
                result, number, chip in ("kernel", "split")))

if "kernel" in KINDS:
    FIRMWARE.add("the MP table has the PCI bus where there is one",
                 lambda place: vm.Command(vm.KVM_VMM, "--edu", "--smp", 2,
                                          "--irqchip", "kernel",
                                          kernel("firmware")), has_pci)

# --- vCPUs that the guest never starts --------------------------------------

SAID = "has started 1 of its {} vCPUs; ACPI or an MP table tells of them"


def said(result, status, cpus, before=None):
    """Once, and before what ends the guest; or not at all."""
    result.must(status)
    lines = [line for line in result.err.splitlines() if "of its" in line]
    tap.equal(len(lines), bool(cpus), "lines about it in " + result.err)
    if cpus:
        tap.check(SAID.format(cpus) in lines[0], result.err)
    if before:
        tap.check(result.err.index("of its") < result.err.index(before),
                  f"not before {before!r}:", result.err)


def unstarted(text, name, cpus, *options, status=vm.OK, say=None, before=None):
    for chip in ("kernel", "split"):
        if chip in KINDS:
            FIRMWARE.add(
                f"{text}, irqchip {chip}",
                lambda place, chip=chip: vm.Command(
                    vm.KVM_VMM, "--irqchip", chip, "--smp", cpus, *options,
                    kernel(name)),
                lambda result: said(result, status, say, before))


unstarted("--smp 3 that the guest did not see is said when it has ended",
          "firmware", 3, say=3)
unstarted("--smp 3 that it does not see is said while it listens",
          "smp_listen", 3, "--timeout", 5, status=vm.LIMIT, say=3,
          before="--timeout")
unstarted("one vCPU is none too many", "smp_listen", 1, "--timeout", 1,
          status=vm.LIMIT)
unstarted("nothing is said of vCPUs that the guest starts", "smp_start", 3)
FIRMWARE.add_cases(*vm.places("prot32"))

tap.main()
