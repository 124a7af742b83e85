#!/usr/bin/python3
"""The sandbox: what its filters let through, what becomes of a run that leaves
it, and what is told of it."""

import os
import re
import subprocess
import tempfile

import vm
from vm import tap

FILTERS = os.path.join(vm.SOURCES, "filters.c")
KINDS = ["main", "maker", "vcpu", "worker", "share", "service", "saver"]


def needs_sandbox(function):
    def run():
        if not vm.is_configured("SANDBOX"):
            raise tap.Skip("this configuration has no sandbox")
        function()
    return run


def has_seccomp():
    shown = subprocess.run([vm.KVM_VMM, "--show-sandbox"], capture_output=True,
                           text=True, check=True).stdout
    return "NOT CHECKED" not in shown


def try_filters(*compiler):
    """filters.c, with the objects of kvm-vmm's sandbox, or its sources."""
    if not has_seccomp():
        raise tap.Skip("this host's kernel has no seccomp filters")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filters")
        subprocess.run([*compiler, "-std=gnu11", "-O1", "-Ivmm", "-Ivmm/include",
                        "-I", os.path.join(tap.BUILD, "vmm", "sandbox"),
                        "-o", program, FILTERS, "vmm/sandbox/filter.c",
                        "vmm/util/reach.c"], check=True, cwd=tap.TOP)
        done = subprocess.run([program], capture_output=True, text=True,
                              check=False)
    tap.equal(done.stdout.splitlines(), [f"{kind}: well" for kind in KINDS],
              "kinds")
    tap.equal(done.returncode, 0)


@tap.case("every call of the table is let through, its neighbours are not: musl")
@needs_sandbox
def filters_musl():
    headers = os.path.join(tap.BUILD, "musl", "include")
    if not os.path.isdir(headers):
        raise tap.Skip("kvm-vmm is not static here")
    try_filters("musl-gcc", "-static", "-isystem", headers)


@tap.case("the same by the compiler's own C library")
@needs_sandbox
def filters_glibc():
    try_filters("gcc")


@tap.case("--show-sandbox has each call of the table, with its reason")
@needs_sandbox
def shown():
    text = subprocess.run([vm.KVM_VMM, "--show-sandbox"], capture_output=True,
                          text=True, check=True).stdout
    with open(os.path.join(tap.TOP, "vmm/sandbox/calls.h"),
              encoding="utf-8") as file:
        table = file.read()
    rows = re.findall(r"^(?:ROW|IOCTL)\((\w+), ([\w |]+),", table, re.M)
    tap.check(len(rows) > 100, rows)
    missing = [name for name, kinds in rows
               if kinds != "SAN" and not re.search(rf"\b{name}\b", text)]
    tap.none_of(missing)


@tap.case("what --sandbox does not know is a wrong word")
@needs_sandbox
def word():
    done = subprocess.run([vm.KVM_VMM, "--sandbox", "loose", "x"], text=True,
                          capture_output=True, check=False)
    tap.equal(done.returncode, vm.USAGE, "status")
    tap.check("strict, log or off" in done.stderr, done.stderr)


tap.main()
