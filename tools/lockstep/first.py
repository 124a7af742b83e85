"""The first registers and the loaded bytes beside those of QEMU's own loader, for
kinds of images that it loads by itself.

A protocol fixes some registers, and leaves others to the loader: these may differ.
"""

import os
import re
import struct
import subprocess

from . import children, trace
from .qemu import PLACE, QEMU, SIZE
from .rsp import Client

SELECTORS = "cs ss ds es fs gs".split()
REGS = trace.REGS + ["rip", "rflags", "cr0", "cr3", "cr4", "efer"] + SELECTORS
PE, PG, IF, VM, LMA = 1, 1 << 31, 1 << 9, 1 << 17, 1 << 10
CODE32 = 0x100000       # where QEMU's bzImage has its 32-bit entry
ALL = (1 << 64) - 1

# What each protocol fixes: bits of registers. Its documents: Multiboot
# Specification 0.6.96 "Machine state"; Xen "x86/HVM direct boot ABI"; Linux
# "The Linux/x86 Boot Protocol", "32-bit" and "64-bit Boot Protocol".
FIXED = {
    "multiboot": {"rax": ALL, "rip": ALL, "rflags": IF | VM, "cr0": PE | PG},
    "pvh": {"rip": ALL, "rflags": IF | VM | 1 << 8, "cr0": PE | PG,
            "cr4": ALL},
    "linux": {"cs": ALL, "ds": ALL, "es": ALL, "ss": ALL, "rflags": IF,
              "cr0": PE},
}
NAMES = {"multiboot": "Multiboot", "pvh": "PVH",
         "linux": "Linux's boot protocol"}


def entry(kind, state):
    """Where QEMU enters what kvm-vmm enters with `state`; None: QEMU takes another
    protocol for it, so that there is nothing to compare."""
    if kind == "linux":
        return CODE32       # by way of its 16-bit code
    return None if state["efer"] & LMA else state["rip"]


def kind_of(data):
    """Which of the kinds that QEMU loads it is, or None."""
    if data[0x202:0x206] == b"HdrS":
        return "linux"
    magic = re.compile(re.escape(struct.pack("<I", 0x1badb002)))
    if data[:5] == b"\x7fELF\x01" and any(
            found.start() % 4 == 0 for found in magic.finditer(data[:8192])):
        return "multiboot"
    note = rb"\x04\0\0\0[\x04\x08]\0\0\0\x12\0\0\0Xen\0"
    return "pvh" if data[:4] == b"\x7fELF" and re.search(note, data) else None


def segments(data):
    """Where an ELF file's bytes belong: physical address, bytes."""
    if data[:4] != b"\x7fELF":
        return
    is64 = data[4] == 2
    phoff, = struct.unpack_from("<Q" if is64 else "<I", data, 32 if is64
                                else 28)
    size, count = struct.unpack_from("<HH", data, 54 if is64 else 42)
    for number in range(count):
        at = phoff + size * number
        if is64:
            kind, _, off, _, addr, length = struct.unpack_from("<IIQQQQ", data,
                                                               at)
        else:
            kind, off, _, addr, length = struct.unpack_from("<IIIII", data, at)
        if kind == 1 and length:
            yield addr, data[off:off + length]


class Loaded:
    """QEMU's own loader at work, up to the guest's first instruction."""

    def __init__(self, folder, image, mem):
        socket = os.path.join(folder, "loader.gdb")
        self.process = children.start(
            [QEMU, "-M", "pc", "-accel", "tcg", "-cpu", "max", "-m", mem, "-S",
             "-gdb", f"unix:{socket},server=on,wait=off", "-display", "none",
             "-nodefaults", "-no-user-config", "-kernel", image],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.gdb = Client(socket, QEMU, lambda: self.process.poll() is None)

    def close(self):
        self.gdb.close()
        children.end(self.process)

    def run_to(self, rip):
        """Its registers there."""
        self.gdb.must(f"Z1,{rip:x},1")
        self.gdb.must("c")
        self.gdb.must("Qqemu.PhyMemMode:1")
        data = bytes.fromhex(self.gdb.must("g").decode())
        return {name: int.from_bytes(data[at:at + SIZE[name]], "little")
                for name, at in PLACE.items()}

    def differing(self, parts, ram, chunk=1024):
        """Addresses where a part of the image is not the same."""
        for addr, part in parts:
            for at in range(0, len(part), chunk):
                want = part[at:at + chunk]
                if ram[addr + at:addr + at + len(want)] != want:
                    yield addr + at, "kvm-vmm"
                elif self.gdb.memory(addr + at, len(want)) != want:
                    yield addr + at, "QEMU"


def rows(kind, mine, theirs):
    """(register, KVM's, QEMU's, whether the protocol fixes what differs)."""
    for name in REGS:
        if mine[name] != theirs[name]:
            fixed = FIXED[kind].get(name, 0)
            yield name, mine[name], theirs[name], \
                bool((mine[name] ^ theirs[name]) & fixed)
