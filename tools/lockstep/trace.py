"""Reads what `kvm-vmm --trace-insn=FILE` writes: vmm/abi/insn_trace.h."""

import struct

from .errors import Failure

HEAD = b"kvm-vmm --trace-insn 1: "
BLOCK = struct.Struct("<IHHQ")
BLOCK_MAX = 65536
WORD = (1 << 64) - 1

# As a step's bits are numbered from INSN_RAX on.
REGS = ("rax rcx rdx rbx rsp rbp rsi rdi "
        "r8 r9 r10 r11 r12 r13 r14 r15").split()
SEGMENTS = "es cs ss ds fs gs tr ldt".split()
SYSTEM = ("cr0 cr2 cr3 cr4 cr8 efer gdt_base gdt_limit idt_base "
          "idt_limit").split() + [f"{name}{part}" for name in SEGMENTS
                                  for part in ("", "_base", "_limit", "_attr")]
LINE_BYTES = 64
LINES = 4096
LINE, SYMBOL, SYSTEMS, EVENT = range(4)
EVENTS = ["interrupt", "skipped", None, "left"]


class Step:
    """The registers before one instruction, what came before it, its bytes."""

    __slots__ = ("regs", "events", "code")

    def __init__(self, regs, events, code):
        self.regs = regs        # a dict: REGS, rip, rflags, SYSTEM
        self.events = events    # [(a name of EVENTS, number)]
        self.code = code        # up to 15 bytes, fewer where there is no RAM


class Records:
    """The numbers of one block."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def more(self):
        return self.at < len(self.data)

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def signed(self):
        value = self.number()
        return -((value + 1) >> 1) if value & 1 else value >> 1


class Lane:
    """One vCPU: its registers and the lines of code that it is known to see."""

    def __init__(self):
        self.regs = dict.fromkeys(REGS + ["rip", "rflags"] + SYSTEM, 0)
        self.lines = {}
        self.events = []

    def _code(self):
        base = 0 if self.regs["cs_attr"] & 1 << 13 else self.regs["cs_base"]
        addr = base + self.regs["rip"]
        code = b""
        while len(code) < 15:
            number, off = divmod(addr + len(code), LINE_BYTES)
            have, line = self.lines.get(number % LINES, (None, b""))
            if have != number:
                break
            code += line[off:]
        return code[:15]

    def _step(self, changed, records):
        regs = self.regs = dict(self.regs)
        regs["rip"] = regs["rip"] + records.signed() & WORD
        if changed & 1:
            regs["rflags"] ^= records.number()
        for bit, name in enumerate(REGS, 1):
            if changed >> bit & 1:
                regs[name] = regs[name] + records.signed() & WORD
        events, self.events = self.events, []
        return Step(regs, events, self._code())

    def _about(self, kind, records):
        if kind == LINE:
            number = records.number()
            self.lines[number % LINES] = number, records.bytes(LINE_BYTES)
        elif kind == SYMBOL:
            records.number()
            records.number()
            records.bytes(records.number())
        elif kind == SYSTEMS:
            which = records.number()
            self.regs = dict(self.regs)
            for bit, name in enumerate(SYSTEM):
                if which >> bit & 1:
                    self.regs[name] = records.number()
        elif kind == EVENT:
            what = records.number()
            self.events.append((EVENTS[what] if what < len(EVENTS) else what,
                                records.number()))
        else:
            raise Failure(f"the trace has a record {kind}, and none such is "
                          "known")

    def read(self, data):
        """The steps of one block; one that was cut short ends early."""
        records = Records(data)
        try:
            while records.more():
                tag = records.number()
                if tag & 1:
                    self._about(tag >> 1, records)
                else:
                    yield self._step(tag >> 1, records)
        except IndexError:
            return


def steps(file):
    """All steps of vCPU 0 of the first guest, and what came behind the last."""
    line = file.readline()
    if not line.startswith(HEAD):
        raise Failure(f"{file.name}: no trace of instructions")
    while line.strip():
        line = file.readline()
    lane = Lane()
    while len(head := file.read(BLOCK.size)) == BLOCK.size:
        count, guest, cpu, _ = BLOCK.unpack(head)
        if not 0 < count <= BLOCK_MAX:
            raise Failure(f"{file.name}: a block of {count} bytes")
        data = file.read(count)
        if not guest and not cpu:
            yield from lane.read(data)
    yield Step(None, lane.events, b"")
