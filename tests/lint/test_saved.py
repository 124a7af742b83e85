#!/usr/bin/python3
"""What is remembered of devices: every one says what that is, it is plain data, and
its layout has a version.

lint/saved.txt has a line for each structure whose bytes go into a snapshot: where
it is, its version, its length and a sum of its members' places, types and names.
Who changes one raises its version, and then has it recorded:

    tests/lint/test_saved.py --record
"""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys

import sources
from sources import tap

TABLE = "tests/lint/saved.txt"
ROW = re.compile(r"^static const struct (device|virtio)_type (\w+) = \{\n(.*?)^\};",
                 re.M | re.S)
MEMBERS = re.compile(r"\.saved\s*=\s*offsetof\(struct (\w+),\s*(\w+)\)")
NUMBER = re.compile(r"^\t\.version = (\d+),|^#define (?:SAVED_)?VERSION\s+(\d+)\b",
                    re.M)
NOT_DATA = ("*", "struct lock ", "struct event_source ", "pthread_", "struct pci ")


def c_files():
    return [path for path in sources.files(".c") if path.startswith("vmm/")]


def flags():
    config = os.path.join(tap.BUILD, "config", "autoconf.h")
    if not shutil.which("clang"):
        raise tap.Skip("clang is not installed")
    if not os.path.exists(config):
        raise tap.Skip("nothing was configured yet: `make`")
    return ["clang", "-fsyntax-only", "-w", "-std=gnu11", "-D_GNU_SOURCE", "-Ivmm",
            "-Ivmm/include", "-include", config, "-Xclang",
            "-fdump-record-layouts-complete"]


@functools.lru_cache(None)
def layouts(path):
    """The structures of a file: for each the lines of clang's list, as (offset,
    what is there)."""
    done = subprocess.run([*flags(), path], cwd=tap.TOP, capture_output=True,
                          text=True, check=False)
    tap.check(done.returncode == 0, done.stderr[-2000:])
    found = {}
    for block in done.stdout.split("*** Dumping AST Record Layout\n")[1:]:
        rows = [(int(at), what) for at, what in
                re.findall(r"^ *(\d+)(?::\S+)? \|(.*)$", block, re.M)]
        size = re.search(r"sizeof=(\d+)", block)
        if rows and size:
            found[rows[0][1].strip()] = (rows[1:], int(size.group(1)))
    return found


def members(path, struct, first=None):
    """(offset from there, what) of member `first` on, and how many bytes."""
    rows, size = layouts(path)[f"struct {struct}"]
    if first:
        at = next(i for i, (_, what) in enumerate(rows)
                  if re.fullmatch(rf"   \S.* {first}", what))
        rows = rows[at:]
    return [(at - rows[0][0], what) for at, what in rows], size - rows[0][0]


def version(path):
    """That of the file, or of the device that it is a part of."""
    folder, name = os.path.split(path)
    for other in (name, re.sub("_(saved|state)", "", name), "device.c"):
        other = os.path.join(folder, other)
        found = os.path.exists(os.path.join(tap.TOP, other)) and \
            NUMBER.search(sources.read(other))
        if found:
            return found.group(1) or found.group(2)
    return "-"


def rows_of(path):
    for found in ROW.finditer(sources.read(path)):
        yield found.group(2), found.group(3)


@functools.lru_cache(None)
def saved():
    """(file, structure) -> (version, members, bytes)."""
    found = {}
    for path in c_files():
        text = sources.read(path)
        for struct, first in MEMBERS.findall(text):
            found[path, struct] = (version(path), *members(path, struct, first))
        if not re.search(r"\b(STASH_PUT|stash_put)\(", text):
            continue
        for struct in re.findall(r"^struct (\w*saved\w*) \{", text, re.M):
            found[path, struct] = (version(path), *members(path, struct))
    return found


@tap.case("every device says what is remembered of it")
def every_device():
    bad, count = [], 0
    for path in c_files():
        for name, row in rows_of(path):
            count += 1
            if not re.search(r"\.version\s*=", row):
                bad.append(f"{path}: {name}: no .version: it cannot be saved, and "
                           "no guest that has it")
            elif not re.search(r"\.(saved|save)\s*=", row):
                bad.append(f"{path}: {name}: all of its state would be saved, its "
                           "pointers, too: .saved says from where on")
    tap.check(count > 15, f"only {count} devices: this test sees too little")
    tap.none_of(bad)


@tap.case("what is remembered is plain data")
def plain():
    tap.none_of(f"{path}: struct {struct}: {what.strip()}: means nothing to "
                "another process"
                for (path, struct), (_, rows, _) in saved().items()
                for _, what in rows
                if any(word in what + " " for word in NOT_DATA) or
                re.search(r" \w*fd$", what))


def line_of(key):
    path, struct = key
    number, rows, size = saved()[key]
    text = "\n".join(f"{at} {what}" for at, what in rows)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{path} {struct} version {number} bytes {size} sum {digest}"


def recorded():
    lines = [line.split() for line in sources.read(TABLE).splitlines()
             if not line.startswith("#")]
    return {(words[0], words[1]): " ".join(words) for words in lines}


def changes():
    """What is to be done, and whether recording does it."""
    old, new = recorded(), {key: line_of(key) for key in saved()}
    for key in sorted(new.keys() | old.keys()):
        before, now = old.get(key), new.get(key)
        if before == now:
            continue
        same = before and now and before.split()[3] == now.split()[3] != "-"
        if same:
            yield f"{now}: is another than version {now.split()[3]} was: raise it"
        else:
            yield f"{now or before}: record that" + \
                (", and raise the version of whoever saves it"
                 if before and now and " version - " in now else "")


@tap.case("who changes what is remembered raises its version")
def versions():
    tap.none_of(changes())


def record():
    table = os.path.join(tap.TOP, TABLE)
    if not os.path.exists(table):
        with open(table, "w", encoding="utf-8"):
            pass
    held = [text for text in changes() if text.endswith(": raise it")]
    if held:
        sys.exit("\n".join(held))
    with open(table, "w", encoding="utf-8") as file:
        file.write("# By tests/lint/test_saved.py --record; it says what this is.\n")
        for key in sorted(saved()):
            file.write(line_of(key) + "\n")


if sys.argv[1:] == ["--record"]:
    record()
else:
    tap.main()
