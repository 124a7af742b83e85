#!/usr/bin/python3
"""Guests that are saved and go on: in another process, as if nothing had happened."""

import functools
import os
import random
import resource
import signal
import subprocess
import time

import snapfile
import vm
from saving import STATUS, end, folder, run, start, whole
from vm import tap

KILLS = 20


def moments(nr):
    """Seconds at which to save, the same in every run."""
    chance = random.Random(14)
    return [f"{chance.uniform(0.01, 0.3):.3f}" for _ in range(nr)]


def save(path, *words, after="0.1"):
    """What it has printed so far."""
    result = run("--timeout", after, "--save-on-exit", path, *words)
    result.must(vm.LIMIT)
    tap.check(os.path.exists(path), result.err)
    tap.check(f"saved to {path}; --restore" in result.err, result.err)
    return result.out


def again(path, *first):
    """All that a guest prints that is saved over and over on its way."""
    out = b""
    words = first
    for after in moments(200):
        result = run("--timeout", after, "--save-on-exit", path, *words)
        out += result.out
        if result.status != vm.LIMIT:
            tap.check(words != first, "it has ended before it was saved")
            return vm.Result(result.status, out, result.err.encode())
        words = ["--restore", path]
    raise tap.Failure("it does not come to its end")


def step_by_step():
    with folder() as there:
        again(f"{there}/snap", vm.assemble("tally")).must(STATUS, whole())


def computing():
    """Matrices of doubles in ring 3, whose checksum is one of every bit."""
    words = ["--cmdline", "60000", vm.image("compute.elf")]
    want = run(*words)
    want.must(vm.OK)
    with folder() as there:
        again(f"{there}/snap", *words).must(vm.OK, want.out)


def disk_of_old():
    """The words of a snapshot mean the folder that they were first said in, also
    in a snapshot of a snapshot."""
    with folder() as there:
        os.mkdir(f"{there}/first")
        os.mkdir(f"{there}/second")
        with open(f"{there}/first/disk", "wb") as file:
            file.truncate(1 << 20)
        disk = ["--disk", "disk,ro"] if vm.is_configured("VIRTIO_BLK") else []
        run("--timeout", "0.1", "--save-on-exit", "snap", *disk,
            vm.assemble("tally"), cwd=f"{there}/first").must(vm.LIMIT)
        run("--timeout", "0.1", "--save-on-exit", "snap", "--restore",
            "../first/snap", cwd=f"{there}/second").must(vm.LIMIT)
        run("--restore", f"{there}/second/snap", cwd="/").must(STATUS)


def twice_at_once():
    with folder() as there:
        first = save(f"{there}/snap", vm.assemble("tally"))
        both = [start("--restore", f"{there}/snap") for _ in range(2)]
        for process in both:
            end(process).must(STATUS, whole()[len(first):])


def from_elsewhere():
    """Another folder, and options of its own."""
    with folder() as there:
        first = save(f"{there}/snap", vm.assemble("tally"))
        result = run("--stats=json", "--verbose", "--restore", "snap",
                     cwd=there)
        result.must(STATUS, whole()[len(first):])
        tap.check('"schema"' in result.err, result.err[-2000:])


@functools.lru_cache(None)
def sample():
    """The bytes of a snapshot."""
    with folder() as there:
        save(f"{there}/snap", vm.assemble("tally"))
        with open(f"{there}/snap", "rb") as file:
            return file.read()


def taken():
    return snapfile.Snapshot(sample())


def shown():
    with folder() as there:
        with open(f"{there}/snap", "wb") as file:
            file.write(sample())
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [vm.KVM_VMM, "--show-snapshot", f"{there}/snap"], stdout=full,
                stderr=subprocess.PIPE, check=False, timeout=60)
        tap.equal(done.returncode, vm.FAILED, "status with a full disk")
        tap.equal(done.stderr.count(b"\n"), 1, done.stderr)
        tap.check(b"No space left" in done.stderr, done.stderr)
        result = run("--show-snapshot", f"{there}/snap")
        result.must(vm.OK)
        for text in (b"tally.bin", b"--mem=1024K", b"loader    flat",
                     b"\nserial ", b"\nAll sums agree.\n"):
            tap.check(text in result.out, f"no {text!r} in:",
                      result.out.decode())


def packed(change=None, **wrong):
    file = taken()
    if change:
        change(file)
    return file.pack(**wrong)


def flipped(at):
    data = bytearray(sample())
    data[at] ^= 1
    return bytes(data)


def version(file):
    file.parts[-1][2] += 1


def missing(file):
    file.parts = [part for part in file.parts if part[0] != b"serial"]


def unknown(file):
    file.parts.append([b"warp-drive", 0, 1, b"on"])


def longer(file):
    next(part for part in file.parts if part[0] == b"time")[3] += b"more"


def words(*more):
    def change(file):
        file.texts += more
    return change


def runs(*those):
    def change(file):
        file.runs = [(off, size % (1 << 64)) for off, size in those]
    return change


