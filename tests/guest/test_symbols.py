#!/usr/bin/python3
"""Names for addresses: of the image, of --symbols, and of nobody."""

import gzip
import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

WORK = tempfile.mkdtemp(dir=tap.BUILD)
SOURCE = """\
	.globl	start, spin
	.code16
start:	mov	$0x3f8, %dx
	mov	$'!', %al
	out	%al, %dx
	call	spin
	.type	spin, @function
spin:	out	%al, %dx
	jmp	spin
	.size	spin, . - spin
"""
HIGH = """\
	.globl	_start
	.code32
_start:	cli
	mov	$0x3f8, %edx
	mov	$'!', %al
	out	%al, %dx
1:	out	%al, %dx
	jmp	1b
"""


def path(name):
    return os.path.join(WORK, name)


def link(name, source, *words):
    """NAME.elf of assembly, and NAME.bin cut out of it."""
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-Wl,--build-id=none",
                    "-Wl,-N,--no-warn-rwx-segments", "-x", "assembler", "-", "-o", path(name + ".elf"),
                    *words], input=source.encode(), check=True)
    subprocess.run(["objcopy", "-O", "binary", path(name + ".elf"),
                    path(name + ".bin")], check=True)
    return path(name + ".elf"), path(name + ".bin")


def needed():
    """Why nothing of this can run here, or None."""
    if not vm.has_feature("symbols", "plug"):
        return "this configuration has no names"
    return vm.lacks("host", "real16") or vm.lacks("host", "long64")


def run(*words, stdin=b"", **more):
    if needed():
        raise tap.Skip(needed())
    done = subprocess.run([vm.KVM_VMM, *map(str, words)], input=stdin,
                          capture_output=True, timeout=60, check=False, **more)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def limited(*words, **more):
    """What is said of where the guests are after a VM exit."""
    result = run("--max-exits", 1, "--timeout", 30, *words, **more)
    result.must(vm.LIMIT)
    return result.err


def names(text):
    return re.findall(r"^  rip is at (<.*>)$", text, re.M)


def check_names(text, *wanted):
    """KVM stops at an `out` or behind it: +0x1 is as good."""
    tap.equal([re.sub(r"\+0x1\b", "", name) for name in names(text)], [*wanted])


ELF, BIN = link("flat", SOURCE, "-Wl,-Ttext=0,-e,start")


@tap.case("a flat image has names by --symbols, and none without")
def flat():
    tap.equal(names(limited(BIN)), [])
    check_names(limited("--symbols", ELF, BIN), "<spin>")
    check_names(limited(BIN, "--symbols", ELF), "<spin>")


@tap.case("--symbols behind an image is for that one, before all for all")
def for_one():
    text = limited(BIN, "--symbols", ELF, BIN)
    tap.equal(len(names(text)), 1)
    text = limited("--symbols", ELF, BIN, BIN)
    tap.equal(len(names(text)), 2)


@tap.case("an ELF image has its own names, and --symbols has others")
def own():
    image = vm.image("hello64.elf")
    text = limited(image)
    check_names(text, "<putchar+0x6>")
    tap.check("\n  calls left on the stack: <print+0xa> <_start+0xf>\n" in text,
              text)
    tap.equal(names(limited(image, "--symbols", ELF)), [])


@tap.case("a kernel that is linked high has names where it was loaded to")
def loaded():
    high, _ = link("high", ".section .note.xen, \"a\"\n.long 4, 4, 18\n"
                   ".asciz \"Xen\"\n.long 0x100000\n.text\n" + HIGH,
                   "-Wl,-T," + script())
    if not vm.has_loader("pvh"):
        raise tap.Skip("no pvh in this configuration")
    name, = names(limited(high))
    tap.check(re.fullmatch("<_start\\+0x[9a], as loaded>", name), name)


def script():
    with open(path("high.ld"), "w", encoding="ascii") as file:
        file.write("PHDRS { text PT_LOAD; note PT_NOTE; }\n"
                   "SECTIONS { . = 0x80100000;\n"
                   ".text : AT(0x100000) { *(.text) } :text\n"
                   ".note.xen : AT(0x101000) { *(.note.xen) } :text :note\n"
                   "/DISCARD/ : { *(.note.gnu*) } }\n")
    return path("high.ld")


@tap.case("--verbose and --explain name where the guest halts")
def verbose():
    if not vm.has_feature("trace", "probe"):
        raise tap.Skip("no --verbose in this configuration")
    if vm.has_feature("explain", "probe"):
        result = run("--explain", vm.image("hello64.elf"))
        tap.check(re.search(r" it stops <\w+(\+0x\w+)?>, interr", result.err),
                  result.err[-300:])
    result = run("--verbose", vm.image("hello64.elf"))
    result.must(vm.OK)
    tap.check(re.search(r"halt: at rip 0x\w+ <\w+(\+0x\w+)?>, interr", result.err),
              result.err[-300:])


@tap.case("a file of --symbols that has none is a usage error that says what to do")
def refused():
    stripped = path("stripped.elf")
    subprocess.run(["strip", "-o", stripped, ELF], check=True)
    for file, word in ((BIN, "no ELF file"), (stripped, "no symbols"),
                       (path("nothing"), "No such file"), ("/dev/null", "regular")):
        result = run(BIN, "--symbols", file)
        result.must(vm.USAGE, b"")
        tap.check(word in result.err and "not stripped" in result.err and
                  result.err.count("\n") == 1, result.err)


@tap.case("images that cannot be read once more have no names, and no error")
def unnamed():
    image = vm.image("hello64.elf")
    packed = path("packed.gz")
    with open(image, "rb") as raw, open(packed, "wb") as file:
        file.write(gzip.compress(raw.read()))
    if vm.has_feature("gzip"):
        tap.equal(names(limited(packed)), [])
    with open(image, "rb") as file:
        text = limited(f"/dev/fd/{file.fileno()}", pass_fds=[file.fileno()])
    tap.check("rip" in text and "rror" not in text, text)


@tap.case("a file that was changed while the guest ran names nothing; one that went, all")
def changed():
    if needed():
        raise tap.Skip(needed())
    for spoil, stays in ((os.unlink, True),
                         (lambda name: os.utime(name, (1, 1)), False)):
        copy = path("copy.elf")
        shutil.copy(ELF, copy)
        with subprocess.Popen([vm.KVM_VMM, "--timeout", "60", "--symbols", copy,
                               BIN], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.read(1)
            spoil(copy)
            process.send_signal(14)
            text = process.communicate(timeout=60)[1].decode()
        tap.check("eip" in text and bool(names(text)) == stays, text)


try:
    tap.main()
finally:
    shutil.rmtree(WORK)
