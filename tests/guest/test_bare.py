#!/usr/bin/python3
# timeout: 600
"""The bare run loop: kvm-vmm without MACHINE, as levels 1 and 2 have it.

Level 1 has no device; level 2, built with the sanitizers, has those that are a
port and nothing else. Both get the images that they were made for, and those
that somebody hostile would give them.
"""

import os
import shutil
import sys

import vm
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "config"))
import kconfig

TREE = kconfig.Tree("bare")
BUILT = {}
TABLE = vm.Table()
# Every byte but Ctrl-D, which ends the echo; the FIFO holds sixteen or one.
BYTES = bytes(b for b in range(256) if b != 4)
# mov $0xffff, %ax; mov %ax, %ds; mov 0x20, %al; hlt: a byte above 1 MiB
ABOVE = bytes.fromhex("b8ffff 8ed8 a02000 f4")


def program(level):
    """The path of a level's kvm-vmm; built when first asked for."""
    if level not in BUILT:
        TREE.made(f"level-{level}_defconfig")
        made = TREE.at("images", "kvm-vmm")
        if level == 2:
            made = TREE.at("build", "san", "vmm", "kvm-vmm")
        TREE.made("kvm-vmm" if level == 1 else made)
        BUILT[level] = shutil.copy(made, TREE.at(f"bare-{level}"))
    return BUILT[level]


def row(text, level, words, status, out=b"", note="", stdin=b""):
    """How it must end and what it must print; words are functions of the
    place where it runs, or text. Without a note stderr must be empty, and
    with one it is a single line of ours that has it."""
    def make(_):
        return vm.Command(program(level), *(
            word() if callable(word) else word for word in words), stdin=stdin)

    def judge(result):
        result.must(status, out)
        tap.check(bool(result.err) == bool(note) and note in result.err and
                  result.err.count("\n") <= 1, "stderr:", result.err)
        tap.check(result.err.startswith("kvm-vmm: " if note else ""),
                  "not a message of ours:", result.err)
    TABLE.add(f"level {level}: {text}", make, judge)


def image(name):
    return lambda: vm.image(name + ".bin")


def source(name):
    return lambda: vm.assemble(name)


def file(name, content):
    """A file of the tree with this content; None makes it a folder, and
    a FIFO is one that nobody writes to."""
    def make():
        path = TREE.at(name)
        if content is None:
            os.makedirs(path, exist_ok=True)
        elif content == "fifo":
            if not os.path.exists(path):
                os.mkfifo(path)
        else:
            with open(path, "wb") as made:
                made.write(content)
        return path
    return make


# --- What they are for -------------------------------------------------------

row("one hlt", 1, [image("minimal")], vm.OK)
row("I/O has nobody to answer it", 1, [image("hello")], vm.FAILED,
    note="VM exit 2: I/O, and no device is built in")
row("a triple fault is a crash", 1, [source("triple")], vm.CRASHED,
    note="crashed: ")
row("an address where no RAM is", 1, [file("above", ABOVE)], vm.FAILED,
    note="VM exit 6: only the whole machine")
row("hello, through the UART", 2, [image("hello")], vm.OK, b"Hello, KVM!\n")
row("every hypercall, checked by the guest", 2, [image("hctest")], vm.OK,
    b"1:A ok\n2: ok\n3:65535 ok\n4:\n ok\n5: ok\n6: ok\n7:0 ok\n9: ok\n")
row("the hypercalls: print, read, an unknown one, exit with a status", 2,
    [source("hypercall")], 42, b"[Z]\n", stdin=b"Z")
row("hypercalls by string instructions", 2, [source("hcstring")], vm.OK,
    b"42*\n*42\n**\n")
row("REP OUTS prints every byte, forwards, backwards, across a page", 2,
    [source("outsb")], vm.OK,
    b"forwards\nbackwards\n" + 2999 * b"x" + b"\n")
row("REP INS fills the buffer and nothing around it", 2, [source("insb")],
    vm.OK)
row("bytes piped into a polling echo all come back", 2, [source("echo")],
    vm.OK, b"ready\n" + BYTES * 4, stdin=BYTES * 4 + b"\x04")
row("a reset by port 0xCF9 ends the guest well", 2, [source("reset")], vm.OK)
row("a triple fault is a crash", 2, [source("triple")], vm.CRASHED,
    note="crashed: ")

# --- And what they may be given ----------------------------------------------

for hostile, words, said in (
        ("no image", [], "give one image"),
        ("two images", [image("minimal"), image("minimal")], "give one image"),
        ("an option", ["--smp"], "give one image"),
        ("an empty word", [""], "give one image"),
        ("a file that is not there", [lambda: TREE.at("nowhere")],
         "No such file"),
        ("an empty file", [file("empty", b"")], "empty"),
        ("a folder", [file("folder", None)], "not a file"),
        ("a FIFO", [file("fifo", "fifo")], "not a file"),
        ("a device", ["/dev/zero"], "not a file"),
        ("a file of 64 KiB and one byte", [file("big", 65537 * b"\xf4")],
         "at most 65536 bytes")):
    row(hostile + " is refused", 1, words, vm.USAGE, note=said)
row("a file of exactly 64 KiB runs", 1, [file("full", 65536 * b"\xf4")], vm.OK)
row("--list names the loader", 1, ["--list"], vm.OK,
    b"loader  flat       real-mode program, flat binary at 0000:0000\n")
row("--help", 1, ["--help"], vm.OK,
    b"Usage: kvm-vmm IMAGE | --list | --version | --help\n")


def shell(text, level, command, status, note):
    """The same by way of a shell, for what it does to stdin and stdout."""
    def make(_):
        return vm.Command("sh", "-c", command, program(level),
                          vm.image("hello.bin"))

    def judge(result):
        result.must(status, b"")
        tap.check(note in result.err, "stderr:", result.err)
    TABLE.add(f"level {level}: {text}", make, judge)


shell("a full disk is told", 2, '"$0" "$1" >/dev/full', vm.FAILED,
      "stdout: No space left on device")
shell("a closed stdout is told", 2, '"$0" "$1" >&-', vm.FAILED, "stdout: ")
shell("a list that cannot be written is told", 1, '"$0" --list >/dev/full',
      vm.FAILED, "")


@tap.case("neither has an object that only the whole machine needs")
def objects():
    for level in (1, 2):
        program(level)
        TREE.made(f"level-{level}_defconfig")
        TREE.made("kvm-vmm")
        with open(TREE.at("build", "vmm", "objects"), encoding="utf-8") as text:
            names = [word.partition("/vmm/")[2] for word in text.read().split()]
        tap.none_of(name for name in names if name in (
            "core/board.o", "terminal/console.o", "util/event.o", "core/vcpu.o",
            "machine.o", "main.o",
            *(["core/bus.o", "bare/io.o"] if level == 1 else ["bare/io_none.o"])))


TABLE.add_cases(*vm.places("real16", "hello.bin", "hctest.bin", "minimal.bin"))
with TREE:
    tap.main()
