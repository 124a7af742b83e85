#!/usr/bin/python3
# timeout: 300
"""1K OS with somebody at the keyboard: editing, history, Ctrl-C, every key."""

import os
import re
import socket
import tempfile
import time

import os1k
import terminal
import vm
from os1k import tap
from terminal import CTRL_C, CTRL_D

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE, RUBOUT = "\x1b[H", "\x1b[F", "\x1b[3~", "\x7f"
CTRL_A, CTRL_E, CTRL_U = "\x01", "\x05", "\x15"


def session(place, kind=None, image=os1k.TEST_IMAGE):
    """1K OS at a terminal, at its prompt."""
    if place == "qemu":
        argv = os1k.qemu_command(image)
    else:
        argv = [vm.KVM_VMM, "--irqchip", kind, image]
        if place == "lab":
            argv = vm.lab_command(argv)
    term = terminal.Terminal(argv)
    term.expect(r"or help\.\r\n1k> ")
    return term


def answers(term, typed, answer):
    """What is typed gives this answer, and then the prompt."""
    term.send(typed)
    term.expect(r"\r\n" + answer + r"\r\n1k> ")


def edits(place, kind=None):
    ctrl_a = CTRL_A if place == "qemu" else CTRL_A * 2  # kvm-vmm's own key
    with session(place, kind) as term:
        for typed in ["mem", "mme" + LEFT + RUBOUT + RIGHT + "m" + HOME +
                      DELETE + "m" + END + "\b" + "m" + LEFT * 9 + DELETE +
                      "m" + RIGHT * 9, "nonsense" + CTRL_U + "mem",
                      "em" + ctrl_a + "m" + CTRL_E, "xmem" + HOME + DELETE]:
            answers(term, typed + "\r", r"16127 pages[^\r]*")
        term.send(CTRL_D)
        term.expect("Goodbye.")
        term.ends(vm.OK)


def remembers(place, kind=None):
    missing = r"{}: error: no such command or program; try help"
    with session(place, kind) as term:
        for word in ("one", "two", "three"):
            answers(term, word + "\r", missing.format(word))
        answers(term, UP + "\r", missing.format("three"))
        answers(term, UP + UP + UP + DOWN + "\r", missing.format("two"))
        answers(term, "draft" + UP + UP + UP + UP + "\r", missing.format("one"))
        answers(term, UP * 40 + "\r", missing.format("one"))
        answers(term, UP + DOWN + DOWN + "four\r", missing.format("four"))
        answers(term, UP + LEFT + "x\r", missing.format("fouxr"))
        # A program's lines are its own.
        term.send("echo\r" + UP + "lost\r")
        term.expect(r"\r\nlost\r\necho> ")
        term.send("quit\r0\r")
        term.ends(vm.OK)


def interrupts(place, kind=None):
    """Ctrl-C ends what is in front, however busy, and nothing else."""
    with session(place, kind) as term:
        term.send("nothing" + CTRL_C)
        term.expect(r"nothing\^C\r\n1k> ")
        answers(term, "spin &\r", r"\[2\] spin")
        term.send("uptime\r")
        before = int(term.expect(r": (\d+) ticks").group(1))
        term.expect("1k> ")
        term.send("busy\r")
        term.expect("busy\r\nbusy\r\n")
        term.send(CTRL_C)
        term.expect(r"\^C\r\n1k> ")
        term.send("echo\rline\r")
        term.expect("\r\nline\r\necho> ")
        term.send(CTRL_C)
        term.expect(r"\^C\r\n1k> ")
        term.send("counter 100000\r")
        term.expect("0 1 2 3 ")
        term.send(CTRL_C)
        term.expect(r"\^C\r\n1k> ")
        term.send("uptime\r")
        after = int(term.expect(r": (\d+) ticks").group(1))
        tap.check(after > before, f"{before} ticks, then {after}")
        term.expect("1k> ")
        answers(term, "ps\r", r" +1 +0 +running +\d+  shell\r\n"
                              r" +2 +1 +ready +\d+  spin")
        term.send("0\r")
        term.ends(vm.OK)


# What a terminal sends goes through scan codes and comes out as it was.
SENT = [c for c in map(chr, range(32, 127)) if c != "q"] + [
    "\r", "\t", "\b", RUBOUT, CTRL_A, "\x1a", "\x1f", UP, DOWN, RIGHT, LEFT,
    HOME, END, DELETE, "\x1b[2~", "\x1b[5~", "\x1b[6~", "\x1bOP", "\x1bOQ",
    "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~",
    "\x1b[20~", "\x1b[21~", "\x1b[23~", "\x1b[24~"]
# Two characters that are one key.
SAME = {"\b": RUBOUT}


def hexadecimal(text):
    return "".join(f"{ord(c):02x} " for c in text)


def translates(place, kind):
    with session(place, kind) as term:
        term.send("keys\r")
        term.expect("keys\r\nkeys\r\n")
        for sent in SENT:
            escape = "\x01" if sent == CTRL_A else ""   # Ctrl-A Ctrl-A
            term.send(escape + sent)
            have = term.expect(r"((?:[0-9a-f]{2} )+)").group(1)
            want = hexadecimal(SAME.get(sent, sent))
            while len(have) < len(want):
                have += term.expect(r"((?:[0-9a-f]{2} )+)").group(1)
            tap.equal(have, want, f"what {sent!r} gives")
        term.send("q")
        term.expect("71 \r\n1k> ")
        term.send("0\r")
        term.ends(vm.OK)


