"""A terminal that a test can look at: kvm-vmm below a pseudo-terminal, and what
it writes interpreted by pyte, with the second screen that xterm has besides."""

import contextlib
import os
import re
import time

import pexpect
import pyte

import vm
from terminal import AROUND
from vm import tap


class Picture(pyte.Screen):
    """pyte's screen, with the second one of DECSET 1049."""

    def __init__(self, columns, lines):
        self.first = None       # what is kept of it while the second is shown
        super().__init__(columns, lines)

    def set_mode(self, *modes, **kwargs):
        super().set_mode(*modes, **kwargs)
        if 1049 in modes and kwargs.get("private") and not self.first:
            self.first = (dict(self.buffer), self.cursor.x, self.cursor.y)
            self.buffer.clear()

    def reset_mode(self, *modes, **kwargs):
        super().reset_mode(*modes, **kwargs)
        if 1049 in modes and kwargs.get("private") and self.first:
            rows, self.cursor.x, self.cursor.y = self.first
            self.first = None
            self.buffer.clear()
            self.buffer.update(rows)


class Session:
    """kvm-vmm at such a terminal; use it as a context."""

    def __init__(self, *argv, lines=25, columns=80, limit=60, **env):
        self.limit = limit
        self.picture = Picture(columns, lines)
        self.stream = pyte.ByteStream(self.picture)
        self.raw = b""
        env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
               "NO_COLOR": "", "COLORTERM": "truecolor",
               **env}
        self.child = pexpect.spawn(
            "/bin/sh", ["-c", AROUND, "sh", vm.KVM_VMM, *map(str, argv)],
            cwd=tap.TOP, timeout=limit, echo=False, env=env,
            dimensions=(lines, columns))
        self.child.delaybeforesend = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def take(self, seconds):
        """Reads what comes within a moment; false at the end."""
        try:
            data = self.child.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def row(self, number):
        return self.picture.display[number].rstrip()

    def rows(self):
        return [line.rstrip() for line in self.picture.display]

    def cell(self, row, column):
        return self.picture.buffer[row][column]

    @property
    def is_second(self):
        return self.picture.first is not None

    @property
    def cursor(self):
        """(row, column), or None where it is hidden."""
        cursor = self.picture.cursor
        return None if cursor.hidden else (cursor.y, cursor.x)

    def until(self, what, holds):
        """Waits until holds() is true."""
        end = time.monotonic() + self.limit
        alive = True
        while not holds():
            tap.check(alive and time.monotonic() < end,
                      f"waited for {what}; it shows:", "\n".join(self.rows()),
                      f"cursor {self.cursor}, second {self.is_second}",
                      repr(self.raw[-600:]))
            alive = self.take(0.05)

    def shows(self, row, text):
        self.until(f"{text!r} in row {row}", lambda: self.row(row) == text)

    def said(self, text):
        """Waits until it has come, at any place."""
        self.until(f"{text!r}", lambda: text.encode() in self.raw)

    def send(self, text):
        self.child.send(text)

    def resize(self, lines, columns):
        self.picture.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def pid(self):
        """The process id of kvm-vmm."""
        path = f"/proc/{self.child.pid}/task/{self.child.pid}/children"
        end = time.monotonic() + self.limit
        while time.monotonic() < end:
            # The shell's first children are there for a moment.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                    open(path, encoding="ascii") as file:
                for child in file.read().split():
                    with open(f"/proc/{child}/comm", encoding="ascii") as comm:
                        if comm.read().strip() == "kvm-vmm":
                            return int(child)
            time.sleep(0.01)
        raise tap.Failure("kvm-vmm never started")

    def ends(self, status):
        """It ends so, and leaves the terminal as it was."""
        self.until("the end", lambda: b"@after" in self.raw and
                   self.raw.endswith(b"\n"))
        words = dict(re.findall(rb"@(status|before|after) (\S+)", self.raw))
        tap.equal(int(words[b"status"]), status, "exit status")
        tap.equal(words[b"after"], words[b"before"], "stty -g afterwards")
        tap.check(not self.is_second, "the second screen is still shown")
        tap.check(self.cursor, "the cursor is still hidden")
