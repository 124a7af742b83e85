"""A PC with a medium in it, which somebody boots and types at: QEMU's, with a BIOS or
with UEFI. What is seen and typed is the first serial line's."""

import os
import shutil

import pexpect

from vm import tap

QEMU = "qemu-system-x86_64"
UEFI = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
FIRMWARE = {
    "BIOS": ["-m", "128"],
    "UEFI": ["-machine", "q35", "-m", "256",
             "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={UEFI}",
             "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={VARIABLES}"],
}


def qemu_lacks(firmware):
    """Why QEMU cannot boot so here, or None."""
    if not shutil.which(QEMU):
        return "QEMU is not installed; `make deps` installs it"
    if firmware == "UEFI" and not os.path.exists(VARIABLES):
        return "ovmf is not installed; `make deps` installs it"
    return None


def qemu(firmware, kind, path):
    """The command line: @path is a "disk" or a "cdrom"; nothing is written to it."""
    return [QEMU, "-accel", "tcg", "-display", "none", "-nic", "none",
            "-no-reboot", "-serial", "stdio", *FIRMWARE[firmware],
            "-drive", f"media={kind},file={path},format=raw," +
            ("readonly=on" if kind == "cdrom" else "snapshot=on")]


class Line:
    """What is at the other end of the serial line; use it as a context."""

    def __init__(self, argv, limit=60):
        self.seen = ""
        self.limit = limit
        self.child = pexpect.spawn(argv[0], list(map(str, argv[1:])),
                                   cwd=tap.TOP, timeout=limit, echo=False,
                                   encoding="latin-1", dimensions=(25, 80))
        self.child.delaybeforesend = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def expect(self, pattern):
        try:
            self.child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            raise tap.Failure(
                f"waited for {pattern!r}; {type(error).__name__} after:",
                repr((self.seen + self.child.before)[-2000:])) from None
        self.seen += self.child.before + self.child.after

    def talk(self, steps):
        """(what comes, what is typed then) one after the other; None: nothing."""
        for pattern, keys in steps:
            self.expect(pattern)
            if keys:
                self.child.send(keys)
