#!/usr/bin/python3
"""What the user's environment may change in a build, and what it may not."""

import os
import re
import shutil
import subprocess

import tree
from tree import tap

# Of these, the makes of Linux and BusyBox know and obey most.
LOUD = {"LOCALVERSION": "-mine", "LLVM": "1", "KCFLAGS": "-DX", "ARCH": "arm",
        "KAFLAGS": "-DX", "HOSTCFLAGS": "-DX", "CROSS_COMPILE": "arm-",
        "KBUILD_OUTPUT": "/nowhere", "INSTALL_PATH": "/nowhere", "W": "1",
        "CPATH": "/nowhere", "GREP_OPTIONS": "-v", "LDFLAGS": "-lnot",
        "CFLAGS": "-DX", "CONFIG_PREFIX": "/nowhere", "BASH_FUNC_f%%": "() { :; }",
        "LANG": "ko_KR.UTF-8", "TZ": "Asia/Seoul", "SKIP_STRIP": "y",
        "MAKEFLAGS": "nk -j3 --jobserver-auth=8,9 -- V=1 CC=clang"}
KEPT = {"CCACHE_DIR": "/some/cache", "TMPDIR": "/tmp", "HOME": "/some/home"}
ALLOWED = {"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
           "LC_ALL", "TZ", "SOURCE_DATE_EPOCH", "MAKEFLAGS",
           "KCONFIG_ALLCONFIG", "PWD", "OLDPWD", "SHLVL", "_"}

# Stands for make: notes what it was given, and makes the .config wanted.
FAKE_MAKE = """#!/bin/sh
for word; do case $word in O=*) mkdir -p "${word#O=}"
	touch "${word#O=}/.config" ;; esac; done
env >>"%s"
echo "WORDS=$*" >>"%s"
"""


def script(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def seen_by_make(out, tool, *more):
    """The lines that make's environment had when a script entered it."""
    log = out.at("seen")
    script(out.at("bin", "make"), FAKE_MAKE % (log, log))
    for name in ("tree", "musl"):
        os.makedirs(out.at(name), exist_ok=True)
    with open(out.at("fragment"), "w", encoding="utf-8"):
        pass
    path = out.at("bin") + ":" + os.environ["PATH"]
    env = dict(LOUD, **KEPT, PATH=path, MKVM_BUILD=out.path,
               MKVM_TOP=tap.TOP, MKVM_CCACHE="")
    done = subprocess.run([os.path.join(tap.TOP, "tools", tool), *more],
                          env=env, capture_output=True, text=True, check=False,
                          cwd=out.path, stdin=subprocess.DEVNULL)
    tap.equal(done.returncode, 0, done.stdout + done.stderr)
    with open(log, encoding="utf-8") as file:
        return file.read().splitlines()


@tap.case("the makes of Linux and BusyBox see nothing of the user's environment")
def clean():
    with tree.Tree() as out:
        for words in (("kernel", "linux", "tree", "linux", "fragment"),
                      ("busybox", "tree", "busybox", "fragment", "musl")):
            lines = seen_by_make(out, *words)
            names = {line.split("=", 1)[0] for line in lines}
            tap.equal(sorted(name for name in names - ALLOWED - {"WORDS"}
                             if not name.startswith(("CCACHE_", "KBUILD_BUILD_"))),
                      [], f"{words[0]}: variables")
            for name, value in KEPT.items():
                tap.check(f"{name}={value}" in lines, f"{name} is lost", *lines)
            tap.equal([line for line in lines if line.startswith("TZ=")][0],
                      "TZ=UTC")
            tap.equal({line.split("=", 1)[1].split() == [
                "-j3", "--jobserver-auth=8,9"] for line in lines
                if line.startswith("MAKEFLAGS=")}, {True}, "jobs only")
            tap.check(any(" CC=" in line and "ccache" not in line
                          for line in lines if line.startswith("WORDS=")),
                      "ccache, although it cannot be used", *lines)


@tap.case("variables of the user with names of ours change nothing")
def ours():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        plain = out.made("-n", "all")
        loud = out.made("-n", "all", env={
            "OUT": "/nowhere/", "B": "/nowhere", "EXTRA": "-DX", "Q": "false",
            "CONFIG_IMG_LINUX": "y", "GUESTS": "x", "ODD": "/", "SUB": "x"})
        tap.equal(loud, plain, "commands")


@tap.case("an exported CDPATH misleads no script")
def cdpath():
    with tree.Copy() as out:
        elsewhere = out.at("elsewhere")
        for name in ("lab", "tools", "tests", ".ci"):
            os.makedirs(os.path.join(elsewhere, name))
        env = {name: value for name, value in os.environ.items()
               if not name.startswith("MKVM_")}
        env.update(CDPATH=elsewhere, MKVM_LAB_QEMU="true", IMG="no-such")
        for words in (["lab/run", "--", "true"], ["tools/run"]):
            done = subprocess.run(words, cwd=out.path, env=env, check=False,
                                  capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
            tap.check(re.search(rf": {out.path}/(build|images)/\S+: not built",
                                done.stderr), words, done.stderr)


def broken_ccache(out, why):
    script(out.at("bin", "ccache"), f"#!/bin/sh\n{why}\nexit 1\n")
    return {"PATH": out.at("bin") + ":" + os.environ["PATH"]}


@tap.case("a ccache that cannot be used is left out, and one line says so")
def ccache():
    if shutil.which("ccache") is None:
        raise tap.Skip("ccache is not installed")
    with tree.Tree() as out:
        for code, why in (("", "ccache fails here;"),
                          ("echo no luck >&2", "no luck"),
                          (None, "/proc/none")):
            env = {"CCACHE_DIR": "/proc/none"}
            if code is not None:
                env = broken_ccache(out, code)
            shutil.rmtree(out.at("build"), ignore_errors=True)
            out.made("tiny_defconfig", env=env)
            text = out.made("guests", env=env)
            said = [line for line in text.splitlines() if "ccache" in line]
            tap.equal(len(said), 1, text)
            tap.check(why in said[0] and "without it" in said[0], text)
            tap.check("AS" in text, "nothing compiled", text)


tap.main()
