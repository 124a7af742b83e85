#!/usr/bin/python3
# timeout: 600
"""No two threads of kvm-vmm touch the same data without a lock: the program
built with ThreadSanitizer runs guests that keep all of its threads busy.

It is built in build/tests/threads, so that a second run compiles what changed.
"""

import functools
import os
import re
import shutil
import subprocess
import sys

import idefiles
import netguest
import pcisystem
import gdbclient
import test_control_disk as control_disk
import vm
import websocket
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "config"))
import tree

OUT = os.path.join(tap.BUILD, "tests", "threads")
TSAN = os.path.join(OUT, "build", "san", "vmm", "kvm-vmm")
# Where it runs in the lab, all of the machine's files are there but read only.
RUN = ("env", "TSAN_OPTIONS=exitcode=66 second_deadlock_stack=1", TSAN,
       "--timeout", "200")


@functools.lru_cache(None)
def program():
    own = os.path.join(os.path.dirname(tap.BUILD), ".config")
    out = tree.Tree()
    out.path = OUT
    os.makedirs(OUT, exist_ok=True)
    shutil.copy(own, os.path.join(OUT, ".config"))
    out.made("SANITIZE=thread", TSAN,
             os.path.join(os.path.dirname(TSAN), "kvm-insn"))
    return TSAN


def command(*words, stdin=b"", limit=240):
    program()
    return vm.Command(*RUN, *words, stdin=stdin, limit=limit)


def clean(status, *texts):
    """Ended so, printed the texts, and no thread was reported."""
    def judge(result):
        result.must(status)
        tap.check("ThreadSanitizer" not in result.err, result.err[-6000:])
        for text in texts:
            tap.check(text in result.out, f"no {text!r} in:",
                      repr(result.out[-2000:]))
    return judge


def disk():
    path = os.path.join(tap.BUILD, "tests", "guest", "threads-disk")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    return path


# One processor in the lab: with two its Linux guests go astray on a busy machine
# (lab/README.md), and races are found by locks, not by luck.
HOST, FLAT, LAB = vm.Table(), vm.Table(), vm.Table("--mem", "2G")

HOST.add("32 small guests at once, counted and explained",
         lambda place: command("--stats", "--stages", "--explain", *[
             vm.image(name) for name in ("hello.bin", "counter.bin",
                                         "multiplication.bin",
                                         "fibonacci.bin")] * 8),
         clean(vm.OK, b"Hello, KVM!", b"0123456789"))
HOST.add("guests that end at a limit",
         lambda place: command("--max-exits", "20", "--verbose",
                               *[vm.image("multiplication.bin")] * 8),
         clean(vm.LIMIT))
HOST.add("eight guests that are stepped by keys, and then traced without",
         lambda place: command("--step", *[vm.image("counter.bin")] * 8,
                               stdin=b"   9\n 20\n5 t"),
         clean(vm.OK, b"0123456789"))
if vm.has_feature("ide", "plug"):
    FLAT.add("IDE drives by the port, with interrupts and by DMA",
             lambda place: command("--ide", idefiles.images()[0], "--cdrom",
                                   idefiles.images()[1],
                                   vm.compile_guest("ide")),
             clean(vm.OK, b"all is well"))
# As they are drawn, and some more while nothing changes.
PICTURES = os.path.join(tap.BUILD, "tests", "guest", "threads.png")
if vm.has_feature("png", "display") and vm.has_feature("vga-graphics"):
    HOST.add("a guest that draws on the VGA while its pictures are written",
             lambda place: command("--display", f"png={PICTURES},every=0.01",
                                   "--keys=keyboard", vm.image("mode13.bin"),
                                   stdin=b"q"),
             clean(vm.OK))
if vm.has_feature("png", "display") and vm.has_feature("vga-vbe"):
    FLAT.add("a guest that draws in a framebuffer, the same",
             lambda place: command("--display", f"png={PICTURES},every=0.01",
                                   vm.image("pixels32.elf")),
             clean(vm.OK))
if vm.has_feature("firmware", "plug"):
    HOST.add("a BIOS, and the boot sector that it starts",
             lambda place: command("--mem=64M", vm.assemble("bootsector")),
             clean(7, b"read by INT 13h"))
if vm.has_feature("floppy", "plug"):
    FLAT.add("a floppy by DMA and by the port",
             lambda place: command("--floppy", idefiles.floppy(),
                                   vm.compile_guest("floppy")),
             clean(vm.OK, b"all is well"))
for chips in ("split", "kernel"):
    LAB.add(f"Linux with 4 vCPUs, --irqchip={chips}, typed at",
            lambda place, chips=chips: command(
                vm.image("vmlinux"), "--initrd", vm.image("initramfs.cpio*"),
                "--smp", "4", f"--irqchip={chips}", "--stats", "--cmdline",
                "console=ttyS0 quiet",
                stdin=b"nproc\nfor i in 1 2 3 4; do (while :; do :; done) & "
                b"done; sleep 1; echo six$((3 + 3))\npoweroff\n"),
            clean(vm.OK, b"\n4\r", b"six6"))
if not netguest.lacks():
    netguest.make()
    LAB.add("two Linux guests with 2 vCPUs each on a hub",
            lambda place: command(
                "--net", "hub", *2 * [netguest.KERNEL], "--initrd",
                netguest.INITRD, "--smp", "2", "--mem", "128M", "--stats",
                "--cmdline", "console=ttyS0 quiet "
                "do=trip:50,put:2000000,get:2000000,end"),
            clean(vm.OK, b"get:2000000 done"))
