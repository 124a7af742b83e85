"""KVM's side: a guest's RAM before its first instruction, and its steps.

The first is asked of `kvm-vmm --gdb-wait` on this machine, whose KVM need not be
able to run the guest for that; the second is what `kvm-vmm --trace-insn` writes, here
or in the lab.
"""

import os
import re
import subprocess

from . import children
from .errors import Failure, Refusal
from .rsp import Client

MEM = {"linux": "64M"}  # of a guest, unless ARGS says otherwise
SMALL = "16M"
PAGE = 4096
EXITS, EXITS_MORE = 4, 1000     # a step has so many, at most: then it may end
CHUNK = 2048            # bytes of RAM in a packet
OWN_OF_LAB = ("/tmp/", "/run/", "/dev/shm/")
OPTIONS = ("--gdb-wait", "--trace-insn", "--trace-count")


class Plan:
    """What tools/run would do with IMG, RUN and ARGS."""

    def __init__(self, top):
        done = subprocess.run([os.path.join(top, "tools", "run"), "--plan"],
                              cwd=top, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode:     # it has said why
            raise Refusal() if done.returncode == Refusal.status else Failure()
        lines = done.stdout.splitlines()
        fields = dict(line.split(" ", 1) for line in lines
                      if not line.startswith("arg "))
        self.place, self.why = fields["place"], fields["why"]
        self.image, self.need = fields["image"], fields["need"]
        self.lab_mem = fields["mem"]
        self.words = [line[4:] for line in lines if line.startswith("arg ")]
        if not any(re.match(r"--mem(=|$)", word) for word in self.words):
            self.words = ["--mem", MEM.get(self.need, SMALL)] + \
                self.words


def check(vmm):
    """Whether this kvm-vmm was configured with what is needed."""
    text = subprocess.run([vmm, "--help"], capture_output=True, text=True,
                          check=False).stdout
    for option in OPTIONS:
        if f" {option}" not in text:
            raise Refusal(f"{vmm} has no {option}: `make menuconfig`, "
                          "Debugging, has the gdb server and the trace of "
                          "instructions")


def _size(gdb):
    """Bytes of RAM, whole pages from 0 on."""
    there, not_there = 0, PAGE
    while gdb.memory(not_there, 1):
        there, not_there = not_there, not_there * 2
    while not_there - there > PAGE:
        middle = (there + not_there) // 2 // PAGE * PAGE
        if gdb.memory(middle, 1):
            there = middle
        else:
            not_there = middle
    return not_there


def _copy(gdb, path):
    with open(path, "wb") as file:
        size = _size(gdb)
        for at in range(0, size, CHUNK):
            file.write(gdb.memory(at, CHUNK))
        file.truncate(size)


def ram(vmm, plan, folder):
    """A file with the guest's RAM before its first instruction."""
    path, socket = (os.path.join(folder, name) for name in
                    ("ram", "kvm.gdb"))
    process = children.start(
        [vmm, "--gdb-wait", f"--gdb=unix:{socket}", *plan.words],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    try:
        gdb = Client(socket, "kvm-vmm", lambda: process.poll() is None)
        gdb.must("Qqemu.PhyMemMode:1")
        _copy(gdb, path)
        gdb.close()
    except Failure as err:
        process.kill()
        raise Failure(f"{err}\n{process.stderr.read()}".strip()) from err
    finally:
        children.end(process)
    return path


def _in_lab(top, plan, folder):
    shares = {os.path.dirname(os.path.realpath(plan.image))}
    words = [os.path.join(top, "lab", "run"), "--mem", plan.lab_mem,
             "--out", folder]
    for share in sorted(shares):
        if (share + "/").startswith(OWN_OF_LAB):
            words += ["--share", share]
    return words + ["--"]


def trace(top, vmm, plan, folder, count, timeout):
    """A file with the guest's first `count` steps."""
    path = os.path.join(folder, "trace")
    words = [] if plan.place == "host" else _in_lab(top, plan, folder)
    words += [vmm, f"--trace-insn={path}", "--trace-count", str(count),
              "--timeout", str(timeout), "--max-exits",
              str(EXITS * count + EXITS_MORE), *plan.words]
    if not any(re.match(r"--eof(=|$)", word) for word in plan.words):
        words += ["--eof", "poweroff"]  # who waits for keys has gone far enough
    done = subprocess.run(words, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True)
    if not os.path.exists(path) or not os.path.getsize(path):
        raise Failure("kvm-vmm has left no trace: status "
                      f"{done.returncode}\n" +
                      done.stderr.decode(errors="replace").strip())
    return path
