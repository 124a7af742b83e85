#!/usr/bin/python3
# timeout: 240
"""--display text: what a guest's screen looks like in a terminal, and who gets
what is typed there. pyte interprets what is drawn."""

import os
import pty
import signal
import subprocess
import time

import vm
from screens import Session
from vm import tap

CTRL_A, ESC = "\x01", "\x1b"
HELLO, CODES = "On the screen", 12      # the row of the scan codes
KEYS = {
    "a": "1e 9e", "A": "2a 1e 9e aa", "\r": "1c 9c", "\x7f": "0e 8e",
    ESC + "[A": "e0 48 e0 c8", ESC + "OD": "e0 4b e0 cb",
    ESC + "[3~": "e0 53 e0 d3", ESC + "OP": "3b bb", ESC + "[24~": "58 d8",
    ESC + "x": "38 2d ad b8", "\x03": "1d 2e ae 9d",
    ESC + "[1;5C": "1d e0 4d e0 cd 9d", ESC: "01 81",
}


def session(*options, images=1, **more):
    return Session(*options, *images * [vm.assemble("screen")], **more)


def on_screen(*options, **more):
    """A session whose screen is shown, with the guest's cursor in place."""
    term = session(*options, **more)
    try:
        term.shows(0, HELLO)
        term.until("the cursor", lambda: term.cursor == (CODES, 0))
    except tap.Failure:
        term.child.close(force=True)
        raise
    return term


def by_itself():
    """Colours as attributes say, and everything else as in a file."""
    with on_screen() as term:
        tap.check(term.is_second, "it is not the second screen")
        tap.equal(term.row(4)[:8], "Çüéâäàåç", "row 4")
        tap.equal(term.row(2)[27:29], "←∟", "control characters")
        # pyte has no bright colours: it makes the character bold.
        for place, front, ground in (
                ((0, 0), "white", "blue"), ((24, 74), "brown", "red"),
                ((7, 2), "green", "black"), ((7, 16), "black", "blue"),
                ((9, 3), "cyan", "black")):
            cell = term.cell(*place)
            tap.equal((cell.fg, cell.bg), (front, ground), f"{place}")
            tap.equal(cell.bold, place[0] in (0, 24), f"{place}, bright")
        tap.check(b"\x1b[0;5;36;40mA" in term.raw, "nothing blinks")
        term.send("b")      # bright grounds instead
        term.until("a bright ground",
                   lambda: b"\x1b[0;36;100mA" in term.raw)
        term.send("q")
        term.ends(5)


def little():
    """Only what has changed is written."""
    with on_screen("--display", "text") as term:
        before = len(term.raw)
        term.send("a")
        term.shows(CODES, "1e 9e")
        tap.check(len(term.raw) - before < 200, term.raw[before:])
        term.send("c")
        term.until("no cursor", lambda: not term.cursor)
        term.send("q")
        term.ends(5)


def typed():
    with on_screen() as term:
        row, column = CODES, 0
        for keys, codes in KEYS.items():
            term.send(keys)
            words = codes.split()
            if column + 3 * len(words) > 80:    # the guest writes on
                break
            column += 3 * len(words)
            term.until(f"{codes} for {keys!r}",
                       lambda: term.row(row).endswith(codes) and
                       len(term.row(row)) == column - 1)
        term.send("q")
        term.ends(5)


def scrolls():
    with on_screen("--display=text", lines=60) as term:
        term.send("s")
        term.shows(23, " " * 74 + "corner")
        term.until("the cursor", lambda: term.cursor == (CODES - 1, 6))
        tap.equal(term.row(0), "", "row 0")
        term.send("5")
        term.shows(49, "")
        tap.equal(term.row(23), " " * 74 + "corner", "row 23")
        term.send("g")
        if vm.has_feature("vga-graphics"):
            term.until("pixels", lambda: "corner" not in term.row(23))
        else:
            term.shows(0, "graphics: not shown here")
            tap.equal(term.row(23), "", "row 23 in graphics")
        term.send("aq")
        term.ends(5)


