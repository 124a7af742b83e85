"""Where a result comes from: commit, configuration, machine, tools."""

import glob
import hashlib
import os
import re
import shlex
import subprocess
import tempfile

import kconfiglib

# What is measured is made of these; a change anywhere else is none of it.
SOURCES = ("Makefile", "Kconfig", "configs", "vmm", "backends", "guests",
           "os-1k", "initramfs", "kernel-configs", "lab", "tools", "compare",
           "tests/bench")
PLAIN = "default"       # the preset without a name, to name first
DIGEST = 12             # hexadecimal digits


def git(top, *words, given=""):
    """What git prints, None if it fails or is not there. given: for its stdin."""
    command = ["git", "-C", top, "-c", "core.quotePath=false", *words]
    try:
        done = subprocess.run(command, input=given.encode(), check=False,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace")


def has_repository(top):
    """Whether the tree has one. One that lies unpacked in somebody's repository
    is none of its commits."""
    root = (git(top, "rev-parse", "--show-toplevel") or "").removesuffix("\n")
    return os.path.exists(root) and os.path.samefile(root, top)


def commit(top):
    """(commit, whether sources differ from it); ("", True) without one."""
    given = os.environ.get("MKVM_COMMIT", "")
    if given:               # of another tree that is measured here
        return given, False
    sha = git(top, "rev-parse", "HEAD") if has_repository(top) else None
    if not sha:
        return "", True
    changes = git(top, "status", "--porcelain", "--", *SOURCES)
    return sha.strip(), changes is None or bool(changes.strip())


# --- The configuration --------------------------------------------------------

class Presets:
    """The presets of a tree, and which of them a .config is."""

    def __init__(self, top):
        os.environ["srctree"] = top     # where kconfiglib looks for it
        self.menus = kconfiglib.Kconfig("Kconfig", warn=False,
                                        suppress_traceback=True)
        del os.environ["srctree"]
        self.folder = os.path.join(top, "configs")

    def values(self, path):
        """The symbols of a .config, those apart that choose what is run."""
        self.menus.load_config(path)
        return {symbol.name: symbol.str_value
                for symbol in self.menus.unique_defined_syms
                if not symbol.name.startswith("RUN_") and
                symbol.orig_type != kconfiglib.UNKNOWN}

    def of(self, path):
        """{"name", "digest", "symbols"}: what differs from the defaults, and
        the preset that has the same, else a name of the digest."""
        wanted = self.values(path)
        lines = self.lines(path)
        digest = hashlib.sha256("\n".join(lines).encode()) \
            .hexdigest()[:DIGEST]
        names = [os.path.basename(file).removesuffix("_defconfig") for file in
                 glob.glob(os.path.join(self.folder, "*_defconfig"))]
        for name in sorted(names, key=lambda name: (name != PLAIN, name)):
            if self.values(os.path.join(self.folder,
                                        f"{name}_defconfig")) == wanted:
                return {"name": name, "digest": digest, "symbols": lines}
        return {"name": f"own-{digest[:6]}", "digest": digest,
                "symbols": lines}

    def lines(self, path):
        """What of a .config is not the default, as `make savedefconfig`."""
        self.menus.load_config(path)
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
            self.menus.write_min_config(file.name, header="")
            file.seek(0)
            return sorted(line for line in file.read().splitlines()
                          if "CONFIG_RUN_" not in line)


# --- The machine --------------------------------------------------------------

def first(path, pattern, otherwise=""):
    """What the pattern finds first in a file."""
    try:
        with open(path, "rb") as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        return otherwise
    return found.group(1).decode("ascii", "replace").strip() if found \
        else otherwise


def version(command):
    """The first line of a program's --version; "" where it is not there."""
    try:
        done = subprocess.run([*command, "--version"], capture_output=True,
                              text=True, check=False)
    except OSError:
        return ""
    return (done.stdout.splitlines() or [""])[0]


def place_of(place):
    """"lab", "kvm", or "pvm": a KVM without the processor's help, which counts
    as any other and has times of its own."""
    if place == "lab":
        return "lab"
    has = {name for name in ("pvm", "intel", "amd")
           if os.path.exists(f"/sys/module/kvm_{name}")}
    return "pvm" if has == {"pvm"} else "kvm"


def host(place, build):
    """The machine, and what made the counts: of the lab, QEMU and its kernel."""
    lab = ""
    if place == "lab":
        qemu = re.search(r"version (\S+)", version(
            [os.environ.get("MKVM_LAB_QEMU", "qemu-system-x86_64")]))
        linux = first(os.path.join(build, "lab", "vmlinux"),
                      rb"Linux version (\S+)")
        lab = f"QEMU {qemu.group(1) if qemu else '?'}, Linux {linux or '?'}"
    return {"place": place_of(place), "lab": lab,
            "cpu": first("/proc/cpuinfo", rb"^model name\s*: *(.*)$"),
            "kernel": os.uname().release}


def compiler(build):
    """What compiled kvm-vmm, and with which flags."""
    try:
        with open(os.path.join(build, "host.flags"), encoding="utf-8") as file:
            words = shlex.split(file.read())
    except (OSError, ValueError):
        return ""
    words = [word for word in words if os.path.basename(word) != "ccache"]
    if not words:
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)?", version(words[:1]))
    name = os.path.basename(words[0])
    return " ".join([name, found.group() if found else "?", *words[1:]])


def digest(paths):
    """Of the bytes of all these files together."""
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                whole.update(piece)
    return whole.hexdigest()[:DIGEST]
