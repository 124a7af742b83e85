#!/usr/bin/python3
"""The text screen: what a guest wrote there, in a file and in reports."""

import os
import subprocess
import tempfile

import vm
from vm import tap

WORK = tempfile.TemporaryDirectory(dir=tap.BUILD)
SCREEN = "/dev/stdout"

# The pictures of code page 437 that Python's codec leaves to control codes.
PICTURES = dict(zip([*range(32), 127],
                    " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼⌂"))
CODE_PAGE = "".join(PICTURES.get(c) or bytes([c]).decode("cp437")
                    for c in range(256)).replace("\xa0", " ")


def colours(bright):
    """The rows with every attribute: what has its ground's colour is hidden."""
    rows = []
    for first in range(0, 256, 64):
        grounds = ((a, a >> 4 & (15 if bright else 7))
                   for a in range(first, first + 64))
        rows.append("".join(" " if a & 15 == ground else "A"
                            for a, ground in grounds))
    return rows


def whole(first=0, bright=False, codes=""):
    """The guest's screen from a row on, as text."""
    rows = ["On the screen", ""]
    rows += [CODE_PAGE[at:at + 64] for at in range(0, 256, 64)]
    rows += [""] + colours(bright) + ["", codes]
    rows += [""] * (24 - len(rows)) + [" " * 74 + "corner"]
    return "".join(row.rstrip() + "\n" for row in rows[first:])


TABLE = vm.Table()


def row(text, keys, out, *options, guest="screen", status=5, note="",
        locale="C.UTF-8"):
    def judge(result):
        have = result.out.decode("utf-8", "replace")
        tap.equal(result.status, status, f"{result.err}\nstatus")
        tap.check(have == out, "have:", have, "want:", out)
        tap.check(note in result.err, f"no {note!r} in:", result.err)
    TABLE.add(text, lambda place: vm.Command(
        "env", f"LC_ALL={locale}", vm.KVM_VMM, "--keys=keyboard", "--screen-at-end", SCREEN, *options,
        vm.assemble(guest), stdin=keys), judge)


row("every character, where it is, and what cannot be seen", b"q",
    whole(codes="10"))
row("a screen that begins further down, by the start address", b"ssq",
    whole(2, codes="1f 9f 1f 9f 10"))
row("bright grounds are others than blinking ones", b"bq",
    whole(bright=True, codes="30 b0 10"))
row("50 rows", b"5q", whole(codes="06 86 10"))
row("serial output goes its own way", b"oq",
    "out\n" + whole(codes="18 98 10"))
row("a screen in graphics has no text", b"g", "", "--timeout=2",
    status=vm.LIMIT)
row("a crash shows the screen", b"t", whole(codes="14"), status=vm.CRASHED,
    note="  | On the screen\n  | \n  |  ☺☻")
row("and in the C locale in ASCII", b"t", whole(codes="14"), locale="C",
    status=vm.CRASHED,
    note="  | On the screen\n  | \n  |  oo????.:oO??&&*><|!PS_|^v><L-^v !")
row("a limit shows it, too", b"c", whole(codes="2e ae"), "--timeout=2",
    status=vm.LIMIT, note="kvm-vmm: screen.bin: its screen:\n  | On the")
row("a multiboot kernel finds what firmware leaves, and writes there", b"q",
    5 * "\n" + "multiboot on the screen\n", guest="screen_mb", status=6)
row("--no-vga: there is no screen", b"q", "", "--no-vga")


def run(*argv):
    return subprocess.run([vm.KVM_VMM, *argv], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=30)


def read(*path):
    with open(os.path.join(WORK.name, *path), encoding="utf-8") as file:
        return file.read()


def several():
    """Each guest's in a file of its own, and replaced by the next run."""
    path = os.path.join(WORK.name, "last")
    for _ in range(2):
        done = run("--screen-at-end", path, "--timeout=3",
                   vm.assemble("screen"), vm.assemble("halt"),
                   vm.assemble("screen"))
        tap.equal(done.returncode, vm.LIMIT, done.stderr)
        tap.equal(sorted(os.listdir(WORK.name)),
                  ["last.halt.bin", "last.screen.bin", "last.screen.bin#2"],
                  "files")
        tap.equal(read("last.screen.bin"), whole(), "the first")
        tap.equal(read("last.screen.bin#2"), whole(), "the third")
        tap.equal(read("last.halt.bin"), "", "the second")


def refused():
    """A file that somebody else wrote, a folder, and one that is not there: nothing
    is started."""
    image = os.path.join(WORK.name, "image")
    with open(image, "wb") as file:
        file.write(b"\xeb\xfe\0\1")
    done = run("--screen-at-end", image, vm.assemble("halt"))
    tap.equal(done.returncode, vm.USAGE, done.stderr)
    tap.check("it exists" in done.stderr, done.stderr)
    with open(image, "rb") as file:
        tap.equal(file.read(), b"\xeb\xfe\0\1", "the file")
    for path in WORK.name, os.path.join(WORK.name, "no", "file"):
        done = run("--screen-at-end", path, vm.assemble("halt"))
        tap.equal(done.returncode, vm.USAGE, done.stderr)
        tap.check(path in done.stderr, done.stderr)


PLACES = vm.places("real16")
TABLE.add_cases(*PLACES[:1])
if "host" in PLACES:
    tap.add("several guests have a file each (host)", several)
    tap.add("no other file is written over (host)", refused)
tap.main()