def switches():
    """Serial output has a place of its own, and what is typed there, too."""
    with on_screen() as term:
        term.send("o")
        term.shows(CODES, "18 98")
        tap.check("out" not in "".join(term.rows()), "serial on the screen")
        term.send(CTRL_A + "s")
        term.said("out\r\n")
        tap.check(not term.is_second, "the screen is still shown")
        term.send("serial")
        term.said("serial")
        term.send(CTRL_A + "s")
        term.until("the screen", lambda: term.is_second)
        term.shows(CODES, "18 98")
        term.send("q")
        term.shows(0, HELLO) if term.is_second else None
        term.ends(5)


def helps():
    """The help is where messages are, and so that is shown."""
    with on_screen() as term:
        term.send(CTRL_A + "h")
        term.said("Ctrl-A s ")
        tap.check(not term.is_second, "it is on the screen")
        term.send(CTRL_A + "s")
        term.until("the screen", lambda: term.is_second)
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def resizes():
    """The part with the cursor is shown, of a smaller terminal all of it."""
    with on_screen() as term:
        term.resize(6, 20)
        term.until("the cursor", lambda: term.cursor == (5, 0))
        term.send("a" * 4)
        term.until("its line", lambda: "9e" in term.row(5) and
                   term.cursor == (5, 19))
        term.resize(40, 100)
        term.shows(0, HELLO)
        term.shows(24, " " * 74 + "corner")
        term.send("q")
        term.ends(5)


def stays():
    """When it has ended, the last screen is what the terminal shows."""
    with on_screen(lines=60) as term:
        term.send("oq")
        term.ends(5)
        rows = term.rows()
        tap.check(HELLO in rows, rows)
        at = rows.index(HELLO)
        tap.equal(rows[at + CODES], "18 98 10", "the scan codes")
        tap.equal(rows[at + 24], " " * 74 + "corner", "the last row")
        tap.check("out" in rows, "no serial output:", rows)


def too_short():
    """A guest that ends before anybody looked has its screen shown, too."""
    with Session("--timeout=60", vm.assemble("screen_short")) as term:
        term.ends(3)
        tap.check("short of time" in term.rows(), term.rows())


def multiboot():
    """A kernel that knows nothing but the screen and the keyboard."""
    with Session(vm.assemble("screen_mb")) as term:
        term.shows(5, "multiboot on the screen")
        term.until("the cursor", lambda: term.cursor == (5, 23))
        tap.equal((term.cell(5, 0).fg, term.cell(5, 0).bg),
                  ("white", "green"), "colours")
        term.send("aq")
        term.ends(6)


def crashes():
    """The report does not repeat a screen that is there already."""
    with on_screen(lines=60) as term:
        term.send("t")
        term.ends(vm.CRASHED)
        rows = term.rows()
        at = [i for i, row in enumerate(rows) if "eip" in row]
        tap.check(HELLO in rows and at, rows)
        tap.check(rows.index(HELLO) < at[0], "the report comes first:", rows)
        tap.check("its screen" not in "".join(rows), rows)


def killed(signum):
    with on_screen() as term:
        os.kill(term.pid(), signum)
        term.ends(128 + signum)


def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def stopped():
    """Ctrl-Z from outside: the shell's screen meanwhile, and drawn again."""
    with on_screen() as term:
        os.kill(term.pid(), signal.SIGTSTP)
        term.until("a stop", lambda: is_stopped(term.pid()))
        term.until("the first screen", lambda: not term.is_second)
        os.kill(term.pid(), signal.SIGCONT)
        term.until("the second screen", lambda: term.is_second)
        term.shows(0, HELLO)
        term.send("a")
        term.shows(CODES, "1e 9e")
        os.kill(term.pid(), signal.SIGSTOP)
        os.kill(term.pid(), signal.SIGCONT)
        term.send("q")
        term.ends(5)


def several():
    """The screen of the one in front; Ctrl-A n moves on."""
    with on_screen("--display=text", images=2) as term:
        term.send("a")
        term.shows(CODES, "1e 9e")
        term.send(CTRL_A + "n")
        term.shows(CODES, "")
        term.send("q")      # and back to the one that still runs
        term.shows(CODES, "1e 9e")
        term.send("q")
        term.ends(5)


