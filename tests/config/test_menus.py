#!/usr/bin/python3
"""The menus on a terminal: they open, change a symbol, and save it."""

import os
import time

import tree
from tree import tap

try:
    import pexpect
except ImportError:
    pexpect = None

ESCAPE = "\x1b"
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


@tap.case("menuconfig opens on a terminal, and leaving it writes .config")
def menuconfig():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        child = menu(out, "menuconfig")
        for text, key in (("ervisor", "\r"),       # into the first menu
                          ("evices", "\r"),        # and its first
                          ("ontrollers", "y"),     # IRQCHIP
                          (r"\[\*\]", 2 * ESCAPE), ("evices", 2 * ESCAPE),
                          ("ervisor", 2 * ESCAPE)):
            child.expect(text)
            child.expect("oad")     # the last button: now it reads keys
            time.sleep(0.3)     # curses drops what comes while it draws
            child.send(key)
        child.expect("save")
        time.sleep(0.3)
        child.send("\r")
        ended(child)
        tap.check("CONFIG_IRQCHIP=y\n" in out.config(), out.config())


@tap.case("nconfig opens on a terminal and can be left")
def nconfig():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        before = out.config()
        child = menu(out, "nconfig")
        child.expect("ervisor")
        child.send(ESCAPE + "[20~")     # F9: exit
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
