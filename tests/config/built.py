"""What a configuration makes of kvm-vmm: its objects, their names and sizes."""

import collections
import hashlib
import os
import re
import subprocess

import kconfig
from kconfig import tap

SYMBOLS = kconfig.read()
INSIDE = {}     # digest of an object: its names and bytes
SECTION = re.compile(r"\.|table_")      # of them every object has its own


def run(*command):
    """What a program prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tap.check(done.returncode == 0, " ".join(command) + ":", done.stderr)
    return done.stdout


def defined(*paths):
    """How often each file defines each name: static ones, and files, as well."""
    found = {path: collections.Counter() for path in paths}
    for path, name in re.findall(
            r"^(.+): (\S+) [a-zA-Z] ",
            run("nm", "-aAP", "--defined-only", *paths), re.M):
        if not SECTION.match(name):
            found[path][name] += 1
    return found


def loaded(*paths):
    """Bytes of code and data in each of these files."""
    rows = [row.split() for row in run("size", *paths).splitlines()[1:]]
    return {path: int(row[0]) + int(row[1]) for path, row in zip(paths, rows)}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Built:
    """What there is to know about a kvm-vmm before the next replaces it."""

    def __init__(self, out, values):
        out.configure(values)
        out.made("kvm-vmm")
        top = out.at("build", "vmm", "")
        with open(top + "objects", encoding="utf-8") as file:
            paths = [p for p in file.read().split() if p.endswith(".o")]
        self.paths = {p.removeprefix(top).removesuffix(".o"): p
                      for p in paths}
        self.objects = {name: digest(p) for name, p in self.paths.items()}
        self.commands = self.read_commands(out)
        self.vmm = out.at("images", "kvm-vmm")
        self.look_inside(top + "kvm-vmm")
        self.file_size = os.path.getsize(self.vmm)
        self.listed = set(run(self.vmm, "--list").splitlines())
        config = kconfig.parse(out.config())
        self.config = {name: config.get(name, "n") for name in SYMBOLS}

    @staticmethod
    def read_commands(out):
        """How make would compile each object if all sources were new."""
        old = [word for folder, _, names in os.walk(
                   os.path.join(tap.TOP, "vmm"))
               for name in names if name.endswith((".c", ".S"))
               for word in ("-W", os.path.relpath(
                   os.path.join(folder, name), tap.TOP))]
        found = re.findall(r"^(.* -c -o \S*/build/vmm/(\S+)\.o .*)$",
                           out.made("-n", *old, "kvm-vmm"), re.M)
        return {name: command for command, name in found}

    def look_inside(self, linked):
        """Names and bytes of the program and of each object; most have been seen."""
        new = [path for name, path in self.paths.items()
               if self.objects[name] not in INSIDE]
        names, sizes = defined(linked, *new), loaded(self.vmm, *new)
        self.names, self.size = names[linked], sizes[self.vmm]
        INSIDE.update((self.objects[name], (names[path], sizes[path]))
                      for name, path in self.paths.items() if path in names)
        self.inside = {name: INSIDE[sum_] for name, sum_ in self.objects.items()}

    def share_of(self, objects):
        """(names that some of the objects define, bytes of them)."""
        parts = [self.inside[name] for name in objects]
        return (sum((names for names, _ in parts), collections.Counter()),
                sum(size for _, size in parts))
