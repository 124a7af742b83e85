#!/usr/bin/python3
# timeout: 900
"""kvm-vmm with every feature compiles without a warning and runs, gcc and clang.

The Makefile turns warnings into errors. The objects stay in the build folder,
so that a second run compiles only what changed.
"""

import os
import shutil
import subprocess

import sources
from sources import tap


def make(out, *args):
    """make with an output tree of its own, whatever make called us."""
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
           and not name.startswith("MKVM_")}
    done = subprocess.run(["make", f"O={out}", *args], cwd=tap.TOP, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    tap.check(done.returncode == 0, "make " + " ".join(args) + ":",
              *done.stdout.splitlines()[-40:])
    return done.stdout


def compiles(compiler):
    if not shutil.which(compiler):
        raise tap.Skip(f"{compiler} is not installed")
    out = os.path.join(tap.BUILD, "tests", "compilers", compiler)
    if not os.path.exists(os.path.join(out, ".config")):
        make(out, "allyesconfig")
    text = make(out, "kvm-vmm", f"CC={compiler}")
    tap.check("warning:" not in text, text)
    vmm = os.path.join(out, "images", "kvm-vmm")
    tap.check(os.access(vmm, os.X_OK),
              f"make kvm-vmm CC={compiler} made no images/kvm-vmm")
    done = subprocess.run([vmm, "--list"], capture_output=True, text=True,
                          check=False)
    tap.equal(done.returncode, 0, done.stderr + "status of --list")


for name in ("gcc", "clang"):
    tap.add(f"{name} compiles every feature without a warning", compiles, name)


@tap.case("the program of the system's C library checks lengths (FORTIFY)")
def fortified():
    program = os.path.join(tap.BUILD, "tests", "compilers", "clang", "images",
                           "kvm-vmm")
    if not os.path.exists(program):
        raise tap.Skip("clang has not built it")
    names = subprocess.run(["nm", "-D", program], capture_output=True,
                           text=True, check=True).stdout
    for name in ("__memcpy_chk", "__vsnprintf_chk", "__stack_chk_fail"):
        tap.check(name in names, f"{name} is not called:", names)


tap.main()
