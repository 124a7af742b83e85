#!/usr/bin/python3
"""Debian's gdb, scripted, against guests in real, protected and long mode on this
host: what its users do, without a warning; killed at random moments; and LLDB."""

import os
import random
import re
import shutil
import signal
import subprocess

import gdbreal
import vm
from gdbreal import REAL_MODE, Guest, check, elf_of, gdb, link
from vm import tap

KILLS = 12


def needs(*kinds, program="gdb"):
    """Skips a case where the debugger, or such guests, cannot run."""
    def decorate(function):
        def run():
            reason = gdbreal.lacks(*kinds, program=program)
            if reason:
                raise tap.Skip(reason)
            function()
        return run
    return decorate


@tap.case("real mode: breakpoints one byte apart, stepi, registers, and the rest")
@needs("real16")
def real_mode():
    with Guest(vm.image("counter.bin")) as guest:
        text = gdb(guest.where, "info registers pc", "break *next",
                   "break *next+1", "continue", "continue", "print $al",
                   "stepi", "stepi", "x/i $pc", "continue", "print $al",
                   "delete", "detach", elf=elf_of("counter"), before=REAL_MODE)
        check(text, r"^pc +0x0 ", r"Breakpoint 1, .*next",
              r"Breakpoint 2, .*next", r"= 48$", r"=> 0x[ab]\b",
              r"Breakpoint 1, .*next", r"= 49$", r"detached")
        guest.end().must(vm.OK, b"0123456789\n")


@tap.case("32 bits: a function, who called it, and its end")
@needs("prot32")
def protected_mode():
    with Guest(vm.image("hello32.elf")) as guest:
        text = gdb(guest.where, "break print", "continue", "x/s $esi",
                   "print/x $cr0", "delete", "break *_start+10", "continue",
                   "delete", "continue", "continue",
                   elf=vm.image("hello32.elf"))
        check(text, r"Breakpoint 1, .* in print", r"Hello, protected mode",
              r"= 0x11$", r"Breakpoint 2, .*_start", r"has ended by itself",
              r"Inferior 1 .*exited normally")
        guest.end().must(vm.OK)


@tap.case("64 bits: a function, who called it, its stack watched, threads, a register")
@needs("long64")
def long_mode():
    with Guest(vm.image("hello64.elf")) as guest:
        text = gdb(guest.where, "break print", "continue", "backtrace",
                   "x/s $rsi", "info threads", "print/x $cr0", "delete",
                   "watch -l *(long *)($rsp - 8)", "continue", "print/x $rip",
                   "set $rdi = 0x123", "print/x $rdi", "set $rdi = 0",
                   "delete", "detach", elf=vm.image("hello64.elf"))
        check(text, r"Breakpoint 1, .* in print", r"^#0 .* in print",
              r"^#1 .* _start", r"Hello, long mode", r"^\* 1 .*Thread 1",
              r"= 0x80000011", r"Hardware watchpoint 2", r"Old value = 0$",
              r"New value = 1048722$", r"= 0x1000de$", r"= 0x123$", r"detached")
        result = guest.end()
        result.must(vm.OK)
        tap.check(result.out.startswith(b"Hello, long mode!\n"), result.out)


@tap.case("without a file there are no names, and gdb's own word about it")
@needs("long64")
def no_file():
    with Guest(vm.image("hello64.elf")) as guest:
        text = gdb(guest.where, "stepi", "x/i $pc", "kill", quiet=False)
        check(text, r"warning: No executable has been specified",
              r"^0x0+100003 in \?\?", r"=> 0x100003:\tlea ", r"killed")
        tap.equal(text.count("warning:"), 1)
        guest.end().must(vm.OK, b"")


@tap.case("a guest that resets is shown as it stops, with breakpoints and all")
@needs("real16")
def reset():
    with Guest(vm.assemble("reset")) as guest:
        text = gdb(guest.where, "hbreak *0xfff0", "break *0x7000", "continue",
                   "info registers eip", "x/2i $pc", "continue",
                   elf=link("reset"), before=REAL_MODE)
        check(text, r"kvm-vmm: the guest has ended by itself", r"SIGTRAP",
              r"^eip +0x", r"=> 0x", r"Inferior 1 .*exited")
        alone = subprocess.run([vm.KVM_VMM, vm.assemble("reset")],
                               stdin=subprocess.DEVNULL, check=False,
                               capture_output=True).returncode
        guest.end().must(alone)


