#!/usr/bin/python3
# timeout: 600
"""Every command of docs/lab-sheet.md prints what the sheet shows.

README's blocks with `$ ` in them as well. The Korean ones show the same. Commands build and change things, so they run, in order, in a copy
of the tree, configured without Linux and with the kvm-vmm that is being tested.
Each has a terminal, as a reader has: colours are off, and lines that kvm-vmm
erases again do not count. SHEET_PLACE=host or lab decides where guests run.
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

import sheet
import vm
from vm import tap

SHEET = "docs/lab-sheet.md"
LIMIT = 120         # seconds for one command
NEEDS = ("real16", "long64")
ROWS = ("device +serial", "device +hypercall", "device +post", "probe +trace",
        "probe +explain")
# In place of vmm/build.mk: kvm-vmm is there already.
BUILD_MK = "kvm-vmm san:\nall: kvm-vmm\nPHONY += kvm-vmm san\n"
CONFIG = """\
# what the lab sheet uses
# CONFIG_OS_1K is not set
# CONFIG_IMG_LINUX is not set
# CONFIG_IMG_INITRAMFS is not set
CONFIG_RUN_HELLO=y
"""
DROPPED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "O", "V", "T",
           "CC", "CFLAGS", "IMG", "RUN", "ARGS")


def as_seen(raw):
    """The lines that stay on the screen."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    text = "\n".join(re.sub(r".*\r(\033\[K)?", "", line)
                     for line in text.split("\n"))
    lines = re.sub(r"\033\[[0-9;]*[mK]", "", text).split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def read_terminal(master, child):
    """What the child prints, until it is done or the limit is over."""
    raw, end = b"", time.monotonic() + LIMIT
    while True:
        left = end - time.monotonic()
        if left <= 0:
            os.killpg(child.pid, signal.SIGKILL)
            raise tap.Failure(f"not done after {LIMIT} s; so far:",
                              *as_seen(raw)[-20:])
        if not select.select([master], [], [], left)[0]:
            continue
        try:
            piece = os.read(master, 4096)
        except OSError:     # the last writer has gone
            return raw
        if not piece:
            return raw
        raw += piece


