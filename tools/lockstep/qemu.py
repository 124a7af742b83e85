"""The other CPU: QEMU's translator (TCG) in a machine that has RAM and nothing
else, driven through its gdb server.

A CPU cannot be given hidden parts of segments from outside. It executes a few
instructions of ours in low memory that load them from descriptors, and only
then gets the guest's RAM, and the registers that can be written.
"""

import os
import shutil
import struct
import subprocess

from . import children, trace
from .errors import Failure
from .rsp import Client

QEMU = os.environ.get("MKVM_QEMU", "qemu-system-x86_64")
CHUNK = 1024            # bytes of RAM in a packet

# As QEMU numbers them: name, bytes.
NAMES = [(name, 8) for name in
         "rax rbx rcx rdx rsi rdi rbp rsp".split() +
         [f"r{number}" for number in range(8, 16)] + ["rip"]] + \
    [(name, 4) for name in "rflags cs ss ds es fs gs".split()] + \
    [(name, 8) for name in "fs_base gs_base kernel_gs_base cr0 cr2 cr3 cr4 "
     "cr8 efer".split()]
PLACE, SIZE, _at = {}, {}, 0
for _name, _size in NAMES:
    PLACE[_name], SIZE[_name] = _at, _size
    _at += _size
NUMBER = {name: number for number, (name, _) in enumerate(NAMES)}

PE, PG = 1, 1 << 31
PAE, LME, LMA = 1 << 5, 1 << 8, 1 << 10
ATTR_L = 1 << 13
TF = 1 << 8

# Where our instructions, descriptors and page tables are.
CODE, POINTERS, GDT, TABLES = 0x1000, 0x1800, 0x1900, 0x2000
GDT_ENTRIES = 32
CODE32, DATA32 = 30 << 3, 31 << 3


def lacks():
    """Why there is no other CPU here, or None."""
    return None if shutil.which(QEMU) else \
        f"{QEMU} is not installed; `make deps` installs it, or " \
        "`tools/deps lab`"


def _descriptor(base, limit, attr):
    if attr & 1 << 15:
        limit >>= 12
    return struct.pack("<HHBHB", limit & 0xffff, base & 0xffff,
                       base >> 16 & 0xff,
                       (attr & 0xf0ff) | (limit >> 8 & 0xf00),
                       base >> 24 & 0xff)


class Way:
    """Instructions that lead from reset to the segments of `state`."""

    def __init__(self, state):
        self.state = state
        self.is_long = bool(state["efer"] & LMA)
        self.code = b""
        self.table = bytearray(8 * GDT_ENTRIES)

    def _put(self, selector, base, limit, attr):
        index = selector >> 3
        if index >= CODE32 >> 3 or selector & 4:
            raise Failure(f"it begins with selector {selector:#x}, which "
                          "cannot be made here")
        self.table[8 * index:8 * index + 8] = \
            _descriptor(base, limit, attr & ~2 if not attr & 16 else attr)

    def _segments(self):
        names = [name for name in trace.SEGMENTS if name != "cs"]
        for name in ["cs"] + names:
            selector = self.state[name]
            if selector & ~3:
                self._put(selector, *(self.state[f"{name}_{part}"] for part in
                                      ("base", "limit", "attr")))
        self.table[CODE32:CODE32 + 8] = _descriptor(0, 0xffffffff, 0xc09b)
        self.table[DATA32:DATA32 + 8] = _descriptor(0, 0xffffffff, 0xc093)

    def _enter_protected(self):
        # lgdt; mov eax, cr0; or al, 1; mov cr0, eax; ljmp CODE32:next
        self.code = b"\x66\x0f\x01\x16" + struct.pack("<H", POINTERS) + \
            b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0"
        self.code += b"\x66\xea" + struct.pack(
            "<IH", CODE + len(self.code) + 8, CODE32)

    def _enter_long(self):
        def move_to(register, value):       # mov eax, value; mov crN, eax
            return b"\xb8" + struct.pack("<I", value) + b"\x0f\x22" + register

        self.code += move_to(b"\xe0", PAE) + move_to(b"\xd8", TABLES)
        # mov ecx, EFER; mov eax, LME; xor edx, edx; wrmsr
        self.code += b"\xb9\x80\x00\x00\xc0\xb8" + struct.pack("<I", LME) + \
            b"\x31\xd2\x0f\x30" + move_to(b"\xc0", PE | PG | 0x10)

    def _load(self):
        """The others first, and CS last; from here on addresses stay the same in
        32 and in 64 bits."""
        numbers = {"es": 0xc0, "ss": 0xd0, "ds": 0xd8, "fs": 0xe0, "gs": 0xe8}
        for name, modrm in numbers.items():
            # mov eax, selector; mov SEGMENT, ax
            self.code += b"\xb8" + struct.pack("<IBB", self.state[name], 0x8e,
                                               modrm)
        if self.state["tr"] & ~3:
            # mov eax, selector; ltr ax
            self.code += b"\xb8" + struct.pack("<I", self.state["tr"]) + \
                b"\x0f\x00\xd8"
        # ljmp CS:next; then lgdt and lidt, of what the guest has; in 64 bits
        # these addresses are RIP-relative, so by way of EBX.
        self.code += b"\xbb" + struct.pack("<I", POINTERS + 16)
        self.code += b"\xea" + struct.pack("<IH", CODE + len(self.code) + 7,
                                           self.state["cs"])
        self.code += b"\x0f\x01\x13\x0f\x01\x5b\x10"

    def make(self):
        self._segments()
        self._enter_protected()
        if self.is_long:
            self._enter_long()
        self._load()
        return self.code

    def pointers(self):
        """For lgdt: ours, and what the guest has, with its IDT."""
        def pointer(limit, base):
            return struct.pack("<HQ6x", limit & 0xffff, base)

        return pointer(8 * GDT_ENTRIES - 1, GDT) + b"".join(
            pointer(self.state[f"{name}_limit"], self.state[f"{name}_base"])
            for name in ("gdt", "idt"))

    @staticmethod
    def tables():
        """The first 2 MiB to themselves, in 4 levels."""
        return b"".join(struct.pack("<Q4088x", entry) for entry in
                        (TABLES + 0x1003, TABLES + 0x2003, 0x83))


