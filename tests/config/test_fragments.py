#!/usr/bin/python3
"""Fragments: a symbol that Kconfig dropped is named with what it lost."""

import os
import re
import subprocess
import tempfile

import tree
from tree import tap

KCONFIG = """
config NET
\tbool "Networking"

menu "Drivers"
\tdepends on NET

config FAST
\tbool "Fast" if EXPERT
\thelp
\t  Text that says config SLOW and
\t  if NOTHING is no statement.

if !LEGACY
source "sub/Kconfig"
endif
endmenu

config EXPERT
\tbool "Expert"

config LEGACY
\tbool "Legacy"

config CORE
\tbool
config FEATURE
\tbool "Feature"
\tselect CORE

config MODULES
\tbool "Modules"
\tmodules

config MOST
\tint
\tdefault 8
config COUNT
\tint "Count"
\trange 1 MOST

choice
\tprompt "Colour"
config RED
\tbool "Red"
config BLUE
\tbool "Blue"
endchoice

config TOOL
\tbool "What a tool must be able to do"
\tdepends on $(shell,if false; then echo y; else echo n; fi)
"""
SUB = """
config CARD
\tbool "Card"
\tdepends on (EXPERT || LEGACY) && \\
\t\tFAST
"""


def tool(name):
    return os.path.join(tap.TOP, "tools", name)


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def verify(asked, result):
    """(status, message) of kconfig-verify on a small kernel of our own."""
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "sub"))
        for name, text in (("Kconfig", KCONFIG), ("sub/Kconfig", SUB),
                           ("asked", asked), ("result", result)):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text)
        status, _, err = run(tool("kconfig-verify"), os.path.join(root, "asked"),
                             os.path.join(root, "result"), root, "Kconfig",
                             "my.config")
        return status, err


def dropped(asked, result, *words):
    status, err = verify(asked, result)
    tap.check(status == 1, f"status {status}", err)
    for word in words:
        tap.check(word in err, f"the message lacks {word!r}", err)


tap.add("everything taken: silent", lambda: tap.equal(
    verify('CONFIG_NET=y\n# CONFIG_EXPERT is not set\n', "CONFIG_NET=y\n"),
    (0, "")))
tap.add("the menu a symbol stands in", dropped,
        "CONFIG_FAST=y\n", "CONFIG_EXPERT=y\n",
        "my.config:1: CONFIG_FAST=y", "NET is n")
tap.add("the condition of its prompt", dropped,
        "CONFIG_NET=y\nCONFIG_FAST=y\n", "CONFIG_NET=y\n", "EXPERT is n")
tap.add("an expression over two lines, in a file that is sourced", dropped,
        "CONFIG_CARD=y\n", "CONFIG_NET=y\nCONFIG_EXPERT=y\n",
        "CONFIG_CARD=y", "FAST is n")
tap.add("an `if` around the source line", dropped, "CONFIG_CARD=y\n",
        "CONFIG_NET=y\nCONFIG_EXPERT=y\nCONFIG_FAST=y\nCONFIG_LEGACY=y\n",
        "!LEGACY", "LEGACY is y")
tap.add("a symbol that is not there", dropped, "CONFIG_SLOW=y\n", "",
        "CONFIG_SLOW=y", "no such symbol")
tap.add("a symbol that only others select", dropped, "CONFIG_CORE=y\n", "",
        "FEATURE")
tap.add("a symbol that another one switched on", dropped,
        "# CONFIG_CORE is not set\n", "CONFIG_CORE=y\nCONFIG_FEATURE=y\n",
        "CONFIG_CORE=n", "FEATURE")
tap.add("a number beyond a limit that another symbol is", dropped,
        "CONFIG_COUNT=9\n", "CONFIG_COUNT=8\n", "CONFIG_COUNT=9",
        "out of range: 1 8")
tap.add("a member of a choice, when another is chosen", dropped,
        "CONFIG_RED=y\n", "# CONFIG_RED is not set\nCONFIG_BLUE=y\n",
        "CONFIG_RED=y", "BLUE is chosen instead")
tap.add("what a macro asked this machine", dropped, "CONFIG_TOOL=y\n", "",
        "CONFIG_TOOL=y", "the tools on this machine", "(Kconfig:")
tap.add("several at once, a line each, in their order", dropped,
        "CONFIG_TOOL=y\nCONFIG_NONE=y\n", "",
        "my.config:1: CONFIG_TOOL=y", "\nmini-kvm: my.config:2: CONFIG_NONE=y")


