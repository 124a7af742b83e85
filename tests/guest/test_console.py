#!/usr/bin/python3
# timeout: 240
"""The console: keys, escape keys, and a terminal that is always restored."""

import os
import pty
import signal
import subprocess
import time

import terminal
import vm
from terminal import CTRL_A, CTRL_C, CTRL_D
from vm import tap

# Characters of a long paste; in the lab each takes a millisecond.
PASTE = {"host": 20_000, "lab": 4_000}


def session(place, name="echo", *options):
    """A guest of src/ at a terminal, on the host or in the lab."""
    argv = [vm.KVM_VMM, *options, vm.assemble(name)]
    return terminal.Terminal(vm.lab_command(argv) if place == "lab" else argv)


def started(place, *options):
    """The echo guest, proven to be listening."""
    term = session(place, "echo", *options)
    term.expect("ready")     # and no echo of a terminal that is not raw yet
    return term


def keys(place):
    with started(place) as term:
        term.send("Hello" + CTRL_C + "\r\t\x7f.")
        term.expect("Hello" + CTRL_C + "\r\t\x7f\\.")
        term.send(CTRL_D)
        term.ends(vm.OK)


def quits(place):
    with started(place) as term:
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def helps(place):
    with started(place) as term:
        term.send(CTRL_A + "h")
        term.expect("Ctrl-A x")
        term.send(CTRL_A + CTRL_A + ".")
        term.expect(CTRL_A + r"\.")
        term.send(CTRL_D)
        term.ends(vm.OK)


def pastes(place, *options):
    lines = "".join(f"line {n} of a long paste\r"
                    for n in range(PASTE[place] // 24))
    with started(place, *options) as term:
        step = 1000     # a pseudo-terminal holds 4 KB
        for at in range(0, len(lines), step):
            term.send(lines[at:at + step])
            term.expect(terminal.re.escape(lines[at:at + step][-20:]))
        term.send(CTRL_D)
        term.ends(vm.OK)
        have = term.seen[term.seen.index("line 0"):]
        tap.check(have.startswith(lines), "the paste came back changed")


def killed(place, signum, status, *said):
    with started(place) as term:
        term.kill(signum)
        for pattern in said:
            term.expect(pattern)
        term.ends(status)


def ends_by_itself(place, name, options, status):
    with session(place, name, *options) as term:
        term.ends(status)


def continues(place, signals):
    with started(place) as term:
        for signum in signals:
            term.kill(signum)
            time.sleep(0.3)
        term.send("again.")
        term.expect("again\\.")
        term.send(CTRL_A + "x")
        term.ends(vm.OK)


def stalls(place, options, signum, status):
    """Nobody reads what the guest prints, and something is typed."""
    argv = [vm.KVM_VMM, *options, vm.assemble("flood")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as program:
        time.sleep(4)
        program.stdin.write(b"typed")
        program.stdin.flush()
        if signum:
            time.sleep(0.5)
            program.send_signal(signum)
        try:
            tap.equal(program.wait(timeout=20), status, "exit status")
        finally:
            program.kill()


def fills_terminal(options, signum, status, messages=False):
    """Nobody reads the terminal, whose last byte of room takes no line end."""
    ours, theirs = pty.openpty()
    argv = [vm.KVM_VMM, *options] + 2 * [vm.assemble("flood")]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=theirs if messages else subprocess.DEVNULL
                          ) as program:
        time.sleep(2)
        if signum:
            program.send_signal(signum)
        try:
            tap.equal(program.wait(timeout=10), status, "exit status")
        finally:
            program.kill()
            os.close(theirs)
            os.close(ours)


def loses_output(*options):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([vm.KVM_VMM, *options, vm.assemble("outsb")],
                              stdout=full, stderr=subprocess.PIPE, check=False,
                              timeout=20, stdin=subprocess.DEVNULL)
    tap.equal(done.returncode, vm.FAILED, "exit status")
    tap.check(b"No space left" in done.stderr, "no word about the lost output")


PLACES = vm.places("real16")
for where in PLACES:
    tap.add(f"typed keys reach the guest, Ctrl-C too ({where})", keys, where)
    tap.add(f"Ctrl-A x quits ({where})", quits, where)
    tap.add(f"Ctrl-A h lists the keys, Ctrl-A Ctrl-A sends it ({where})",
            helps, where)
    tap.add(f"a long paste arrives intact ({where})", pastes, where)
    for text, guest, args, code in (
            ("a halt", "halt", (), vm.OK),
            ("a crash of the guest", "triple", (), vm.CRASHED),
            ("--timeout", "loop", ("--timeout", "1"), vm.LIMIT),
            ("--max-exits", "exits", ("--max-exits", "99"), vm.LIMIT)):
        if where == "host" or "host" not in PLACES:
            tap.add(f"{text} restores the terminal ({where})",
                    ends_by_itself, where, guest, args, code)
if "host" in PLACES:
    tap.add("SIGALRM ends it as --timeout does, and says where (host)",
            killed, "host", signal.SIGALRM, vm.LIMIT, "stopped: SIGALRM",
            r"after \d+ VM exits")
# Signals to kvm-vmm itself; from outside, the lab is another program.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
               signal.SIGSEGV, signal.SIGABRT, signal.SIGIO):
    if "host" in PLACES:
        tap.add(f"{number.name} restores the terminal (host)", killed,
                "host", number, 128 + number)
if "host" in PLACES:
    tap.add("SIGCONT leaves the terminal to be restored (host)", continues,
            "host", (signal.SIGCONT,))
    tap.add("so does a stop and a SIGCONT (host)", continues, "host",
            (signal.SIGSTOP, signal.SIGCONT))
    tap.add("SIGTERM ends a guest whose reader stalls (host)", stalls, "host",
            (), signal.SIGTERM, 128 + signal.SIGTERM)
    tap.add("--timeout ends a guest whose reader stalls (host)", stalls,
            "host", ("--timeout", "5"), None, vm.LIMIT)
    tap.add("SIGTERM ends guests on a terminal that nobody reads (host)",
            fills_terminal, (), signal.SIGTERM, 128 + signal.SIGTERM)
    tap.add("so does --timeout (host)", fills_terminal, ("--timeout", "2"),
            None, vm.LIMIT)
    tap.add("SIGTERM, where messages go to that terminal, too (host)",
            fills_terminal, ("--verbose",), signal.SIGTERM,
            128 + signal.SIGTERM, True)
    tap.add("--timeout, where messages go to that terminal, too (host)",
            fills_terminal, ("--timeout", "2"), None, vm.LIMIT, True)
    tap.add("output that cannot be written is a failure (host)", loses_output)
# Each character wakes the main thread, which has to hear the rest, too.
WITHOUT = ("--no-batching",)
if vm.has_feature("batching") and "host" in PLACES:
    tap.add("--no-batching: a long paste arrives intact (host)", pastes,
            "host", *WITHOUT)
    tap.add("--no-batching: SIGTERM, and a reader who stalls (host)", stalls,
            "host", WITHOUT, signal.SIGTERM, 128 + signal.SIGTERM)
    tap.add("--no-batching: SIGTERM, and a full terminal (host)",
            fills_terminal, WITHOUT, signal.SIGTERM, 128 + signal.SIGTERM)
    tap.add("--no-batching: --timeout, and messages, too (host)",
            fills_terminal, (*WITHOUT, "--timeout", "2"), None, vm.LIMIT, True)
    tap.add("--no-batching: output that cannot be written (host)",
            loses_output, *WITHOUT)

tap.main()
