#!/usr/bin/python3
"""Every command of docs/walls.md and docs/snapshot.md prints what the chapter shows."""

import os
import subprocess
import tempfile

import sheet
import vm
from vm import tap

LIMIT = 60      # seconds for one command


class Folder:
    """Where a reader stands: images/ is there, and build/ may be written."""

    def __init__(self, path):
        self.path = path
        os.symlink(tap.IMAGES, os.path.join(path, "images"))
        os.mkdir(os.path.join(path, "build"))
        os.symlink(os.path.join(tap.BUILD, "hostile"),
                   os.path.join(path, "build", "hostile"))

    def type(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.path, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT,
                              errors="replace", check=False)
        return done.stdout.splitlines()

    def do(self, step):
        have = self.type(step.command)
        if sheet.matches(step.shown, have):
            return []
        return [f"{step.place}: $ {step.command}", "prints:", *have,
                "and not:", *step.shown]


def follow(path, least):
    reason = vm.host_lacks("real16")
    if reason:
        raise tap.Skip(reason)
    steps, _ = sheet.read_steps(path)
    tap.check(len(steps) >= least, f"{path}: only {len(steps)} commands")
    with tempfile.TemporaryDirectory(dir=os.path.join(tap.BUILD, "tests")) as at:
        folder = Folder(at)
        tap.none_of(line for step in steps for line in folder.do(step))


tap.add("docs/snapshot.md: what is shown is what is printed", follow,
        "docs/snapshot.md", 7)


def walls():
    if not os.path.exists(os.path.join(tap.BUILD, "hostile", "vmm", "kvm-vmm")):
        raise tap.Skip("`make hostile` builds the program that breaks out")
    follow("docs/walls.md", 12)


tap.add("docs/walls.md: what is shown is what is printed", walls)
tap.main()