STD = [os.path.join(tap.BUILD, "std", name)
       for name in ("vmlinux", "initramfs.cpio")]
if all(map(os.path.exists, STD)):
    # The guest's pages go from one to the other: what is read, and their queues.
    LAB.add("two disks, each with a queue for either vCPU, in turns",
            lambda place: command(
                STD[0], "--initrd", STD[1], "--smp", "2", "--mem", "128M",
                *2 * ["--disk", disk() + ",ro"],
                stdin=b"for i in 1 2 3 4; do for disk in a b; do dd "
                b"if=/dev/vd$disk of=/dev/null bs=64k count=4 iflag=direct; "
                b"done; done 2>&1 | grep -c '4+0 records in'\npoweroff\n"),
            clean(vm.OK, b"\n8\r"))
LAB.add("a system that drives a device on PCI",
        lambda place: command("--edu", "--mem", "64M", "--stats",
                              pcisystem.kernel()),
        clean(vm.OK, b"all is well"))
LAB.add("1K OS on the 8259s and the 8254 of kvm-vmm, typed at",
        lambda place: command("--irqchip=vmm", "--stats",
                              vm.image("os-1k.bin"),
                              stdin=b"6\n10+5\nq\n0\n"),
        clean(vm.OK, b"15"))


def unit(name):
    """The test of that name, with ThreadSanitizer in place of the others."""
    program()
    name = "build/tests/unit/test_" + name
    out = tree.Tree()
    out.path = OUT
    out.made("SANITIZE=thread", os.path.join(OUT, name))
    done = subprocess.run([os.path.join(OUT, name)], capture_output=True,
                          text=True, check=False)
    tap.check(not done.returncode and "ThreadSanitizer" not in done.stderr,
              done.returncode, done.stdout + done.stderr[-6000:])


@tap.case("a debugger that stops, steps and asks, and goes in the middle of it")
def debugger():
    if vm.lacks("host", "real16"):
        raise tap.Skip(vm.lacks("host", "real16"))
    with gdbclient.Guest(program(), vm.assemble("points"), limit=200) as guest:
        client = guest.client()
        client.must("Z0,91,1", "OK")
        client.must("Z2,b0,2", "OK")
        for words in ("vCont;c", "vCont;s:1", "vCont;c", "vCont;c"):
            tap.equal(client.run(words).kind, "T", words)
        client.ask("g")
        client.send("vCont;c")
        client.close()
        status, _, err = guest.end()
        tap.equal(status, 5, "status")
        tap.check("ThreadSanitizer" not in err, err)


@tap.case("disks that come and go under a guest that ejects what it likes")
def spare_slots():
    lacks = vm.lacks("host", "prot32") if vm.has_feature("spare-slots", "plug") \
        else "not configured"
    if lacks:
        raise tap.Skip(lacks)
    control_disk.hostile(program(), 15)


@tap.case("two pages that watch a guest draw, one of which goes in the middle")
def watched():
    lacks = vm.lacks("host", "real16") if vm.has_feature("web", "display") \
        and vm.has_feature("vga-graphics") else "not configured"
    web = os.path.join(tap.IMAGES, "kvm-web")
    if lacks or not os.path.exists(web):
        raise tap.Skip(lacks or "kvm-web is not built")
    shutil.copy(web, os.path.dirname(program()))
    with subprocess.Popen(
            [*RUN[:2], program(), "--timeout=200", "--keys=keyboard",
             "--display=web", vm.image("mode13.bin")], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as guest:
        try:
            watch(guest)
        finally:
            guest.kill()


def watch(guest):
    line = guest.stderr.readline().decode()
    place = websocket.Place(re.search(r"http://\S+", line)[0])
    page, other = place.socket(), place.socket()
    for one in page, other:
        one.send(b"v\1")    # somebody can see it
    for _ in range(4):
        tap.check(page.wait(1) and other.wait(1), "no picture")
    other.close()
    tap.check(page.wait(1), "no more pictures")
    guest.stdin.write(b"q")
    guest.stdin.close()
    page.is_closed()
    err = guest.stderr.read().decode()
    tap.equal(guest.wait(), 0, err)
    tap.check("ThreadSanitizer" not in err, err)


tap.add("claims that move while others access them", unit, "bus_moving")
tap.add("a BAR that moves while other vCPUs kick", unit, "ioevents")
tap.add("vCPUs that are paused and asked by several at once", unit, "pause")
tap.add("a driver and a device at one queue", unit, "queue_threads")


@tap.case("SANITIZE is one of the two that there are")
def refused():
    done = subprocess.run(["make", "-n", "SANITIZE=memory", "san"],
                          cwd=tap.TOP, capture_output=True, text=True,
                          check=False)
    tap.check(done.returncode and "mini-kvm: SANITIZE=memory" in done.stderr,
              done.returncode, done.stderr)


HOST.add_cases(*[place for place in vm.places("real16", "hello.bin")
                 if place == "host"])
FLAT.add_cases(*[place for place in vm.places("prot32", "pixels32.elf")
                 if place == "host"])
LAB.add_cases(*[place for place in vm.places("linux", "vmlinux", "os-1k.bin")
                if place == "lab"])
tap.main()
