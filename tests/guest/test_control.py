#!/usr/bin/python3
# timeout: 300
"""--control: each command."""

import os
import subprocess

import vm
from control import Folder, Run, exits, main, states, wait_for, with_run
from vm import tap


COMMANDS = ["help", "info", "irq", "keys", "mouse", "pause", "power", "press",
            "registers", "resume", "screen", "stop"]


@with_run("stand")
def tells(run):
    with run.client() as client:
        info = client.must("info")
        tap.equal(info["name"], "run")
        tap.equal(info["pid"], run.program.pid)
        guest, = info["guests"]
        tap.equal(guest["name"], "stand.bin")
        tap.equal(guest["image"], vm.assemble("stand"))
        tap.equal((guest["state"], guest["vcpus"], guest["loader"],
                   guest["irqchip"], guest["guest"]),
                  ("running", 1, "flat", "none", 1))
        tap.check("serial" in guest["devices"], guest)
        rows = client.must("help")["commands"]
        names = [row["command"] for row in rows]
        tap.equal(names, sorted(names))
        tap.none_of(f"{name}: not in help" for name in COMMANDS
                    if name not in names)
        tap.check(all(row["what"] for row in rows), rows)


@with_run("stand")
def looks(run):
    with run.client() as client:
        registers = client.must("registers 0")
        tap.equal((registers["rbx"], registers["rbp"], registers["mode"]),
                  ("0x1234", "0x5678", "real mode"))
        tap.equal(client.must("registers")["rip"], registers["rip"])
        segments = {row["segment"]: row for row in registers["segments"]}
        tap.equal(segments["es"]["base"], "0xb8000")
        screen = client.must("screen")
        tap.equal((screen["columns"], screen["rows"]), (80, 25))
        tap.equal(screen["lines"], ["Stand"])
        tap.equal(client.must("irq")["irqchip"], "none")
        client.refused("registers 1", "give a vCPU, 0 to 0")
        client.must("pause")
        tap.equal(client.must("registers")["rip"], registers["rip"])


@with_run("echo")
def pauses(run):
    """It does nothing meanwhile, and whoever comes next may have it go on."""
    with run.client() as client:
        tap.equal(client.must("pause")["guests"][0]["state"], "paused")
        client.must("pause")        # does not add up
        count = exits(client)
    with run.client() as client:    # the pause has stayed
        tap.equal(states(client), ["paused"])
        tap.equal(client.must("keys hi\\n")["taken"], 3)
        tap.equal(exits(client), count, "VM exits of a paused guest")
        tap.equal(client.must("resume")["guests"][0]["state"], "running")
        client.must("resume")
        tap.equal(run.line(), b"hi\n", "output")
        wait_for("VM exits", lambda: exits(client) > count)


@with_run("echo")
def types(run):
    with run.client() as client:
        answer = client.must("keys one two\\x41\\\\ \\n")
        tap.equal((answer["taken"], answer["reader"]), (11, "serial"))
        tap.equal(run.line(), b"one twoA\\ \n", "output")
        client.refused("keys", "which?")
        client.refused("keys a\\q", "`\\q` is none", "\\xHH")
        client.refused("keys \\x4", "is none")
        client.must("keys \\x04")       # Ctrl-D ends it
        run.ends()


@with_run("power")
def presses(run):
    with run.client() as client:
        tap.check(client.must("power")["guests"][0]["listens"], "deaf")
        tap.equal(run.program.stdout.read(), b"down\n", "output")
        tap.check("power button pressed" in run.ends(), "not said")


@with_run("power")
def stops_in_order(run):
    with run.client() as client:
        answer = client.must("stop 1000")
        tap.check(answer["guests"][0]["listens"], answer)
        err = run.ends()
        tap.check("ended by" not in err, err)


@with_run("echo")
def stops(run):
    """What does not listen is ended when its time is over."""
    with run.client() as client:
        answer = client.must("stop 1")
        tap.equal(answer["guests"][0]["listens"], False)
        tap.equal(answer["guests"][0]["state"], "running")
        tap.check("echo.bin: ended by `stop`" in run.ends(), "not said")
        tap.equal(client.answer(), None, "behind the end")
    tap.equal(run.folder.sockets(), [], "sockets")


