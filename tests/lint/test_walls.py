#!/usr/bin/python3
"""docs/walls.md lists every system call that kvm-vmm's filters let through, and for
which threads, as the table that they are made of.

`tests/lint/test_walls.py --write` puts the list there as it should be.
"""

import os
import re
import sys

import sources
from sources import tap

DOCUMENT = "docs/walls.md"
TABLE = "vmm/sandbox/calls.h"

# {column: the kinds whose calls such a thread may make}, as in tools/seccomp.
COLUMNS = {
    "main": {"MAIN"},
    "with workers": {"MAIN", "WORKER"},
    "vCPU": {"VCPU"},
    "worker": {"WORKER"},
    "share": {"WORKER", "SHARE"},
    "service": {"SERVICE"},
    "saver": {"SAVER"},
}
EACH = "MAIN | VCPU | WORKER | SHARE | SERVICE | SAVER"
SAVES = "SERVICE | SAVER"
SKIPPED = {"SAN"}
HEAD = ["| " + " | ".join([*COLUMNS, "calls"]) + " |",
        "|" + "---|" * (len(COLUMNS) + 1)]


def rows():
    """(heading, call, kinds) of each row of the table."""
    heading = None
    for line in sources.read(TABLE).splitlines():
        title = re.match(r"/\* --- (.*?) -+ \*/$", line)
        heading = title[1] if title else heading
        row = re.match(r'(ROW|IOCTL)\((\w+), ([A-Z_ |]+), ', line)
        if row and heading:
            call = row[2] if row[1] == "ROW" else f"ioctl {row[2]}"
            yield heading, call, {
                kind.strip() for kind in
                row[3].replace("EACH", EACH).replace("SAVES", SAVES).split("|")}


def marks(kinds):
    return tuple("x" if kinds & takes else "" for takes in COLUMNS.values())


def table():
    """Its lines: calls that the same threads may make share one."""
    lines, groups = list(HEAD), {}
    for heading, call, kinds in rows():
        if kinds <= SKIPPED:
            continue
        groups.setdefault(heading, {}).setdefault(marks(kinds), []).append(call)
    for heading, found in groups.items():
        lines.append("|" + " |" * len(COLUMNS) + f" *{heading}* |")
        for threads, calls in found.items():
            names = ", ".join(f"`{call}`" for call in dict.fromkeys(calls))
            lines.append("| " + " | ".join([*threads, names]) + " |")
    return lines


def split(text):
    """The document: lines before the table, its own, and those behind."""
    lines = text.splitlines()
    tap.check(HEAD[0] in lines, f"{DOCUMENT} has no table of calls")
    start = end = lines.index(HEAD[0])
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    return lines[:start], lines[start:end], lines[end:]


@tap.case(f"{DOCUMENT} lists every call that is let through, and whose it is")
def listed():
    _, have, _ = split(sources.read(DOCUMENT))
    want = table()
    tap.none_of([f"missing: {line}" for line in want if line not in have] +
                [f"not in {TABLE}: {line}" for line in have if line not in want] +
                ["tests/lint/test_walls.py --write puts it right"] *
                (have != want))


def write():
    before, _, behind = split(sources.read(DOCUMENT))
    with open(os.path.join(tap.TOP, DOCUMENT), "w", encoding="utf-8") as file:
        file.write("\n".join([*before, *table(), *behind]) + "\n")


if "--write" in sys.argv[1:]:
    write()
else:
    tap.main()
