#!/usr/bin/python3
# timeout: 900
"""Hostile bytes: no loader, no device, not the whole machine and not the archive
tool is brought to its knees by so many inputs each, by chance but with a fixed
seed. `make fuzz` drives them longer, and otherwise each time.
"""

import importlib.machinery
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

import corpus

RUNS = 10000
# What takes ten to a hundred times as long for one.
SLOW = {"fuzz_p9": 1000, "fuzz_gunzip": 1000, "fuzz_people": 3000}
RUN = importlib.machinery.SourceFileLoader(
    "run", os.path.join(corpus.HERE, "run")).load_module()
LOADERS = ("bios", "bzimage", "bzimage16", "code32", "code64", "flat", "long64",
           "multiboot1", "multiboot2", "paged", "prot32", "pvh", "select", "vmlinux")
PROGRAMS = tuple("fuzz_" + name for name in
                 ("ask", "command", "control", "devices", "disk", "firmware", "floppy", "gdb",
                  "gunzip", "ide", "initcpio",
                  "insn", "kvm_net", "machine", "net", "p9", "people", "queue", "saved",
                  "screen_link", "snapshot", "spare",
                  "state",
                  "virtio") +
                 LOADERS)


def runs_of(name):
    return SLOW.get(name, RUNS)


def survives(name):
    if not os.path.exists(os.path.join(corpus.PROGRAMS, name)):
        raise tap.Skip(f"{name} is not in this configuration")
    status, text = RUN.drive(name, f"-runs={runs_of(name)}", "-seed=1", new=True)
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
    tap.add(f"{program}, {runs_of(program)} inputs", survives, program)
tap.main()
