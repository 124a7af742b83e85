"""What a configuration makes of kvm-vmm: its objects, their names and sizes."""

import collections
import hashlib
import os
import re
import subprocess

import kconfig
from kconfig import tap

SYMBOLS = kconfig.read()
SECTION = re.compile(r"\.|table_")      # of them every object has its own


def run(*command):
    """What a program prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tap.check(done.returncode == 0, " ".join(command) + ":", done.stderr)
    return done.stdout


def defined(*paths):
    """How often each name is defined: static ones, and files, as well."""
    names = re.findall(r"^(\S+) [a-zA-Z] ", run("nm", "-aP", "--defined-only",
                                                *paths), re.M)
    return collections.Counter(n for n in names if not SECTION.match(n))


def loaded(*paths):
    """Bytes of code and data in these files together."""
    rows = run("size", *paths).splitlines()[1:]
    return sum(int(word) for row in rows for word in row.split()[:2])


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
        self.names = defined(top + "kvm-vmm")
        self.file_size = os.path.getsize(self.vmm)
        self.size = loaded(self.vmm)
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

    def look_at(self, objects):
        """(names that some of the objects define, bytes of them)."""
        paths = [self.paths[name] for name in objects]
        if not paths:
            return collections.Counter(), 0
        return defined(*paths), loaded(*paths)
