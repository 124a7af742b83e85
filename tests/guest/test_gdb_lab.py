#!/usr/bin/python3
# timeout: 900
"""gdb at 1K OS, by its sources, and at Linux on two and on four vCPUs, by the
symbols of vmlinux: in one session of the lab, whose ports lead to it."""

import functools
import os
import re
import signal
import subprocess
import time

import gdbreal
import vm
from gdbreal import check
from vm import tap

LIMIT = 400     # seconds for a guest; stepping is slow, and the lab as well
PROMPT = "~ # "


def wait_asleep(pid):
    """Until a gdb whose guest runs does nothing but wait for it: before that Ctrl-C is
    the end of its command."""
    until = time.monotonic() + LIMIT
    state = ""
    while state != "S":
        tap.check(time.monotonic() < until, "gdb does not come to rest")
        time.sleep(0.05)
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            state = file.read().rpartition(")")[2].split()[0]


class Lab:
    """kvm-vmm after kvm-vmm, each with a port for gdb; one starts when the one before
    it has ended."""

    def __init__(self, *guests):
        self.ports = [vm.free_port() for _ in guests]
        self.text = ""
        calls = [f"{vm.KVM_VMM} --gdb={port} --timeout {LIMIT} {words}; "
                 "echo @status $?" for port, words in zip(self.ports, guests)]
        options = [word for port in self.ports
                   for word in ("--forward", str(port))]
        self.process = subprocess.Popen(
            vm.lab_command(["sh", "-c", "; ".join(calls)], *options),
            cwd=tap.TOP, text=True, errors="replace", bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def read_to(self, words):
        """Reads on until it has printed that; what came before."""
        while words not in self.text:
            more = os.read(self.process.stdout.fileno(), 4096)
            tap.check(more, f"no {words!r} in what follows", self.text)
            self.text += more.decode("utf-8", "replace").replace("\r", "")
        before, _, self.text = self.text.partition(words)
        return before

    def type(self, line):
        os.write(self.process.stdin.fileno(), line.encode() + b"\n")

    def status(self):
        self.read_to("@status ")
        return int(self.read_to("\n"))

    def gdb(self, guest, *commands, elf):
        return gdbreal.gdb(f":{self.ports[guest]}", *commands, elf=elf,
                           limit=LIMIT)

    def stop(self, guest, *commands, elf):
        """The same of a guest at its prompt, which gdb stops, says "Continuing."
        of and continues; it answers then, and is stopped by Ctrl-C."""
        process = gdbreal.start(f":{self.ports[guest]}", *commands, elf=elf)
        text = ""
        while "Continuing." not in text:
            line = process.stdout.readline()
            tap.check(line, text)
            text += line
        self.type("echo is $((40+2))")
        self.read_to("is 42")
        self.read_to(PROMPT)
        wait_asleep(process.pid)
        process.send_signal(signal.SIGINT)
        text += process.communicate(timeout=LIMIT)[0]
        tap.check("warning:" not in text, text)
        return text


def debug_os_1k(lab, elf):
    lab.read_to("waits for gdb")
    text = lab.gdb(0, "break kernel_main", "continue", "print loader",
                   "backtrace", "next", "next", "step", "backtrace", "finish",
                   "print now", "kill", elf=elf)
    return text, lab.status()


def debug_early(lab, elf):
    lab.read_to("waits for gdb")
    text = lab.gdb(1, "hbreak start_kernel", "continue", "backtrace",
                   "info threads", "stepi", "x/i $pc", "delete", "detach",
                   elf=elf)
    lab.read_to(PROMPT)
    return text


def debug_late(lab, elf):
    idle = lab.stop(1, "info threads", "echo Continuing.\\n", "continue",
                    "backtrace 1", "tbreak do_idle", "continue", "backtrace",
                    "detach", elf=elf)
    lab.type("while :; do :; done &")
    lab.read_to(PROMPT)
    watched = lab.gdb(1, "watch *(long *)&jiffies", "continue", "backtrace",
                      "delete", "detach", elf=elf)
    lab.type("poweroff -f")
    return idle, watched, lab.status()


def debug_four(lab, elf):
    lab.read_to(PROMPT)
    # A step of one that has halted waits for its next interrupt.
    lab.type("for i in 1 2 3 4; do while :; do :; done & done")
    lab.read_to(PROMPT)
    text = lab.gdb(2, "info threads", "thread apply all backtrace 2",
                   "thread 3", "stepi", "print/x $cr0", "detach", elf=elf)
    lab.type("nproc; poweroff -f")
    return text, lab.read_to("@status "), int(lab.read_to("\n"))


@functools.lru_cache(None)
def session():
    """What all of it came to, by name; the exception that ended it, too."""
    linux = (f"{tap.IMAGES}/vmlinux --initrd {tap.IMAGES}/initramfs.cpio "
             "--cmdline 'console=ttyS0 quiet'")
    lab = Lab(f"--gdb-wait {tap.IMAGES}/os-1k.elf",
              f"--gdb-wait --smp 2 {linux}", f"--smp 4 {linux}")
    done = {}
    try:
        for name, debug, image in (("os-1k", debug_os_1k, "os-1k.elf"),
                                   ("early", debug_early, "vmlinux"),
                                   ("late", debug_late, "vmlinux"),
                                   ("four", debug_four, "vmlinux")):
            done[name] = debug(lab, vm.image(image))
    except (tap.Failure, OSError, ValueError,
            subprocess.TimeoutExpired) as error:
        done["error"] = error
    finally:
        lab.process.kill()
        lab.process.communicate()
    return done


def result(name):
    """What a part of the session came to; skips where none can be."""
    for image in ("os-1k.elf", "vmlinux", "initramfs.cpio"):
        if not os.path.exists(os.path.join(tap.IMAGES, image)):
            raise tap.Skip(f"images/{image} is not configured, or not built")
    reason = gdbreal.lacks() or vm.lacks("lab", "linux")
    if reason:
        raise tap.Skip(reason)
    tap.check(name in session(), "the session failed:", session().get("error"))
    return session()[name]


@tap.case("1K OS: breakpoints in C, lines, arguments, who called, finish, and step")
def os_1k():
    text, status = result("os-1k")
    check(text, r"multiboot_start \(\) at os-1k/boot/multiboot.S:\d+",
          r"Breakpoint 1, kernel_main \(loader=0\) at os-1k/kernel/main.c:\d+",
          r"= 0$", r"^#0  kernel_main \(loader=0\) at os-1k/kernel/main.c",
          r"^#1 .* in start \(\) at os-1k/kernel/entry.S:\d+",
          r"segments_init\(\);", r"^#1 .*kernel_main",
          r"kernel_main .* at os-1k/kernel/main.c", r"= \{")
    tap.equal(status, vm.OK)


@tap.case("Linux: start_kernel, who called it, two vCPUs, and it boots on")
def early():
    check(result("early"), r"hit Breakpoint 1, 0xf+81\w+ in start_kernel",
          r"^#0 .* in start_kernel", r"^#1 .* in secondary_startup_64",
          r"^\* 1 .*vCPU 0.* start_kernel", r"^  2 .*vCPU 1",
          r"=> 0xf+81\w+ <start_kernel\+\d+>", "detached")


@tap.case("Linux: Ctrl-C stops it, idle and woken again, and jiffies are watched")
def late():
    idle, watched, status = result("late")
    # Ctrl-C may meet the shell, which has no symbols, or the kernel.
    check(idle, r"^\* 1 .*vCPU 0", r"^  2 .*vCPU 1", "SIGINT",
          r"^#0 .* in (\w+|\?\?) \(\)$", "Temporary breakpoint 1, .* in do_idle",
          r"^#\d+ .* in (start_kernel|cpu_startup)", "detached")
    check(watched, r"Hardware watchpoint 1", r"hit Hardware watchpoint 1",
          r"Old value = \d+", r"New value = \d+", r"^#1 ", "detached")
    tap.equal(status, vm.OK)


@tap.case("Linux on four vCPUs: each is a thread, and each can be asked")
def four():
    text, said, status = result("four")
    check(text, *(rf"^[* ] {n} .*vCPU {n - 1}" for n in range(1, 5)),
          # Who is in the shell has no frames that gdb knows of but the first.
          *(word for n in range(4, 0, -1) for word in (rf"^Thread {n} ", r"^#0 ")),
          r"Switching to thread 3", r"= 0x8005003\w$", "detached")
    tap.check(re.search(r"^4$", said, re.M), said)
    tap.equal(status, vm.OK, f"{said}status")


if __name__ == "__main__":
    vm.built()
    tap.main()