class Copy:
    """A copy of the tree in which a student types the commands."""

    def __init__(self, place):
        self.place = place
        self.status = 0     # of the last command
        self.path = None

    def create(self, parent):
        self.path = parent
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=tap.TOP,
            capture_output=True, check=False)
        if listed.returncode:
            raise tap.Skip("not a git tree, whose files could be copied")
        for name in listed.stdout.decode().split("\0"):
            source = os.path.join(tap.TOP, name)
            if name and os.path.isfile(source):
                target = os.path.join(parent, name)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(source, target)
        shutil.copy2(vm.KVM_VMM, os.path.join(parent, "images"))
        self.put("vmm/build.mk", BUILD_MK)
        self.put("configs/sheet_defconfig", CONFIG)
        said = self.type("make sheet_defconfig")
        tap.equal(self.status, 0, f"{said}: status of make sheet_defconfig")

    def around(self):
        """The environment: nothing of the make that runs the tests."""
        env = {name: value for name, value in os.environ.items()
               if name not in DROPPED and not name.startswith("MKVM_")}
        lab = os.path.join(tap.BUILD, "lab")
        env.update(TERM="xterm", NO_COLOR="1",
                   MKVM_LAB_KERNEL=vm.LAB_KERNEL,
                   MKVM_LAB_INITRD=os.path.join(lab, "lab.cpio"),
                   MKVM_LAB_KEEPER=os.path.join(tap.BUILD, "host",
                                                "lab-keeper"))
        return env

    def type(self, command):
        """Runs a command line; the lines that it leaves on the screen."""
        if self.place == "lab":
            command = re.sub(r"^images/kvm-vmm ",
                             "lab/run -- images/kvm-vmm ", command)
        script = f"(exit {self.status})\n{command}\n"
        master, slave = pty.openpty()
        with subprocess.Popen(["bash", "-c", script], cwd=self.path,
                              env=self.around(), stdin=slave, stdout=slave,
                              stderr=slave, start_new_session=True) as child:
            os.close(slave)
            try:
                raw = read_terminal(master, child)
            finally:
                os.close(master)
            self.status = child.wait()
        return as_seen(raw)

    def put(self, path, text):
        with open(os.path.join(self.path, path), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def write(self, step):
        text = "\n".join(step.shown) + "\n"
        if step.behind:
            with open(os.path.join(self.path, step.path),
                      encoding="utf-8") as file:
                before = file.read()
            line = f"\n{step.behind}\n"
            tap.equal(before.count(line), 1, f"lines `{step.behind}`")
            text = before.replace(line, line + text)
        self.put(step.path, text)

    def do(self, step):
        """Does one step; the evidence when it does not do what is shown."""
        if step.path:
            self.write(step)
            return []
        if step.command.startswith("lab/run ") and vm.lab_lacks():
            return []
        if "\ngdb " in step.command and self.place == "lab":
            return []       # gdb is here, and the guest would be in there
        have = self.type(step.command)
        good = sheet.matches_any_order if sheet.ANY_ORDER in step.command \
            else sheet.matches
        if good(step.shown, have):
            return []
        return [f"{step.place}: $ {step.command}", "prints:",
                *have, "and not:", *step.shown]


def run_steps(steps, *first):
    """Runs commands first, whose output nobody shows, and then the steps."""
    parent = os.path.join(tap.BUILD, "tests")
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sheet.", dir=parent) as path:
        copy = Copy(choose())
        copy.create(path)
        for command in first:
            said = copy.type(command)
            tap.equal(copy.status, 0, f"{said}: status of {command}")
        tap.none_of(line for step in steps for line in copy.do(step))


def configured():
    """Skips when kvm-vmm was built without what the sheet shows."""
    vm.built()
    said = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True,
                          text=True, check=False).stdout
    for row in ROWS:
        if not re.search(rf"^{row}\b", said, re.M):
            raise tap.Skip(f"kvm-vmm was configured without {row}")
    for need in NEEDS:
        why = vm.not_configured(need, [])
        if why:
            raise tap.Skip(why)


def choose():
    """Where the sheet can be followed, or raises Skip."""
    wanted = os.environ.get("SHEET_PLACE")
    if wanted:
        return wanted
    why = [vm.host_lacks(need) for need in NEEDS]
    if not any(why):
        return "host"
    if vm.lab_lacks():
        raise tap.Skip(f"{next(filter(None, why))}; {vm.lab_lacks()}")
    return "lab"


@tap.case("every command of the lab sheet prints what the sheet shows")
def lab_sheet():
    configured()
    steps, others = sheet.read_steps(SHEET)
    tap.check(len(steps) > 20, f"{SHEET}: only {len(steps)} steps found")
    tap.none_of(f"{place}: neither a command nor a text for a file"
                for place in others)
    run_steps(steps)


@tap.case("README's commands with output print what README shows")
def readme():
    configured()
    steps, _ = sheet.read_steps("README.md")
    tap.check(len(steps) > 10, f"README.md: only {len(steps)} steps found")
    run_steps(steps, "make guests")


def same_in_korean(korean, english):
    def told(path):
        steps, others = sheet.read_steps(path)
        return len(others), [(step.command, step.path, step.behind, step.shown)
                             for step in steps]
    have, want = told(korean), told(english)
    tap.equal(have[0], want[0], "blocks that are neither command nor file")
    for mine, theirs in zip(have[1], want[1]):
        tap.equal(mine, theirs, "command or file, and its text")
    tap.equal(len(have[1]), len(want[1]), "number of commands and files")


for pair in (("README.ko.md", "README.md"), ("docs/lab-sheet.ko.md", SHEET)):
    tap.add(f"{pair[0]} shows the same commands and output", same_in_korean,
            *pair)


tap.main()
