#!/usr/bin/python3
"""Guests that are saved and go on: in another process, as if nothing had happened."""

import os
import random
import subprocess
import tempfile

import vm
from vm import tap

LETTERS, STATUS = 400, 17   # what src/tally.S prints, and ends with

# Devices of which nothing can be remembered yet.
WITHOUT = [f"--no-{name}" for name in ("cmos", "i8042", "vga")
           if vm.has_device(name)]


def run(*words, status=None):
    done = subprocess.run([vm.KVM_VMM, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=120)
    result = vm.Result(done.returncode, done.stdout, done.stderr)
    if status is not None:
        result.must(status)
    return result


def moments(nr):
    """Seconds at which to save, the same in every run."""
    chance = random.Random(14)
    return [f"{chance.uniform(0.02, 0.4):.3f}" for _ in range(nr)]


def goes_on(folder, first):
    """All that a guest prints that is saved again and again on its way."""
    snap = os.path.join(folder, "snap")
    after = iter(moments(50))
    result = run("--timeout", next(after), "--save-on-exit", snap, *first)
    out = result.out
    while result.status == vm.LIMIT:
        result = run("--restore", snap, "--timeout", next(after),
                     "--save-on-exit", snap)
        out += result.out
    return vm.Result(result.status, out, result.err.encode())


def tally():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        whole = run(vm.assemble("tally"), status=STATUS)
        tap.equal(len(whole.out), LETTERS, "letters")
        goes_on(folder, [*WITHOUT, vm.assemble("tally")]).must(
            STATUS, whole.out)


if vm.places("real16") and vm.is_configured("SNAPSHOT"):
    if not vm.host_lacks("real16"):
        tap.add("a guest goes on from one snapshot of it to the next", tally)
tap.main()