def plain():
    """The C locale has ASCII, and NO_COLOR none."""
    with on_screen(LC_ALL="C", NO_COLOR="1") as term:
        tap.equal(term.row(4)[:8], "Cueaaaac", "row 4")
        tap.check(all(byte < 0x80 for byte in term.raw), "not ASCII")
        cell = term.cell(0, 0)
        tap.equal((cell.fg, cell.bg, cell.reverse, cell.bold),
                  ("default", "default", True, True), "how it looks")
        term.send("q")
        term.ends(5)


def forced():
    """--keys overrides: nothing becomes a scan code."""
    with on_screen("--keys", "serial") as term:
        term.send("abc" + CTRL_A + "s")
        term.said("abc")
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def stays_serial(*options, **more):
    with session(*options, "--timeout=2", **more) as term:
        term.ends(vm.LIMIT)
        tap.check(b"\x1b" not in term.raw, term.raw)


def prints():
    """One that prints is left alone, whatever lies in the text memory later."""
    with Session("--timeout=1", vm.assemble("exits"), vm.assemble("screen")) \
            as term:
        term.ends(vm.LIMIT)
        tap.check(b"\x1b[?1049h" not in term.raw, term.raw)
    with Session(vm.assemble("outsb")) as term:
        term.ends(vm.OK)
        tap.check(b"\x1b" not in term.raw, term.raw)


def unread(*options, signum=None, status):
    """Nobody reads the terminal, which is full before the first picture is."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
            [vm.KVM_VMM, "--display=text", *options, vm.assemble("screen")],
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "xterm"}) as program:
        time.sleep(1)
        if signum:
            program.send_signal(signum)
        try:
            tap.equal(program.wait(timeout=20), status, "exit status")
        finally:
            program.kill()
            os.close(theirs)
            os.close(ours)


def refused():
    for options, why in ((("--display=text",), "stdout is no terminal"),
                         (("--display=text", "--no-vga"), "no screen"),
                         (("--display=window",), "no such display")):
        done = subprocess.run([vm.KVM_VMM, *options, vm.assemble("halt")],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        tap.equal((done.returncode, done.stdout), (vm.USAGE, ""), options)
        tap.check(why in done.stderr, done.stderr)
    for name in "dumb", "":
        with session("--display=text", TERM=name) as term:
            term.ends(vm.USAGE)


def flood():
    """Serial output that nobody sees stops no guest; the last of it is kept."""
    with Session("--display=text", vm.assemble("screen_flood")) as term:
        term.shows(0, "all printed")
        term.send(CTRL_A + "s")
        term.said("the last line")
        term.said("are lost: the last 64 KiB are kept")
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


if "host" in vm.places("real16"):
    for text, function, *args in (
            ("it comes by itself, in colour, as code page 437", by_itself),
            ("only what changes is drawn, and the cursor comes and goes",
             little),
            ("what is typed becomes scan codes", typed),
            ("start address, 50 rows, graphics", scrolls),
            ("Ctrl-A s switches between screen and serial, keys as well",
             switches),
            ("Ctrl-A h shows its help beside the serial output", helps),
            ("a terminal that is smaller, or grows", resizes),
            ("the end leaves the last screen's text", stays),
            ("so does one that comes too soon to have been seen", too_short),
            ("a multiboot kernel is seen, and has the keyboard", multiboot),
            ("a crash leaves the last screen and the report", crashes),
            ("SIGTERM gives the terminal back", killed, signal.SIGTERM),
            ("SIGSEGV gives the terminal back", killed, signal.SIGSEGV),
            ("a stop gives it back, and it is drawn again", stopped),
            ("of two guests, that of the one in front", several),
            ("no UTF-8 and no colours", plain),
            ("--keys serial takes what is typed at the screen", forced),
            ("--display none draws nothing", stays_serial, "--display=none"),
            ("nor does it come by itself in a dumb terminal",
             lambda: stays_serial(TERM="dumb")),
            ("nor beside one that prints, or several", prints),
            ("a display that cannot be is refused", refused),
            ("SIGTERM ends it at a terminal that nobody reads",
             lambda: unread(signum=signal.SIGTERM,
                            status=128 + signal.SIGTERM)),
            ("so does --timeout",
             lambda: unread("--timeout=2", status=vm.LIMIT)),
            ("serial output goes on behind the screen", flood)):
        tap.add(f"{text} (host)", function, *args)
tap.main()
