#!/usr/bin/python3
# timeout: 400
"""Copies of a Linux at its prompt, in the lab: random numbers, time, network, disk
and memory are each one's own."""

import os
import re
import subprocess
import sys

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
CASES = {
    "random": "copies of a Linux make different UUIDs at once",
    "date": "their clocks are right",
    "mac": "their network cards have different addresses",
    "disk": "what one writes to its disk the others do not see",
    "memory": "nor what it writes to memory",
    "log": "they have nothing to complain about",
    "copy_of_copy": "copies have copies, which are others again",
    "end": "they go on when the first has ended",
}
RESULTS = {}


def play():
    here = os.path.dirname(os.path.abspath(__file__))
    files = [os.path.join(STD, name)
             for name in ("vmlinux", "initramfs.cpio", "root.img")]
    for path in files:
        if not os.path.exists(path):
            raise tap.Skip(f"{path}: not built; run `make std`")
    done = subprocess.run(
        vm.lab_command([sys.executable, os.path.join(here, "forklab.py"),
                        vm.KVM_VMM, *files]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        stderr=subprocess.STDOUT, text=True, errors="replace")
    RESULTS.update(re.findall(r"^@(\w+) (.*)$", done.stdout, re.M))
    tap.check(RESULTS, f"status {done.returncode}", done.stdout[-3000:])


def judge(name):
    if not RESULTS:
        play()
    verdict = RESULTS.get(name, "did not come so far")
    tap.check(verdict == "ok", verdict)


if vm.lab_lacks() or not vm.is_configured("FORK"):
    tap.add("copies of Linux", vm.skip,
            vm.lab_lacks() or "kvm-vmm was configured without FORK")
else:
    for case, text in CASES.items():
        tap.add(text, judge, case)
tap.main()
