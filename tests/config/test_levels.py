#!/usr/bin/python3
# timeout: 1500
"""The levels for reading: `make level-N` builds, runs its guest, and tells the
truth about what is in its kvm-vmm; docs/reading.md tells the same.

The levels are built in level-N of the build directory, where `make level-N`
puts them for everybody; Linux and its initramfs are those of the tree.
"""

import fnmatch
import functools
import os
import re
import shutil
import subprocess
import sys

import tree
from tree import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "guest"))
import vm

LEVELS = range(1, 8)
LEVEL_1_MAX = 750       # lines, with headers; what docs/reading.md promises
NEAR = 0.05             # how far the rounded counts of the document may be off
DOCUMENT = "docs/reading.md"

# What a level's guest needs, and what it prints.
GUESTS = {
    1: ("real16", r"^    minimal.bin: exit status 0$"),
    2: ("real16", r"^Hello, KVM!$[\s\S]*^   6 x 9 = 54 .* 9 x 9 = 81$"),
    3: ("real16", r"^hello.bin +\| Hello, KVM!$\n"
                  r"^counter.bin +\| 0123456789$\n"
                  r"^fibonacci.bin \| .*377$"),
    4: ("paged32", r"^calc> 10\+5\n15$[\s\S]*^Goodbye.$"),
    5: ("linux", r"# uname -srm\s+Linux \S+ x86_64\s"),
    6: ("linux", r"# nproc\s+4\s[\s\S]*  prompt$"),
    7: ("paged32", r"^    os-1k.elf: exit status 0$"),
}


def environment(**more):
    """That of a person who types make, but for the output tree."""
    env = {name: value for name, value in os.environ.items()
           if name not in tree.OURS + ("RUN", "IMG", "ARGS")}
    env.update(MKVM_BUILD=tap.BUILD, MKVM_IMAGES=tap.IMAGES,
               MKVM_CONFIG=os.path.join(os.path.dirname(tap.BUILD), ".config"))
    env.update(more)
    return env