def base(name):
    def change(file):
        file.base_sum = 1
        file.texts[4] = name
    return change


def text(place, value):
    def change(file):
        file.texts[place] = value
    return change


# What is wrong, the file, and what is said of it.
FILES = [
    ("nothing in it", lambda: b"", "the file is empty"),
    ("a few bytes", lambda: b"mkvmsnap", "not all of one"),
    ("something else", lambda: b"\x7fELF" + bytes(8192), "is no snapshot"),
    ("cut in its head", lambda: sample()[:200], "is shorter than it was"),
    ("cut in its RAM", lambda: sample()[:-4096], "is shorter than it was"),
    ("another format", lambda: packed(format=2), "is of format 2"),
    ("a bit in the head", lambda: flipped(60), "damaged"),
    ("a bit in a text", lambda: flipped(snapfile.HEAD.size + 1), "damaged"),
    ("a bit in a part", lambda: flipped(sample().find(b"tally.bin") + 1500),
     "damaged"),
    ("a head longer than the file", lambda: packed(head_len=1 << 19),
     "damaged"),
    ("texts that do not end", lambda: packed(nr_words=500), "damaged"),
    ("parts without number", lambda: packed(nr_parts=0xffffffff), "damaged"),
    ("RAM at an odd place", lambda: packed(ram_at=4095), "damaged"),
    ("RAM behind the end of the world",
     lambda: packed(ram_size=(1 << 64) - 4096), "is shorter"),
    ("a loader that there is not", lambda: packed(text(1, b"floppy")),
     "loaded by `floppy`"),
    ("a name that a terminal obeys", lambda: packed(text(0, b"\x1b[2J")),
     "damaged"),
    ("a part of another version", lambda: packed(version), "version"),
    ("a part too few", lambda: packed(missing), "has no serial number 0"),
    ("a part too many", lambda: packed(unknown), "has warp-drive number 0"),
    ("a part that is too long", lambda: packed(longer), "another length"),
    ("a word that there is not", lambda: packed(words(b"--warp=9")),
     "`--warp=9`"),
    ("a word that begins as one", lambda: packed(words(b"--no-seri")),
     "`--no-seri`"),
    ("a word without its value", lambda: packed(words(b"--mem")), "`--mem`"),
    ("an image", lambda: packed(words(b"images/hello.bin")),
     "`images/hello.bin`"),
    ("a word that writes a file", lambda: packed(words(b"--trace=/tmp/x")),
     "make no machine"),
    ("a word that saves", lambda: packed(words(b"--save-on-exit=/tmp/x")),
     "make no machine"),
    ("a word that restores", lambda: packed(words(b"--restore=/tmp/x")),
     "make no machine"),
    ("a word that ends the run", lambda: packed(words(b"--help")),
     "make no machine"),
    ("a run that no RAM has", lambda: packed(runs((1 << 20, 4096))),
     "damaged"),
    ("runs that overlap", lambda: packed(runs((0, 8192), (4096, 8192))),
     "damaged"),
    ("a run of no whole pages", lambda: packed(runs((0, 100))), "damaged"),
    ("a run of nothing", lambda: packed(runs((0, 0))), "damaged"),
    ("a run round the end of all", lambda: packed(runs((4096, -4096))),
     "damaged"),
    ("a base in another folder", lambda: packed(base(b"../snap")),
     "damaged"),
    ("a base that there is not", lambda: packed(base(b"nowhere")),
     "nowhere: No such file"),
    ("itself as its base", lambda: packed(base(b"snap")),
     "another snapshot by now"),
    ("another size of RAM", lambda: packed(words(b"--mem=2M")),
     "has 1024 KiB of RAM"),
    ("another number of vCPUs", lambda: packed(nr_cpus=2), "has 2 vCPUs"),
]


def refused(path, says, *more):
    result = run("--restore", path, *more)
    result.must(vm.USAGE, b"")
    lines = result.err.splitlines()
    tap.check(len(lines) == 1 and says in result.err, f"want {says!r} in one "
              "line:", result.err)


def refused_file(make, says):
    with folder() as there:
        with open(f"{there}/snap", "wb") as file:
            file.write(make())
        refused(f"{there}/snap", says)


def refused_kinds():
    with folder() as there:
        os.mkfifo(f"{there}/fifo")
        refused(f"{there}/fifo", "not a regular file")
        refused(there, "not a regular file")
        refused("/dev/zero", "not a regular file")
        refused(f"{there}/nowhere", "No such file")


def refused_words():
    with folder() as there:
        path = f"{there}/snap"
        with open(path, "wb") as file:
            file.write(sample())
        refused(path, "beside a guest that goes on",
                vm.assemble("tally"))
        refused(path, "one guest in a run", "--restore", path)
        refused(path, "leave --mem away", "--mem", "2M")
        refused(path, "nothing is loaded", "--cmdline", "quiet")
        refused(path, "has one vCPU; leave --smp away", "--smp", "2")
        refused(path, "takes no --irqchip", "--irqchip", "none")
        if vm.has_device("serial"):
            refused(path, "has serial number 0", "--no-serial")
        result = run(path)
        result.must(vm.USAGE, b"")
        tap.check("--restore" in result.err, result.err)


