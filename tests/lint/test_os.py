#!/usr/bin/python3
"""1K OS keeps its word: a thousand lines, and an image of 64 KiB."""

import os
import re

import sources
from sources import tap

LINES_MAX = 1000
SIZE_MAX = 64 * 1024
FOLDERS = ("os-1k/kernel/", "os-1k/lib/")
CHAPTER = "docs/os-1k.md"


def code_lines(path):
    """Lines of C or assembly that are not blank and not only comment."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", lambda found:
                  "\n" * found.group(0).count("\n"), sources.read(path),
                  flags=re.S)
    return sum(1 for line in code.splitlines() if line.strip())


@tap.case(f"kernel and library of 1K OS have at most {LINES_MAX} lines")
def lines():
    counts = {path: code_lines(path) for path in sources.files()
              if path.startswith(FOLDERS)}
    tap.check(len(counts) > 10, "found next to nothing: the test is wrong")
    total = sum(counts.values())
    tap.check(total <= LINES_MAX, f"{total} lines:",
              *(f"{count:5} {path}" for path, count in counts.items()))


@tap.case("everything there is C or assembly, so that it is counted")
def kinds():
    tap.none_of(path for path in sources.files() if path.startswith(FOLDERS)
                and not path.endswith((".c", ".h", ".S")))


@tap.case("a line holds one statement, so that lines count for something")
def statements():
    bad = []
    for path in sources.files():
        if not path.startswith(FOLDERS):
            continue
        code = sources.bare(sources.read(path))
        for number, line in enumerate(code.splitlines(), 1):
            plain = re.sub(r"\bfor \(.*", "", line)
            if plain.count(";") > 1:
                bad.append(f"{path}:{number}: {line.strip()}")
    tap.none_of(bad)


@tap.case("every place that the walk through 1K OS names exists")
def places():
    bad, found = [], 0
    for number, line in sources.lines(CHAPTER):
        for path, name in re.findall(r"`([\w./-]+\.[chS]):(\w+)`", line):
            found += 1
            full = path if path.startswith("vmm/") else "os-1k/" + path
            if not os.path.isfile(os.path.join(tap.TOP, full)) or \
                    not re.search(rf"\b{name}\b", sources.bare(
                        sources.read(full))):
                bad.append(f"{CHAPTER}:{number}: {path} has no {name}")
    tap.check(found > 10, f"{CHAPTER}: names only {found} places")
    tap.none_of(bad)


@tap.case(f"images/os-1k.bin has at most {SIZE_MAX} bytes")
def size():
    path = os.path.join(tap.IMAGES, "os-1k.bin")
    if not os.path.exists(path):
        raise tap.Skip("os-1k.bin is not built; `make` builds it")
    have = os.path.getsize(path)
    tap.check(have <= SIZE_MAX, f"{have} bytes")


tap.main()
