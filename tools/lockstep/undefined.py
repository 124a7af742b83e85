"""Which flags an instruction leaves undefined (SDM 2, each instruction's "Flags
Affected"): of those, two CPUs need not agree."""

CF, PF, AF, ZF, SF, OF = 1, 4, 0x10, 0x40, 0x80, 0x800
ARITHMETIC = CF | PF | AF | ZF | SF | OF

PREFIXES = b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"
LOGIC = {base + i for base in (0x08, 0x20, 0x30) for i in range(6)} | \
    {0x84, 0x85, 0xa8, 0xa9}
IMMEDIATE = {0x80, 0x81, 0x82, 0x83}
SHIFTS = {0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3}
UNARY = {0xf6, 0xf7}
IN_GROUP = {"logic": AF, "shift": AF | OF | CF, "rotate": OF,
            "mul": SF | ZF | AF | PF, "div": ARITHMETIC}
SINGLE = {0x27: OF, 0x2f: OF, 0x37: OF | SF | ZF | PF, 0x3f: OF | SF | ZF | PF,
          0xd4: OF | AF | CF, 0xd5: OF | AF | CF, 0x69: SF | ZF | AF | PF,
          0x6b: SF | ZF | AF | PF}
TWO_BYTES = {0xaf: SF | ZF | AF | PF, 0xbc: ARITHMETIC & ~ZF,
             0xbd: ARITHMETIC & ~ZF, 0xa4: AF | OF | CF, 0xa5: AF | OF | CF,
             0xac: AF | OF | CF, 0xad: AF | OF | CF,
             **dict.fromkeys((0xa3, 0xab, 0xb3, 0xbb, 0xba),
                             OF | SF | AF | PF)}


class Opcode:
    """An instruction's prefixes, opcode bytes and ModRM byte."""

    def __init__(self, code, is64):
        at = 0
        while at < len(code) and code[at] in PREFIXES:
            at += 1
        self.prefixes = code[:at]
        if is64 and at < len(code) and code[at] & 0xf0 == 0x40:
            at += 1
        self.two = code[at:at + 1] == b"\x0f"
        at += self.two
        rest = code[at:at + 3] + b"\0\0\0"
        self.op, self.modrm, self.next = rest[0], rest[1], rest[2]

    @property
    def reg(self):
        return self.modrm >> 3 & 7


def _group(opcode):
    op, reg = opcode.op, opcode.reg
    if op in LOGIC or (op in IMMEDIATE and reg in (1, 4, 6)) or \
            (op in UNARY and reg < 2):
        return "logic"
    if op in SHIFTS:
        return "shift" if reg >= 4 else "rotate"
    if op in UNARY and reg >= 4:
        return "mul" if reg < 6 else "div"
    return None


def flags(opcode):
    """Those that it leaves undefined, for some operands at least."""
    if opcode.two:
        return TWO_BYTES.get(opcode.op, 0)
    group = _group(opcode)
    return IN_GROUP[group] if group else SINGLE.get(opcode.op, 0)
