#!/usr/bin/python3
# timeout: 300
"""Without multi-vCPU, guests run one after another, and --smp 2 is refused."""

import os
import subprocess
import sys

import tree
from tree import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "guest"))
import vm  # noqa: E402

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


@tap.case("guests run one after another, and --smp 2 is a clear error")
def sequential():
    reason = vm.host_lacks("real16")
    if reason:
        raise tap.Skip(reason)
    with tree.Tree() as out:
        out.made("defconfig")
        text = "".join(line for line in out.config().splitlines(True)
                       if not line.startswith("CONFIG_SMP"))
        with open(out.at(".config"), "w", encoding="utf-8") as file:
            file.write(text + "# CONFIG_SMP is not set\n")
        out.made("kvm-vmm")
        vmm = out.at("images", "kvm-vmm")
        in_order(vmm)
        goes_on(vmm)
        refused(vmm)


tap.main()