@tap.case("a fragment loses its reasons, and later lines win")
def merged():
    with tempfile.TemporaryDirectory() as root:
        one, two = os.path.join(root, "one"), os.path.join(root, "two")
        with open(one, "w", encoding="utf-8") as file:
            file.write('# head\n\nCONFIG_A=y  # why\nCONFIG_S="a # b" # why\n'
                       "CONFIG_B=y\n")
        with open(two, "w", encoding="utf-8") as file:
            file.write("CONFIG_A=n # no more\n# CONFIG_B is not set\n")
        status, out, err = run(tool("fragment"), "-s", "C=12", one, two)
        tap.equal((status, err), (0, ""))
        tap.equal(out, f"# {two}:1\n# CONFIG_A is not set\n"
                       f"# {one}:4\nCONFIG_S=\"a # b\"\n"
                       f"# {two}:2\n# CONFIG_B is not set\n"
                       "# make:0\nCONFIG_C=12\n")


VERSIONS = """CONFIG_OLD=y # [up to 6.3] the smallest
CONFIG_NEW=y # [since 6.4] the smallest where OLD is gone
# CONFIG_MID is not set # [since 5.20] no default
CONFIG_ALL=y # for [up to 6.3] and later
"""


@tap.case("a symbol that not every version has is asked for where there is one")
def versions():
    with tempfile.TemporaryDirectory() as root:
        path = os.path.join(root, "fragment")
        with open(path, "w", encoding="utf-8") as file:
            file.write(VERSIONS)
        for version, patch, want in (
                ("6", "1", "OLD MID ALL"), ("6", "3", "OLD MID ALL"),
                ("6", "4", "NEW MID ALL"), ("6", "12", "NEW MID ALL"),
                ("5", "20", "OLD MID ALL"), ("5", "3", "OLD ALL"),
                ("10", "0", "NEW MID ALL")):
            with open(os.path.join(root, "Makefile"), "w",
                      encoding="utf-8") as file:
                file.write(f"# SPDX\nVERSION = {version}\n"
                           f"PATCHLEVEL = {patch}\nSUBLEVEL = 9\n")
            status, out, err = run(tool("fragment"), "-t", root, path)
            tap.equal((status, err), (0, ""))
            tap.equal(" ".join(re.findall(r"CONFIG_(\w+)", out)), want,
                      f"symbols for {version}.{patch}")
        tap.equal(" ".join(re.findall(r"CONFIG_(\w+)",
                                      run(tool("fragment"), path)[1])),
                  "OLD NEW MID ALL", "symbols for no version")


@tap.case("a dropped symbol is traced to the fragment that asked for it")
def traced():
    dropped("# some/where.config:7\nCONFIG_FAST=y\n", "CONFIG_EXPERT=y\n",
            "mini-kvm: some/where.config:7: CONFIG_FAST=y: ", "NET is n")


@tap.case("a malformed fragment is refused with file and line")
def malformed():
    for bad in ("CONFIG_A", "A=y", "CONFIG_A=", 'CONFIG_A="x', "\0"):
        with tempfile.NamedTemporaryFile("w", suffix=".config") as file:
            file.write("CONFIG_OK=y\n" + bad + "\n")
            file.flush()
            status, out, err = run(tool("fragment"), file.name)
            tap.equal((status, out), (64, ""), repr(bad))
            tap.check(f"{file.name}:2: " in err, err)


@tap.case("a kernel symbol that is dropped stops the build and is named")
def kernel():
    with tree.Tree() as out:
        if not os.path.isdir(os.path.join(tap.BUILD, "src", "linux")):
            raise tap.Skip("no kernel source in the build directory yet")
        extra = out.at("extra.config")
        with open(extra, "w", encoding="utf-8") as file:
            file.write("CONFIG_VIRTIO_BLK=y  # needs what is not there\n")
        out.made("defconfig")
        out.replace("CONFIG_IMG_LINUX_DEBIAN=y",
                    "# CONFIG_IMG_LINUX_DEBIAN is not set")
        out.replace("# CONFIG_IMG_LINUX_TREE is not set",
                    "CONFIG_IMG_LINUX_TREE=y")
        out.replace('CONFIG_IMG_LINUX_FRAGMENTS=""',
                    f'CONFIG_IMG_LINUX_FRAGMENTS="{extra}"')
        out.ask(f'CONFIG_IMG_LINUX_PATH="{tap.BUILD}/src/linux"')
        text = out.refused("kernel")
        tap.check("CONFIG_VIRTIO_BLK=y" in text, text)
        tap.check("BLK_DEV is n" in text, text)
        tap.equal(os.listdir(out.path).count("images"), 0, "images left")


tap.main()
