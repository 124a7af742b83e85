#!/usr/bin/python3
# timeout: 240
"""IDE disks and a CD-ROM as a system without drivers for virtio finds and drives them:
tests/guest/src/ide.c with each kind of interrupt controllers, with and without PCI,
and on QEMU's own for comparison; and what becomes of the files.
"""

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
STEPS = ["1 IDENTIFY DEVICE", "2 READ SECTORS", "3 by cylinder, head and sector",
         "4 READ MULTIPLE, and EXT", "5 WRITE SECTORS, FLUSH CACHE",
         "6 what cannot be, and SRST", "7 IRQ14",
         "8 DMA, entries across sectors", "9 DMA that cannot be", "10 CD-ROM",
         "  by DMA", "all is well"]


def run(*options, words="", cd=True):
    disk, iso = idefiles.images()
    more = ("--cdrom", iso) if cd else ()
    return lambda place: vm.Command(
        vm.KVM_VMM, "--mem", "64M", "--timeout", "60", "--ide", disk + words,
        *more, *options, vm.compile_guest("ide"), limit=70)


def took(*less, more=()):
    """All steps but these."""
    want = [step for step in STEPS if step not in less]
    for before, step in more:
        want.insert(want.index(before) + 1, step)

    def judge(result):
        tap.equal(result.out.decode().splitlines(), want,
                  "steps, " + result.err)
        result.must(vm.OK)
    return judge


NO_CD = STEPS[9:11]
NO_SLAVE = ((STEPS[0], "  no slave"),)
NO_DMA = [*STEPS[7:9], STEPS[10]]
NO_MASTER = ((STEPS[6], "  no bus master"),)

TABLE = vm.Table()
for chip in os1k.kinds():
    TABLE.add(f"a disk and a CD-ROM, irqchip {chip}", run("--irqchip", chip),
              took())
TABLE.add("a disk alone", run(cd=False), took(*NO_CD, more=NO_SLAVE))
TABLE.add("the same without PCI", run("--no-pci"),
          took(*NO_DMA, more=NO_MASTER))
TABLE.add("a disk that is read only takes no write", run(words=",ro"),
          lambda result: result.must(5))
TABLE.add("a fifth drive is refused", run(*["--cdrom", idefiles.images()[1]] * 3),
          lambda result: (result.must(vm.USAGE), tap.check(
              "two channels have four drives" in result.err, result.err)))
TABLE.add("a word that there is not", run(words=",rx"),
          lambda result: (result.must(vm.USAGE), tap.check(
              "--ide: rx: no such word" in result.err, result.err)))


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@tap.case("what the guest writes is forgotten, and with rw it is not")
def writes():
    disk = idefiles.images()[0]
    if vm.host_lacks("prot32"):
        raise tap.Skip(vm.host_lacks("prot32"))
    before = sum_of(disk)
    with tempfile.TemporaryDirectory() as work:
        for words, same, said in ((",rw", False, False), ("", True, True),
                                  (",ro", True, False)):
            copy = os.path.join(work, "disk" + words[1:])
            shutil.copy(disk, copy)
            done = subprocess.run(
                [vm.KVM_VMM, "--timeout", "60", "--ide", copy + words,
                 vm.compile_guest("ide")], capture_output=True, text=True,
                check=False, timeout=70)
            tap.equal(done.returncode, 5 if words == ",ro" else vm.OK,
                      "status, " + done.stderr)
            tap.equal(sum_of(copy) == before, same, f"unchanged with {words!r}")
            tap.equal("is forgotten" in done.stderr, said, done.stderr)
        tap.equal(done.stdout.splitlines()[-2], STEPS[4], "the last step")


@tap.case("a guest that is saved in the middle of a read goes on where it was")
def goes_on():
    if vm.host_lacks("prot32") or not vm.is_configured("SNAPSHOT"):
        raise tap.Skip("there is nothing that could be saved")
    disk, iso = idefiles.images()
    with tempfile.TemporaryDirectory() as work:
        saved = os.path.join(work, "saved")
        with subprocess.Popen(
                [vm.KVM_VMM, "--timeout", "60", "--save-on-exit", saved,
                 "--ide", disk, "--cdrom", iso, vm.compile_guest("ide")],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run_one:
            first = [run_one.stdout.readline().decode() for _ in range(2)]
            run_one.send_signal(signal.SIGTERM)
            first += run_one.stdout.read().decode().splitlines(True)
        if not os.path.exists(saved):
            raise tap.Skip("it had ended already")
        done = subprocess.run([vm.KVM_VMM, "--timeout", "60", "--restore", saved],
                              capture_output=True, text=True, check=False,
                              timeout=70)
    tap.equal(("".join(first) + done.stdout).splitlines(), STEPS,
              "steps, " + done.stderr)
    tap.equal(done.returncode, vm.OK, "status")


@tap.case("QEMU's drives take the same steps from the same guest")
def on_qemu():
    if not shutil.which(QEMU):
        raise tap.Skip("QEMU is not installed; `make deps` installs it")
    disk, iso = idefiles.images()
    drive = "if=none,format=raw,file.locking=off,"
    done = subprocess.run(
        [QEMU, "-M", "pc", "-accel", "tcg", "-m", "64", "-nodefaults",
         "-display", "none", "-serial", "stdio", "-no-reboot", "-snapshot",
         "-drive", f"{drive}id=a,file={disk}",
         "-device", "ide-hd,drive=a,bus=ide.0,unit=0",
         "-drive", f"{drive}id=b,readonly=on,file={iso}",
         "-device", "ide-cd,drive=b,bus=ide.0,unit=1",
         "-device", "isa-debug-exit,iobase=0xf4", "-kernel",
         vm.compile_guest("ide")], stdin=subprocess.DEVNULL, timeout=120,
        capture_output=True, text=True, check=False)
    tap.equal(done.stdout.splitlines(), [s for s in STEPS if s != STEPS[8]],
              "steps, " + done.stderr)
    tap.equal(done.returncode, 1, "status")     # 0 << 1 | 1


TABLE.add_cases(*vm.places("prot32")[:1])    # it takes a minute in the lab
tap.main()
