#!/usr/bin/python3
# timeout: 400
"""CPUs and interrupt controllers in a snapshot, as guests see them: in the middle of
a string instruction, of an interrupt, of an NMI, of HLT, with timers that run."""

import functools
import os
import random
import shlex
import subprocess
import tempfile
import time

import gdbclient
import vm
from vm import tap

MARK = b"\n---\n"
TALLY = 17  # what src/tally.S ends with


def guest():
    return vm.compile_guest("carried")


@functools.lru_cache(None)
def long_guest():
    path = os.path.join(tap.BUILD, "tests", "guest", "carried64.elf")
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Ivmm",
                    "-Wl,--build-id=none", "-Wl,-T,guests/long64.ld", "-o",
                    path, os.path.join(vm.SOURCES, "carried64.S")],
                   cwd=tap.TOP, check=True)
    return path


SCRIPT = """\
cd "$(mktemp -d)" || exit
{save}
status=$?
echo; echo ---
{restore} >first
[ $? = $status ] && {restore} >second && cmp first second >&2
cat first
cd / && rm -r "$OLDPWD"
exit $status
"""


def both(*words):
    """What it prints behind the save, in the one and in the other."""
    save = [vm.KVM_VMM, "--save", "snap", "--timeout", "60", *words]
    restore = [vm.KVM_VMM, "--restore", "snap", "--timeout", "60"]
    return vm.Command("sh", "-c", SCRIPT.format(save=shlex.join(save),
                                                restore=shlex.join(restore)),
                      limit=90)


def split(result):
    first, found, second = result.out.partition(MARK)
    tap.check(found and result.status == 0,
              f"status {result.status}: {result.out!r} {result.err[-1500:]}")
    return first, second


def judge(want, before):
    def same(result):
        first, second = split(result)
        tap.equal(first.decode(), before + second.decode(),
                  "the one that goes on, and the one that was restored")
        tap.check(second, "nothing is printed")
        if want is not None:
            tap.equal(second.decode(), want, "the one that was restored")
    return same


# Words that it prints, in hexadecimal; where they are not known here, "".
CASES = [
    # text, case, what it says, irqchips, whether this host's KVM may do it
    ("a REP OUTSB goes on where it was", "s", "xxx00000000 00000006 ",
     ["kernel"], True),
    ("debug registers, CR2, CR4 and MSRs", "r",
     "00001111 00004444 12345678 00000600 00000000 00000008 00000000 00009000 "
     "00000000 0000a000 00070406 00070106 00000000 00000000 ", ["kernel"],
     True),
    ("what is in the FPU and SSE", "f", None, ["kernel"], False),
    ("an NMI waits for the end of another", "n", "00000001 00000002 ",
     ["kernel"], False),
    ("an interrupt in service, and the next one", "e",
     "00010000 00010000 00000002 ", ["kernel", "split"], False),
    ("a level that the I/O APIC has given to a CPU", "l",
     "00000002 00000002 00000003 ", ["kernel", "split"], False),
    ("an APIC's timer fires once", "o", "00000001 00000000 00000002 ",
     ["kernel", "split"], True),
    ("an APIC's timer goes on", "p", "00989680 ", ["kernel", "split"], True),
    ("the deadline of a TSC", "d", "00000001 00000000 ", ["kernel", "split"],
     True),
    ("HLT, and the 8254 wakes it", "h", "00000001 00000002 ",
     ["kernel", "split", "vmm"], True),
    ("KVM's clock goes on, and says that it stood", "k", "00000002 00000001 ",
     ["kernel", "split"], False),
]


