#!/usr/bin/python3
# timeout: 600
"""Linux guests that are saved and restored while they compute, print, sleep and
write to a disk, from their first tenth of a second on, and 1K OS; in the lab.

MKVM_MOMENTS=200 tests/guest/test_snapshot_linux.py is the long way: every kind of
interrupt controllers with 1, 2 and 4 vCPUs, that often each, which takes hours."""

import os
import re
import subprocess
import sys

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
FEW = 6
MOMENTS = int(os.environ.get("MKVM_MOMENTS", FEW))
GUESTS = ["kernel1", "split1", "vmm1", "kernel2", "split2", "kernel4", "split4",
          "os-kernel1", "os-split1", "os-vmm1"] if MOMENTS > FEW else \
    ["kernel2", "split1", "vmm1", "os-kernel1"]
GUESTS = [name for name in GUESTS if vm.has_feature(
    name.removeprefix("os-").rstrip("124"), "irqchip")]
RESULTS = {}


def play():
    here = os.path.dirname(os.path.abspath(__file__))
    files = [os.path.join(STD, name) for name in ("vmlinux", "initramfs.cpio")]
    for path in files:
        if not os.path.exists(path):
            raise tap.Skip(f"{path}: not built; run `make std`")
    done = subprocess.run(
        vm.lab_command([sys.executable, os.path.join(here, "snapshotlab.py"),
                        vm.KVM_VMM, *files,
                        os.path.join(vm.SOURCES, "snapshot_guest.sh"),
                        vm.image("os-1k.bin"), str(MOMENTS), "14", *GUESTS]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        stderr=subprocess.STDOUT, text=True, errors="replace")
    RESULTS.update(re.findall(r"^@([\w-]+) (.*)$", done.stdout, re.M))
    tap.check(RESULTS, f"status {done.returncode}", done.stdout[-2000:])


def judge(name):
    if not RESULTS:
        play()
    verdict = RESULTS.get(name, "did not come so far")
    tap.check(verdict.startswith("ok"), verdict)


if vm.lab_lacks() or not vm.is_configured("SNAPSHOT"):
    tap.add("Linux is saved and restored", vm.skip,
            vm.lab_lacks() or "kvm-vmm was configured without SNAPSHOT")
else:
    for guest in GUESTS:
        tap.add(f"a guest notices nothing of {MOMENTS} snapshots: {guest}", judge,
                guest)
tap.main()
