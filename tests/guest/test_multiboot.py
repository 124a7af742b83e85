#!/usr/bin/python3
# timeout: 300
"""Multiboot: a kernel that checks all that it is told, by both versions of the
specification, as kvm-vmm loads it, and as QEMU and GRUB do."""

import re

import multiboot
import vm
from vm import tap

KIB = 1024
MEM = 128 * KIB - KIB   # KiB from 1 MiB on, by default
TABLE = vm.Table()
FLAT = {"script": "multiboot_flat.ld"}

# name: how it is built, and what its command line says
VERSION1 = {
    "mb1": (("MB1",), {}, "sections"),
    "mb1-64": (("MB1",), {"form": "elf64"}, "sections"),
    "mb1-flat": (("MB1", "FLAT=1"), FLAT, "flat"),
}
VERSION2 = {
    "mb2": (("MB2",), {}, "sections"),
    "mb2-64": (("MB2",), {"form": "elf64"}, "sections"),
    "mb2-flat": (("MB2", "FLAT=1"), FLAT, "flat"),
    "both": (("MB1", "MB2"), {}, "sections"),
}
# May lie where it is linked, and so does.
STAYS = """
    .word 10, 0
    .long 24, 0x10000, 0x8000000, 4096, 0
"""
NEEDS_TEXT = """
    .word 4, 0
    .long 12, 3
"""
SPECIAL = {
    "stays": (("MB2", "NO_LOW"), {"tags": STAYS, "less": "low"},
              "sections nolow"),
    "needs-text": (("MB2",), {"tags": NEEDS_TEXT}, "sections"),
}
KERNELS = {**VERSION1, **VERSION2, **SPECIAL}


def build(name):
    defines, how, _ = KERNELS[name]
    return multiboot.kernel(name, *defines, **how)


def said(name, count, *more):
    return multiboot.words(count, KERNELS[name][2], *more)


def good(result):
    result.must(vm.OK)
    tap.equal(result.err, "")


def row(text, name, count, *options, mem=MEM, judge=good, words=""):
    """NAME with so many modules on kvm-vmm."""
    def make(_):
        argv = [vm.KVM_VMM, *options, build(name), "--cmdline",
                said(name, count, f"mem={mem}", words)]
        for module in multiboot.modules(count):
            argv += ["--module", module]
        return vm.Command(*argv)
    TABLE.add(text, make, judge)


def prints(*wanted):
    def judge(result):
        good(result)
        tap.none_of(text for text in wanted if text.encode() not in result.out)
    return judge


def wrong(name):
    """The kernel ends with the number of a check: src/multiboot.h."""
    with open(f"{vm.SOURCES}/multiboot.h", encoding="ascii") as file:
        names = re.findall(r"^\t([A-Z_0-9]+),", file.read(), re.M)
    return lambda result: result.must(names.index(name))


def refused(*words):
    def judge(result):
        result.must(vm.USAGE, b"")
        tap.check(len(result.err.splitlines()) == 1 and
                  all(word in result.err for word in words), result.err)
    return judge


for kind in [*VERSION1, *VERSION2, "stays"]:
    row(f"{kind} is told all there is", kind, 3)
    row(f"{kind} without modules", kind, 0)
for name, version in (("mb1", 1), ("mb2", 2), ("both", 2)):
    row(f"{name} by version {version}", name, 1,
        judge=prints(f"version {version}\n"))
row("the older version, when it is asked for", "both", 1, "--loader",
    "multiboot1", judge=prints("version 1\n"))
row("or the newer is left out", "both", 1, "--no-multiboot2",
    judge=prints("version 1\n"))
for name in ("mb1", "mb2"):
    row(f"{name} with four vCPUs, of which it starts none", name, 1, "--smp",
        "4", judge=lambda result: (result.must(vm.OK), tap.check(
            "has started 1 of its 4 vCPUs" in result.err, result.err)))
if vm.has_feature("acpi"):
    row("ACPI's root pointer, old and new", "mb2", 0, words="acpi")
    row("no root pointer without ACPI", "mb2", 0, "--no-acpi", words="acpi",
        judge=wrong("ACPI"))
if vm.has_device("vga"):
    for name in ("mb1", "mb2"):
        row(f"{name} is told of the text screen", name, 0, words="text")
        row(f"{name} is not told of a screen that is not there", name, 0,
            "--no-vga", words="text", judge=wrong("TEXT"))
        if vm.has_feature("vga-vbe"):
            row(f"{name} is told of a framebuffer", name, 0, "--vga",
                "800x600", words="pixels")
    row("a kernel that cannot do without a screen", "needs-text", 0)
    row("and there is none", "needs-text", 0, "--no-vga",
        judge=refused("it requires a screen, and there is none"))
row("modules have the words they were given", "mb1", 2, judge=prints(
    "Mini-KVM\n", "mb1.kernel one  two modules=2",
    "module 00001000\n" + multiboot.modules(2)[1]))
row("64 modules", "mb1", 64)
row("2 MiB of RAM are enough", "mb1", 1, "--mem", "2304K", mem=2304 - KIB)
row("RAM on both sides of the hole", "mb1", 2, "--mem", "5G",
    mem=3 * KIB * KIB - KIB)
