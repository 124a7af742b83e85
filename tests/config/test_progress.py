#!/usr/bin/python3
"""What a long build shows: a line on a terminal, milestones, the error."""

import os
import pty
import subprocess

import tree
from tree import tap

MAKEFILE = """\
allnoconfig:
\t@cp $(KCONFIG_ALLCONFIG) $(O)/.config
bzImage:
\t@for i in $$(seq 1 20); do echo "  CC      dir/file$$i.o"; done
\t@%s
"""


def kernel(out, last):
    """A tree that tools/kernel takes for Linux; the command to build it."""
    os.makedirs(out.at("tree"), exist_ok=True)
    for name, text in (("tree/Makefile", MAKEFILE % last),
                       ("tree/Kconfig", 'config A\n\tbool "A"\n'),
                       ("fragment", "CONFIG_A=y\n"), ("obj.count", "20\n")):
        with open(out.at(name), "w", encoding="utf-8") as file:
            file.write(text)
    return [os.path.join(tap.TOP, "tools", "kernel"), "linux", out.at("tree"),
            out.at("obj"), out.at("fragment")]


def around(out):
    env = {k: v for k, v in os.environ.items() if k not in tree.OURS}
    return dict(env, MKVM_BUILD=out.path, MKVM_TOP=out.path)


def piped(out, last):
    done = subprocess.run(kernel(out, last), env=around(out), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.returncode, done.stdout


@tap.case("without a terminal a build prints its milestones and no more")
def milestones():
    with tree.Tree() as out:
        status, text = piped(out, "true")
        tap.equal(status, 0, text)
        tap.check("\r" not in text and "\033" not in text, repr(text))
        for quarter in ("25%", "50%", "75%", "done"):
            tap.equal(text.count(quarter), 1, quarter)
        tap.check("file7.o" not in text, text)
        with open(out.at("obj.log"), encoding="utf-8") as file:
            tap.check("file7.o" in file.read(), "the log lacks an object")


@tap.case("on a terminal one line says how much, what, and how long")
def line():
    with tree.Tree() as out:
        master, slave = pty.openpty()
        with subprocess.Popen(kernel(out, "true"), env=around(out),
                              stdout=slave, stderr=slave) as child:
            os.close(slave)
            text = b""
            while True:
                try:
                    piece = os.read(master, 4096)
                except OSError:     # the last writer has gone
                    break
                text += piece
            tap.equal(child.wait(), 0, text)
        os.close(master)
        tap.check(b"\r  LINUX " in text, text)
        tap.check(b"5%  dir/file1.o  0:0" in text, text)
        tap.check(text.endswith(b"\r\n") and b"done" in text, text)
        tap.equal(os.listdir(out.at("progress")), [], "state left behind")


@tap.case("a failure shows its error and names the log")
def failure():
    with tree.Tree() as out:
        status, text = piped(
            out, 'echo "x.c:3:1: error: no such thing"; false')
        tap.equal(status, 1, text)
        tap.check("x.c:3:1: error: no such thing" in text, text)
        tap.check(out.at("obj.log") in text, text)
        tap.check("done" not in text, text)


tap.main()
