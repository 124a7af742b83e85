#!/usr/bin/python3
# timeout: 240
"""A floppy as a system without firmware drives it: tests/guest/src/floppy.c with each
kind of interrupt controllers, and on QEMU's own controller for comparison; and what
becomes of the file. That firmware boots from one, guest/judges shows."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile

import idefiles
import os1k
import vm
from vm import tap

QEMU = "qemu-system-x86_64"
STEPS = ["1 reset, and four units to be sensed", "2 RECALIBRATE, SEEK, READ ID",
         "3 READ DATA by DMA, from one side to the other",
         "4 WRITE DATA, and what it leaves alone", "5 what is not there",
         "6 READ DATA and WRITE DATA by the port", "7 FORMAT TRACK", "all is well"]


def run(*options):
    return lambda place: vm.Command(
        vm.KVM_VMM, "--mem", "64M", "--timeout", "60", *options,
        vm.compile_guest("floppy"), limit=70)


def took(result):
    tap.equal(result.out.decode().splitlines(), STEPS, "steps, " + result.err)
    result.must(vm.OK)


def said(text):
    return lambda result: (result.must(vm.USAGE), tap.check(text in result.err,
                                                            result.err))


def short():
    return idefiles.make("short.img", 1 << 20, bytes(1 << 20))


TABLE = vm.Table()
for chip in os1k.kinds():
    TABLE.add(f"a floppy in A:, irqchip {chip}",
              lambda place, chip=chip: run("--irqchip", chip, "--floppy",
                                           idefiles.floppy())(place), took)
TABLE.add("one that is write protected",
          lambda place: run("--floppy", idefiles.floppy() + ",ro")(place),
          lambda result: result.must(4))
TABLE.add("a file that is no floppy",
          lambda place: run("--floppy", short())(place),
          said("no floppy has 1048576 bytes"))
TABLE.add("one with a serial number",
          lambda place: run("--floppy", idefiles.floppy() + ",serial=1")(place),
          said("no floppy has a serial number"))
TABLE.add("a third one",
          lambda place: run(*["--floppy", idefiles.floppy() + ",ro"] * 3)(place),
          said("two drives are all that there are"))


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def writes():
    if vm.host_lacks("prot32"):
        raise tap.Skip(vm.host_lacks("prot32"))
    with tempfile.TemporaryDirectory() as work:
        for words, same in ((",rw", False), ("", True)):
            copy = os.path.join(work, "disk" + words[1:])
            shutil.copy(idefiles.floppy(), copy)
            done = subprocess.run(
                [vm.SAN, "--timeout", "60", "--floppy", copy + words,
                 vm.compile_guest("floppy")], capture_output=True, text=True,
                check=False, timeout=70)
            tap.equal(done.returncode, vm.OK, "status, " + done.stderr)
            tap.equal(sum_of(copy) == sum_of(idefiles.floppy()), same,
                      f"unchanged with {words!r}")


def goes_on():
    """Saved while it drives the floppy, with what it has written."""
    if vm.host_lacks("prot32") or not vm.is_configured("SNAPSHOT"):
        raise tap.Skip("there is nothing that could be saved")
    with tempfile.TemporaryDirectory() as work:
        saved = os.path.join(work, "saved")
        with subprocess.Popen(
                [vm.KVM_VMM, "--timeout", "60", "--save-on-exit", saved,
                 "--floppy", idefiles.floppy(), vm.compile_guest("floppy")],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as first:
            lines = [first.stdout.readline().decode() for _ in range(4)]
            first.send_signal(signal.SIGTERM)
            lines += first.stdout.read().decode().splitlines(True)
        if not os.path.exists(saved):
            raise tap.Skip("it had ended already")
        done = subprocess.run([vm.KVM_VMM, "--timeout", "60", "--restore", saved],
                              capture_output=True, text=True, check=False,
                              timeout=70)
    tap.equal(("".join(lines) + done.stdout).splitlines(), STEPS,
              "steps, " + done.stderr)
    tap.equal(done.returncode, vm.OK, "status")


@tap.case("QEMU's controller takes the same steps from the same guest")
def on_qemu():
    if not shutil.which(QEMU):
        raise tap.Skip("QEMU is not installed; `make deps` installs it")
    done = subprocess.run(
        [QEMU, "-M", "pc", "-accel", "tcg", "-m", "64", "-nodefaults",
         "-display", "none", "-serial", "stdio", "-no-reboot", "-snapshot",
         "-drive", "if=none,format=raw,file.locking=off,id=a,file=" +
         idefiles.floppy(), "-device", "floppy,drive=a",
         "-device", "isa-debug-exit,iobase=0xf4", "-kernel",
         vm.compile_guest("floppy")], stdin=subprocess.DEVNULL, timeout=120,
        capture_output=True, text=True, check=False)
    tap.equal(done.stdout.splitlines(), STEPS[:5] + STEPS[7:],
              "steps, " + done.stderr)
    tap.equal(done.returncode, 1, "status")     # 0 << 1 | 1


if vm.has_feature("floppy", "plug"):
    tap.add("what the guest writes is forgotten, and with rw it is not", writes)
    tap.add("a guest that is saved in the middle of it goes on where it was", goes_on)
    TABLE.add_cases(*vm.places("prot32")[:1])
else:
    tap.add("a floppy", vm.skip, "DEV_FLOPPY is not configured")
tap.main()
