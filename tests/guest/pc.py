#!/usr/bin/python3
"""PCs with a medium in them, which somebody boots and types at: QEMU's, with a BIOS or
with UEFI, and kvm-vmm's.

A boot is {"argv": the command line, "steps": [[what comes, what is typed then], ...]},
"seat", one of SEATS, where that comes, and "prepare", a shell's text to run before. Called
as a program, with a file of such boots, it prints how each went: so all of them share one
session of the lab.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pexpect

import vm
from screens import Session
from vm import tap

QEMU = "qemu-system-x86_64"
UEFI = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
FIRMWARE = {
    "BIOS": ["-m", "128"],
    "UEFI": ["-machine", "q35", "-m", "256",
             "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={UEFI}",
             "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={VARIABLES}"],
}
LIMIT = 240     # seconds for each thing that must come


def qemu_lacks(firmware):
    """Why QEMU cannot boot so here, or None."""
    if not shutil.which(QEMU):
        return "QEMU is not installed; `make deps` installs it"
    if firmware == "UEFI" and not os.path.exists(VARIABLES):
        return "ovmf is not installed; `make deps` installs it"
    return None


def qemu(firmware, kind, path):
    """The command line: @path is a "disk" or a "cdrom"; nothing is written to it."""
    return [QEMU, "-accel", "tcg", "-display", "none", "-nic", "none",
            "-no-reboot", "-serial", "stdio", *FIRMWARE[firmware],
            "-drive", f"media={kind},file={path},format=raw," +
            ("readonly=on" if kind == "cdrom" else "snapshot=on")]


class Line:
    """What is at the other end of the serial line; use it as a context."""

    def __init__(self, argv):
        self.seen = ""
        self.child = pexpect.spawn(argv[0], list(map(str, argv[1:])),
                                   cwd=tap.TOP, timeout=LIMIT, echo=False,
                                   encoding="latin-1", dimensions=(25, 80))
        self.child.delaybeforesend = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def expect(self, pattern):
        try:
            self.child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            raise tap.Failure(
                f"waited for {pattern!r}; {type(error).__name__} after:",
                repr((self.seen + self.child.before)[-2000:])) from None
        self.seen += self.child.before + self.child.after

    def send(self, keys):
        self.child.send(keys)


class Terminal(Session):
    """A terminal at the serial line, for what moves its cursor."""
    WORDS = ()

    def __init__(self, argv):
        super().__init__(*argv[1:], *self.WORDS, limit=LIMIT)

    def expect(self, pattern):
        self.until(repr(pattern), lambda: any(
            re.search(pattern, row) for row in self.rows()))


class Screen(Terminal):
    """The text screen itself."""
    WORDS = ("--display", "text")


SEATS = {"line": Line, "terminal": Terminal, "screen": Screen}


def boot(what):
    """Fails, with what was seen, unless all of it comes."""
    if "prepare" in what:
        done = subprocess.run(["sh", "-euc", what["prepare"]], text=True,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT)
        tap.check(done.returncode == 0, done.stdout)
    with SEATS[what.get("seat", "line")](what["argv"]) as seat:
        for pattern, keys in what["steps"]:
            seat.expect(pattern)
            if keys:
                seat.send(keys)


class Boots:
    """Cases that are boots by kvm-vmm; they share a session per place."""

    def __init__(self):
        self.rows = []          # (text, make, place or None)
        self.results = {}       # by place

    def add(self, text, make, only=None):
        """make() gives the boot, but for the program; only: a place."""
        self.rows.append((text, make, only))

    def run(self, boots, place):
        """[None or the evidence], of each boot."""
        with tempfile.NamedTemporaryFile("w", dir=tap.BUILD,
                                         suffix=".json") as file:
            json.dump(boots, file)
            file.flush()
            argv = [sys.executable, os.path.abspath(__file__), file.name]
            done = subprocess.run(
                vm.lab_command(argv) if place == "lab" else argv,
                cwd=tap.TOP, stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                errors="replace", check=False)
        found = [json.loads(line[6:]) for line in done.stdout.splitlines()
                 if line.startswith("@boot ")]
        tap.check(len(found) == len(boots), done.stdout[-2000:])
        return found

    def run_all(self, place, rows):
        """{text: None, the evidence, or what cannot be fetched}"""
        results, boots, texts = {}, [], []
        for text, make, _ in rows:
            try:
                what = make()
            except tap.Skip as skip:
                results[text] = skip
                continue
            boots.append({**what, "argv": [vm.KVM_VMM, *what["argv"]]})
            texts.append(text)
        results.update(zip(texts, self.run(boots, place) if boots else ()))
        return results

    def case(self, place, rows, text):
        if place not in self.results:
            self.results[place] = {}
            self.results[place] = self.run_all(place, rows)
        tap.check(text in self.results[place], "the session failed, see above")
        result = self.results[place][text]
        if isinstance(result, tap.Skip):
            raise result
        tap.check(result is None, result)

    def add_cases(self, *places):
        for place in places:
            rows = [row for row in self.rows if row[2] in (None, place) and
                    tap.wanted(f"{row[0]} ({place})")]
            for text, _, _ in rows:
                tap.add(f"{text} ({place})", self.case, place, rows, text)


def main(path):
    with open(path, encoding="utf-8") as file:
        boots = json.load(file)
    for what in boots:
        reason = None
        try:
            boot(what)
        except tap.Failure as failure:
            reason = str(failure)
        print("@boot " + json.dumps(reason), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
