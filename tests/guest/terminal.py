"""A terminal for the guest tests: kvm-vmm with somebody at the keyboard.

The command runs below a shell on a pseudo-terminal; the shell notes the
settings of the terminal before and after, and the exit status.
"""

import os
import re
import time

import pexpect

from vm import tap

AROUND = """
trap : INT
echo "@before $(stty -g)"
"$@"
echo "@status $?"
echo "@after $(stty -g)"
"""
CTRL_A, CTRL_C, CTRL_D = "\x01", "\x03", "\x04"


class Terminal:
    """A session; use it as a context, so that nothing stays behind."""

    def __init__(self, argv, limit=60):
        self.limit = limit
        self.child = pexpect.spawn(
            "/bin/sh", ["-c", AROUND, "sh", *map(str, argv)], cwd=tap.TOP,
            timeout=limit, encoding="utf-8", codec_errors="replace",
            echo=False, dimensions=(24, 200))
        self.child.delaybeforesend = None
        self.seen = ""
        self.before = self.expect(r"@before (\S+)").group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def expect(self, pattern, limit=None):
        """Waits for a regular expression; everything before it is kept."""
        try:
            self.child.expect(pattern, timeout=limit or self.limit)
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            raise tap.Failure(
                f"waited for {pattern!r}; {type(error).__name__} after:\n" +
                (self.seen + self.child.before)[-2000:]) from None
        self.seen += self.child.before + self.child.after
        return self.child.match

    def send(self, text):
        self.child.send(text)

    def ends(self, status, limit=None):
        """Waits for the end; fails unless with that exit status."""
        have = int(self.expect(r"@status (\d+)", limit).group(1))
        after = self.expect(r"@after (\S+)").group(1)
        tap.equal(have, status, f"after:\n{self.seen[-2000:]}\nexit status")
        tap.equal(after, self.before, "stty -g afterwards")

    def pid(self):
        """The process id of the command itself."""
        path = f"/proc/{self.child.pid}/task/{self.child.pid}/children"
        limit = time.monotonic() + self.limit
        while time.monotonic() < limit:
            with open(path, encoding="ascii") as file:
                for child in file.read().split():
                    with open(f"/proc/{child}/comm", encoding="ascii") as comm:
                        if not re.match(r"(sh|stty)$", comm.read()):
                            return int(child)
            time.sleep(0.01)
        raise tap.Failure("the command never started")

    def kill(self, signum):
        os.kill(self.pid(), signum)
