"""Debian's gdb at kvm-vmm's --gdb: scripts of commands, and what comes of them."""

import functools
import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

LIMIT = 120     # seconds; for what hangs

# gdb knows no 16-bit code of its own accord, nor a guest without a system.
REAL_MODE = ("set osabi none", "set architecture i8086")


def lacks(*needs, program="gdb"):
    """Why a debugger cannot be tried on such guests on this host, or None."""
    if not shutil.which(program):
        return f"{program} is not installed; tools/deps test installs it"
    if not vm.has_feature("gdb", "service"):
        return "this configuration has no --gdb"
    for need in needs:
        if vm.lacks("host", need):
            return vm.lacks("host", need)
    return None


def elf_of(name):
    """The ELF file that images/NAME.bin was made of."""
    return os.path.join(tap.BUILD, "guests", name + ".elf")


@functools.lru_cache(None)
def link(name):
    """The ELF file of tests/guest/src/NAME.S: without one gdb warns that it has
    none. Other than the guest, it may be at another place than 0."""
    path = os.path.join(tap.BUILD, "tests", "guest", name + ".gdb.elf")
    with vm.made(path) as new:
        subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-Wl,-Ttext=0,-e,0,-N",
                        "-Wl,--build-id=none,--no-warn-rwx-segments", "-Ivmm",
                        "-Iguests", "-o", new,
                        os.path.join(vm.SOURCES, name + ".S")], cwd=tap.TOP,
                       check=True)
    return path


class Guest:
    """A guest on this host that waits for gdb, or nr of them; `where` is what gdb
    connects to."""

    def __init__(self, *words, wait=True, nr=1, program=vm.KVM_VMM):
        self.folder = tempfile.mkdtemp()
        self.where = os.path.join(self.folder, "gdb")
        gdb = [f"--gdb=unix:{self.where}"] + wait * ["--gdb-wait"]
        self.process = subprocess.Popen(
            [program, *gdb, "--timeout", str(LIMIT), *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.said = b""
        while wait and self.said.count(b"waits for gdb") < nr:
            line = self.process.stderr.readline()
            tap.check(line, f"it did not wait: {self.said.decode()}")
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.folder)

    def end(self, stdin=b""):
        """Waits for it; its vm.Result."""
        out, err = self.process.communicate(stdin, timeout=LIMIT)
        return vm.Result(self.process.returncode, out, self.said + err)


def start(where, *commands, elf=None, before=()):
    """gdb connected to a guest, busy with the commands."""
    words = [*before, f"target remote {where}", *commands]
    argv = ["gdb", "-nx", "-q", "-batch", "-ex", "set width 0",
            "-ex", "set pagination off"]
    for word in words:
        argv += ["-ex", word]
    return subprocess.Popen(argv + ([elf] if elf else []), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, errors="replace")


def gdb(where, *commands, elf=None, before=(), quiet=True, limit=LIMIT):
    """What gdb prints of the commands; with quiet no warning may be in it."""
    with start(where, *commands, elf=elf, before=before) as process:
        try:
            text = process.communicate(timeout=limit)[0]
        finally:
            process.kill()
    if quiet:
        tap.check("warning:" not in text, text)
    return text


def check(text, *patterns):
    """Fails unless these are in the text, one behind the other."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(text, at)
        tap.check(found, f"no {pattern!r} in what follows", text[at:])
        at = found.end()
