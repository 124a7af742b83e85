#!/usr/bin/python3
"""Who may include whom in vmm/: the floors of the house.

A file includes headers of its own floor or lower, leaves never include one
another, and only those that talk to KVM see its header.
"""

import fnmatch
import os
import re

import sources
from sources import tap

FLOOR0 = ["util/*", "abi/*", "x86/*", "include/table.h", "include/ison.h",
          "include/feature.h"]
CONTRACT = FLOOR0 + ["include/*"]
FLOOR1 = CONTRACT + ["terminal/*"]
FLOOR2 = FLOOR1 + ["core/*"]
DEVICE = FLOOR0 + ["include/device.h", "include/chip.h"]
LOADER = FLOOR0 + ["include/loader.h", "include/memory.h"]
FIRMWARE = FLOOR0 + ["include/firmware.h", "include/memory.h"]

# Files, the project headers they may include ("=" is any in the file's own
# folder), and whether they may see the KVM header. The first row that fits
# counts.
RULES = [
    ("util/*",		["util/*"],		False),
    ("abi/*",		["abi/*"],		False),
    ("x86/*",		["x86/*", "util/*"],	False),
    ("include/table.h",	[],			False),
    ("include/ison.h",	[],			False),
    ("include/feature.h",	["include/table.h"],	False),
    ("include/*",	CONTRACT,		False),
    ("terminal/*",	FLOOR1,			False),
    ("core/*",		FLOOR2,			True),
    ("devices/*",	DEVICE + ["="],		False),
    ("irqchip/*",	FLOOR2 + ["="],		True),
    ("boot/firmware/*",	FIRMWARE + ["="],	False),
    ("boot/*",		LOADER + ["boot/*"],	False),
    ("probes/*",	FLOOR2 + ["="],		True),
    ("doctor/*",	FLOOR0 + ["include/command.h", "="],	True),
    ("bare/*",		LOADER + ["include/device.h", "core/bus.h",
                                  "core/cpuregs.h", "="],	True),
    ("*",		["*"],			False),
]


def resolve(path, name):
    """The header that `#include "name"` means in a file, below vmm/."""
    for folder in (os.path.dirname(path), "vmm", "vmm/include"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(tap.TOP, candidate)):
            return os.path.relpath(candidate, "vmm")
    return None


def own(path, header):
    """True for a header in the file's own folder: doctor.h of doctor/vm.c."""
    return os.path.dirname(path) == os.path.dirname(header)


def allowed(path, header, rule):
    return any(own(path, header) if pattern == "=" else
               fnmatch.fnmatch(header, pattern) for pattern in rule)


def includes(path):
    for number, line in sources.lines(path):
        found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)', line)
        if found:
            yield number, found.group(1), found.group(2)


def offenders_of(path, rule, kvm):
    name = os.path.relpath(path, "vmm")
    for number, kind, header in includes(path):
        place = f"{path}:{number}: "
        if kind == "<":
            if header.startswith(("linux/kvm", "asm/kvm")) and not kvm:
                yield place + f"<{header}> is not for this floor"
            continue
        target = resolve(path, header)
        if not target:
            yield place + f'no header "{header}" here, in vmm or vmm/include'
        elif not allowed(name, target, rule):
            yield place + f"may not include {target}"


def vmm_files():
    return [p for p in sources.files(".c", ".h", ".S") if p[:4] == "vmm/"]


@tap.case("every include of vmm/ keeps to its floor")
def floors():
    bad = []
    for path in vmm_files():
        name = os.path.relpath(path, "vmm")
        _, rule, kvm = next(r for r in RULES if fnmatch.fnmatch(name, r[0]))
        bad += offenders_of(path, rule, kvm)
    tap.none_of(bad)


@tap.case("guests can share abi/: nothing but #define lines")
def abi():
    bad = []
    for path in vmm_files():
        if not path.startswith("vmm/abi/"):
            continue
        code = sources.bare(sources.read(path))
        bad += [f"{path}:{number}: {line}"
                for number, line in enumerate(code.splitlines(), 1)
                if line.strip() and not line.startswith("#")]
    tap.none_of(bad)


@tap.case("exit() lives in main.c")
def exits():
    bad = []
    for path in vmm_files():
        if path != "vmm/main.c":
            code = sources.bare(sources.read(path))
            bad += [f"{path}:{number}: {line.strip()}"
                    for number, line in enumerate(code.splitlines(), 1)
                    if re.search(r"(?<![\w.>])exit\(", line)]
    tap.none_of(bad)


tap.main()
