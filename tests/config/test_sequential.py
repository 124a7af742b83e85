#!/usr/bin/python3
# timeout: 300
"""Without multi-vCPU, guests run one after another, and --smp 2 is refused."""

import functools
import os
import subprocess
import sys

import tree
from tree import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "guest"))
import vm  # noqa: E402

TREE = tree.Named("sequential")
GUESTS = 24
LINE = b"Hello, KVM!\n"


def in_order(vmm):
    """Characters as they come, and never two guests' at the same time."""
    argv = [vmm, "--interleave"] + GUESTS * [vm.assemble("outsb")]
    alone = subprocess.run([vmm, vm.assemble("outsb")], capture_output=True,
                           stdin=subprocess.DEVNULL, check=False).stdout
    tap.check(len(alone) > 3000, alone, "one guest prints too little to tell")
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True)
    tap.equal(done.returncode, 0, f"{done.stderr}\nexit status")
    tap.check(done.stdout == GUESTS * alone, "the guests' output is mixed:",
              done.stdout[:2000])


def goes_on(vmm):
    """One that fails does not keep the next from running."""
    done = subprocess.run(
        [vmm, vm.assemble("triple"), vm.image("hello.bin")],
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    tap.equal(done.returncode, vm.CRASHED, f"{done.stderr}\nexit status")
    tap.equal(done.stdout, b"hello.bin  | " + LINE, "stdout")


def refused(vmm):
    done = subprocess.run([vmm, "--smp", "2", vm.image("hello.bin")],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    tap.equal(done.returncode, vm.USAGE, f"{done.stderr}\nexit status")
    tap.check(b"built for at most 1" in done.stderr and
              b"menuconfig" in done.stderr, done.stderr)


def waits(vmm):
    """A guest whose turn has not come is nobody's to watch."""
    guest = vm.assemble("paged_halt")
    done = subprocess.run(
        vm.lab_command([vmm, "--paging", guest, guest]), check=False,
        stdin=subprocess.DEVNULL, capture_output=True)
    tap.equal(done.returncode, vm.HALTED, f"{done.stderr}\nexit status")


@functools.lru_cache(None)
def program():
    """kvm-vmm without multi-vCPU."""
    TREE.made("defconfig")
    text = "".join(line for line in TREE.config().splitlines(True)
                   if not line.startswith("CONFIG_SMP"))
    with open(TREE.at(".config"), "w", encoding="utf-8") as file:
        file.write(text + "# CONFIG_SMP is not set\n")
    TREE.made("kvm-vmm")
    return TREE.at("images", "kvm-vmm")


def without_smp(place, need, *checks):
    reason = vm.lacks(place, need)
    if reason:
        raise tap.Skip(reason)
    vmm = program()
    for check in checks:
        check(vmm)


tap.add("guests run one after another, and --smp 2 is a clear error",
        without_smp, "host", "real16", in_order, goes_on, refused)
tap.add("a guest that waits for its turn disturbs no watch (lab)",
        without_smp, "lab", "paged32", waits)
with TREE:
    tap.main()
