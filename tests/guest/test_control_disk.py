#!/usr/bin/python3
# timeout: 300
"""`kvm-vmm ctl disk`: disks in spare slots of a guest that takes no notice, of one
that ejects what it likes, and what is refused.
"""

import contextlib
import json
import os
import subprocess

import pcisystem
import vm
from control import LIMIT, Folder, Run, main, states, wait_for
from vm import tap

SIZE = 1 << 20


@contextlib.contextmanager
def running(*options, image=None):
    """A run, a client of it, and a folder with disks."""
    with Folder() as folder:
        for name in ("one", "two", "three"):
            with open(os.path.join(folder.path, name), "wb") as file:
                file.write(name.encode() * 1000)
                file.truncate(SIZE)
        with Run(folder, "--name", "run", *options,
                 image or vm.assemble("stand")) as run:
            tap.check(b"ready" in run.line(), "not ready")
            with run.client() as client:
                yield run, client, folder.path


def slots(client):
    return [row["state"] for row in client.must("disk")["disks"]]


def files(client):
    return [row.get("file") for row in client.must("disk")["disks"]]


def adds():
    with running("--spare-slots", "2") as (run, client, path):
        tap.equal(slots(client), ["empty", "empty"])
        answer = client.must(f"disk add {path}/one")
        tap.equal((answer["disk"], answer["slot"], answer["bytes"],
                   answer["read_only"]), (1, "00:1c.0", SIZE, False))
        answer = client.must(f"disk add {path}/two,ro,serial=x")
        tap.equal((answer["disk"], answer["read_only"]), (2, True))
        client.refused(f"disk add {path}/three", "nothing is free of its 2",
                       "`disk remove N`")
        tap.equal(files(client), [f"{path}/one", f"{path}/two,ro,serial=x"])
        client.must("guest 1 disk")
        done = run.folder.ctl("disk")
        tap.equal(json.loads(done.out)["disks"][0]["state"], "there")


def refuses():
    with running("--spare-slots", "1") as (run, client, path):
        for line, *words in (
                ("disk nonsense", "no command of its", "disk add FILE"),
                ("disk add", "name a file"),
                ("disk add one", "give the whole path"),
                ("disk add nbd:unix:/tmp/x", "a server is for --disk"),
                (f"disk add {path}/none", f"{path}/none: No such file",
                 "truncate"),
                (f"disk add {path}", "a directory"),
                (f"disk add {path}/one,nonsense", "no such word"),
                (f"disk add {path}/one,serial=123456789012345678901",
                 "20 characters"),
                (f"disk add {path}/one,overlay={path}/new", "an overlay"),
                (f"disk add {path}/one,format=overlay", "an overlay"),
                (f"disk add {path}/one,format=nonsense", "no such format"),
                ("disk remove", "which?"), ("disk remove 0", "which?"),
                ("disk remove 5", "which?"), ("disk remove x", "which?"),
                ("disk remove 1", "there is no disk 1"),
                ("disk remove 4", "there is no disk 4"),
                ("disk remove 1 2", "it takes no")):
            client.refused(line, *words)
        tap.check(not os.path.exists(f"{path}/new"), "an overlay was made")
        os.truncate(f"{path}/two", 0)
        client.refused(f"disk add {path}/two", "empty")
        os.truncate(f"{path}/two", 700)
        client.refused(f"disk add {path}/two", "no multiple of 512")
        with open(f"{path}/two", "wb") as file:
            file.write(b"QFI\xfb".ljust(1024, b"\0"))
        client.refused(f"disk add {path}/two", "qcow2", "qemu-nbd")
        client.must(f"disk add {path}/two,format=raw")
        tap.equal(slots(client), ["there"])


def is_locked():
    """A disk that somebody writes to is nobody else's, and is free afterwards."""
    with running("--spare-slots", "2") as (_, client, path):
        client.must(f"disk add {path}/one")
        client.refused(f"disk add {path}/one", "in use")
        client.refused(f"disk add {path}/one,ro", "in use")
        client.must(f"disk add {path}/two,ro")
        with running("--spare-slots", "2") as (_, other, _):
            other.refused(f"disk add {path}/one", "in use")
            other.must(f"disk add {path}/two,ro")


def no_slots():
    with running() as (_, client, path):
        tap.equal(slots(client), [])
        client.refused(f"disk add {path}/one", "no spare slots", "virtio over "
                       "MMIO", "--spare-slots 2")
        client.refused("disk remove 1", "there is no disk 1")


