#!/usr/bin/python3
"""Guests that are saved by `kvm-vmm ctl save` while they run."""

import os
import subprocess

import vm
from saving import LETTERS, STATUS, asked, end, folder, letters, run, whole
from vm import tap


def refused(path, *says):
    result = run("--restore", path)
    result.must(vm.USAGE)
    tap.check(all(text in result.err for text in says), result.err)


def ctl(where, *words):
    return subprocess.run([vm.KVM_VMM, "ctl", f"{where}/socket", *words],
                          capture_output=True, check=False, timeout=60)


def by_command():
    """Saved while it runs, again and again: each file has its moment."""
    with folder() as there, asked(there, "tally") as process:
        first = letters(process, 1)
        for i in range(3):
            done = ctl(there, "save", f"{there}/{i}")
            tap.check(b'"bytes": ' in done.stdout, done.stdout, done.stderr)
        for path, says in ((there, b"is not a regular file"),
                           ("/dev/zero", b"is not a regular file"),
                           (f"{there}/nowhere/x", b"No such file"),
                           (vm.KVM_VMM, b"is no snapshot")):
            done = ctl(there, "save", path)
            tap.check(done.returncode and says in done.stdout + done.stderr,
                      says, done.stdout, done.stderr)
        end(process).must(STATUS, whole()[len(first):])
        lengths = []
        for i in range(3):
            run("--show-snapshot", f"{there}/{i}").must(vm.OK)
            result = run("--restore", f"{there}/{i}")
            result.must(STATUS)
            tap.check(whole().endswith(result.out), result.out)
            lengths.append(len(result.out))
        tap.equal(lengths, sorted(lengths, reverse=True))
        tap.equal(sorted(os.listdir(there)), ["0", "1", "2"])


def long_chain():
    """No file goes on from more than can be restored; and options are no files."""
    with folder() as there, asked(there, "loop") as process:
        alone = []
        for i in range(66):
            done = ctl(there, "save", "--incremental", f"{there}/{i}")
            tap.equal(done.returncode, 0, (done.stdout, done.stderr))
            if b'"base"' not in done.stdout:
                alone.append(i)
        tap.equal(alone, [0, 64], "what has all of RAM")
        for words in (["--incremental"], ["--other"], ["--other", "FILE"]):
            done = ctl(there, "save", *words)
            tap.check(done.returncode == 1 and
                      (b"where to?" in done.stdout or
                       b"is no option" in done.stdout), done.stdout)
        tap.equal(sorted(map(int, set(os.listdir(there)) - {"socket"})),
                  list(range(66)))
        process.terminate()
        end(process)
        for i in (63, 65):
            run("--timeout", "0.1", "--restore", f"{there}/{i}").must(vm.LIMIT)


def chain():
    """What is new since the last time, and what it goes on from."""
    with folder() as there, asked(there, "tally") as process:
        letters(process, LETTERS // 3)
        for i in range(5):
            done = ctl(there, "save", "--incremental", f"{there}/{i}")
            base = f'"base": "{i - 1}"'.encode() in done.stdout
            tap.check(done.returncode == 0 and base == (i > 0), done.stdout,
                      done.stderr)
        done = ctl(there, "save", "--incremental", f"{there}/2")
        tap.check(b"goes on from it" in done.stdout, done.stdout)
        os.mkdir(f"{there}/other")
        ctl(there, "save", "--incremental", f"{there}/other/5")
        os.rename(f"{there}/other/5", f"{there}/5")
        done = ctl(there, "save", "--incremental", f"{there}/other/6")
        tap.check(b"is not what it was" in done.stdout + done.stderr,
                  done.stdout, done.stderr)
        end(process)
        for i in range(6):
            run("--show-snapshot", f"{there}/{i}").must(vm.OK)
            result = run("--restore", f"{there}/{i}")
            result.must(STATUS)
            tap.check(whole().endswith(result.out), i, result.out)
        room = [os.stat(f"{there}/{i}").st_blocks for i in range(6)]
        tap.check(max(room[1:5]) < room[0] and room[5] > room[1], room)
        os.rename(f"{there}/5", f"{there}/2")
        refused(f"{there}/4", "another snapshot by now")
        os.unlink(f"{there}/2")
        refused(f"{there}/4", "/2: No such file")


if vm.places("real16", "hello.bin") and vm.is_configured("SNAPSHOT") and \
        vm.is_configured("CONTROL"):
    if vm.host_lacks("real16"):
        tap.add("guests that are saved", vm.skip, vm.host_lacks("real16"))
    else:
        tap.add("a guest that runs is saved by command", by_command)
        tap.add("saved over and over, only what is new is in a file", chain)
        tap.add("no more than can be restored go on from each other",
                long_chain)
tap.main()
