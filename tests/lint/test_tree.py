#!/usr/bin/python3
"""What is in the tree, and whether the documents tell the truth about it."""

import glob
import os
import re
import subprocess
import urllib.parse

import sources
from sources import tap

SIZE_MAX = 300 * 1024       # bytes; larger is generated or a download
PICTURE_MAX = 100 << 10   # bytes
# Directories of somebody's own machine. Written so as not to find itself.
MACHINE = re.compile(r"(?<![\w.$})-])/(work|farm|home|Users)/(?=[a-z])|"
                     r"/tmp/(?=prot" r"o\b)")
PUBLIC = ("debian.org", "localhost", "127.0.0.1")


def documents():
    return sources.files(".md")


def local_hosts():
    """Hosts of this machine's package mirrors and proxies, not public ones."""
    text = " ".join(os.environ.get(name, "") for name in
                    ("http_proxy", "https_proxy", "PIP_INDEX_URL"))
    for path in glob.glob("/etc/apt/**/*", recursive=True) + \
            ["/etc/pip.conf", "/root/.npmrc"]:
        if os.path.isfile(path) and os.access(path, os.R_OK):
            text += " " + sources.read(path)
    for url in set(re.findall(r"https?://[^\s\"';\]]+", text)):
        host = urllib.parse.urlsplit(url).hostname
        if host and not host.endswith(PUBLIC):
            yield host


@tap.case("no tracked file names a place of one machine")
def machine_paths():
    hosts = list(local_hosts())
    bad = []
    for path in sources.files():
        for number, line in sources.lines(path):
            if MACHINE.search(line) or any(host in line for host in hosts):
                bad.append(f"{path}:{number}: {line.strip()[:100]}")
    tap.none_of(bad)


def is_picture(path):
    """What the README shows: small, and made by hand from time to time."""
    return (path.startswith("docs/pictures/") and path.endswith(".png") and
            os.path.getsize(os.path.join(tap.TOP, path)) <= PICTURE_MAX)


@tap.case("nothing generated is tracked")
def generated():
    bad = [f"{p}: ignored by .gitignore, yet tracked"
           for p in sources.git("ls-files", "-ci", "--exclude-standard")]
    for path in sources.files():
        full = os.path.join(tap.TOP, path)
        if is_picture(path):
            continue
        with open(full, "rb") as file:
            if b"\0" in file.read():
                bad.append(f"{path}: binary")
        if os.path.getsize(full) > SIZE_MAX:
            bad.append(f"{path}: {os.path.getsize(full)} bytes")
    tap.none_of(bad)


@tap.case("text files end in a newline and no line ends in a blank")
def whitespace():
    bad = []
    for path in sources.files():
        if is_picture(path):
            continue
        text = sources.read(path)
        if text and not text.endswith("\n"):
            bad.append(f"{path}: no newline at the end")
        bad += [f"{path}:{number}: blank at the end"
                for number, line in enumerate(text.split("\n"), 1)
                if line != line.rstrip() and not path.endswith(".patch")]
    tap.none_of(bad)


@tap.case("LICENSE is MIT, and README.md stands in English and Korean")
def licence():
    tap.check(sources.read("LICENSE").startswith("MIT License\n"),
              "LICENSE: not the MIT licence")
    for path in ("README.md", "README.ko.md"):
        tap.check(path in sources.files(), f"{path}: missing")


@tap.case("the Korean documents spell Linux in one way")
def one_spelling():
    tap.none_of(f"{path}:{number}: {line.strip()}"
                for path in sources.files(".ko.md")
                for number, line in enumerate(
                    sources.read(path).splitlines(), 1) if "리눅스" in line)


def make_goals():
    """Names that the Makefile and its parts have a rule for."""
    goals = set()
    for path in sources.files("Makefile", ".mk"):
        text = re.sub(r"\\\n", " ", sources.read(path))
        for found in re.finditer(r"^([\w%./ -]+):(?!=)", text, re.M):
            goals.update(found.group(1).split())
        for found in re.finditer(r"^(?:PHONY|\w+_GOALS)\s*[:+]?=(.*)$", text,
                                 re.M):
            goals.update(found.group(1).split())
    return goals


def goal_exists(goal, goals):
    if goal.endswith("_defconfig"):
        return os.path.isfile(os.path.join(tap.TOP, "configs", goal))
    return goal in goals


@tap.case("every `make GOAL` of the documents exists")
def make_commands():
    goals = make_goals()
    tap.check("help" in goals, "found no goal in the Makefile")
    bad = []
    for path in documents():
        for number, line in sources.lines(path):
            # In a listing, what follows two blanks is a remark.
            for command in re.findall(r"(?:`|^\s*(?:\$ )?)make "
                                      r"((?:[^`#;&| ]+ ?)+)", line):
                bad += [f"{path}:{number}: make {word}: no such goal"
                        for word in command.split()
                        if re.fullmatch(r"[a-z][a-z_0-9-]*", word)
                        and not goal_exists(word, goals)]
    tap.none_of(bad)


@tap.case("every option of kvm-vmm that the documents name is in --help")
def options():
    program = os.path.join(tap.IMAGES, "kvm-vmm")
    if not os.path.exists(program):
        raise tap.Skip("kvm-vmm is not built; `make` builds it")
    known = subprocess.run([program, "--help"], capture_output=True,
                           text=True, check=False).stdout
    # Each name that is listed behind --no-NAME is an option of its own.
    names = re.search(r"--no-NAME((?:\s+(?!--)[a-z][\w-]*)+)", known)
    known += "".join(f" --no-{name}" for name in
                     (names.group(1).split() if names else ()))
    known += " --attack"    # of build/hostile/vmm/kvm-vmm, `make hostile`
    known += " --all --json"    # of `kvm-vmm ctl`
    bad = []
    for path in documents():
        text = re.sub(r"\\\n", " \\\\\n", sources.read(path))
        ours = False
        for number, line in enumerate(text.splitlines(), 1):
            if "kvm-vmm" in line:
                ours = True
                line = line[line.index("kvm-vmm"):]
            if ours:
                bad += [f"{path}:{number}: {option} is not in --help"
                        for option in re.findall(r"(?<=[ `\[|])--[a-z][\w-]*",
                                                 line)
                        if option not in known]
            ours = ours and line.endswith("\\")
    tap.none_of(bad)


@tap.case("every file that the documents link to exists")
def links():
    bad = []
    for path in documents():
        for number, line in sources.lines(path):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                full = os.path.join(tap.TOP, os.path.dirname(path), target)
                if "://" not in target and not os.path.exists(full):
                    bad.append(f"{path}:{number}: {target}")
    tap.none_of(bad)


@tap.case("the READMEs' maps have each folder at the top and of vmm/, no other")
def maps():
    tracked = [path.split("/") for path in sources.files()]
    want = {parts[0] for parts in tracked if len(parts) > 1} | \
        {"vmm/" + parts[1] for parts in tracked
         if parts[0] == "vmm" and len(parts) > 2}
    want = {folder for folder in want if folder[0] != "."}
    for path in "README.md", "README.ko.md":
        have, top = set(), None
        for indent, name in re.findall(r"^(    |      )([a-z0-9-]+)/ +\S",
                                       sources.read(path), re.M):
            top = name if len(indent) == 4 else top
            if len(indent) == 4 or top == "vmm":
                have.add(name if len(indent) == 4 else f"{top}/{name}")
        tap.equal(sorted(have), sorted(want), f"{path}: folders in its map")


tap.main()
