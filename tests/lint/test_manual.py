#!/usr/bin/python3
"""The manual page and --help tell the same story, and the sources' own."""

import os
import re
import subprocess

import sources
from sources import tap

MANUAL = "docs/kvm-vmm.1"
OPTION = r"--[a-z][a-z0-9-]*"


def page():
    """The manual page, with its escaped hyphens as hyphens."""
    return sources.read(MANUAL).replace("\\-", "-")


def described():
    """{option: it takes a value} of the page's list of options."""
    found = re.findall(r"^\.It Fl (-[a-z0-9-]+)(.*)$", page(), re.M)
    tap.check(found, f"{MANUAL}: no `.It Fl` at all")
    return {"-" + name: "Ar" in rest for name, rest in found}


def helped():
    """The same of --help."""
    program = os.path.join(tap.IMAGES, "kvm-vmm")
    if not os.path.exists(program):
        raise tap.Skip("kvm-vmm is not built; `make` builds it")
    text = subprocess.run([program, "--help"], capture_output=True, text=True,
                          check=False).stdout
    found = re.findall(rf"^  ({OPTION})( ?[A-Z]|\[?=)?", text, re.M)
    tap.check(found, "no option in --help:", text)
    return {name: bool(value) for name, value in found}


def known():
    """Every option that the sources of kvm-vmm name, built in or not."""
    text = "\n".join(sources.read(path) for path in sources.files(".c")
                     if path.startswith("vmm/"))
    names = re.findall(r'"(' + OPTION + r')(?:%s)?"', text)
    names += ["--" + name for name in
              re.findall(r'\{ "([a-z-]+)", (?:no|required|optional)_arg', text)]
    return set(names)


@tap.case("every option of --help is in the manual page, and like that")
def in_manual():
    manual = described()
    tap.none_of(f"{MANUAL}: {option} is missing, or takes a value in only one"
                for option, value in helped().items()
                if manual.get(option) != value)


@tap.case("every option of the manual page exists, and is in its synopsis")
def in_sources():
    names = known()
    tap.check("--mem" in names and "--explain" in names, names)
    synopsis = page().split(".Sh DESCRIPTION")[0]
    tap.none_of([f"{MANUAL}: {option}: nothing in vmm/ knows it"
                 for option in described() if option not in names] +
                [f"{MANUAL}: {option} is not in the synopsis"
                 for option in described()
                 if not re.search(rf"Fl {option[1:]}(?![a-z-])", synopsis)])


@tap.case("manual page and README have each key of the console")
def keys():
    found = re.findall(r'"(Ctrl-A \S+)  +', sources.read("vmm/terminal/console.c"))
    tap.check(len(found) > 3, f"keys of vmm/terminal/console.c: {found}")
    for path in (MANUAL, "README.md", "README.ko.md"):
        text = sources.read(path)
        tap.none_of(f"{path}: {key} is missing" for key in found
                    if key not in text)


@tap.case("manual page and README have each exit status")
def statuses():
    found = re.findall(r"^#define STATUS_\w+ +(\d+)",
                       sources.read("vmm/abi/exit_status.h"), re.M)
    tap.check(len(found) > 4, f"vmm/abi/exit_status.h: {found}")
    for path, pattern in ((MANUAL, r"^\.It {}(?:$|\\\()"),
                          ("README.md", r"^\| {}[ –]"),
                          ("README.ko.md", r"^\| {}[ –]")):
        text = sources.read(path)
        tap.none_of(f"{path}: exit status {number} is missing"
                    for number in found
                    if not re.search(pattern.format(number), text, re.M))


@tap.case("gdb's monitor has the commands that the manual page says, in order")
def monitor():
    table = sources.read("vmm/service/gdb/monitor.c")
    have = re.findall(r'^\t\{ "([a-z ]+)", "', table, re.M)
    part = page().split(".Sh COMMANDS OF GDB'S MONITOR", 1)[1].split(".Sh", 1)[0]
    want = re.findall(r"^\.It Ic ([a-z ]+?)(?: Op| Ar|$)", part, re.M)
    tap.check(have, "no commands")
    tap.equal(have, want, "commands")


@tap.case("`kvm-vmm ctl` has the commands that the manual page says")
def control():
    have = {"list"}     # is the client's own
    for path in sources.files(".c"):
        text = sources.read(path) if path.startswith("vmm/") else ""
        for row in re.findall(r"^CTL\((\w+)\);", text, re.M):
            have.add(re.search(rf"struct ctl_command {row} = \{{\s+"
                               r'\.name = "([a-z-]+)"', text).group(1))
    part = page().split(".Sh COMMANDS OF A RUN", 1)[1].split(".Sh", 1)[0]
    want = re.findall(r"^\.It Ic ([a-z-]+)", part, re.M)
    tap.check(len(have) > 8, f"found hardly a command: {have}")
    tap.equal(sorted(have), want, "commands")


@tap.case("groff has no warning about the manual page")
def correct():
    try:
        done = subprocess.run(["groff", "-mandoc", "-ww", "-z", "-Tutf8",
                               os.path.join(tap.TOP, MANUAL)], text=True,
                              capture_output=True, check=False)
    except FileNotFoundError:
        raise tap.Skip("groff is not installed") from None
    tap.none_of(done.stderr.splitlines())


tap.main()
