#!/usr/bin/python3
"""A configuration that cannot be had is refused, by name, before building."""

import os
import subprocess

import tree
from tree import tap


def nothing_built(out):
    tap.equal(out.built(), [], "files built from a refused configuration")


def refuses(lines, *words):
    """Lines added to a good .config are refused with these words."""
    with tree.Tree() as out:
        out.made("defconfig")
        out.ask(*lines)
        before = out.config()
        text = out.refused("kvm-vmm")
        for word in words:
            tap.check(word in text, f"the message lacks {word!r}:", text)
        tap.equal(text.count("Traceback"), 0)
        tap.equal(out.config(), before, ".config after the refusal")
        nothing_built(out)


REFUSED = (
    ("a symbol without what it depends on",
     ("# CONFIG_BOOT_PAGED is not set", "CONFIG_PAGES_4M=y"),
     ("CONFIG_PAGES_4M=y", "depends on", "BOOT_PAGED is n")),
    ("a line of garbage", ("this is no configuration",),
     ("this is no configuration",)),
    ("a symbol that does not exist", ("CONFIG_NO_SUCH_THING=y",),
     ("CONFIG_NO_SUCH_THING", "no such symbol")),
    ("a number out of range", ("CONFIG_SMP_MAX=1000",),
     ("CONFIG_SMP_MAX=1000", "1 254")),
    ("a word where a number belongs", ("CONFIG_DEFAULT_CPUS=many",),
     ("DEFAULT_CPUS",)),
    ("more vCPUs by default than there can be",
     ("CONFIG_SMP_MAX=2", "CONFIG_DEFAULT_CPUS=3"), ("CONFIG_DEFAULT_CPUS=3",)),
    ("a memory size that is none", ('CONFIG_DEFAULT_MEM="lots"',),
     ("CONFIG_DEFAULT_MEM", "lots", "128M")),
    ("two images to run", ("CONFIG_RUN_BZIMAGE=y",), ("RUN_",)),
    ("a fragment that is not there",
     ('CONFIG_IMG_LINUX_FRAGMENT="no/such.config"',), ("no/such.config",)),
    ("a tarball that is not there",
     ("# CONFIG_IMG_LINUX_DEBIAN is not set", "CONFIG_IMG_LINUX_TARBALL=y",
      'CONFIG_IMG_LINUX_PATH="no/such.tar.xz"'), ("no/such.tar.xz",)),
)
for what, asked, said in REFUSED:
    tap.add(f"refused: {what}", refuses, asked, *said)


@tap.case("a preset that does not exist is refused and the others are named")
def unknown_preset():
    with tree.Tree() as out:
        text = out.refused("nonsense_defconfig")
        tap.check("tiny_defconfig" in text, text)
        tap.check(not os.path.exists(out.at(".config")), "left a .config")


@tap.case("menuconfig, nconfig and oldconfig without a terminal end at once")
def no_terminal():
    with tree.Tree() as out:
        for goal in ("menuconfig", "nconfig", "oldconfig"):
            tap.check("terminal" in out.refused(goal), goal)


@tap.case("olddefconfig completes a short .config and keeps what it says")
def completes():
    with tree.Tree() as out:
        out.ask("# CONFIG_SMP is not set", 'CONFIG_DEFAULT_MEM="64M"')
        out.made("olddefconfig")
        text = out.config()
        for line in ("# CONFIG_SMP is not set", 'CONFIG_DEFAULT_MEM="64M"',
                     "CONFIG_DEV_SERIAL=y"):
            tap.check(line + "\n" in text, f"lacks {line}", text)


@tap.case("savedefconfig writes what brings the same configuration back")
def round_trip():
    with tree.Tree() as out:
        for preset in ("tiny", "linux-smp"):
            out.made(preset + "_defconfig")
            before = out.config()
            out.made("savedefconfig")
            os.replace(out.at("defconfig"), out.at(".config"))
            out.made("olddefconfig")
            tap.equal(out.config(), before, preset)


@tap.case("listnewconfig names the symbols that .config leaves open")
def new_symbols():
    with tree.Tree() as out:
        out.made("defconfig")
        text = out.config().replace("CONFIG_DEV_POST=y\n", "")
        with open(out.at(".config"), "w", encoding="utf-8") as file:
            file.write(text)
        tap.check("CONFIG_DEV_POST" in out.made("listnewconfig"))


@tap.case("a machine that is not x86-64 Linux is refused")
def other_machine():
    for system in ("Linux aarch64", "Darwin x86_64"):
        done = subprocess.run(["make", "help", f"HOST_SYSTEM={system}"],
                              cwd=tap.TOP, capture_output=True, text=True,
                              check=False)
        tap.check(done.returncode != 0, f"{system}: accepted")
        tap.check(system in done.stderr and "x86-64" in done.stderr,
                  done.stderr)


tap.main()
