#!/usr/bin/python3
# timeout: 900
"""What a change rebuilds: exactly what depends on it, and nothing twice."""

import os
import re
import shutil
import time

import tree
from tree import tap

STAMP = "CC", "LD", "AS"
ALL = tree.Named("rebuild")     # with everything; the rest is done in small ones


def sources_naming(symbol):
    """C files of vmm/ that name the symbol, themselves or in a header."""
    named = set()
    for folder, _, names in os.walk(os.path.join(tap.TOP, "vmm")):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".c"):
                with open(path, encoding="utf-8") as file:
                    if re.search(rf"\bCONFIG_{symbol}\b", file.read()):
                        named.add(os.path.relpath(path, tap.TOP))
    return sorted(named)


def changed(old, new, want):
    """Replacing a line of .config compiles exactly the files `want`."""
    ALL.made("allyesconfig")
    ALL.made("kvm-vmm")
    time.sleep(0.02)    # a file system's clock is coarser than ours
    ALL.replace(old, new)
    text = ALL.made("kvm-vmm")
    tap.equal(tree.steps(text, "CC"), want, "compiled")
    tap.check("LD" in text, "not linked again", text)
    tap.equal(tree.steps(ALL.made("kvm-vmm"), *STAMP), [],
              "compiled a second time")


@tap.case("a changed value compiles the files that name it and links")
def value():
    want = sources_naming("DEFAULT_MEM")
    tap.check(want, "no source names CONFIG_DEFAULT_MEM")
    changed('CONFIG_DEFAULT_MEM="128M"', 'CONFIG_DEFAULT_MEM="96M"', want)


@tap.case("a switched-off part links again and compiles nothing else")
def part():
    changed("CONFIG_DEV_POST=y", "# CONFIG_DEV_POST is not set",
            sources_naming("DEV_POST"))


@tap.case("a touched header compiles what includes it and no more")
def header():
    with tree.Named("rebuild-header") as out:
        out.made("tiny_defconfig")
        out.made("kvm-vmm")
        obj = out.at("build", "vmm", "devices", "hypercall.o.d")
        with open(obj, encoding="utf-8") as file:
            tap.check("vmm/abi/hypercall.h" in file.read(), "no dependency")
        text = out.made("kvm-vmm", "-W", "vmm/abi/hypercall.h")
        done = tree.steps(text, "CC")
        tap.check("vmm/devices/hypercall.c" in done, text)
        tap.check("vmm/core/bus.c" not in done, text)


@tap.case("other CFLAGS compile everything again, the same ones nothing")
def flags():
    with tree.Named("rebuild-flags") as out:
        out.made("tiny_defconfig")
        first = tree.steps(out.made("kvm-vmm"), "CC")
        again = tree.steps(out.made("kvm-vmm", "CFLAGS=-O1"), "CC")
        tap.equal(again, first, "compiled with other CFLAGS")
        tap.equal(tree.steps(out.made("kvm-vmm", "CFLAGS=-O1"), "CC"), [])


def command(preset, cc):
    """How an output tree of that preset compiles what names no symbol: all words but
    those of its outputs, which ccache leaves out of its sums, too."""
    with tree.Tree() as out:
        out.made(preset)
        text = out.made("-n", "kvm-vmm", f"CC={cc}")
        line = re.search(r"^.* -c -o \S+ vmm/core/bus\.c$", text, re.M)
        tap.check(line, text)
        words = re.sub(r" (-MF|-MT|-o) \S+", "", line.group(0))
        tap.check(out.path not in words, words)
        return words


@tap.case("what names no symbol is compiled by the same words in every output tree")
def same_words():
    for cc in ("gcc", "clang"):
        tap.equal(command("level-7_defconfig", cc), command("level-3_defconfig", cc))


REMEMBER = """
include Makefile
NUMBERS := $(shell seq 1 40)
WORDS := $(NUMBERS:%=initramfs/folder/of/files/%.o)
TEXT = $(call remember,$(DIR)/$1,$(wordlist 1,$1,$(WORDS)))
REMEMBERED := $(foreach n,$(NUMBERS),$(call TEXT,$n))
"""