@tap.case("a triple fault is shown as SIGSEGV, with registers to look at")
@needs("prot32")
def triple_fault():
    with Guest(vm.assemble("triple")) as guest:
        text = gdb(guest.where, "continue", "print/x $cr0", "info registers eip",
                   "stepi", "print 1+1", elf=link("triple"),
                   before=REAL_MODE)
        check(text, r"triple fault on vCPU 0|KVM gave up", r"SIGSEGV", r"= 0x11$",
              r"^eip +0x", r"Inferior 1 .*exited with code 0107", r"= 2$")
        guest.end().must(vm.CRASHED)


def say(guest, byte):
    """Sends a byte to the guest `echo`, which sends it back."""
    guest.process.stdin.write(byte)
    guest.process.stdin.flush()
    back = guest.process.stdout.read(1)
    tap.check(back == byte, f"have {back}, want {byte}")


@tap.case("Ctrl-C stops a guest that runs, and it goes on from there")
@needs("real16")
def control_c():
    with Guest(vm.assemble("echo")) as guest:
        process = gdbreal.start(guest.where, "continue", "print 40+2",
                                "x/i $pc", "detach", elf=link("echo"),
                                before=REAL_MODE)
        tap.equal(guest.process.stdout.read(6), b"ready\n")
        say(guest, b"a")
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=gdbreal.LIMIT)[0]
        check(text, r"received signal SIGINT", r"= 42$", r"=> 0x", r"detached")
        say(guest, b"b")
        guest.end(b"\4").must(vm.OK)


@tap.case("gdb is killed at random moments, and the guest does not mind")
@needs("real16")
def killed():
    draw = random.Random(13)
    with Guest(vm.assemble("echo"), wait=False) as guest:
        tap.equal(guest.process.stdout.read(6), b"ready\n")
        for number in range(KILLS):
            process = gdbreal.start(
                guest.where, "break *0x1d", "watch *(char *)0x7000",
                "while 1\nstepi\ncontinue 2\nend", elf=link("echo"),
                before=REAL_MODE)
            for _ in range(draw.randrange(30)):
                if not process.stdout.readline():
                    break
            process.kill()
            process.communicate()
            say(guest, b"%d" % (number % 10))
        guest.end(b"\4").must(vm.OK, b"")


@tap.case("two guests, a port each, and a gdb for each of them")
@needs("real16")
def two_guests():
    with Guest(vm.image("counter.bin"), vm.image("hello.bin"), nr=2) as guest:
        places = sorted(os.listdir(guest.folder))
        tap.equal(len(places), 2)
        both = [gdbreal.start(os.path.join(guest.folder, place), "stepi",
                              "stepi", "print $pc", "detach",
                              elf=elf_of(name), before=REAL_MODE)
                for place, name in zip(places, ("counter", "hello"))]
        for process, where in zip(both, ("5 <next>", "6 <next>")):
            text = process.communicate(timeout=gdbreal.LIMIT)[0]
            check(text, rf" 0x{where}", "detached")
        guest.end().must(vm.OK)


@tap.case("LLDB: breakpoint, backtrace, a register, and a step, in 32 and 64 bits")
@needs("prot32", "long64", program="lldb")
def lldb():
    for image, first in (("hello32.elf", "esi"), ("hello64.elf", "rsi")):
        with Guest(vm.image(image)) as guest:
            words = [f"process connect -p gdb-remote unix-connect://{guest.where}",
                     "breakpoint set -n print", "continue", "bt",
                     f"register read {first} cr0", "stepi",
                     "breakpoint delete -f", "detach"]
            done = subprocess.run(
                ["lldb", "-x", "-b", *(a for w in words for a in ("-o", w)),
                 vm.image(image)], stdin=subprocess.DEVNULL, text=True,
                capture_output=True, timeout=gdbreal.LIMIT, check=False)
            check(done.stdout, r"stop reason = breakpoint 1\.1",
                  r"frame #0: .*`print", r"frame #1: .*`_start",
                  rf"{first} = .*greeting", r"cr0 = 0x[08]0000011",
                  r"instruction step into", r"Process 1 detached")
            guest.end().must(vm.OK)


if __name__ == "__main__":
    vm.built()
    tap.main()
