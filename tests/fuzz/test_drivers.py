#!/usr/bin/python3
# timeout: 900
"""Hostile bytes: no loader, no device, not the whole machine and not the archive
tool is brought to its knees in four seconds each. `make fuzz` does it longer.
"""

import importlib.machinery
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

import corpus

SECONDS = 4
RUN = importlib.machinery.SourceFileLoader(
    "run", os.path.join(corpus.HERE, "run")).load_module()
LOADERS = ("bzimage", "code32", "code64", "flat", "long64", "multiboot1",
           "multiboot2", "paged", "prot32", "pvh", "select", "vmlinux")
PROGRAMS = tuple("fuzz_" + name for name in
                 ("ask", "command", "control", "devices", "disk", "firmware", "floppy", "gdb",
                  "gunzip", "ide", "initcpio",
                  "insn", "kvm_net", "machine", "net", "p9", "people", "queue", "saved",
                  "screen_link", "snapshot", "spare",
                  "state",
                  "virtio") +
                 LOADERS)


def survives(name):
    if not os.path.exists(os.path.join(corpus.PROGRAMS, name)):
        raise tap.Skip(f"{name} is not in this configuration")
    status, text = RUN.drive(name, SECONDS)
    tap.check(status == 0, f"exit status {status}", text[-6000:])


@tap.case("what was kept can be read, and no program is forgotten")
def complete():
    for name in PROGRAMS:
        corpus.kept(name)
    tap.none_of(f"{entry}: no such program" for entry in
                os.listdir(os.path.join(corpus.HERE, "corpus"))
                if entry.removesuffix(".txt") not in PROGRAMS)
    tap.none_of(f"{name}: not driven here" for name in RUN.programs("*")
                if name not in PROGRAMS)


for program in PROGRAMS:
    tap.add(f"{program}, {SECONDS} seconds", survives, program)
tap.main()