# GNU make 4.3 leaves the newline on what it reads of some lengths.
@tap.case("a remembered text is found unchanged, whatever its length")
def lengths():
    with tree.Tree() as out:
        with open(out.at("remember.mk"), "w", encoding="utf-8") as file:
            file.write(REMEMBER)
        dates = []
        for _ in range(2):
            out.made("-f", out.at("remember.mk"), f"DIR={out.path}/r", "help")
            dates.append({name: os.stat(out.at("r", name)).st_mtime_ns
                          for name in os.listdir(out.at("r"))})
        tap.equal(len(dates[0]), 40, "texts remembered")
        tap.none_of(f"text {name} was written again" for name in dates[0]
                    if dates[0][name] != dates[1][name])


@tap.case("make twice: the second time nothing is done")
def twice():
    with tree.Named("rebuild-twice") as out:
        out.made("tiny_defconfig")
        out.made()
        tap.equal(out.made(), "make: Nothing to be done for 'all'.\n",
                  "what the second make says")


# Says a value of the configuration, and stops a make that starts over for ever.
GUARD = """
ifeq ($(MAKE_RESTARTS),5)
$(error started over for ever)
endif
include Makefile
say:
\t@echo "have $(CONFIG_DEFAULT_MEM)"
"""
FUTURE = 86400      # seconds


def dated(path):
    then = time.time() + FUTURE
    os.utime(path, (then, then))


# A clock that was wrong, another machine's clock, a copy with its dates.
@tap.case("files dated in the future are read once, and their changes seen")
def future():
    with tree.Copy() as out:
        with open(out.at("guard.mk"), "w", encoding="utf-8") as file:
            file.write(GUARD)

        def have(value):
            text = out.made("-f", "guard.mk", "say")
            tap.check(f"have {value}\n" in text, f"not {value}:", text)

        have("128M")
        for path in (".config", "Kconfig", "vmm/Kconfig", "tools/kconfig",
                     "tools/deps", "tools/test-objects", "Makefile",
                     "tests/unit/test_ring.c", "build/config/auto.conf"):
            dated(out.at(path))
            have("128M")
        for folder, _, names in os.walk(out.path):
            for name in names:
                dated(os.path.join(folder, name))
        have("128M")
        out.replace('CONFIG_DEFAULT_MEM="128M"', 'CONFIG_DEFAULT_MEM="96M"')
        have("96M")


@tap.case("make -n and make -q in a fresh checkout start nothing")
def only_shown():
    with tree.Copy() as out:
        for goal in ("all", "run", "test", "bench", "compare", "kernel",
                     "level-1", "doctor"):
            text = out.made("-n", goal)
            tap.check("UNPACK" not in text.split("printf")[0], text)
            status, text = out.make("-q", goal)
            tap.equal(status, 1, f"status of make -q {goal}: {text}")
        text = out.made("-n", "all")
        for want in ("tools/kernel", "tools/busybox", "tools/fetch linux"):
            tap.check(want in text, f"make -n does not show {want}", text)
        tap.equal(out.built(), [], "files built")
        tap.check(not os.path.exists(out.at("build/src/linux")), "unpacked")


# What takes minutes to build, and where it is noted what it was built from.
BIG = ("linux.built", "lab/linux.built", "busybox.built")
FOLDERS = ("deps", "src", "lab", "musl/include")


def in_another_place(kind):
    with kind() as out:
        inside = out.top == out.path
        for folder in FOLDERS:
            os.makedirs(out.at("build", folder), exist_ok=True)

        def make(option):
            return out.make(option, *(os.path.join(
                "" if inside else out.path, "build", name) for name in BIG))

        tap.equal(make("-t")[0], 0, "status of make -t")
        first = out.path
        for do in os.rename, shutil.copytree:
            last = out.path
            out.path = first + "-" + do.__name__
            do(last, out.path)
            out.top = out.path if inside else out.top
            status, text = make("-q")
            if do is shutil.copytree:
                shutil.rmtree(last)
            tap.equal(status, 0, f"status of make -q after {do}: {text}")


tap.add("a tree that is moved or copied does not build Linux again",
        in_another_place, tree.Copy)
tap.add("an output tree that is moved or copied does not, either",
        in_another_place, tree.Tree)


@tap.case("the hypervisor is the same in two directories, byte for byte")
def identical():
    images = []
    for _ in range(2):
        with tree.Tree() as out:
            out.made("tiny_defconfig")
            out.made("kvm-vmm", env={"CCACHE_DISABLE": "1"})
            with open(out.at("images", "kvm-vmm"), "rb") as file:
                images.append(file.read())
    tap.check(images[0] == images[1], "two builds differ")


with ALL:
    tap.main()
