"""Without multi-vCPU, guests run one after another, and --smp 2 is refused: cases for
test_presets.py, which has a tree for it.
"""

import subprocess

import vm
from vm import tap

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


def without_smp(program, place, need, *checks):
    reason = vm.lacks(place, need)
    if reason:
        raise tap.Skip(reason)
    vmm = program()
    for check in checks:
        check(vmm)


def add_cases(program):
    """program() makes that kvm-vmm."""
    tap.add("without SMP guests run one after another, and --smp 2 is a clear error",
            without_smp, program, "host", "real16", in_order, goes_on, refused)
    tap.add("without SMP a guest that waits for its turn disturbs no watch (lab)",
            without_smp, program, "lab", "paged32", waits)
