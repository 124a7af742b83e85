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
          "include/feature.h", "include/saved.h"]
CONTRACT = FLOOR0 + ["include/*"]
FLOOR1 = CONTRACT + ["terminal/*"]
FLOOR2 = FLOOR1 + ["core/*"]
DEVICE = FLOOR0 + ["include/device.h", "include/chip.h", "include/plug.h",
                   "include/device_memory.h", "include/framebuffer.h",
                   "include/ioevent.h", "include/bioslog.h"]
LOADER = FLOOR0 + ["include/loader.h", "include/boot_args.h", "include/memory.h",
                   "include/framebuffer.h",
                   "include/firmware.h"]
PCI = DEVICE + ["include/pci.h", "include/plug.h", "include/spare.h"]
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
    ("include/saved.h",	["include/ison.h"],	False),
    ("include/*",	CONTRACT,		False),
    ("terminal/*",	FLOOR1,			False),
    ("core/*",		FLOOR2,			True),
    ("devices/vga*",	DEVICE + ["include/pci.h", "="],	False),
    ("devices/*",	DEVICE + ["="],		False),
    ("pci/*",		PCI + ["="],		False),
    ("virtio/*",	PCI + ["include/virtio.h", "include/worker.h",
                       "include/queue.h", "include/transport.h",
                       "include/ioevent.h", "include/shown_page.h",
                       "include/net.h", "include/disk.h", "include/ctl.h",
                       "="],	False),
    ("ide/*",		PCI + ["include/worker.h", "include/disk.h", "="],	False),
    ("floppy/*",	DEVICE + ["include/worker.h", "include/disk.h", "="],	False),
    ("net/*",		FLOOR0 + ["include/net.h", "="],	False),
    ("disk/saved.c",	FLOOR0 + ["include/device.h", "include/disk.h"],	False),
    ("disk/*",		FLOOR0 + ["include/disk.h", "="],	False),
    ("display/*",	FLOOR0 + ["include/display.h", "include/viewer.h", "="],	False),
    ("irqchip/*",	FLOOR2 + ["="],		True),
    ("boot/firmware/*",	FIRMWARE + ["="],	False),
    ("boot/root.c",	DEVICE,			False),	# a plug, no loader
    ("boot/bzimage16.c",	LOADER + ["boot/*", "include/plug.h"],	False),
    ("boot/bios.c",	LOADER + ["boot/*", "include/plug.h"],	False),
    ("boot/*",		LOADER + ["boot/*"],	False),
    ("probes/report/rules/*",	FLOOR2 + ["probes/report/report.h", "="],	True),
    ("probes/*",	FLOOR2 + ["="],		True),
    ("service/fork/*",	FLOOR2 + ["service/control/control.h",
                       "service/snapshot/snapshot.h", "="],	True),
    ("service/*",	FLOOR2 + ["="],		True),
    ("sandbox/*",	FLOOR2 + ["="],		True),
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


# Where two files need each other, and why that is natural. A file and its header
# are one; whatever else comes to stand in a circle is to be cut.
CIRCLES = [
    # a guest, its CPUs, exits, and who makes CPUs stand still between two of them
    {"vmm/core/exit", "vmm/core/pause", "vmm/core/services", "vmm/core/vcpu",
     "vmm/core/vm"},
]


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def headers(path, texts):
    """The project's headers that a file includes, in order."""
    os_1k = path.startswith("os-1k/")
    places = [os.path.dirname(path)] + (
        ["os-1k", "os-1k/lib"] if os_1k else ["vmm", "vmm/include"])
    for name in re.findall(r'^\s*#\s*include "([^"]+)"', texts[path], re.M):
        paths = [os.path.normpath(os.path.join(place, name))
                 for place in places]
        yield from [header for header in paths if header in texts][:1]


def parts():
    """For each file and its header, the files whose headers it includes."""
    texts = {path: sources.read(path) for path in sources.files(".c", ".h")}
    wanted = {path: list(headers(path, texts)) for path in texts}
    names = {path: os.path.splitext(path)[0] for path in texts}
    for path, want in wanted.items():   # core/memory.c is include/memory.h
        if path[-2:] == ".c" and want and stem(want[0]) == stem(path):
            names[want[0]] = names[path]
    graph = {}
    for path, want in wanted.items():
        graph.setdefault(names[path], set()).update(
            names[header] for header in want)
    return graph


def reached(graph, start):
    seen, todo = set(), [start]
    while todo:
        for part in graph.get(todo.pop(), ()):
            if part not in seen:
                seen.add(part)
                todo.append(part)
    return seen


@tap.case("no two files need each other, the natural circles aside")
def circles():
    graph = parts()
    beyond = {part: reached(graph, part) for part in graph}
    found = {frozenset(other for other in seen if part in beyond.get(other, ()))
             for part, seen in beyond.items() if part in seen}
    found = {circle for circle in found if len(circle) > 1}
    tap.equal(sorted(map(sorted, found)), sorted(map(sorted, CIRCLES)),
              "files in a circle")


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
