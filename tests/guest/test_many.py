#!/usr/bin/python3
# timeout: 240
"""Many guests at once: names, colours, the keyboard, the worst status."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections import Counter

import terminal
import vm
from terminal import CTRL_A, CTRL_D
from vm import tap

# Whatever terminal the tests run on.
ON_XTERM = ["env", "-u", "NO_COLOR", "TERM=xterm-256color"]
NOTICE = r"\[keyboard: (?:\x1b\[[0-9;]*m)*(echo\.bin(?:#2)?)" \
    r"(?:\x1b\[[0-9;]*m)*; Ctrl-A n"
PREFIX = r"{} +\| "


def two_echoes(place, *options):
    """Two guests that echo, each of which has the name it is known by."""
    argv = [*ON_XTERM, vm.KVM_VMM, *options, vm.assemble("echo"),
            vm.assemble("echo")]
    return terminal.Terminal(vm.lab_command(argv) if place == "lab" else argv)


def other(name):
    return "echo.bin" if name == "echo.bin#2" else "echo.bin#2"


def front(term):
    """The guest that has the keyboard, once both listen; it has seen a "?"."""
    term.expect("2 guests:")
    # A whole line each; the one in front may show parts of it before.
    term.expect(r"ready\S*\r\n(?s:.*)ready\S*\r\n")
    term.send(CTRL_A + "n?")    # from here on nobody but us moves it
    return term.expect(r"(echo\.bin(?:#2)?) +\| \?").group(1)


def moves(place):
    with two_echoes(place) as term:
        name = front(term)
        term.send(CTRL_A + "n")
        tap.equal(term.expect(NOTICE).group(1), other(name), "in front")
        term.send("def")
        term.expect(PREFIX.format(other(name)) + "def")
        term.send(CTRL_A + "n" + "ghi")
        tap.equal(term.expect(NOTICE).group(1), name, "in front")
        term.expect(PREFIX.format(name) + r"\?")
        term.expect("ghi")
        term.send(CTRL_D)
        tap.equal(term.expect(NOTICE).group(1), other(name), "in front")
        term.expect(PREFIX.format(other(name)) + "def")
        term.send("jkl" + CTRL_D)
        term.expect("jkl")
        term.ends(vm.OK)


def stays(place):
    """The keyboard never goes back to a guest that has ended."""
    argv = [*ON_XTERM, vm.KVM_VMM, vm.assemble("echo"),
            vm.assemble("loop")]
    if place == "lab":
        argv = vm.lab_command(argv)
    with terminal.Terminal(argv) as term:
        term.expect("ready")
        term.send(CTRL_D)
        term.expect(r"\[keyboard: \S*loop\.bin")
        term.send("for loop")
        term.send(CTRL_A + "h")
        term.expect("this help")
        tap.equal(term.seen.count("[keyboard: "), 2, "times it has moved")
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def above(place):
    """Whole lines of one guest appear above the unfinished one in front."""
    with two_echoes(place) as term:
        name = front(term)
        term.send(CTRL_A + "n" + "whole\n")
        term.expect(PREFIX.format(other(name)) + "whole")
        # It takes a millisecond for each key to come back: the keyboard is
        # elsewhere by then, and the line appears above that guest's.
        term.send("late\n" + CTRL_A + "n")
        term.expect(PREFIX.format(other(name)) + "late")
        term.expect(PREFIX.format(name) + r"\?")
        term.send("!\n")
        term.expect("!")
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def shown(env, *options):
    """What two hellos look like on a terminal."""
    argv = ["env", "-u", "NO_COLOR", *env, vm.KVM_VMM, *options,
            vm.image("hello.bin"), vm.image("hello.bin")]
    with terminal.Terminal(argv) as term:
        term.ends(vm.OK)
        return term.seen


def coloured():
    text = shown(["TERM=xterm-256color"])
    for number, name in (2, "hello.bin"), (3, "hello.bin#2"):
        tap.check(f"\x1b[38;5;{number}m{name}" in text, repr(text))
        tap.check(f"\x1b[38;5;{number}m{name:11} | Hello, KVM!" in text,
                  repr(text))


def colourless():
    for env in ["NO_COLOR=1", "TERM=xterm"], ["TERM=dumb"], ["TERM="]:
        text = shown(env)
        tap.check("\x1b[38" not in text, repr(text))
        tap.check("hello.bin#2 | Hello, KVM!" in text, repr(text))


def interleaved():
    text = shown(["TERM=xterm"], "--interleave")
    tap.check(" | " not in text, repr(text))
    text = text[text.index("2 guests:"):]
    text = re.sub(r"2 guests:.*\n|\[keyboard: .*\n", "", text)
    for number in 2, 3:
        mine = "".join(part[part.index("m") + 1:] for part in
                       text.split("\x1b[") if part.startswith(f"38;5;{number}m"))
        tap.equal(mine.replace("\r", ""), "Hello, KVM!\n",
                  f"what is in colour {number}")


def odd_names():
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in
                 ("a\nb\x1b[31m.bin", "\u00fc.bin")]
        for path in paths:
            shutil.copy(vm.image("hello.bin"), path)
        done = subprocess.run([vm.KVM_VMM, *paths], capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
    tap.equal(sorted(done.stdout.decode().splitlines()),
              ["a?b?[31m.bin | Hello, KVM!", "\u00fc.bin        | Hello, KVM!"],
              f"{done.stderr}\nlines")


for where in vm.places("real16", "hello.bin"):
    tap.add(f"Ctrl-A n moves the keyboard, the end of a guest too ({where})",
            moves, where)
    tap.add(f"the keyboard stays away from guests that ended ({where})",
            stays, where)
    tap.add(f"whole lines appear above the line in front ({where})",
            above, where)
    if where == "host":
        tap.add("on a terminal each guest has its colour, in a legend too",
                coloured)
        tap.add("NO_COLOR and a dumb terminal get names only", colourless)
        tap.add("a file name cannot speak to the terminal, or break a line",
                odd_names)
        tap.add("--interleave shows characters in their guest's colour",
                interleaved)

TABLE = vm.Table()


def many(text, images, judge, *options, stdin=b""):
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, *(image() for image in images), stdin=stdin),
        judge)


def hello():
    return vm.image("hello.bin")


def piped(result):
    result.must(vm.OK)
    tap.equal(sorted(result.out.splitlines()),
              sorted([b"echo.bin    | typed", b"echo.bin    | ready",
                      b"hello.bin   | Hello, KVM!",
                      b"hello.bin#2 | Hello, KVM!"]), "lines")


many("piped: names in front, no colour, stdin to the one that listens",
     [hello, hello, lambda: vm.assemble("echo")], piped, stdin=b"typed\x04")


def pieces(result):
    result.must(vm.OK)
    tap.equal(Counter(result.out), Counter(4 * b"Hello, KVM!\n"), "characters")


many("--interleave in a pipe: every character, nothing added", 4 * [hello],
     pieces, "--interleave")
many("the worst exit status is that of all",
     [hello, lambda: vm.assemble("hypercall"), lambda: vm.assemble("triple")],
     lambda result: result.must(vm.CRASHED), stdin=b"Z")
many("one guest spins, another halts: --timeout ends what is left",
     [hello, lambda: vm.assemble("loop")],
     # How far the other one has come by then, nobody knows.
     lambda result: (result.must(vm.LIMIT),
                     tap.check(b"hello.bin | Hello, KVM!".startswith(
                         result.out.rstrip(b"\n")), result.out),
                     tap.check("loop.bin: stopped: --timeout" in result.err,
                               result.err)),
     "--timeout", "1")


def too_few(_):
    command = shlex.join([vm.KVM_VMM] + 64 * [vm.image("hello.bin")])
    return vm.Command("sh", "-c", f"ulimit -n 60; exec {command}")


def said_so(result):
    result.must(vm.FAILED, b"")
    tap.check("ulimit -n" in result.err, result.err)
    tap.equal(len(result.err.splitlines()), 1, f"{result.err}\nlines")


TABLE.add("too few file descriptors are one message with the next step",
          too_few, said_so)


def all_of(result, count):
    result.must(vm.OK)
    names = ["hello.bin"] + [f"hello.bin#{n}" for n in range(2, count + 1)]
    tap.equal(sorted(result.out.decode().splitlines()),
              sorted(f"{name:{len(names[-1])}} | Hello, KVM!"
                     for name in names), "lines")


many("64 guests at once", 64 * [hello], lambda result: all_of(result, 64))
if vm.has_feature("batching"):
    many("--no-batching: 64 guests at once, every line whole", 64 * [hello],
         lambda result: all_of(result, 64), "--no-batching")
    many("--no-batching: --interleave, every character", 4 * [hello], pieces,
         "--no-batching", "--interleave")
TABLE.add_cases(*vm.places("real16", "hello.bin"))
TABLE = vm.Table()
many("256 guests at once", 256 * [hello],
     lambda result: all_of(result, 256))
TABLE.add_cases(*(place for place in vm.places("real16", "hello.bin")
                  if place == "host"))

MIXED = vm.Table()


def mixed(place):
    del place
    return vm.Command(
        vm.KVM_VMM, vm.image("hello.bin"), vm.image("vmlinux"),
        vm.image("hello64.elf"), vm.image("hello.bin"), "--initrd",
        vm.image("initramfs.cpio"), "--cmdline",
        "console=ttyS0 quiet rodata=off -- echo Linux here; exit 9", limit=60)


def mixed_out(result):
    result.must(9)
    for line in ("hello.bin   | Hello, KVM!", "hello.bin#2 | Hello, KVM!",
                 "vmlinux     | Linux here", "hello64.elf | Hello"):
        tap.check(line in result.out.decode(), result.out, result.err)


MIXED.add("real-mode, 64-bit and Linux guests side by side", mixed, mixed_out)
if os.path.exists(os.path.join(tap.IMAGES, "hello64.elf")):
    MIXED.add_cases(*vm.places("linux", "vmlinux", "hello.bin"))

tap.main()