row("without interrupt controllers", "mb1", 1, "--irqchip", "none")
row("by its loader's name", "mb1-64", 1, "--loader", "multiboot1")
row("modules larger than RAM", "mb1", 14, "--mem", "2200K",
    judge=refused("a module of 300000 bytes takes more RAM; try --mem 3M"))
row("without its loader it is an ELF file like any other", "mb1-64", 0,
    "--no-multiboot1", "--no-multiboot2", judge=refused("ELF file: "))
row("without its loader the flat one is nothing", "mb1-flat", 0,
    "--no-multiboot1", "--no-multiboot2", "--no-flat",
    judge=refused("not an image"))
TABLE.add("two guests, each with modules of its own", lambda _: vm.Command(
    vm.KVM_VMM, "--cmdline", multiboot.words(2),
    build("mb1"), "--module", multiboot.modules(2)[0],
    "--module", multiboot.modules(2)[1],
    build("mb1-64"), "--module", multiboot.modules(2)[0],
    "--module", multiboot.modules(2)[1]), good)


# --- Kernels that can be loaded anywhere ------------------------------------

M = 1 << 20
MOVED = {   # LINK, MIN, MAX, ALIGN, PREFERENCE, EXPECTED
    "linked": (2 * M, M, 64 * M, 4096, 0, 2 * M),
    "lowest": (2 * M, M, 64 * M, 4096, 1, M),
    "lowest-aligned": (2 * M, M + 1, 64 * M, 65536, 1, M + 65536),
    "highest": (2 * M, M, 64 * M, 4096, 2, 64 * M - 4096),
    "not-linked": (256 * M, M, 64 * M, 16 * M, 0, 16 * M),
    "beside": (0x9f000, 0x9f000, 64 * M, 4096, 0, M),
    "unaligned": (2 * M, 3 * M + 1, 64 * M, 1, 1, 3 * M + 1),
}


def moved(name):
    return multiboot.moved("moved-" + name, **dict(zip(
        ("LINK", "MIN", "MAX", "ALIGN", "PREFERENCE", "EXPECTED"),
        MOVED[name])))


def add_moved():
    for name in MOVED:
        TABLE.add(f"a kernel that can be moved: {name}",
                  lambda _, name=name: vm.Command(vm.KVM_VMM, moved(name)),
                  good)
    wrong = {"high": (M, 256 * M, 512 * M, 4096, 0, 0),
             "none": (M, 2 * M, M, 4096, 0, 0)}
    for name, values in wrong.items():
        MOVED[name] = values
        TABLE.add(f"one for which is no room: {name}",
                  lambda _, name=name: vm.Command(vm.KVM_VMM, moved(name)),
                  refused("no RAM is left where it may be loaded"))
    MOVED["odd"] = (M, M, 64 * M, 4095, 0, 0)
    TABLE.add("one with an odd alignment",
              lambda _: vm.Command(vm.KVM_VMM, moved("odd")),
              refused("alignment is no power of 2"))


# --- Others load the same kernels -------------------------------------------

def others(text, function, reason):
    if reason:
        tap.add(text, vm.skip, reason)
    else:
        tap.add(text, function)


def by_qemu(name):
    """QEMU copies all from the lowest address to the highest at once."""
    def run():
        defines, how, more = KERNELS[name]
        path = multiboot.kernel(name + "-qemu", *defines, "NO_LOW", **how,
                                less=None if more == "flat" else "low")
        status, out = multiboot.run_qemu(
            "-kernel", path, "-append",
            multiboot.words(2, "flat" if more == "flat" else "nolow"),
            "-initrd", ",".join(multiboot.modules(2)))
        tap.equal(status, 0, out)
    return run


def by_grub(version, name, count):
    def run():
        more = KERNELS[name][2].split()
        status, out = multiboot.run_grub(version, build(name), count, *more)
        tap.equal(status, 0, out)
        tap.check("\nGRUB " in out, out)
    return run


for kind in ("mb1", "mb1-flat"):
    others(f"{kind} (qemu)", by_qemu(kind), multiboot.qemu_lacks())
for kind in VERSION1:
    others(f"{kind} (grub)", by_grub(1, kind, 2), multiboot.grub_lacks())
for kind in VERSION2:
    others(f"{kind} (grub, multiboot2)", by_grub(2, kind, 2),
           multiboot.grub_lacks())


def moved_by_grub():
    status, out = multiboot.run_grub(2, moved("lowest-aligned"), 0)
    tap.equal(status, 0, out)


others("a kernel that can be moved (grub)", moved_by_grub,
       multiboot.grub_lacks())


def judge_late(result):
    result.must(vm.OK)
    tap.check("header, at 0x4000, is not within" in result.err, result.err)


TABLE.add("a header that comes too late: it is said", lambda _: vm.Command(
    vm.KVM_VMM, multiboot.assemble("irq1", "-z,max-page-size=0x4000")),
    judge_late)


if vm.has_loader("multiboot1") and vm.has_loader("multiboot2"):
    add_moved()
    TABLE.add_cases(*vm.places("prot32"))
else:
    tap.add("multiboot kernels", vm.skip, "their loaders are not built in")
tap.main()
