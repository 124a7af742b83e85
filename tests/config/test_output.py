#!/usr/bin/python3
"""Output that is lost is a failure: programs of the build whose standard output
is closed, or a full disk, do not end with status 0. A source that cannot be read
is none that is empty.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap  # noqa: E402

INITCPIO = os.path.join(tap.BUILD, "host/initcpio")
ARCHIVE = os.path.join(tap.IMAGES, "initramfs.cpio")

PROGRAMS = (
    (INITCPIO, "--help"),
    (INITCPIO, "ls", ARCHIVE),
    (INITCPIO, "verify", ARCHIVE),
    (os.path.join(tap.BUILD, "host/lab-keeper"), "--tsc-khz"),
    ("lab/run", "--help"),
    ("tests/run", "--list"),
    ("tools/fragment", "initramfs/busybox.config"),
    ("tools/help",),
    ("tools/sources", tap.BUILD),
    ("tools/sources", tap.BUILD, "--json"),
    ("tools/test-objects", "tests/unit/test_ring.c"),
)


def outcome(command, redirection):
    """(status, standard error) of a command of PROGRAMS."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *command],
        cwd=tap.TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stderr


def name(command):
    return " ".join(os.path.basename(word) for word in command[:2])


def lost(command):
    if not os.path.exists(os.path.join(tap.TOP, command[0])):
        raise tap.Skip(f"{command[0]} is not built")
    status, err = outcome(command, "")
    tap.equal(status, 0, f"status of a good run ({err})")
    for redirection in (">&-", ">/dev/full"):
        status, err = outcome(command, redirection)
        tap.check(status != 0, f"{redirection}: status 0, stderr {err!r}")
        tap.check(err, f"{redirection}: status {status}, and no word")


for program in PROGRAMS:
    tap.add(f"{name(program)}: output that is lost is a failure", lost, program)


def create(folder, line):
    """`initcpio create` of a list of one line: (status, stderr, archive)."""
    listing = os.path.join(folder, "list")
    out = os.path.join(folder, "out.cpio")
    with open(listing, "w", encoding="utf-8") as file:
        file.write(line + "\n")
    done = subprocess.run([INITCPIO, "create", "-o", out, listing],
                          capture_output=True, text=True, check=False)
    try:
        with open(out, "rb") as file:
            return done.returncode, done.stderr, file.read()
    except FileNotFoundError:
        return done.returncode, done.stderr, None


@tap.case("a source that claims no bytes and cannot be read is an error")
def unreadable():
    with tempfile.TemporaryDirectory() as folder:
        status, err, out = create(folder, "file /m /proc/self/mem 0644 0 0")
    tap.check(status != 0 and "/proc/self/mem: " in err, status, err)
    tap.check(out is None, "an archive was written all the same")


@tap.case("a source whose size is not what it claims is packed whole")
def pseudo():
    packed = 0
    for path in ("/proc/version", "/sys/devices/system/cpu/online",
                 "/proc/filesystems"):
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError:
            continue
        with tempfile.TemporaryDirectory() as folder:
            status, err, out = create(folder, f"file /f {path} 0644 0 0")
        tap.equal(status, 0, f"status for {path} ({err})")
        size = int(out[54:62], 16)
        tap.equal(size, len(text), f"bytes of {path}")
        tap.equal(out[112:112 + size], text, f"contents of {path}")
        packed += 1
    tap.check(packed, "no file of /proc and /sys could be read")


tap.main()