class Cpu:
    """QEMU's CPU, which is at an instruction."""

    def __init__(self, folder, ram):
        """Starts it, with the bytes of the file `ram`, that has the guest's RAM."""
        self.log_path = os.path.join(folder, "qemu.log")
        socket = os.path.join(folder, "qemu.gdb")
        size = os.path.getsize(ram)
        self.ram = ram
        self.process = children.start(
            [QEMU, "-M", "none", "-accel", "tcg", "-cpu", "max,apic-id=0",
             "-m", f"{size // 1024}K", "-S", "-gdb",
             f"unix:{socket},server=on,wait=off", "-display", "none",
             "-monitor", "none", "-serial", "none", "-nodefaults",
             "-device", f"loader,file={ram},addr=0,force-raw=on",
             "-d", "guest_errors", "-D", self.log_path],
            stdin=subprocess.DEVNULL)
        self.gdb = Client(socket, QEMU, lambda: self.process.poll() is None)
        # Only who has read the description may write single registers.
        self.gdb.must("qXfer:features:read:target.xml:0,ffb")
        self.gdb.must("Qqemu.PhyMemMode:1")
        self.log = open(self.log_path, "rb")

    def close(self):
        self.gdb.close()
        self.log.close()
        children.end(self.process)

    def get(self):
        data = bytes.fromhex(self.gdb.must("g").decode())
        return {name: int.from_bytes(data[at:at + SIZE[name]], "little")
                for name, at in PLACE.items()}

    def put(self, regs):
        for name, value in regs.items():
            data = value.to_bytes(SIZE[name], "little")
            self.gdb.must(f"P{NUMBER[name]:x}={data.hex()}")

    def step(self):
        """Executes one instruction, or as much of it as a step is."""
        self.gdb.must("s")

    def device_reads(self):
        """Whether something that is no RAM was read since the last call."""
        return b"Invalid read" in self.log.read()

    def _put_ram(self, addr, data):
        for at in range(0, len(data), CHUNK):
            self.gdb.put_memory(addr + at, data[at:at + CHUNK])

    def _go_to_segments(self, state):
        way = Way(state)
        code = way.make()
        self._put_ram(CODE, code)
        self._put_ram(POINTERS, way.pointers())
        self._put_ram(GDT, bytes(way.table))
        self._put_ram(TABLES, way.tables())
        self.put({"cs": 0, "ss": 0, "ds": 0, "rip": CODE})
        for _ in range(len(code)):
            if self.get()["rip"] == CODE + len(code):
                return
            self.step()
        raise Failure(f"{QEMU} could not be brought to the first registers: "
                      f"rip {self.get()['rip']:#x}")

    def _put_back(self):
        with open(self.ram, "rb") as file:
            self._put_ram(0, file.read(TABLES + 0x3000))

    def enter(self, state):
        """Brings it to the registers of `state`, as a trace has them."""
        if state["cr0"] & PE:
            self._go_to_segments(state)
        else:
            self.put({name: state[name] for name in
                      "cs ss ds es fs gs".split()})
        self._put_back()
        self.put({name: state[name] for name in
                  ["cr3", "cr4", "efer", "cr0"] + trace.REGS +
                  ["rip", "rflags"]})
        self.device_reads()
