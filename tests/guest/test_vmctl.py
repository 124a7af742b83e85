#!/usr/bin/python3
"""Guests that ask to be saved, and are told which of the two they are."""

import os
import subprocess
import tempfile

import vm
from vm import tap

STATUS = 17     # that src/forked.S ends with


def run(*words):
    done = subprocess.run([vm.KVM_VMM, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=60)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def nobody_saves_it():
    run(vm.assemble("forked")).must(STATUS, b"A0A0A0")


def as_fork_does():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        first, second = (os.path.join(folder, name) for name in "ab")
        run("--save", first, vm.assemble("forked")).must(STATUS, b"B0B0B0")
        run("--restore", first).must(STATUS, b"C1A1A1")
        run("--restore", first, "--save", second).must(STATUS, b"C1B1B1")
        run("--restore", second).must(STATUS, b"C2A2A2")
        tap.equal(sorted(os.listdir(folder)), ["a", "b"], "files")


def its_file_cannot_be():
    """It is told so, and goes on."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.mkdir(os.path.join(folder, "a.tmp"))
        result = run("--save", os.path.join(folder, "a"),
                     vm.assemble("forked"))
        result.must(STATUS, b"A0A0A0")
        tap.check("is a directory" in result.err.lower(), result.err)


if vm.places("real16") and vm.is_configured("SNAPSHOT"):
    if not vm.host_lacks("real16"):
        tap.add("a guest that nobody saves is told so", nobody_saves_it)
        tap.add("a guest is saved when it asks, and comes back in both",
                as_fork_does)
        tap.add("a guest that cannot be saved goes on", its_file_cannot_be)
tap.main()