def run(*words, **more):
    """(exit status, stdout, stderr) of tools/level."""
    done = subprocess.run([os.path.join(tap.TOP, "tools", "level"), *words],
                          cwd=tap.TOP, env=environment(**more), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


class List:
    """What `make level-N` printed of its files."""

    def __init__(self, text):
        self.title = re.search(r"(?m)^level \d: .*$", text).group(0)
        rows = re.findall(r"(?m)^  ([ +]) +(\d+)  (vmm/\S+)$", text)
        self.files = {path: int(lines) for _, lines, path in rows}
        self.order = [path for _, _, path in rows]
        self.marked = {path for mark, _, path in rows if mark == "+"}
        total = re.search(r"(?m)^ +([\d,]+) lines in (\d+) files?"
                          r"(?:; new since level \d: ([\d,]+) lines? in (\d+)"
                          r" files? \(\+\))?$", text)
        self.total, self.count, self.new, self.new_count = (
            int((word or "0").replace(",", "")) for word in total.groups())
        gone = re.search(r"(?m)^ +no longer needed: (.*)$", text)
        self.gone = set(gone.group(1).split()) if gone else set()


@functools.lru_cache(None)
def listed(level):
    """The level built, and its list."""
    status, out, err = run(str(level), "--list")
    tap.check(status == 0, f"level {level}: status {status}",
              *(out + err).splitlines()[-30:])
    return List(out)


def linked(level):
    """C files that the debug information of the level's kvm-vmm names."""
    program = os.path.join(tap.BUILD, f"level-{level}", "build", "vmm",
                           "kvm-vmm")
    done = subprocess.run(["readelf", "--debug-dump=info", "--dwarf-depth=1",
                           program], capture_output=True, text=True,
                          check=True)
    return set(re.findall(r"DW_AT_name .*?(vmm/\S+\.c)$", done.stdout, re.M))


def builds(level):
    have = listed(level)
    with open(os.path.join(tap.TOP, "configs", f"level-{level}_defconfig"),
              encoding="utf-8") as file:
        tap.equal(have.title, file.readline()[2:].strip(), "title")
    tap.equal({path for path in have.files if path.endswith(".c")},
              linked(level), "C files")
    for path, lines in have.files.items():
        with open(os.path.join(tap.TOP, path), encoding="utf-8") as file:
            tap.equal(lines, file.read().count("\n"), path)
    tap.equal(have.total, sum(have.files.values()), "total")
    tap.equal(have.count, len(have.files), "number of files")


def headers(level):
    """Every header that a listed file includes is listed, and no other."""
    have = listed(level).files
    wanted = set()
    for path in have:
        with open(os.path.join(tap.TOP, path), encoding="utf-8") as file:
            names = re.findall(r'(?m)^#include "(.*)"$', file.read())
        for name in names:
            found = [candidate for candidate in (
                os.path.normpath(os.path.join(os.path.dirname(path), name)),
                "vmm/" + name, "vmm/include/" + name)
                if os.path.exists(os.path.join(tap.TOP, candidate))]
            tap.check(found, f"{path}: no {name}")
            wanted.add(found[0])
    tap.equal({path for path in have if path.endswith(".h")}, wanted,
              "headers")


def is_explained(path, now):
    """Why a file of the level before may be missing: the machine has taken
    the place of the bare loop, a part or a folder that of its stand-in."""
    if fnmatch.fnmatch(path, "vmm/bare/*") or path == "vmm/util/log_plain.c":
        return "vmm/machine.c" in now or path.endswith("_none.c")
    part = path.removesuffix("_none.c")
    return path.endswith("_none.c") and (
        part + ".c" in now or
        any(name.startswith((part + "/", part.replace("/core/", "/") + "/"))
            for name in now))


def grows(level):
    before, have = listed(level - 1), listed(level)
    new = set(have.files) - set(before.files)
    tap.equal(have.marked, new, "marked as new")
    tap.equal(have.new, sum(have.files[path] for path in new), "new lines")
    tap.equal(have.new_count, len(new), "number of new files")
    tap.equal(have.gone, set(before.files) - set(have.files), "gone")
    tap.none_of(f"{path}: in level {level - 1}, but not in level {level}"
                for path in have.gone if not is_explained(path, have.files))


def runs(level):
    need, want = GUESTS[level]
    if all(vm.lacks(place, need) for place in ("host", "lab")):
        raise tap.Skip(f"{vm.lacks('host', need)}; {vm.lacks('lab', need)}")
    if level > 4 and vm.not_configured(need, ["vmlinux", "initramfs.cpio*"]):
        raise tap.Skip("this configuration builds no Linux to boot")
    status, out, err = run(str(level))
    tap.check(status == 0, f"status {status}", out[-3000:], err[-2000:])
    tap.check(re.search(want, (out + err).replace("\r", ""), re.M),
              f"no {want!r} in:", out[:3000], err[-3000:])
    tap.check(re.search(r"mini-kvm: \S+: (on this host|in the lab): ", err),
              "no line says where:", err[-2000:])


for number in LEVELS:
    tap.add(f"level {number} lists the sources that are linked, and their "
            "lines", builds, number)
    tap.add(f"level {number} lists the headers that these include", headers,
            number)
    if number > 1:
        tap.add(f"level {number} has level {number - 1} in it and marks what "
                "is new", grows, number)
    tap.add(f"level {number} runs its guest", runs, number)


@tap.case(f"level 1 has at most {LEVEL_1_MAX} lines, and is only the loop")
def smallest():
    have = listed(1)
    tap.check(have.total <= LEVEL_1_MAX,
              f"{have.total} lines; {DOCUMENT} promises {LEVEL_1_MAX}")
    tap.none_of(path for path in have.files if re.search(
        r"/(bus|board|console|event|vcpu|machine|main)\.|bare/io\.|devices/",
        path))


@tap.case("tools/reading-order has a place for every file, and only for files")
def order():
    headings, patterns = {}, []     # folder: the headings it stands under
    with open(os.path.join(tap.TOP, "tools", "reading-order"),
              encoding="utf-8") as file:
        for line in file:
            if not line[0].isspace():
                heading = line
                continue
            for word in line.split():
                patterns.append(word)
                headings.setdefault(os.path.dirname(word),
                                    set()).add(heading)
    files = [os.path.relpath(os.path.join(folder, name),
                             os.path.join(tap.TOP, "vmm"))
             for folder, _, names in os.walk(os.path.join(tap.TOP, "vmm"))
             for name in names if name.endswith((".c", ".h", ".S"))]
    tap.none_of(f"{pattern}: fits no file of vmm/" for pattern in patterns
                if not fnmatch.filter(files, pattern))
    # A "*" takes what has no place of its own, so that it is seen at least;
    # but a folder that is under one heading is a place.
    named = [pattern for pattern in patterns
             if os.path.basename(pattern) != "*" or
             len(headings[os.path.dirname(pattern)]) == 1]
    tap.none_of(f"vmm/{path}: no place in tools/reading-order"
                for path in files
                if not any(fnmatch.fnmatchcase(path, pattern)
                           for pattern in named))


@tap.case("a header comes before the code that it is for")
def headers_first():
    have = listed(6).order
    tap.none_of(f"{path}: after its code" for path in have
                if path.endswith(".h") and path[:-1] + "c" in have
                and have.index(path[:-1] + "c") < have.index(path))


def document():
    with open(os.path.join(tap.TOP, DOCUMENT), encoding="utf-8") as file:
        return file.read()


@tap.case(f"{DOCUMENT} has the counts that the levels print, rounded")
def counts():
    rows = dict((int(level), (total, new)) for level, total, new in re.findall(
        r"(?m)^\| `level-(\d)` \| ([\d,]+) \| ?([\d,]*) \|", document()))
    tap.equal(sorted(rows), list(LEVELS), "rows of the table")
    bad = []
    for level, texts in rows.items():
        true = listed(level).total, listed(level).new
        for text, number in zip(texts, true):
            told = int(text.replace(",", "") or 0)
            if abs(told - number) > NEAR * number:
                bad.append(f"level {level}: the table says {text}, it is "
                           f"{number}")
    tap.none_of(bad)


@tap.case(f"every file that {DOCUMENT} names for a level is in that level")
def named_files():
    parts = re.split(r"(?m)^## Level (\d):", document())
    bad = []
    for level, text in zip(parts[1::2], parts[2::2]):
        have = listed(int(level)).files
        for name in re.findall(r"`([\w/-]+\.[chS])`", text):
            if not name.startswith(("guests/", "tests/")) and \
                    "vmm/" + name not in have:
                bad.append(f"level {level}: {name} is not in it")
    tap.none_of(bad)


@tap.case("make level-1 needs nothing that it does not list")
def by_make():
    if vm.lacks("host", "real16"):
        raise tap.Skip(vm.lacks("host", "real16"))
    with tree.Tree() as out:
        text = out.made("level-1")
        tap.check(re.search(r"(?m)^    [\d,]+ lines in \d+ files$", text), text)
        tap.equal(tree.steps(text, "CC"), sorted(
            path for path in listed(1).files if path.endswith(".c")),
            "compiled")
        tap.check(not os.path.exists(out.at("images")),
                  "something was built beside the level")


@tap.case("levels that do not exist are refused, and other words")
def refused():
    for words in ((), ("0",), ("8",), ("one",), ("1", "--lost")):
        status, out, err = run(*words)
        tap.equal(status, 64, f"tools/level {words}: status")
        tap.equal(out, "", "stdout")
        tap.check(err.startswith("mini-kvm: ") and err.count("\n") == 1, err)


@tap.case("a tree without Linux says so before it builds anything")
def no_linux():
    with tree.Tree() as out:
        config = out.at(".config")
        shutil.copy(os.path.join(tap.TOP, "configs", "level-1_defconfig"),
                    config)
        status, text, err = run("5", MKVM_BUILD=out.at("build"),
                                MKVM_IMAGES=out.at("images"),
                                MKVM_CONFIG=config)
        tap.equal((status, text), (64, ""), "status and stdout")
        tap.check("IMG_LINUX" in err and "make defconfig" in err, err)


tap.main()