@with_run("echo", "stand", "echo")
def chooses(run):
    """Of several guests one, or all."""
    with run.client() as client:
        client.refused("registers", "there are 3 guests", "guest N")
        client.refused("guest 4 pause", "no guest 4")
        client.refused("guest 2", "a command", "guest N COMMAND")
        client.refused("guest 0 pause", "number from 1")
        client.refused("guest 2 help", "not about a guest")
        client.refused("guest", "number from 1")
        answer = client.must("guest 2 pause")
        tap.equal([row["guest"] for row in answer["guests"]], [2])
        tap.equal(states(client), ["running", "paused", "running"])
        tap.equal(client.must("guest 2 registers")["rbx"], "0x1234")
        client.must("guest 3 keys third\\n")
        tap.equal(run.line(), b"echo.bin#2 | third\n")
        client.must("pause")
        tap.equal(states(client), ["paused"] * 3)
        client.must("guest 1 resume")
        tap.equal(states(client), ["running", "paused", "paused"])
        client.must("guest 1 stop 0")
        wait_for("its end", lambda: states(client)[0] == "ended")
        tap.equal(client.must("guest 1 info")["guests"][0]["status"], 0)
        client.refused("guest 1 registers", "has ended")
        client.must("stop 0")
        run.ends()


@with_run("stand", options=["--stats", "--stages"])
def counts(run):
    with run.client() as client:
        stats = client.must("stats")
        tap.equal((stats["program"], stats["schema"]), ("kvm-vmm", 1))
        guest, = stats["guests"]
        tap.check("status" not in guest, "it has ended")
        rows = {row.get("port"): row for row in guest["rows"]}
        tap.equal(rows["0x3f8"]["accesses"], len("ready\n"))
        tap.equal(sum(row["exits"] for row in guest["rows"]), stats["exits"])
        stages = client.must("stages")["guests"][0]["stages"]
        tap.check("console-byte" in [row["stage"] for row in stages], stages)


@with_run("stand")
def counts_nothing(run):
    with run.client() as client:
        plain = client.must("stats")
        tap.check(not plain["ledger"] and "--stats" in plain["hint"], plain)
        tap.check(plain["cpu_ns"] > 0 and plain["guests"][0]["exits"] > 0, plain)
        client.refused("stages", "--stages")


@with_run("hands")
def presses_keys(run):
    """Press and release of each, and packets of a mouse with a wheel."""
    def told(*codes):
        tap.equal([run.line().strip().decode() for _ in codes], list(codes))

    with run.client() as client:
        client.must("press a")
        told("k1e", "k9e")
        client.must("press ctrl+alt+delete hangeul")
        told("k1d", "k38", "ke0", "k53", "ke0", "kd3", "kb8", "k9d", "kf2")
        client.must("mouse 5 -3")
        told("m08", "m05", "m03", "m00")
        client.must("mouse -1 2 1")
        told("m39", "mff", "mfe", "m00")
        client.must("mouse 0 0 0 -2")
        told("m08", "m00", "m00", "m02")
        client.refused("press", "no key")
        client.refused("press a nothing", "no key", "ctrl+alt+delete")
        client.refused("press a+", "no key")
        client.refused("press " + "+".join("abcdefghi"), "no key")
        client.refused("mouse 1", "how far")
        client.refused("mouse 1 2 8", "how far")
        client.refused("mouse 1 2 0 0 0", "how far")
        client.refused("mouse 3000 0", "how far")
        client.must("press esc")
        told("k01", "k81")
    run.ends(7)


def shows_irqs():
    """The chips of --irqchip vmm: where the guest put their vectors."""
    image = os.path.join(tap.BUILD, "tests", "guest", "control-irq1.elf")
    os.makedirs(os.path.dirname(image), exist_ok=True)
    subprocess.run(
        ["gcc", "-m32", "-nostdlib", "-static", "-no-pie",
         "-Wl,-Ttext=0x100000,-n,--build-id=none,--no-warn-rwx-segments",
         "-I", "vmm", "-o", image, "tests/guest/src/irq1.S"],
        cwd=tap.TOP, check=True)
    with Folder() as folder, \
            Run(folder, "--name=run", "--irqchip=vmm", image) as run, \
            run.client() as client:
        def pics():
            answer = client.must("irq")
            tap.equal(answer["irqchip"], "vmm")
            return {pic["pic"]: pic for pic in answer["pics"]}
        wait_for("the guest's masks", lambda: pics()["master"]["imr"] == "0xfd")
        tap.equal((pics()["master"]["vectors_from"],
                   pics()["slave"]["vectors_from"]), ("0x20", "0x28"))
        client.must("stop 0")
        run.ends()


if vm.places("prot32") and not vm.host_lacks("prot32") and \
        vm.has_loader("multiboot1") and vm.has_feature("vmm", "irqchip") and \
        vm.has_feature("control", "service"):
    tap.add("irq: the chips of --irqchip vmm", shows_irqs)
main(
    ("info and help tell what there is", tells),
    ("registers, screen, irq", looks),
    ("pause holds until anybody says resume", pauses),
    ("keys are typed, with escapes", types),
    ("press and mouse: keyboard and mouse say the same", presses_keys),
    ("power presses the button", presses),
    ("stop: a guest that listens goes in order", stops_in_order),
    ("stop: one that does not is ended", stops),
    ("several guests: one, or all", chooses),
    ("stats and stages while the guest runs", counts),
    ("stats and stages that were not asked for", counts_nothing))
