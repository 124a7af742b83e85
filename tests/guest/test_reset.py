#!/usr/bin/python3
# timeout: 300
"""--control: `reset`, a machine that begins again in place."""

import os
import subprocess
import tempfile

import vm
from control import Folder, Run, main, states, wait_for, with_run
from vm import tap


@with_run("begin")
def begins(run):
    """Its image is as in its file, and the rest of its RAM zeroes; it hangs."""
    with run.client() as client, run.client() as other:
        for line in ("reset", "reset"):
            client.must(line)
            tap.equal(run.line(), b"11ready\n")
        client.send(b"reset\n")
        other.send(b"reset\n")
        for one in (client, other):
            tap.check(one.answer()["ok"], "one of two at once")
        # The second may have come before the first had anything to say.
        tap.check(run.line().endswith(b"11ready\n"), "not ready")
        client.refused("reset now", "now")
        client.must("stop 0")
        run.ends()


@with_run("echo")
def stays_paused(run):
    with run.client() as client:
        client.must("pause")
        client.must("reset")
        tap.equal(states(client), ["paused"])
        client.must("resume")
        tap.equal(run.line(), b"ready\n")
        run.type(b"hi\n")
        tap.equal(run.line(), b"hi\n")


@with_run("echo", "begin")
def chooses(run):
    with run.client() as client:
        client.must("guest 2 reset")
        tap.equal(run.line(), b"begin.bin | 11ready\n")
        client.must("guest 1 keys hi\\n")
        tap.equal(run.line(), b"echo.bin  | hi\n")
        client.must("guest 1 stop 0")
        client.refused("guest 1 reset", "has ended")
        client.must("guest 2 reset")


@with_run("echo", options=[f"--gdb=unix:/tmp/reset-gdb.{os.getpid()}"])
def not_debugged(run):
    with run.client() as client:
        client.refused("reset", "debugger")


def restores():
    """What was in the snapshot, whatever it has done since."""
    with Folder() as folder:
        path = os.path.join(folder.path, "snap")
        with Run(folder, "--name", "run", vm.assemble("begin")) as run:
            tap.equal(run.line(), b"11ready\n")
            with run.client() as client:
                client.must(f"save {path}")
                client.must("reset")
                client.must("stop 0")
        with Run(folder, "--name", "run", "--restore", path) as run, \
                run.client() as client:
            wait_for("it goes on", lambda: states(client) == ["running"])
            rip = client.must("registers")["rip"]
            client.must("reset")
            tap.equal(client.must("registers")["rip"], rip)
            client.must(f"save {path}.2")
            client.must("stop 0")
            run.ends()


def has_disk():
    """A driver of ours, in the midst of requests; what is on the disk stays."""
    status, rounds = 17, 300   # src/blkmany.c
    letters = b"".join(b"%c" % (97 + i % 26) for i in range(rounds))
    with Folder() as folder, tempfile.NamedTemporaryFile() as disk:
        disk.truncate(1 << 20)
        with Run(folder, "--name", "run", "--virtio", "mmio", "--no-pci",
                 "--disk", disk.name, vm.compile_guest("blkmany")) as run, \
                run.client() as client:
            for _ in range(5):
                tap.check(run.program.stdout.read(3), "nothing is printed")
                client.must("reset")
            out = run.program.stdout.read()
            run.ends(status)
            tap.check(out.endswith(letters) and len(out) < 2 * rounds, out)
            tap.check(any(disk.read(1 << 16)), "nothing was written")


def has_chips(chip):
    """A guest that waits for a key, halted."""
    image = os.path.join(tap.BUILD, "tests", "guest", "reset-irq1.elf")

    def case():
        os.makedirs(os.path.dirname(image), exist_ok=True)
        subprocess.run(
            ["gcc", "-m32", "-nostdlib", "-static", "-no-pie",
             "-Wl,-Ttext=0x100000,-n,--build-id=none,--no-warn-rwx-segments",
             "-I", "vmm", "-o", image, "tests/guest/src/irq1.S"],
            cwd=tap.TOP, check=True)
        with Folder() as folder, \
                Run(folder, "--name=run", f"--irqchip={chip}", image) as run, \
                run.client() as client:
            def key_is_on():
                pics = {pic["pic"]: pic for pic in client.must("irq")["pics"]}
                return pics["master"]["imr"] == "0xfd"

            for _ in range(3):
                wait_for("the guest's masks", key_is_on)
                client.must("reset")
            wait_for("the guest's masks", key_is_on)
            run.type(b"b")
            run.ends()
    return case


if vm.has_feature("control", "service") and \
        vm.has_feature("restore", "service"):
    if vm.has_loader("prot32") and vm.places("prot32") and \
            not vm.host_lacks("prot32"):
        tap.add("in the midst of requests to a disk", has_disk)
        for name in ("vmm", "split", "kernel"):
            tap.add(f"halted, --irqchip {name}", has_chips(name))
    main(("it is as when it was switched on", begins),
         ("a guest that is paused stays so", stays_paused),
         ("one of several", chooses),
         ("one with a debugger", not_debugged),
         ("one that was restored", restores))