def foreign():
    """A file that others could have written may not name files of this host."""
    with folder() as there:
        path = f"{there}/snap"
        disk = f"--disk={there}/disk,ro"
        with open(f"{there}/disk", "wb") as file:
            file.truncate(1 << 20)
        with open(path, "wb") as file:
            file.write(packed(words(disk.encode())))
        os.chmod(path, 0o666)
        refused(path, "somebody else")


def refused_targets():
    with folder() as there:
        os.mkfifo(f"{there}/fifo")
        os.symlink("elsewhere", f"{there}/link")
        with open(f"{there}/letter", "wb") as file:
            file.write(b"my work\n")
        for name, says in (("fifo", "not a regular file"),
                           ("letter", "is no snapshot"),
                           ("link", "symbolic link"),
                           ("", "is a folder"),
                           ("nowhere/snap", "No such file")):
            result = run("--timeout", "60", "--save-on-exit",
                         f"{there}/{name}", vm.assemble("tally"))
            result.must(vm.USAGE, b"")
            tap.check(says in result.err, says, result.err)
        tap.equal(sorted(os.listdir(there)), ["fifo", "letter", "link"])


def too_large():
    """A disk that is full, as a limit plays it: what was there stays."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))

    with folder() as there:
        save(f"{there}/snap", vm.assemble("tally"))
        before = os.stat(f"{there}/snap")
        result = run("--timeout", "0.1", "--save-on-exit", f"{there}/snap",
                     vm.assemble("tally"), preexec_fn=limit)
        result.must(vm.FAILED)
        tap.check("it is not saved" in result.err, result.err)
        tap.equal(os.stat(f"{there}/snap").st_ino, before.st_ino)
        tap.equal(os.listdir(there), ["snap"])


def nothing_to_save():
    with folder() as there:
        result = run("--save-on-exit", f"{there}/snap", vm.image("hello.bin"))
        result.must(vm.OK)
        tap.check("nothing to save" in result.err, result.err)
        tap.equal(os.listdir(there), [])


def killed():
    """At any moment of a save: FILE is what it was, or what it is to be."""
    chance = random.Random(9)
    with folder() as there:
        path = f"{there}/snap"
        save(path, vm.assemble("tally"))
        for _ in range(KILLS):
            process = start("--restore", path, "--save-on-exit", path)
            time.sleep(chance.uniform(0.01, 0.05))
            process.send_signal(signal.SIGTERM)
            time.sleep(chance.uniform(0, 0.004))
            process.kill()
            end(process)
            run("--show-snapshot", path).must(vm.OK)
        save(path, vm.assemble("tally"))
        tap.equal(os.listdir(there), ["snap"])


def cut_meanwhile():
    """A file that is made shorter while its guest runs ends it, in one line."""
    with folder() as there:
        path = f"{there}/snap"
        save(path, vm.assemble("tally"))
        process = start("--restore", path)
        os.read(process.stdout.fileno(), 1)
        os.truncate(path, 8192)
        result = end(process)
        result.must(vm.FAILED)
        tap.check("has become shorter" in result.err, result.err)
        tap.check(len(result.err.splitlines()) == 1, result.err)


def add_cases():
    if vm.host_lacks("real16"):
        tap.add("guests that are saved", vm.skip, vm.host_lacks("real16"))
        return
    tap.add("a guest goes on from one snapshot of it to the next",
            step_by_step)
    tap.add("two go on from the same file at once", twice_at_once)
    tap.add("files are named from the folder where that was first done",
            disk_of_old)
    if not (vm.host_lacks("long64") or
            vm.not_configured("long64", ["compute.elf"])):
        tap.add("doubles in ring 3 are as if nobody had been there",
                computing)
    tap.add("one goes on elsewhere, with options of its own", from_elsewhere)
    tap.add("--show-snapshot prints what is in it", shown)
    for what, make, says in FILES:
        tap.add(f"a snapshot with {what} is refused", refused_file, make,
                says)
    tap.add("what is no file is refused", refused_kinds)
    tap.add("words that do not go with --restore are refused", refused_words)
    if vm.is_configured("VIRTIO_BLK"):
        tap.add("a file that others could have written names none of ours",
                foreign)
    tap.add("where no snapshot may go is said at the start", refused_targets)
    tap.add("a disk that is full leaves what was there", too_large)
    tap.add("a guest that has ended by itself is not saved", nothing_to_save)
    tap.add("kill -9 while saving leaves the old file or the new one", killed)
    tap.add("a file that becomes shorter ends its guest", cut_meanwhile)


if vm.places("real16", "hello.bin") and vm.is_configured("SNAPSHOT"):
    add_cases()
tap.main()
