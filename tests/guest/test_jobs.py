#!/usr/bin/python3
"""kvm-vmm as a job of an interactive shell: background, fg, bg, stop."""

import os
import re
import signal
import termios
import time

import pexpect

import vm
from vm import tap

LIMIT = 40


class Shell:
    """bash with job control on a terminal of its own."""

    def __init__(self):
        self.child = pexpect.spawn(
            "bash", ["--norc", "--noprofile", "--noediting", "-i"],
            cwd=tap.TOP, timeout=LIMIT, encoding="utf-8", echo=False,
            codec_errors="replace", env={**os.environ, "PS1": ""})
        self.child.delaybeforesend = None
        self.number = 0
        self.fd = self.child.child_fd
        self.before = self.settings()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def expect(self, pattern):
        try:
            self.child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF):
            raise tap.Failure(f"waited for {pattern!r} after:\n"
                              f"{self.child.before[-2000:]}") from None
        return self.child.before

    def start(self, command):
        self.child.send(command + "\n")

    def run(self, command):
        """What a command prints."""
        self.number += 1
        self.start(f'{command}; echo "@done {self.number}"')
        return self.expect(rf"\n@done {self.number}\r")

    def settings(self):
        return re.search(r"[0-9a-f]+(:[0-9a-f]+)+",
                         self.run("stty -g")).group(0)

    def state(self):
        """Running or Stopped, as the shell says."""
        return re.findall(r"Running|Stopped|$", self.run("jobs"))[-2]

    def becomes(self, state):
        """The shell hears of a job that stops a moment later."""
        end = time.monotonic() + LIMIT
        while self.state() != state:
            tap.check(time.monotonic() < end, f"never {state}")

    def types(self):
        """Keys reach the guest, and Ctrl-D, which ends it; all is as before."""
        self.child.send("typed.")
        self.expect(r"typed\.")
        self.child.send("\x04")
        end = time.monotonic() + LIMIT
        while os.tcgetpgrp(self.fd) != self.child.pid:
            tap.check(time.monotonic() < end, "Ctrl-D did not end it")
            time.sleep(0.02)
        tap.equal(self.settings(), self.before, "stty -g afterwards")

    def wait_stopped(self, pid):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "T":
                    return
            time.sleep(0.02)
        raise tap.Failure("it has not stopped")

    def wait_raw(self):
        end = time.monotonic() + LIMIT
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            tap.check(time.monotonic() < end, "the terminal was not taken")
            time.sleep(0.02)


def guest(name):
    return f"{vm.KVM_VMM} {vm.assemble(name)}"


def ends_in_background():
    with Shell() as shell:
        shell.start(guest("outsb") + " & wait $!; echo \"@ended $?\"")
        said = shell.expect("@ended 0")
        tap.check("Stopped" not in said, said)


def listens_in_background():
    with Shell() as shell:
        shell.start(guest("echo") + " &")
        shell.expect("ready")
        tap.equal(shell.state(), "Running", "a job that listens")
        tap.equal(shell.settings(), shell.before, "stty -g meanwhile")
        shell.start("fg")
        shell.wait_raw()
        shell.types()


def is_stopped_and_goes_on():
    with Shell() as shell:
        shell.start(guest("echo"))
        shell.expect("ready")
        shell.wait_raw()
        group = os.tcgetpgrp(shell.fd)
        os.kill(group, signal.SIGTSTP)
        shell.wait_stopped(group)
        shell.becomes("Stopped")
        shell.run("bg")
        tap.equal(shell.state(), "Running", "after bg")
        os.kill(group, signal.SIGSTOP)
        shell.wait_stopped(group)
        shell.becomes("Stopped")
        shell.run("bg")
        tap.equal(shell.state(), "Running", "after SIGSTOP and bg")
        shell.start("fg")
        shell.wait_raw()
        shell.types()


def ends_while_listening_in_background():
    with Shell() as shell:
        shell.start(guest("echo") + " --timeout 1 & wait $!; echo \"@ended $?\"")
        shell.expect("@ended 124")
        tap.equal(shell.settings(), shell.before, "stty -g afterwards")


def shares_the_terminal():
    """Its output goes elsewhere and nobody listens: as with less behind it."""
    with Shell() as shell:
        shell.start(guest("exits") + " --timeout 3 2>/dev/null | cat")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            now = termios.tcgetattr(shell.fd)[3]
            tap.check(now & termios.ICANON, "it was made raw")
            time.sleep(0.02)
        shell.run("true")


if "host" in vm.places("real16"):
    tap.add("a job in the background ends, and is not stopped",
            ends_in_background)
    tap.add("one that listens goes on, and has the keys after fg",
            listens_in_background)
    tap.add("stopped, bg, stopped by force, bg, fg", is_stopped_and_goes_on)
    tap.add("one that ends in the background leaves the terminal alone",
            ends_while_listening_in_background)
    tap.add("in a pipeline the terminal is left alone until a guest listens",
            shares_the_terminal)

tap.main()