def stays():
    """Nobody in the guest listens: the command says so, and the disk stays."""
    with running("--spare-slots", "1") as (_, client, path):
        client.must(f"disk add {path}/one")
        client.refused("disk remove 1", "has not let go of disk 1", "it stays")
        tap.equal(slots(client), ["there"])
        tap.equal(client.must("reset")["guests"], 1)
        tap.equal(slots(client), ["there"])


def option():
    """A disk that is there from the start, among slots that are not full."""
    with Folder() as folder:
        path = os.path.join(folder.path, "disk")
        with open(path, "wb") as file:
            file.truncate(SIZE)
        with Run(folder, "--name", "run", "--spare-slots", "2", "--spare-disk",
                 f"2:{path},ro", vm.assemble("stand")) as run, \
                run.client() as client:
            tap.equal(slots(client), ["empty", "there"])
            tap.equal(client.must(f"disk add {path},ro")["disk"], 1)
    for words, text in ((("--spare-slots", "5"), "1 to 4"),
                        (("--spare-slots", "x"), "1 to 4"),
                        (("--spare-slots", "2", "--no-pci"), "not with --no-pci"),
                        (("--spare-disk", "1"), "such as 1:FILE"),
                        (("--spare-disk", "5:x"), "such as 1:FILE"),
                        (("--spare-disk", "1:/none"), "No such file")):
        done = subprocess.run([vm.KVM_VMM, *words, vm.image("hello.bin")],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=LIMIT)
        tap.equal(done.returncode, vm.USAGE, words)
        tap.check(text in done.stderr, done.stderr)


def saved():
    """A snapshot has words for what was added, and copies are refused."""
    with running("--spare-slots", "2") as (run, client, path):
        client.must(f"disk add {path}/one,ro")
        client.must(f"disk add {path}/two")
        client.must(f"save {path}/snapshot")
        if vm.has_feature("overlay", "disk") and vm.is_configured("FORK"):
            client.refused("fork 1", f"{path}/one was added while", "disk remove")
        run.folder.ctl("run", "stop", "0").must(vm.OK)
        run.ends()
        with Run(run.folder, "--name", "again", "--restore", f"{path}/snapshot",
                 name="again") as again, again.client() as other:
            tap.equal(files(other), [f"{path}/one,ro", f"{path}/two"])
            tap.equal(slots(other), ["there", "there"])
            wait_for("its begin", lambda: states(other) == ["running"])
            tap.equal(other.must("reset")["guests"], 1)
            tap.equal(slots(other), ["there", "there"])
        with open(f"{path}/one", "ab") as file:
            file.truncate(2 * SIZE)
        done = subprocess.run([vm.KVM_VMM, "--restore", f"{path}/snapshot"],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=LIMIT)
        tap.equal(done.returncode, vm.USAGE, "status")
        tap.check("it is another disk" in done.stderr, done.stderr)


def hostile(program=vm.KVM_VMM, rounds=40):
    """A guest that ejects, displaces and resets what it likes, all the time."""
    with Folder() as folder:
        for name in ("one", "two"):
            with open(os.path.join(folder.path, name), "wb") as file:
                file.write(os.urandom(65536))
                file.truncate(SIZE)
        with Run(folder, "--name", "run", "--spare-slots", "2", "--mem", "64M",
                 pcisystem.kernel("ejects"), program=program) as run, \
                run.client() as client:
            tap.check(b"ready" in run.line(), "not ready")
            added = 0
            for number in range(rounds):
                words = ("one", "two,ro")[number % 2]
                answer = client.ask(f"disk add {folder.path}/{words}")
                added += answer["ok"]
                tap.check(answer["ok"] or "in use" in answer["error"] or
                          "nothing is free" in answer["error"], answer)
                run.line()
                if number % 5 == 4:
                    client.ask("disk remove 1")
            tap.check(added > rounds // 4, f"{added} of {rounds} were added")
            client.must("stop 0")
            run.program.stdout.read()
            err = run.ends()
            tap.check("sandbox" not in err and "Sanitizer" not in err, err)


if __name__ == "__main__":
    CASES = (("disks are added to spare slots", adds),
             ("what is no disk is refused", refuses),
             ("a disk is locked while it is there", is_locked),
             ("a run without spare slots says so", no_slots),
             ("a guest that does not let go", stays),
             ("--spare-disk and --spare-slots", option),
             ("a guest that ejects what it likes", hostile))
    if vm.is_configured("SNAPSHOT"):
        CASES += ("a snapshot names what was added", saved),
    main(*(CASES if vm.has_feature("spare-slots", "plug") else ()))
