#!/usr/bin/python3
"""The menus on a terminal: they open, change a symbol, and save it."""

import contextlib
import io
import os
import re
import subprocess
import time

import tree
from tree import tap

try:
    import pexpect
except ImportError:
    pexpect = None

ESCAPE = "\x1b"
DOWN = "+"          # the next line of a menu
TIMEOUT = 30        # seconds for a screen to appear


def menu(out, goal):
    if pexpect is None:
        raise tap.Skip("python3-pexpect is not installed")
    env = {k: v for k, v in os.environ.items()
           if k not in tree.OURS and not k.startswith("MKVM_")}
    return pexpect.spawn("make", [f"O={out.path}", goal], cwd=tap.TOP,
                         env=dict(env, TERM="xterm", LINES="40",
                                  COLUMNS="100"),
                         dimensions=(40, 100), timeout=TIMEOUT)


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    tap.equal(child.exitstatus, 0, "exit status")


def press(child, key):
    """Curses drops what comes while it draws: so not before it waits for a key."""
    until, calm = time.monotonic() + TIMEOUT, 0
    while calm < 5:
        tap.check(time.monotonic() < until, "the menu does not come to rest")
        calm = calm + 1 if all(waits(pid) for pid in in_front(child)) else 0
        time.sleep(0.02)
    child.send(key)


def in_front(child):
    """The processes that have its terminal."""
    group = os.tcgetpgrp(child.child_fd)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(int(pid)) == group:
                yield pid


def waits(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
            open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] in "SZ"
    return True     # it has gone


def walk(child, *steps):
    """Each step waits for a text, and for the menu to read keys, and sends."""
    for text, key in steps:
        child.expect(text)
        child.expect("oad")     # the last button
        press(child, key)


def switch_serial(out, key, shows):
    """Hypervisor, Devices, its first line: the UART. Then out, and save."""
    child = menu(out, "menuconfig")
    walk(child, ("ervisor", "\r"), ("whole machine", DOWN + DOWN + "\r"),
         ("erial port COM1", key), (shows, 2 * ESCAPE),
         ("whole machine", 2 * ESCAPE), ("ervisor", 2 * ESCAPE))
    child.expect("save")
    press(child, "\r")
    ended(child)


def hello(out):
    """What hello.bin prints under the kvm-vmm of this configuration."""
    out.made("kvm-vmm", "guests")
    done = subprocess.run([out.at("images", "kvm-vmm"),
                           out.at("images", "hello.bin")],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    tap.equal((done.returncode, done.stderr), (0, ""), "hello.bin")
    return done.stdout


@tap.case("menuconfig: a switch is turned, saved, built, and seen in the guest")
def menuconfig():
    if not os.path.exists("/dev/kvm"):
        raise tap.Skip("this machine has no /dev/kvm to run the guest on")
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        tap.equal(hello(out), "Hello, KVM!\n", "with the UART")
        switch_serial(out, "n", r"\[ \]")
        tap.check("# CONFIG_DEV_SERIAL is not set\n" in out.config(),
                  out.config())
        tap.equal(hello(out), "", "without the UART")
        switch_serial(out, "y", r"\[\*\]")
        tap.equal(hello(out), "Hello, KVM!\n", "with the UART again")


@tap.case("menuconfig's title and its Save box name .config and nothing else")
def names():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        before = out.config()
        child = menu(out, "menuconfig")
        child.logfile_read = io.BytesIO()
        walk(child, ("ervisor", "\t\t\t\r"))
        for text, key in (("alternate", "2\r"), (r"written to \S+2", "\r"),
                          ("oad", 2 * ESCAPE)):
            child.expect(text)
            press(child, key)
        ended(child)
        seen = child.logfile_read.getvalue().decode("utf-8", "replace")
        tap.check(".config - Mini-KVM" in seen, "the title:", seen[:600])
        tap.none_of(set(re.findall(r"\S*work\.\S*", seen)))
        tap.equal(out.config(), before, ".config")
        with open(out.at(".config2"), encoding="utf-8") as file:
            tap.check("CONFIG_MKVM=y" in file.read(), "saved as .config2")


@tap.case("nconfig opens on a terminal and can be left")
def nconfig():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        before = out.config()
        child = menu(out, "nconfig")
        child.expect("ervisor")
        press(child, ESCAPE + "[20~")   # F9: exit
        ended(child)
        tap.equal(out.config(), before, ".config")


@tap.case("oldconfig asks for what .config leaves open")
def oldconfig():
    with tree.Tree() as out:
        out.made("defconfig")
        out.replace("CONFIG_DEV_POST=y", "# a comment")
        child = menu(out, "oldconfig")
        child.expect(r"\(DEV_POST\).*\[Y/n")
        child.sendline("n")
        ended(child)
        tap.check("# CONFIG_DEV_POST is not set" in out.config())


tap.main()
