"""The history: what was measured, a JSON object in a line for each result.

A line is written by one write() behind a lock, so that runs at the same time do
not mix theirs; one that a kill has torn is skipped, as is whatever else is no
line of ours, and counted. Every *.jsonl in the folder is read: those of another
machine can be laid beside one's own. docs/compare.md describes the members.
"""

import datetime
import fcntl
import json
import os
import re
import stat

from . import html_text as text_of

PROGRAM, SCHEMA = "mini-kvm history", 1
FILE = "results.jsonl"
LINE_MAX = 1 << 16      # bytes; ours have a few hundred
TEXT_MAX = 500          # characters of a text that is shown
NUMBER_MAX = 1 << 62
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
PLACES = ("lab", "kvm", "pvm")
NUMBERS = ("exits", "instructions", "size")
TEXTS = ("time", "toggle", "cc", "args", "outcome", "how", "exits_until",
         "instructions_until")


class Other(Exception):
    """A line of ours in another schema."""


class Found:
    """What a folder holds."""

    def __init__(self):
        self.results = []       # checked, each once
        self.damaged = 0        # lines that are none
        self.other = 0          # lines of another schema
        self.unread = []        # files, and why


# --- Writing ------------------------------------------------------------------

def now():
    return datetime.datetime.now(datetime.timezone.utc) \
        .strftime("%Y-%m-%dT%H:%M:%SZ")


def append(folder, results):
    """Writes a line for each; raises OSError when that cannot be done."""
    lines = b"".join(json.dumps({"program": PROGRAM, "schema": SCHEMA, **one},
                                separators=(",", ":")).encode() + b"\n"
                     for one in results)
    os.makedirs(folder, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    file = os.open(os.path.join(folder, FILE), flags, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = ended(file) + lines
        written = os.write(file, lines)
        if written < len(lines):
            raise OSError(f"only {written} of {len(lines)} bytes fit")
    finally:
        os.close(file)


def ended(file):
    """What ends a line that somebody was killed in: b"" where there is none."""
    size = os.fstat(file).st_size
    return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""


# --- Reading ------------------------------------------------------------------

def read(folder):
    """All of a folder: a Found. One that is not there is empty."""
    found, seen = Found(), set()
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return found
    except OSError as error:
        found.unread.append(f"{folder}: {error.strerror}")
        return found
    for name in names:
        if name.endswith(".jsonl"):
            read_file(os.path.join(folder, name), found, seen)
    return found


def read_file(path, found, seen):
    """Adds what a file has. The same line twice is the same result."""
    try:
        file = open(path, "rb", opener=at_once)
    except OSError as error:
        found.unread.append(f"{text(path)}: {error.strerror}")
        return
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            found.unread.append(f"{text(path)}: no plain file")
            return
        for line in long_lines(file):
            if line in seen or not line.strip():
                continue
            seen.add(line)
            try:
                found.results.append(result_of(line))
            except Other:
                found.other += 1
            except (ValueError, RecursionError):
                found.damaged += 1


def at_once(path, flags):
    """Opens a file; one that is a pipe has no end that would be waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def long_lines(file):
    """Lines of a file; of one that is too long, its beginning."""
    while True:
        line = file.readline(LINE_MAX)
        if not line:
            return
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(LINE_MAX)


def result_of(line):
    """A line as a result: all members, each of its kind. ValueError if it is
    no such line."""
    if not line.endswith(b"\n"):
        raise ValueError("torn")
    raw = json.loads(line.decode("utf-8"), parse_constant=refuse)
    if not isinstance(raw, dict) or raw.get("program") != PROGRAM:
        raise ValueError("no line of ours")
    if raw.get("schema") != SCHEMA or raw["schema"] is True:
        raise Other()
    found = {name: text(raw.get(name, "")) for name in TEXTS}
    found.update({name: number(raw.get(name)) for name in NUMBERS})
    found["commit"] = text(raw.get("commit", ""))
    if found["commit"] and not COMMIT.fullmatch(found["commit"]):
        raise ValueError("commit")
    found["dirty"] = raw.get("dirty") is True
    for name, members in (("config", ("name", "digest")),
                          ("host", ("place", "cpu", "kernel", "lab")),
                          ("image", ("name", "digest", "from"))):
        part = raw.get(name)
        if not isinstance(part, dict):
            raise ValueError(name)
        found[name] = {member: text(part.get(member, ""))
                       for member in members}
    if found["host"]["place"] not in PLACES:
        raise ValueError("place")
    found["config"]["symbols"] = texts(raw["config"].get("symbols", []))
    return found


def refuse(word):
    raise ValueError(f"{word} is no number")


def text(value):
    """A text of one line that harms no terminal."""
    if not isinstance(value, str):
        raise ValueError("no text")
    return " ".join(text_of.clean(value).split())[:TEXT_MAX]


def texts(values):
    if not isinstance(values, list):
        raise ValueError("no list")
    return [text(value) for value in values]


def number(value):
    """A count, or None: it was not counted."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or \
            not 0 <= value < NUMBER_MAX:
        raise ValueError("no count")
    return value
