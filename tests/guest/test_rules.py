#!/usr/bin/python3
# timeout: 700
"""The boot doctor: a guest for each rule, which breaks it and is told so by
name, and a neighbour that does the same right and is not accused.

Sources are in src/broken/, many guests to a file. Most run wherever KVM runs
such code at all. Some need paging, ring 3 and delivery of exceptions, which a
KVM that emulates the guest does not have: those run in the lab. Others are
about limits and types that the lab's CPU, an emulated one, does not check.
"""

import functools
import os
import re
import subprocess
import tempfile

import vm
from vm import tap

SOURCES = os.path.join(vm.SOURCES, "broken")
FOLDER = os.path.join(tap.BUILD, "tests", "guest", "broken")
NEIGHBOUR = 7           # its exit status: broken.inc

# By file: rules that every KVM sees broken, and those that need the lab.
CASES = {
    "real16": ("far-jump-after-pe gdt-linear", "idt-room real-mode-ltr"),
    "prot32": (
        "code-ones cr0-nw-cd cr4-cpuid cr4-pcide div-overflow div-zero "
        "fpu-ready long-cs msr-known rip-ram selector-code selector-data "
        "selector-limit selector-null selector-present selector-ring "
        "selector-stack stack-ram tss-busy tss-type ud2",
        "bios-call cr0-pg-pe cr3-ram data-mapped data-user data-writable gate-dpl "
        "gate-present gate-ring gate-selector gate-type handler-mapped "
        "idt-loaded idt-mapped idt-real-mode idt-room iopl iret-error-code "
        "lgdt-24-bits pdpte-reserved ring-0-only rip-identity rip-mapped "
        "sse-ready stack-limit stack-mapped stack-writable table-aligned "
        "table-ram tss-limit tss-mapped tss-segment tss-stack"),
    "long64": (
        "code-32-in-64 code-zeroes cr3-reserved cr4-la57 cr4-pae "
        "data-canonical data-mapped data-user data-writable efer-lme long-off "
        "rip-nx rip-smep rip-user syscall-ready table-aligned table-high "
        "table-nxe table-page",
        "avx-ready gate-64-bit gate-size gate-type handler-canonical "
        "handler-nx rip-canonical rip-zeroes stack-mapped tss-stack"),
}
# What an emulated CPU does not check, and so a host's own KVM only.
HOST_ONLY = {"prot32": "data-limit data-read-only data-segment",
             "long64": "code-l-d msr-canonical"}

# What a guest without handlers has broken as well.
WITHOUT_HANDLERS = {"idt-loaded", "idt-mapped", "idt-room", "gate-present"}
OPTIONS = {"cr3-ram": ["--timeout", "1"],   # KVM tries for ever
           "lgdt-24-bits": ["--mem", "32M"]}
LINKED = {
    "real16": (["-m32"], ["-m", "elf_i386", "-e", "0", "-Ttext", "0",
                          "--oformat", "binary"]),
    "prot32": (["-m32"], ["-m", "elf_i386", "-N", "-e", "start", "-Ttext",
                          "0x100000", "--no-warn-rwx-segments"]),
    "long64": ([], ["-N", "-e", "start", "-Ttext", "0x100000",
                    "--section-start=.page=0x400000",
                    "--no-warn-rwx-segments"]),
}


@functools.lru_cache(None)
def build(file, rule, kind):
    """The guest of a rule; kind is BROKEN or RIGHT."""
    os.makedirs(FOLDER, exist_ok=True)
    flags, link = LINKED[file]
    path = os.path.join(FOLDER, f"{file}-{rule}-{kind.lower()}")
    with tempfile.TemporaryDirectory(dir=FOLDER) as work:
        made = os.path.join(work, "a.o")
        subprocess.run(["gcc", *flags, "-c", "-I", os.path.join(tap.TOP, "vmm"),
                        "-D" + kind, "-DCASE_" + rule.replace("-", "_"), "-o",
                        made, os.path.join(SOURCES, file + ".S")], check=True)
        subprocess.run(["ld", *link, "--build-id=none", "-o", path, made],
                       check=True)
    return path


def told(result):
    """The names of the broken rules, in order."""
    return re.findall(r"^  broken rule: .*\n    \(.*\) \[([a-z0-9-]+)\]$",
                      result.err, re.M)


def accused(rule, result):
    tap.check(result.status == (vm.LIMIT if rule == "cr3-ram" else vm.CRASHED),
              f"status {result.status}", result.err)
    names = told(result)
    tap.check(rule in names, f"not told of {rule}:", result.err)
    tap.equal(set(names) - {rule} - WITHOUT_HANDLERS, set(),
              "rules that it did not break")
    report = result.err[result.err.rindex("\nkvm-vmm: ") + 1:]
    tap.check(len(report.splitlines()) <= 36, "long:", report)


def acquitted(result):
    result.must(NEIGHBOUR, b"")
    tap.equal(result.err, "", "stderr of the neighbour")


def add(table, file, rule):
    def command(kind):
        return lambda place: vm.Command(vm.KVM_VMM, *OPTIONS.get(rule, []),
                                        build(file, rule, kind))
    table.add(f"{file}: {rule}: who breaks it is told so", command("BROKEN"),
              functools.partial(accused, rule))
    table.add(f"{file}: {rule}: the neighbour is not accused",
              command("RIGHT"), acquitted)


def lacks(place):
    """Why none of these guests can be judged at a place, or None."""
    if not vm.is_configured("DBG_RULES"):
        return "kvm-vmm was configured without DBG_RULES"
    return vm.lab_lacks() if place == "lab" else \
        next(filter(None, map(vm.host_lacks, ("real16", "long64"))), None)


def add_place(place, groups):
    table = vm.Table()
    for file, rules in groups:
        for rule in rules.split():
            add(table, file, rule)
    if lacks(place):
        tap.add(f"rules ({place})", vm.skip, lacks(place))
    else:
        table.add_cases(place)


@tap.case("every rule's guest is one of src/broken/, and the other way round")
def all_there():
    for file, groups in CASES.items():
        with open(os.path.join(SOURCES, file + ".S"), encoding="utf-8") as src:
            have = re.findall(r"defined\(CASE_(\w+)\)", src.read())
        want = " ".join([*groups, HOST_ONLY.get(file, "")]).split()
        tap.equal(sorted(have), sorted(name.replace("-", "_")
                                       for name in want), file)


if not os.path.exists(vm.KVM_VMM):
    tap.add("kvm-vmm is built", vm.built)
else:
    EVERYWHERE = [(file, groups[0]) for file, groups in CASES.items()]
    LAB = [(file, groups[1]) for file, groups in CASES.items()]
    if lacks("host"):
        LAB += EVERYWHERE
    else:
        add_place("host", EVERYWHERE + list(HOST_ONLY.items()))
    add_place("lab", LAB)
tap.main()
