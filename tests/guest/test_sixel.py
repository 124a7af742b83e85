#!/usr/bin/python3
"""Graphics in a terminal that has pixels: what it is asked, who gets what is typed
meanwhile, and what is drawn, as Debian's sixel2png sees it."""

import fcntl
import os
import re
import struct
import subprocess
import tempfile
import termios
import time

import pexpect
import pngfile
import vm
from screens import Session
from vm import tap

WORK = tempfile.TemporaryDirectory(dir=tap.BUILD)
QUESTION = b"\x1b[?1;1;0S\x1b[16t\x1b[c"
STRIP = re.compile(rb"\x1b\[(\d+);1H(\x1bP0;1;0q\"1;1;(\d+);(\d+)[^\x1b]*\x1b\\)")
CELL = 10, 20
SIXEL, DEEP = b"\x1bP0;1;0q", b"\x1b[48;2;"
POINTS = b";2;92;98;98", b";2;93;98;14"
SIXELS = "\x1b[?62;4;22c"
BLOCKS = "\x1b[?62;22c"


class Terminal(Session):
    """One that answers @answers when it is asked, piece by piece."""

    def __init__(self, *options, answers=(SIXELS,), cell=CELL, lines=25,
                 columns=80, display="text", **more):
        self.answers = answers
        self.asked = False
        self.pending = b""      # not given to pyte, which knows no DCS
        super().__init__("--keys=keyboard", "--display", display, *options,
                         vm.assemble("pixels"), lines=lines, columns=columns,
                         **more)
        if cell:
            fcntl.ioctl(self.child.child_fd, termios.TIOCSWINSZ,
                        struct.pack("HHHH", lines, columns, columns * cell[0],
                                    lines * cell[1]))

    def feed(self, data):
        self.raw += data
        self.pending = re.sub(rb"\x1bP[^\x1b]*\x1b(\\|(?=\[))", b"",
                              self.pending + data)
        at = re.search(rb"\x1b(P|$)|$", self.pending).start()
        self.stream.feed(self.pending[:at])
        self.pending = self.pending[at:]

    def take(self, seconds):
        try:
            self.feed(self.child.read_nonblocking(65536, seconds))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        if QUESTION in self.raw and not self.asked:
            self.asked = True
            for piece in self.answers:
                self.send(piece)
                time.sleep(0.01)
        return True

    def draws(self, what):
        """It has graphics."""
        self.until(what, lambda: what in self.raw)


def decoded(sixels):
    """The pixels, rows of (red, green, blue)."""
    out = os.path.join(WORK.name, "strip.png")
    done = subprocess.run(["sixel2png", "-o", out], input=sixels,
                          capture_output=True, check=False)
    tap.equal(done.returncode, 0, done.stderr)
    with open(out, "rb") as file:
        return pngfile.Picture(file.read(), filtered=True)


def put_together(raw, cell_height=CELL[1]):
    """What has been drawn in the end: the last strip of each line."""
    strips = {int(line): sixels for line, sixels, *_ in STRIP.findall(raw)}
    rows = []
    for line, sixels in sorted(strips.items()):
        tap.equal(len(rows), (line - 1) * cell_height, "rows above a strip")
        rows += decoded(sixels).rows
    return rows


