#!/usr/bin/python3
# timeout: 600
"""Guests with virtio devices that are saved and go on, with whatever lies in their
queues: a driver of ours on this host, over and over; Linux in the lab.
"""

import contextlib
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import vm
from vm import tap

STATUS, ROUNDS, AT_ONCE, WORDS, SECTORS = 17, 60, 8, 128, 256  # src/blkrounds.c
SIZE = 1 << 20      # of the disk
LETTERS = "".join(chr(ord("a") + i % 26) for i in range(ROUNDS)).encode()
LIMIT = 250
STD = os.path.join(tap.BUILD, "std")
TRANSPORTS = [name for name in ("mmio", "pci") if vm.has_feature(name, "virtio")]


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="snapshot-virtio-")
    try:
        yield path
    finally:
        shutil.rmtree(path)


def run(*words):
    done = subprocess.run([vm.KVM_VMM, *map(str, words)], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=LIMIT)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def disk_of(there):
    path = f"{there}/disk"
    with open(path, "wb") as file:
        file.truncate(SIZE)
    return path


def words_of(there, more):
    return ["--virtio", "mmio", f"--disk={disk_of(there)}{more}",
            vm.compile_guest("blkrounds")]


def written():
    """What is on the disk in the end."""
    sectors = [bytes(512)] * (SIZE // 512)
    for number in range(ROUNDS * AT_ONCE):
        start = number // AT_ONCE * 0x9e3779b1 + number % AT_ONCE * 0x85ebca6b
        sectors[number % SECTORS] = struct.pack(
            f"<{WORDS}I", *((start + i) & 0xffffffff for i in range(WORDS)))
    return b"".join(sectors)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def over_and_over(there, more):
    """Saved at any moment, up to its end; how often."""
    chance = random.Random(14)
    path, saves, out = f"{there}/snap", 0, b""
    words = words_of(there, more)
    while True:
        result = run("--timeout", f"{chance.uniform(0.05, 0.4):.3f}",
                     "--save-on-exit", path, *words)
        out += result.out
        if result.status != vm.LIMIT:
            break
        saves += 1
        words = ["--restore", path]
    vm.Result(result.status, out, result.err.encode()).must(STATUS, LETTERS)
    tap.check(saves > 2, f"only {saves} times")


def goes_on(more):
    with folder() as there:
        over_and_over(there, more.format(there))
        tap.check(content(f"{there}/disk") == written(), "not what was written")


def forgets_in_the_end():
    """The overlay that is thrown away goes from one snapshot to the next."""
    with folder() as there:
        over_and_over(there, ",format=overlay")
        tap.equal(content(f"{there}/disk").count(0), SIZE, "zeroes on the disk")


def keeps_in_a_file():
    with folder() as there:
        over_and_over(there, f",overlay={there}/layer")
        tap.equal(content(f"{there}/disk").count(0), SIZE, "zeroes on the disk")
        result = run("--virtio", "mmio",
                     f"--disk={there}/disk,overlay={there}/layer",
                     vm.compile_guest("blkrounds"))
        result.must(STATUS, LETTERS)


def save(there, more):
    run("--timeout", "0.3", "--save-on-exit", f"{there}/snap",
        *words_of(there, more)).must(vm.LIMIT)


def refused(there, says):
    result = run("--restore", f"{there}/snap")
    result.must(vm.USAGE, b"")
    tap.check(says in result.err and len(result.err.splitlines()) == 1,
              f"want {says!r} in one line:", result.err)


def changed_disk():
    with folder() as there:
        save(there, "")
        with open(f"{there}/disk", "r+b") as file:
            file.seek(SIZE - 1)
            file.write(b"x")
        refused(there, "--no-disk-check")
        result = run("--no-disk-check", "--restore", f"{there}/snap")
        result.must(STATUS)
        tap.check(LETTERS.endswith(result.out), result.out)


def other_disk():
    with folder() as there:
        save(there, "")
        os.truncate(f"{there}/disk", SIZE // 2)
        refused(there, "it is another disk")
        os.unlink(f"{there}/disk")
        refused(there, "No such file")


def missing_feature():
    with folder() as there:
        save(there, "")
        result = run("--no-event-idx", "--restore", f"{there}/snap")
        result.must(vm.USAGE, b"")
        tap.check("0x20000000" in result.err, result.err)
        run("--restore", f"{there}/snap").must(STATUS)


def add_host():
    reason = vm.host_lacks("prot32") or (
        None if vm.is_configured("VIRTIO_BLK") and vm.is_configured("SNAPSHOT")
        else "not configured")
    if reason:
        tap.add("virtio guests that are saved (host)", vm.skip, reason)
        return
    tap.add("a disk goes on from snapshot to snapshot", goes_on, "")
    tap.add("without what makes it quick", goes_on, ",format=raw")
    tap.add("what is written to no file comes along", forgets_in_the_end)
    tap.add("an overlay in a file stays there", keeps_in_a_file)
    tap.add("a disk that was written to meanwhile is refused", changed_disk)
    tap.add("another disk is refused", other_disk)
    tap.add("a run that offers less is refused", missing_feature)


RESULTS = {}


def play():
    here = os.path.dirname(os.path.abspath(__file__))
    files = [os.path.join(STD, name) for name in ("vmlinux", "initramfs.cpio")]
    for path in files:
        if not os.path.exists(path):
            raise tap.Skip(f"{path}: not built; run `make std`")
    done = subprocess.run(
        vm.lab_command([sys.executable, os.path.join(here, "snapvirtiolab.py"),
                        vm.KVM_VMM, *files,
                        os.path.join(vm.SOURCES, "snapvirtio_guest.sh"),
                        *TRANSPORTS]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        stderr=subprocess.STDOUT, text=True, errors="replace")
    RESULTS.update(re.findall(r"^@(\w+) (.*)$", done.stdout, re.M))
    tap.check(RESULTS, f"status {done.returncode}", done.stdout[-2000:])


def judge(name):
    if not RESULTS:
        play()
    verdict = RESULTS.get(name, "did not come so far")
    tap.check(verdict.startswith("ok"), verdict)


def add_lab():
    reason = vm.lab_lacks() or (
        None if vm.is_configured("SNAPSHOT") and
        all(map(vm.is_configured, ("VIRTIO_BLK", "VIRTIO_9P", "NET_USER")))
        else "not configured")
    if reason:
        tap.add("virtio guests that are saved (lab)", vm.skip, reason)
        return
    for name in TRANSPORTS:
        tap.add(f"Linux has its disk, share and network again: {name}", judge,
                name)


add_host()
add_lab()
tap.main()
