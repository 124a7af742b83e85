"""Two CPUs side by side: what KVM's steps have made of the registers, and what
the other CPU makes of them.

The other one starts once from KVM's first registers and goes its own way from
there. Only what it cannot know comes from KVM's run, and is counted: what devices
answer, the clock, what the CPU says about itself.
"""

from . import trace, undefined

AHEAD = 4096            # of KVM's steps that one of the other's may be
MORE = 20000            # of the other's that one of KVM's may be
COMPARED = trace.REGS + ["rip", "rflags", "cs", "ss", "ds", "es", "fs", "gs",
                         "cr0", "cr3", "cr4", "efer"]
RF = 1 << 16            # comes and goes with debugging
TF = 1 << 8
STORE = {"rflags": ~(RF | TF)}

# Opcodes whose results are another CPU's, another time's or a device's.
PORTS = {0xe4, 0xe5, 0xec, 0xed}
STRING_PORTS = {0x6c, 0x6d}
OWN = {0x31: "rdtsc", 0xa2: "cpuid", 0x32: "rdmsr", 0x33: "rdpmc"}
OWN_01 = {0xc1: "vmcall", 0xd9: "vmmcall", 0xd0: "xgetbv", 0xf9: "rdtscp"}
CALLS = ("vmcall", "vmmcall", "hlt")
HLT, INT, INT3 = 0xf4, 0xcd, 0xcc
RING_TEXT = {"ins": "an `ins` reads a device into memory, which a trace does "
                    "not have"}


def name_of(opcode):
    """Why KVM's results are taken after this instruction, or None."""
    if opcode.two:
        if opcode.op == 0x01:
            return OWN_01.get(opcode.modrm)
        if opcode.op == 0xc7 and opcode.modrm >= 0xf0:
            return "rdrand" if opcode.reg == 6 else "rdseed or rdpid"
        return OWN.get(opcode.op)
    if opcode.op in PORTS:
        return "in"
    if opcode.op in STRING_PORTS:
        return "ins"
    return "hlt" if opcode.op == HLT else None


def same(mine, theirs, but_flags=0):
    """Whether two CPUs have the same registers."""
    for name in COMPARED:
        if name == "rflags":
            if (mine[name] ^ theirs[name]) & ~(RF | TF | but_flags):
                return False
        elif mine[name] != theirs[name]:
            return False
    return True


class Difference(Exception):
    """The CPUs differ after step `number`."""

    def __init__(self, number, before, after, other, why=""):
        super().__init__(why)
        self.number, self.before = number, before
        self.after, self.other, self.why = after, other, why


class End(Exception):
    """It cannot be followed further, for a reason that is no difference."""


class Walk:
    """Goes through KVM's steps with the other CPU."""

    def __init__(self, steps, cpu, progress=lambda number: None):
        self.source = iter(steps)
        self.cpu = cpu
        self.progress = progress
        self.window = []        # steps that have been read and not passed
        self.number = 0         # instructions that were compared
        self.taken = {}         # name: how often
        self.flags = 0          # times that undefined flags differed

    def _fill(self, count):
        while len(self.window) < count:
            step = next(self.source, None)
            if step is None:
                return False
            self.window.append(step)
        return True

    def _passed(self, count):
        del self.window[:count]
        self.number += count
        self.progress(self.number)

    def _find(self, other, but_flags):
        """Which of KVM's next steps has these registers: some steps may pass at one
        place, as with `rep`."""
        rip = self.window[0].regs["rip"]
        for ahead in range(1, AHEAD):
            if not self._fill(ahead + 1) or not self.window[ahead].regs:
                return None
            regs = self.window[ahead].regs
            if same(regs, other, but_flags):
                return ahead
            if regs["rip"] != rip:
                return None
        return None

    def _take(self, name, ahead=1):
        """What KVM has is the other's, too."""
        self.taken[name] = self.taken.get(name, 0) + 1
        regs = self.window[ahead].regs
        other = self.cpu.get()
        self.cpu.put({reg: regs[reg] for reg in trace.REGS + ["rip", "rflags"]
                      if regs[reg] != other[reg]})
        self._passed(ahead)

    def _pass_over(self, name):
        """An instruction that the other CPU is not shown. Of `ins` only the last
        iteration goes on."""
        if name == "ins":
            raise End(RING_TEXT[name])
        self._take(name)

    def _differs(self, other, why=""):
        raise Difference(self.number, self.window[0], self.window[1], other,
                         why)

    def _settle(self, opcode):
        """Steps until both are at the same place."""
        undef = undefined.flags(opcode)
        first = None
        for count in range(MORE):
            self.cpu.step()
            device = self.cpu.device_reads()
            other = self.cpu.get()
            first = first or other
            if not count:
                self._check_ring(other)
            ahead = self._find(other, undef)
            if ahead:
                if not same(self.window[ahead].regs, other):
                    self.flags += 1
                    self.cpu.put({"rflags": self.window[ahead].regs["rflags"]})
                return self._passed(ahead)
            if device:
                if other["rip"] == self.window[1].regs["rip"]:
                    return self._take("device memory")
                raise End("a handler, which KVM shows as one step, reads a "
                          "device")
            if not count and other["rip"] == self.window[1].regs["rip"]:
                break
        return self._differs(first)

    def _check_ring(self, other):
        """Some KVMs run ring 3 without single steps."""
        if other["cs"] & 3 == 3 and self.window[1].regs["cs"] & 3 == 0 and \
                self.window[0].regs["cs"] & 3 == 0:
            raise End("ring 3 begins, in which this host's KVM does not stop at "
                      "each instruction; RUN=lab does")

    def _one(self):
        step = self.window[0]
        opcode = undefined.Opcode(step.code, bool(
            step.regs["cs_attr"] & 1 << 13 and step.regs["efer"] & 1 << 10))
        if not step.code:
            raise End("the bytes of the next instruction are not in RAM")
        for event, what in self.window[1].events:
            if event == "interrupt":
                raise End(f"interrupt {what:#x} comes, whose handler KVM does "
                          "not show")
        name = name_of(opcode)
        if name:
            self._pass_over(name)
        else:
            self._settle(opcode)

    def go(self):
        """Up to the last step; raises Difference, or End."""
        while self._fill(2) and self.window[1].regs:
            self._one()