# --- QEMU's keyboard ---------------------------------------------------------

PLAIN = {
    "minus": "-", "equal": "=", "bracket_left": "[", "bracket_right": "]",
    "semicolon": ";", "apostrophe": "'", "grave_accent": "`",
    "backslash": "\\", "comma": ",", "dot": ".", "slash": "/", "spc": " ",
    "less": "<", "tab": "\t", "ret": "\r", "backspace": RUBOUT, "esc": "\x1b",
    "asterisk": "*",
}
SHIFTED = {
    "1": "!", "2": "@", "3": "#", "4": "$", "5": "%", "6": "^", "7": "&",
    "8": "*", "9": "(", "0": ")", "minus": "_", "equal": "+",
    "bracket_left": "{", "bracket_right": "}", "semicolon": ":",
    "apostrophe": '"', "grave_accent": "~", "backslash": "|", "comma": "<",
    "dot": ">", "slash": "?", "less": ">", "spc": " ",
}
EXTENDED = {
    "up": UP, "down": DOWN, "right": RIGHT, "left": LEFT, "home": HOME,
    "end": END, "delete": DELETE, "insert": "\x1b[2~", "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~", "kp_enter": "\r", "kp_divide": "/",
}
FUNCTIONS = dict(zip((f"f{n}" for n in range(1, 13)), (
    "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~",
    "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~", "\x1b[23~", "\x1b[24~")))
KEYPAD_MOVES = [DELETE, "\x1b[2~", END, DOWN, "\x1b[6~", LEFT, None, RIGHT,
                HOME, UP, "\x1b[5~"]
KEYPAD = ["kp_decimal"] + [f"kp_{n}" for n in range(10)]
LETTERS = "abcdefghijklmnoprstuvwxyz"   # q ends the program


def key_table():
    """(keys to press, what must come) in order."""
    both = {**PLAIN, **{c: c for c in LETTERS + "0123456789"}}
    yield from both.items()
    yield from (("shift-" + key, c) for key, c in SHIFTED.items())
    yield from (("shift_r-" + c, c.upper()) for c in LETTERS)
    yield from (("ctrl-" + c, chr(ord(c) & 31)) for c in LETTERS if c != "c")
    yield from (("ctrl_r-" + key, c) for key, c in
                (("bracket_left", "\x1b"), ("backslash", "\x1c"),
                 ("bracket_right", "\x1d")))
    yield from EXTENDED.items()
    yield from FUNCTIONS.items()
    yield from (("shift-up", UP), ("kp_add", "+"), ("kp_subtract", "-"),
                ("kp_multiply", "*"))
    yield from zip(KEYPAD, ".0123456789")
    yield "num_lock", ""
    yield from ((key, c) for key, c in zip(KEYPAD, KEYPAD_MOVES) if c)
    yield "num_lock", ""
    yield "kp_7", "7"
    yield "caps_lock", ""
    yield from (("a", "A"), ("shift-a", "a"), ("1", "1"), ("shift-1", "!"))
    yield "caps_lock", ""
    yield "a", "a"
    for key, c in zip(("pause", "print", "scroll_lock", "menu"), "bcde"):
        yield key, ""
        yield c, c


def presses_keys():
    """QEMU's own keyboard, pressed from its monitor. It has room for 16 bytes: what
    prints nothing is pressed with a key that does."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "monitor")
        argv = os1k.qemu_command(os1k.TEST_IMAGE, "-monitor",
                                 f"unix:{path},server=on,wait=off")
        with terminal.Terminal(argv) as term, \
                socket.socket(socket.AF_UNIX) as monitor:
            term.expect("1k> ")
            monitor.connect(path)
            for key in ("k", "e", "y", "s", "ret"):
                press(monitor, key)
            term.expect("keys\r\nkeys\r\n")
            for key, want in key_table():
                press(monitor, key)
                if not want:
                    continue
                term.expect(re.escape(hexadecimal(want)))
                tap.check(not term.child.before.strip(),
                          f"before {key}: {term.child.before!r}")
            press(monitor, "q")
            term.expect("71 \r\n1k> ")
            press(monitor, "0")
            press(monitor, "ret")
            term.ends(vm.OK)


def press(monitor, key):
    """Presses a key and lets it go; QEMU has room for a few at a time."""
    monitor.sendall(f"sendkey {key} 10\n".encode())
    seen = b""
    while not seen.endswith(b"(qemu) "):
        more = monitor.recv(4096)
        tap.check(more, "QEMU has ended")
        seen = (seen + more)[-16:]
    time.sleep(0.03)


CASES = [
    ("a line is edited with arrows, Home, End, Backspace, Delete", edits),
    ("earlier lines come back", remembers),
    ("Ctrl-C ends the program in front and nothing else", interrupts),
]
REASON = os1k.qemu_lacks(os1k.TEST_IMAGE)
for text, case in CASES:
    if REASON:
        tap.add(f"{text} (qemu)", vm.skip, REASON)
    else:
        tap.add(f"{text} (qemu)", case, "qemu")
if REASON:
    tap.add("every key (qemu)", vm.skip, REASON)
else:
    tap.add("every key (qemu)", presses_keys)
for where in vm.places("paged32", "os-1k.bin"):
    for irqchip in os1k.kinds():
        for text, case in CASES + [("what a terminal sends survives scan "
                                    "codes", translates)]:
            tap.add(f"{text}, irqchip {irqchip} ({where})", case, where,
                    irqchip)
tap.main()
