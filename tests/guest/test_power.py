#!/usr/bin/python3
# timeout: 120
"""Power: the guest switches itself off, and somebody presses its button."""

import signal
import subprocess

import terminal
import vm
from vm import tap

CTRL_A_P = terminal.CTRL_A + "p"
DEAF = "does not listen to its power button; press it again within 10 s"


def session(*names):
    """Guests of src/ at a terminal of this host, the first with the keys."""
    return terminal.Terminal([vm.KVM_VMM, *map(vm.assemble, names)])


def shuts_down():
    with session("power") as term:
        term.expect("ready")
        term.send(CTRL_A_P)
        term.expect("power.bin: power button pressed\r\n")
        term.expect("down")
        term.ends(vm.OK)


def deaf(press):
    """One message says what to do, and the guest goes on; then it ends."""
    with session("echo") as term:
        term.expect("ready")
        press(term)
        term.expect(DEAF)
        term.send("still here")
        term.expect("still here")
        press(term)
        term.expect("echo.bin: power button pressed again: ended")
        term.ends(vm.OK)


def front():
    """Of two guests only the one with the keyboard."""
    with session("echo", "power") as term:
        term.expect("ready")
        term.expect("ready")
        term.send(CTRL_A_P)
        term.expect("echo.bin: the guest " + DEAF)
        term.send(terminal.CTRL_A + "n" + CTRL_A_P)
        term.expect("power.bin: power button pressed")
        term.expect("down")
        term.send(terminal.CTRL_D)
        term.ends(vm.OK)


def all_of_them():
    """SIGPWR is for each guest: one goes in order, one needs it twice."""
    argv = [vm.KVM_VMM, vm.assemble("power"), vm.assemble("echo")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as program:
        try:
            for _ in range(2):
                tap.check(b"ready" in program.stdout.readline(), "not ready")
            program.send_signal(signal.SIGPWR)
            tap.equal(program.stdout.readline(), b"power.bin | down\n", "output")
            program.send_signal(signal.SIGPWR)
            _, err = program.communicate(timeout=20)
            tap.equal(program.returncode, vm.OK, "exit status")
        finally:
            program.kill()
    for words in (b"power.bin: power button pressed\n", DEAF.encode(),
                  b"echo.bin: power button pressed again"):
        tap.check(words in err, f"no {words} in {err}")


def by_signal(term):
    term.kill(signal.SIGPWR)


def without():
    """Without the device there is no button, and no power off."""
    argv = [vm.KVM_VMM, "--no-pm", "--timeout", "20", vm.assemble("power")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as program:
        out, err = program.communicate(timeout=40)
    # Its register reads as ones: pressed already, and nothing comes of S5.
    tap.equal((program.returncode, out), (9, b"ready\ndown\n"), str(err))


if "host" in vm.places("real16"):
    tap.add("Ctrl-A p: a guest that listens shuts down", shuts_down)
    tap.add("Ctrl-A p: one that does not is ended by the second", deaf,
            lambda term: term.send(CTRL_A_P))
    tap.add("SIGPWR: the same", deaf, by_signal)
    tap.add("Ctrl-A p is for the guest with the keyboard", front)
    tap.add("SIGPWR is for all guests", all_of_them)
    tap.add("--no-pm: neither button nor power off", without)
else:
    tap.add("the power button", vm.skip, "this host runs no guests")
tap.main()
