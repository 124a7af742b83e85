#!/usr/bin/python3
"""1K OS keeps its word: a thousand lines, and an image of 64 KiB. And chapters that
walk through code name places that are there: `tests/lint/test_os.py --write` has them
name the nearest line that has such a name.
"""

import os
import re
import sys

import sources
from sources import tap

LINES_MAX = 1000
SIZE_MAX = 64 * 1024
FOLDERS = ("os-1k/kernel/", "os-1k/lib/")

# Chapters that name places, and the folder that their files are in.
CHAPTERS = {"docs/os-1k.md": "os-1k/", "docs/virtqueue.md": "vmm/"}


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


PLACE = re.compile(r"`([\w./-]+\.[chS]):(?:(\d+):)?(\w+)`")


def lines_with(folder, path, name):
    """(path, numbers) of the lines there that have the name; None: no such file."""
    full = path if path.startswith("vmm/") else folder + path
    if not os.path.isfile(os.path.join(tap.TOP, full)):
        return full, None
    return full, [number for number, line in sources.lines(full)
                  if re.search(rf"\b{name}\b", line)]


def place_error(folder, path, line, name):
    """Why a place is not where the chapter says, or None."""
    full, where = lines_with(folder, path, name)
    if where is None:
        return f"there is no {full}"
    if line in where:
        return None
    return (f"{full}:{line} has no {name}; lines "
            f"{' '.join(map(str, where)) or '-'} have")


def places(chapter, folder):
    bad, found = [], 0
    for number, line in sources.lines(chapter):
        for path, at, name in PLACE.findall(line):
            found += 1
            error = place_error(folder, path, int(at or 0), name)
            if error:
                bad.append(f"{chapter}:{number}: {error}")
    tap.check(found > 10, f"{chapter}: names only {found} places")
    tap.none_of(bad)


def write(chapter, folder):
    def nearest(place):
        path, at, name = place.groups()
        _, where = lines_with(folder, path, name)
        if not at or not where:
            return place[0]
        line = min(where, key=lambda number: abs(number - int(at)))
        return f"`{path}:{line}:{name}`"

    text = PLACE.sub(nearest, sources.read(chapter))
    with open(os.path.join(tap.TOP, chapter), "w", encoding="utf-8") as file:
        file.write(text)


if sys.argv[1:] == ["--write"]:
    for walk, home in CHAPTERS.items():
        write(walk, home)
    sys.exit()

for walk, home in CHAPTERS.items():
    tap.add(f"every place that {walk} names is in that line", places, walk,
            home)


@tap.case(f"images/os-1k.bin has at most {SIZE_MAX} bytes")
def size():
    path = os.path.join(tap.IMAGES, "os-1k.bin")
    if not os.path.exists(path):
        raise tap.Skip("os-1k.bin is not built; `make` builds it")
    have = os.path.getsize(path)
    tap.check(have <= SIZE_MAX, f"{have} bytes")


tap.main()