def run(*words):
    done = subprocess.run([vm.KVM_VMM, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=120)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def again_and_again(*first):
    """What a guest prints that is saved at moments that chance chooses."""
    chance = random.Random(14)
    out = b""
    words = first
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        snap = os.path.join(folder, "snap")
        while True:
            result = run("--timeout", f"{chance.uniform(0.01, 0.15):.3f}",
                         "--save-on-exit", snap, *words)
            out += result.out
            if result.status != vm.LIMIT:
                return vm.Result(result.status, out, result.err.encode())
            words = ["--restore", snap]


def counts(chip):
    """Every HLT is ended by the interrupt that it waits for, and no other."""
    letters = bytes(ord("a") + number % 26 for number in range(1, 21))
    again_and_again("--irqchip", chip, "--cmdline", "c",
                    guest()).must(vm.OK, letters)


# Moments that are not the same, and grow, for machines that are slow to start.
OVER_AND_OVER = """\
cd "$(mktemp -d)" || exit
{vmm} --timeout {unit}9 --save-on-exit snap {words}
status=$? at=0
while [ $status = 124 ] && [ $at -lt 60 ]; do
	at=$((at + 1))
	{vmm} --timeout {unit}$((at * 7 % 23 + 5)) --save-on-exit snap \\
		--restore snap
	status=$?
done
[ $at -ge 3 ] || status=99
cd / && rm -r "$OLDPWD"
exit $status
"""


def over_and_over(place, *words):
    unit = "0." if place == "lab" else "0.0"
    return vm.Command("sh", "-c", OVER_AND_OVER.format(
        vmm=vm.KVM_VMM, unit=unit, words=shlex.join(words)), limit=90)


def strings():
    """Half-way through REP STOSB, MOVSB, INSB and OUTSB, wherever that is."""
    letters = b"".join(bytes(ord("a") + (number & 15) + at for at in range(4))
                       for number in range(1, 21))
    again_and_again(vm.assemble("strings")).must(18, letters)


class Debugged:
    """A guest with a client of its debugger, to be saved by command."""

    def __init__(self, folder):
        self.folder = folder
        gdb = os.path.join(folder, "gdb")
        self.process = subprocess.Popen(
            [vm.KVM_VMM, f"--control={folder}/socket", f"--gdb=unix:{gdb}",
             "--gdb-wait", "--timeout", "60", vm.assemble("tally")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        while not os.path.exists(gdb) and self.process.poll() is None:
            time.sleep(0.01)
        self.client = gdbclient.Client(gdb)

    def save(self):
        return subprocess.run(
            [vm.KVM_VMM, "ctl", f"{self.folder}/socket", "save",
             f"{self.folder}/snap"], capture_output=True, check=False,
            timeout=60)

    def refuses(self):
        done = self.save()
        tap.check(done.returncode and b"busy" in done.stdout + done.stderr,
                  done.stdout, done.stderr)
        tap.check(self.process.poll() is None, "it is over")
        tap.check(not os.path.exists(f"{self.folder}/snap"), "a file")

    def end(self):
        self.client.close()
        out, err = self.process.communicate(timeout=120)
        return vm.Result(self.process.returncode, out, err)


def debugged():
    """Traps of a debugger come into no file; when it has gone it is as if none had
    ever been there."""
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        one = Debugged(folder)
        one.client.must("Z0,8,1", "OK")     # where a round begins
        one.refuses()
        one.client.run("vCont;c")
        one.refuses()
        one.client.must("D", "OK")
        done = one.save()
        tap.check(done.returncode == 0, done.stdout, done.stderr)
        first = one.end()
        first.must(TALLY)
        second = run("--restore", f"{folder}/snap")
        second.must(TALLY)
        tap.check(second.out and first.out.endswith(second.out), second.out)


def kept():
    """Nor does what it keeps of a guest that has ended."""
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        one = Debugged(folder)
        one.client.run("vCont;c")
        one.refuses()
        result = one.end()
        result.must(TALLY)
        tap.check("a debugger is at it" in result.err, result.err)


def add_cases(place):
    table = vm.Table()
    for text, case, want, chips, anywhere in CASES:
        for chip in chips:
            if not vm.has_feature(chip, "irqchip") or \
                    not (anywhere or place == "lab"):
                continue
            words = ["--irqchip", chip, "--cmdline", case, guest()]
            if case == "l":
                words.insert(0, "--edu")
            table.add(f"{text}, irqchip {chip}",
                      lambda _, words=words: both(*words),
                      judge(want, "xx" if case == "s" else ""))
    if vm.has_feature("edu", "plug"):
        words = ["--edu", vm.compile_guest("inplace")]
        table.add("registers of a device that are changed in place",
                  lambda _: over_and_over(place, *words),
                  lambda result: result.must(vm.OK, bytes(range(97, 117))))
    if vm.has_loader("long64"):
        table.add("what long mode has", lambda _: both(long_guest()),
                  judge("6", ""))
    table.add_cases(place)


if vm.is_configured("SNAPSHOT") and vm.has_loader("multiboot1"):
    for where in vm.places("prot32"):
        add_cases(where)
    if not vm.host_lacks("real16"):
        tap.add("string instructions go on where they were (host)", strings)
        if vm.is_configured("CONTROL") and vm.has_feature("gdb", "service"):
            tap.add("a guest that a debugger is at is not saved (host)",
                    debugged)
            tap.add("nor is one that it keeps (host)", kept)
    if not vm.host_lacks("prot32"):
        for kind in ("kernel", "split", "vmm"):
            tap.add(f"a guest counts on, HLT by HLT, irqchip {kind} (host)",
                    counts, kind)
tap.main()
