"""What make lockstep says: what it is doing on stderr, what was found on stdout."""

import os
import sys
import time

from . import trace, walk
from .first import NAMES

EVERY = 0.2             # seconds between two progress lines
SHOWN = ["rip", "rflags"] + trace.REGS + ["cs", "ss", "ds", "es", "fs", "gs",
                                          "cr0", "cr3", "cr4", "efer"]


def doing(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def note(text):
    print(f"mini-kvm: {text}", file=sys.stderr, flush=True)


class Progress:
    """One line that is written over, where somebody looks."""

    def __init__(self, count):
        self.count = count
        self.last = 0

    def __call__(self, number):
        if not sys.stderr.isatty() or time.monotonic() - self.last < EVERY:
            return
        self.last = time.monotonic()
        print(f"\r  {number} instructions agree ", end="", file=sys.stderr,
              flush=True)


def done():
    """Ends the line of progress."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def first(kind, rows, wrong, count):
    print(f"First registers beside QEMU's loader ({NAMES[kind]}):")
    for name, mine, theirs, fixed in rows:
        print(f"  {name:<7} kvm-vmm {mine:#x}, QEMU {theirs:#x}: " +
              ("DIFFERS" if fixed else "left open by the protocol"))
    if not rows:
        print("  all the same")
    for addr, who in wrong:
        print(f"  at {addr:#x}: {who} has other bytes than the file: DIFFERS")
    if count and not wrong:
        print(f"  {count} bytes of the image are where the file says, in both")


def _taken(walked):
    parts = [f"{count} x {name}" for name, count in
             sorted(walked.taken.items())]
    return ", ".join(parts) or "nothing"


def summary(walked):
    print(f"Taken from KVM's run: {_taken(walked)}")
    if walked.flags:
        print(f"{walked.flags} times flags differed that the instruction leaves "
              "undefined")


def agreed(name, walked, why):
    print(f"{name}: {walked.number} instructions, no difference" +
          (f"; there it ends: {why}" if why else ""))
    summary(walked)


def difference(name, found, folder):
    code = " ".join(f"{byte:02x}" for byte in found.before.code[:8])
    print(f"{name}: {found.number} instructions agree; this one does not:")
    print(f"  at {found.before.regs['rip']:#x}: {code}")
    print(f"  {'':<8}{'before':>18} {'KVM':>18} {'QEMU':>18}")
    for reg in SHOWN:
        before, mine, theirs = (regs[reg] for regs in
                                (found.before.regs, found.after.regs,
                                 found.other))
        differs = (mine ^ theirs) & walk.STORE.get(reg, -1)
        print(f"{'* ' if differs else '  '}{reg:<8}{before:#18x} {mine:#18x} "
              f"{theirs:#18x}")
    if found.why:
        print(f"  {found.why}")
    print(f"The steps: kvm-vmm --show-trace {os.path.join(folder, 'trace')}")
