"""Traces of instructions, made by hand: vmm/abi/insn_trace.h in Python."""

import struct

HEAD = b"kvm-vmm --trace-insn 1: "
LINE, SYMBOL, SYSTEM, EVENT = range(4)
INTERRUPT, SKIPPED, LEFT = 0, 1, 3
FLAGS, RAX, RCX = 0, 1, 2
CR0, EFER, CS = 0, 5, 14
PE, LMA, CS_L, CS_D = 1, 1 << 10, 1 << 13, 1 << 14


def number(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def signed(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def step(rip, regs=()):
    """The registers before an instruction: how much RIP is more than before, and
    those that are more, [(number, how much)] in order."""
    mask = sum(1 << which for which, _ in regs)
    return number(mask << 1) + signed(rip) + b"".join(
        number(by) if which == FLAGS else signed(by) for which, by in regs)


def record(kind, *numbers, data=b""):
    return number(kind << 1 | 1) + b"".join(map(number, numbers)) + data


def line(addr, code):
    """The 64 bytes at an address; the rest is zeroes."""
    return record(LINE, addr // 64, data=(bytes(addr % 64) + code).ljust(64, b"\0"))


def system(regs):
    """Registers of the system, {number: value}."""
    return record(SYSTEM, sum(1 << which for which in regs),
                  *(regs[which] for which in sorted(regs)))


def block(records, guest=0, cpu=0, ns=0):
    return struct.pack("<IHHQ", len(records), guest, cpu, ns) + records


def head(*guests):
    """The head, of guests (vCPUs, name)."""
    return HEAD + b"made by hand, of no guest at all, for a test\n" + b"".join(
        f"guest {i} {cpus} {name}\n".encode()
        for i, (cpus, name) in enumerate(guests)) + b"\n"


MODES = {"real": {}, "prot": {CR0: PE, CS + 3: CS_D},
         "long": {CR0: PE, EFER: LMA, CS + 3: CS_L}}


def sample(mode="real", code=b"\xb8\x05\x00\x8e\xd0\x89\xc4\xf3\xaa\xcd\x10"
           b"\x48\x8b\x05\x10\0\0\0\xe8\xfb\xff\xff\xff\xff\x30\xf4"):
    """A whole trace in which these bytes are executed one by one."""
    records = system(MODES[mode]) if MODES[mode] else b""
    records += line(0x1000, code) + record(SYMBOL, 0, 16, 4, data=b"main")
    records += step(0x1000, [(FLAGS, 2), (RAX, 5)])
    for i in range(len(code)):
        records += step(1, [(RCX, -1)] if i % 3 else [(RAX, 1 << 40)])
    return head((1, "guest")) + block(
        records + record(EVENT, LEFT, 3))
