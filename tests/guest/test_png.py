#!/usr/bin/python3
"""--screenshot and --display png: the screen as pictures, read by a decoder of the
tests' own. The guest shows every character, and by their shapes the rest is read."""

import os
import struct
import subprocess
import tempfile
import time
import zlib

import pngfile
import vm
from vm import tap

WORK = tempfile.TemporaryDirectory(dir=tap.BUILD)
LIMIT = 60
CORNER = 24     # rows
CODES = 12
EDITED = {}     # what is in files that are somebody's


def place(name):
    return os.path.join(WORK.name, name)


def run(*argv, keys=b"q"):
    return subprocess.run([vm.KVM_VMM, "--keys=keyboard", *argv], input=keys,
                          capture_output=True, check=False, timeout=LIMIT)


def font_of(picture):
    """{shape: character} of ASCII, from the rows that have the code page."""
    return {picture.cell(c % 64, 2 + c // 64): chr(c)
            for c in range(126, 31, -1)}


def check_screen(path):
    picture = pngfile.read(path)
    tap.equal((picture.width, picture.height), (720, 400), "size")
    font = font_of(picture)
    tap.check(len(font) > 90, "shapes:", len(font))
    tap.equal(picture.text(0, font), "On the screen", "row 0")
    tap.equal(picture.text(CORNER, font)[74:], "corner", "the last row")
    return picture


def screenshot():
    for _ in range(2):  # the second replaces the first
        done = run("--screenshot", place("shot.png"), vm.assemble("screen"))
        tap.equal(done.returncode, 5, done.stderr)
        check_screen(place("shot.png"))


def several():
    done = run("--screenshot", place("of.png"), vm.assemble("screen"),
               vm.image("hello.bin"))
    tap.equal(done.returncode, 5, done.stderr)
    check_screen(place("of.png.screen.bin"))
    picture = pngfile.read(place("of.png.hello.bin"))
    tap.check(not any(map(any, picture.cell(0, 1))), "an empty screen")


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + \
        struct.pack(">I", zlib.crc32(name + body))


def edited():
    """Pictures that other programs made, of one of ours at that: without the words
    that we put there, and with them, but compressed."""
    run("--screenshot", place("ours.png"), vm.assemble("screen"))
    with open(place("ours.png"), "rb") as file:
        data = file.read()
    chunks = [(name, body) for name, body in pngfile.Picture.chunks(data)]
    tap.equal([name for name, _ in chunks],
              [b"IHDR", b"tEXt", b"PLTE", b"IDAT", b"IEND"], "chunks")
    tap.equal(chunks[1][1], b"Software\0kvm-vmm", "the program")
    for name, change in (
            ("without.png", lambda name, body: chunk(name, body)
             if name != b"tEXt" else b""),
            ("small.png", lambda name, body: chunk(
                name, zlib.compress(zlib.decompress(body)) if name == b"IDAT"
                else body))):
        EDITED[name] = pngfile.SIGNATURE + b"".join(
            change(*parts) for parts in chunks)
        with open(place(name), "wb") as file:
            file.write(EDITED[name])


def cut_short():
    """One of ours that a full disk or SIGKILL has left is ours."""
    run("--screenshot", place("cut.png"), vm.assemble("screen"))
    for size in 61, 0, 70, 200, 5000:
        os.truncate(place("cut.png"), size)
        done = run("--screenshot", place("cut.png"), vm.assemble("screen"))
        tap.equal(done.returncode, 5, done.stderr)
        check_screen(place("cut.png"))


def refused():
    for name in "work", "beside.tmp":
        with open(place(name), "wb") as file:
            file.write(b"somebody's")
    os.symlink(place("elsewhere"), place("link"))
    edited()
    for option, status in [
            (("--screenshot", place("work")), vm.USAGE),
            *[((option, before + place(name)), vm.USAGE) for name in EDITED
              for option, before in (("--screenshot", ""), ("--display", "png="))],
            (("--screenshot", WORK.name), vm.USAGE),
            (("--screenshot", place("no/such")), vm.USAGE),
            (("--display", "png=" + place("work")), vm.USAGE),
            (("--display", "png=" + place("beside")), vm.USAGE),
            (("--display", "png=" + WORK.name), vm.USAGE),
            (("--display", "png=" + place("link")), vm.USAGE),
            (("--display", "png=" + place("no/such")), vm.USAGE),
            (("--display", "png=" + place("")), vm.USAGE),
            (("--display", "png"), vm.USAGE),
            (("--display", "png="), vm.USAGE),
            (("--display", "png=x,every=0"), vm.USAGE),
            (("--display", "png=x,every=nan"), vm.USAGE),
            (("--display", "png=x,every=1y"), vm.USAGE)]:
        done = run(*option, vm.assemble("halt"))
        tap.equal(done.returncode, status, f"{option}: {done.stderr}")
        tap.equal(done.stderr.count(b"kvm-vmm: --"), 1, done.stderr)
    for name in "work", "beside.tmp":
        with open(place(name), "rb") as file:
            tap.equal(file.read(), b"somebody's", name)
    for name, data in EDITED.items():
        with open(place(name), "rb") as file:
            tap.check(file.read() == data, f"{name} is another")


def wait_for(what, condition):
    limit = time.monotonic() + LIMIT
    while not condition():
        tap.check(time.monotonic() < limit, "never:", what)
        time.sleep(0.01)


def while_it_runs():
    """At every moment it is whole, and it follows the guest."""
    path = place("live.png")
    seen = set()

    def differs():
        if os.path.exists(path):
            seen.add(pngfile.read(path).cell(0, CODES))
        return len(seen) > 1

    with open(path + ".tmp", "wb"):
        pass    # one that was left behind
    with subprocess.Popen(
            [vm.KVM_VMM, "--keys=keyboard", "--display",
             f"png={path},every=0.02", vm.assemble("screen")],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            wait_for("a picture", lambda: os.path.exists(path))
            differs()
            process.stdin.write(b"c")   # its scan codes are shown
            process.stdin.flush()
            wait_for("another picture", differs)
            process.stdin.write(b"q")
            process.stdin.close()
            tap.equal(process.wait(LIMIT), 5, process.stderr.read())
        finally:
            process.kill()
    font = font_of(check_screen(path))
    last = pngfile.read(path).text(CODES, font)
    tap.check(last.startswith("2e ae 10"), "the last picture:", last)
    tap.check(not os.path.exists(path + ".tmp"), "FILE.tmp is left")


if "host" in vm.places("real16"):
    tap.add("--screenshot: the last picture, and again (host)", screenshot)
    tap.add("several guests have a picture each (host)", several)
    tap.add("what it cannot be is said, once (host)", refused)
    tap.add("what was not written whole is replaced (host)", cut_short)
    tap.add("--display png: whole at every moment (host)", while_it_runs)
tap.main()
