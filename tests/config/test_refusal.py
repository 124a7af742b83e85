#!/usr/bin/python3
"""A configuration that cannot be had is refused, by name, before building."""

import os
import shutil
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
    ("a package whose name is a command",
     ('CONFIG_IMG_LINUX_PACKAGE="linux;touch stray"',),
     ("CONFIG_IMG_LINUX_PACKAGE", "linux;touch stray", "contains")),
    ("a path that make would expand",
     ('CONFIG_IMG_INITRAMFS_LISTS="$(shell touch stray)"',),
     ("CONFIG_IMG_INITRAMFS_LISTS", "contains")),
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


# What make or a shell takes for something else. A name with it is a command's
# argument here; `touch stray` shows whether a part of it ran.
ODD = ("a b", "b ", "a\tb", "a'b", 'a"b', "a;touch stray;", "a&touch stray&",
       "a|touch stray|", "a`touch stray`", "a$(touch stray)", "a(b", "a)b", "a[b",
       "a{b", "a<b", "a>b", "a*b", "a?b", "a!b", "a:b", "a=b", "a#b", "a%b",
       "a\\b", "a\nb")


def said_once(done, where):
    """make ended at once, with one sentence of ours on the path."""
    tap.check(done.returncode != 0, f"{where!r}: accepted", done.stdout)
    tap.equal((done.stdout, done.stderr.count("mini-kvm: "),
               done.stderr.count("the path contains")), ("", 1, 1),
              f"{where!r}: {done.stderr}")


def run_make(folder, *words, env=None):
    """make as a person types it, whatever make called us."""
    around = {name: value for name, value in os.environ.items()
              if name not in tree.OURS}
    return subprocess.run(["make", *words], cwd=folder, text=True,
                          env=dict(around, **(env or {})), check=False,
                          capture_output=True, stdin=subprocess.DEVNULL)


@tap.case("a source path that make or a shell would split is refused at once")
def odd_top():
    with tree.Tree() as out:
        for name in ODD:
            if "/" in name:
                continue
            os.mkdir(out.at(name))
            shutil.copy(os.path.join(tap.TOP, "Makefile"), out.at(name))
            said_once(run_make(out.at(name)), name)
            tap.equal(os.listdir(out.at(name)), ["Makefile"], "files there")
        tap.equal(len(os.listdir(out.path)), len(ODD), "folders")


@tap.case("O= and MKVM_DL= with such characters are refused, and nothing is left")
def odd_output():
    with tree.Tree() as out:
        for name in (*ODD, "~", "~/x"):
            for variable in ("O", "MKVM_DL"):
                path = name if name[0] == "~" else out.at(name)
                said_once(run_make(tap.TOP, f"{variable}={path}"), path)
                said_once(run_make(tap.TOP, env={variable: path}), path)
        said_once(run_make(tap.TOP, "distclean", env={"O": " "}), " ")
        tap.equal(os.listdir(out.path), [], "folders")
    tap.equal([name for name in ("stray", "~") if
               os.path.lexists(os.path.join(tap.TOP, name))], [], "in the tree")


@tap.case("a path of the user's letters, and what harms nobody, is taken")
def usual_output():
    with tree.Tree() as out:
        for name in ("한글", "a,b", "a+b", "a@b", "a~b", "-a.b_c"):
            done = run_make(tap.TOP, f"O={out.at(name)}", "help")
            tap.equal((done.returncode, done.stderr), (0, ""), name)


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