def same(drawn, picture, width, height):
    """Each pixel at its place, its colour as near as hundredths are."""
    tap.equal((len(drawn[0]), len(drawn)), (width, height), "size")
    for y, row in enumerate(drawn):
        want = picture.rows[y * picture.height // height]
        for x, pixel in enumerate(row):
            have = want[x * picture.width // width]
            tap.check(all(abs(a - b) <= 2 for a, b in zip(pixel, have)),
                      f"pixel {x}, {y}: {pixel}, not {have}")


def has(raw, point):
    """Whether a whole strip has the colour of this point, which is drawn last, and in
    the last strip."""
    return any(point in strip for _, strip, *_ in STRIP.findall(raw))


def shown(width, height, keys="a", pause=0, **more):
    """What is drawn is what --screenshot has, and then only what has changed."""
    path = os.path.join(WORK.name, "picture.png")
    if os.path.exists(path):
        os.unlink(path)
    with Terminal("--screenshot", path, **more) as term:
        term.draws(SIXEL)
        term.send(keys)
        time.sleep(pause)
        term.until("a point", lambda: has(term.raw, POINTS[0]))
        before = len(term.raw)
        term.send("a")
        term.until("another", lambda: has(term.raw[before:], POINTS[1]))
        lines = [{found[0] for found in STRIP.findall(part)}
                 for part in (term.raw[:before], term.raw[before:])]
        tap.check(len(lines[1]) < len(lines[0]), "all was drawn again", lines)
        term.send("q")
        term.ends(5)
        cell = more.get("cell") or CELL
        same(put_together(term.raw, cell[1]), pngfile.read(path), width, height)


def few_registers():
    """Eight colours, by turns."""
    with Terminal(lines=12, columns=60, answers=("\x1b[?1;0;16S" + SIXELS,)) as term:
        term.draws(SIXEL)
        term.send("q")
        term.ends(5)
        drawn = put_together(term.raw)
    seen = {pixel for row in drawn for pixel in row}
    tap.equal(seen, {(red, green, blue) for red in (0, 255)
                     for green in (0, 255) for blue in (0, 255)}, "colours")


def printed(term, text):
    """The scan codes that the guest has got."""
    term.send("q")
    term.ends(5)
    tap.check(text in term.raw.rpartition(b"\x1b[?1049l")[2],
              term.raw[-200:])


def typed(*answers, codes, picture=SIXEL):
    """The guest has what was typed, in order, and no answer."""
    with Terminal(answers=answers) as term:
        term.draws(picture)
        tap.equal(term.raw.count(QUESTION), 1, "questions")
        printed(term, codes + b"\x10")


def beside():
    """Esc alone, when the screen has been left and no answer has come."""
    with Terminal(answers=()) as term:
        term.draws(DEEP)
        before = len(term.raw)
        term.send("\x01s\x1b")
        term.until("Esc", lambda: b"\x01" in term.raw[before:])
        term.send("q")
        term.ends(5)


def blocks(*, picture, asked=0, **more):
    with Terminal(**more) as term:
        term.draws(picture)
        tap.check(SIXEL not in term.raw, "sixels")
        tap.equal(term.raw.count(QUESTION), asked, "questions")
        term.send("q")
        term.ends(5)


def unasked():
    with Terminal(cell=None, answers=(), display="text,sixel") as term:
        term.draws(SIXEL)
        term.send("q")
        term.ends(5)


def refused():
    for name, why in (("text,colour", "blocks, or as sixel"),
                      ("text,", "blocks, or as sixel"),
                      ("window,sixel", "no such display")):
        done = subprocess.run([vm.KVM_VMM, "--display", name, vm.assemble("halt")],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        tap.equal((done.returncode, done.stdout), (vm.USAGE, ""), name)
        tap.check(why in done.stderr, done.stderr)


def add(text, function, *args, **more):
    tap.add(text + " (host)", lambda: function(*args, **more))


if "host" not in vm.places("real16") or not vm.has_feature("vga-graphics"):
    tap.add("sixels", vm.skip, "no real mode here, or VGA_GRAPHICS is off")
    tap.main()
add("each pixel twice, and only what has changed", shown, 640, 400)
add("once, the size of a character by an answer", shown, 320, 200,
    lines=12, columns=60, cell=None,
    answers=("\x1b[?1;0;256S", "\x1b[6;20;10t", SIXELS))
add("16 registers: eight colours by turns", few_registers)
add("keys before, in and behind an answer in pieces reach the guest", typed,
    "a", "\x1b[?6", "2;4;22", "cb", codes=b"\x1e\x30")
add("so do Esc, an arrow and F12, without an answer", typed,
    "\x1b", "\x1b[A", "\x1b[24~", codes=b"\x01\x48\x58", picture=DEEP)
add("and what only begins like one", typed, "\x1b[1", ";5C",
    codes=b"\x1d\x4d", picture=DEEP)
add("Esc does not wait for one once the screen is left", beside)
add("no answer: blocks", blocks, picture=DEEP, answers=(), asked=1)
add("an answer without sixels: blocks", blocks, picture=DEEP,
    answers=(BLOCKS,), asked=1)
add("four registers: blocks", blocks, picture=DEEP,
    answers=("\x1b[?1;0;4S" + SIXELS,), asked=1)
add("text,blocks asks nothing", blocks, picture=DEEP, display="text,blocks")
add("nor does a Linux console", blocks, picture=DEEP, TERM="linux")
add("without COLORTERM, 256 colours", blocks, picture=b"\x1b[48;5;",
    display="text,blocks", COLORTERM="")
add("text,sixel needs no answer", unasked)
add("whoever reads late has the last picture", shown, 320, 200, keys="nna",
    pause=1, lines=12, columns=60)
add("other words are refused", refused)
tap.main()
