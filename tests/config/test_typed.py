#!/usr/bin/python3
"""What people type: goals, words of ARGS, programs of their own."""

import os
import subprocess

import tree
from tree import tap

# In the place of the hypervisor: it says what it was called with.
BUILD_MK = "kvm-vmm san:\nall: kvm-vmm\nPHONY += kvm-vmm san\n"
VMM = """\
#!/bin/sh
case $1 in
--doctor=*) echo "doctor: $1: whatever it is" ;;
*) printf '%s\\n' "$@" ;;
esac
"""
CONFIG = """\
# CONFIG_OS_1K is not set
# CONFIG_IMG_LINUX is not set
# CONFIG_IMG_INITRAMFS is not set
CONFIG_RUN_HELLO=y
""" + "".join(f"# CONFIG_GUEST_{name} is not set\n" for name in (
    "MINIMAL", "COUNTER", "MULTIPLICATION", "MULTIPLICATION_SHORT",
    "FIBONACCI", "MATRIX", "HCTEST", "HELLO32", "PAE32", "WALK64", "COMPUTE", "MODE13",
    "BOOTSECTOR", "PIXELS32", "PIXELS64"))
REAL = """\
/* Says nothing of what it is:
	.code64 in a comment's middle is no directive, .code32 neither. */
	mov	$text, %si
	lodsb
	incw	count
	hlt
	.section .rodata
text:	.asciz	"read only"
	.bss
count:	.word	0
"""
PROTECTED = "\t.code32\n\t.globl _start\n_start:\n\tmov $1, %eax\n\thlt\n"
LONG = PROTECTED.replace("32", "64", 1).replace("eax", "rax")
INCLUDES = """\
#include "ring0.inc"
read_arguments:
	ret
	.section .user, "awx", @progbits
user_start:
	jmp	user_start
	.section .user_bss, "aw", @nobits
	.skip	4096
user_stack_end:
"""
# 16 bits first: it switches itself.
SWITCHES = "\t.code16\n\tnop\n" + PROTECTED


class Copy(tree.Copy):
    """A checkout with a hypervisor that tells, and nothing big to build."""

    def __enter__(self):
        super().__enter__()
        self.put("vmm/build.mk", BUILD_MK)
        self.put("images/kvm-vmm", VMM)
        os.chmod(self.at("images/kvm-vmm"), 0o755)
        self.put("configs/small_defconfig", CONFIG)
        self.made("small_defconfig")
        return self

    def put(self, path, text):
        with open(self.at(path), "w", encoding="utf-8") as file:
            file.write(text)

    def image(self, name):
        with open(self.at("images", name), "rb") as file:
            return file.read()

    def runs(self, img, want, *more):
        """make run IMG=img starts images/want, and says where."""
        text = self.made("run", "RUN=host", f"IMG={img}", *more)
        have = text.splitlines()[-1]
        tap.equal(os.path.relpath(have, self.path), f"images/{want}", text)


@tap.case("a file of one's own in guests/ is built and runs by its name")
def own():
    with Copy() as out:
        for name, text in (("mine", REAL), ("flat32", PROTECTED),
                           ("far-64", LONG), ("up", SWITCHES),
                           ("ring3", INCLUDES)):
            out.put(f"guests/{name}.S", text)
        out.runs("mine", "mine.bin")
        out.runs("flat32", "flat32.elf")
        out.runs("far-64", "far-64.elf")
        out.runs("ring3", "ring3.elf")
        out.runs("up.bin", "up.bin")
        out.runs("guests/mine.S", "mine.bin")
        out.runs("mine.S", "mine.bin")
        tap.check(b"read only" in out.image("mine.bin"), "lost its data")
        tap.equal(out.image("mine.bin")[:1], b"\xbe", "mov of 16 bits")
        tap.equal(out.image("far-64.elf")[4], 2, "ELF class")
        tap.equal(out.image("flat32.elf")[4], 1, "ELF class")
        tap.equal(out.made("guests"), "make: Nothing to be done for "
                  "'guests'.\n", "a second make")


@tap.case("a program that becomes one of another kind leaves no image behind")
def other_kind():
    with Copy() as out:
        for text, want, gone in ((REAL, "x.bin", "x.elf"),
                                 (LONG, "x.elf", "x.bin"),
                                 (PROTECTED, "x.elf", "x.bin"),
                                 (REAL, "x.bin", "x.elf")):
            out.put("guests/x.S", text)
            out.runs("x", want)
            tap.check(not os.path.exists(out.at("images", gone)), gone)


@tap.case("guests/hello.S may say what it likes: sizes are no matter of make")
def changed():
    with Copy() as out:
        with open(out.at("guests/hello.S"), encoding="utf-8") as file:
            text = file.read()
        longer = text.replace("Hello, KVM!", "Hello, " + "everybody, " * 20)
        tap.check(longer != text, "hello.S says something else")
        out.put("guests/hello.S", longer)
        out.runs("hello", "hello.bin")
        tap.check(len(out.image("hello.bin")) > 200, "not made again")


@tap.case("what cannot be built of guests/ is said in a sentence")
def refused():
    with Copy() as out:
        for name, said in (("two words", "letters"), ("a&b", "letters"),
                           ("-x", "letters"), ("vmlinux", "another file")):
            path = f"guests/{name}.S"
            out.put(path, REAL)
            text = out.refused("guests")
            tap.check(path in text and said in text, text)
            tap.equal(len(text.splitlines()), 1, f"lines: {text}")
            os.remove(out.at(path))
        out.put("guests/large.S", "\thlt\n\t.org 65537\n")
        status, text = out.make("guests")
        tap.check(status and "64 KiB" in text, text)
        os.remove(out.at("guests/large.S"))
        out.put("guests/prog.c", "int main;\n")
        text = out.refused("run", "IMG=prog")
        tap.check("guests/prog.c" in text and ".S" in text, text)


# What is typed after `make`, and the words that must be in the answer.
SLIPS = [
    ("run hello", "make run IMG=hello"), ("hello", "make run IMG=hello"),
    ("run hello.bin", "IMG=hello.bin"), ("V=1 run os-1k", "IMG=os-1k"),
    ("run guests/hello64.S", "IMG=hello64"), ("vmlinux", "IMG=vmlinux"),
    ("run vmm/main.c", "IMG=vmm/main.c"), ("run host", "RUN=host"),
    ("menuconf", "menuconfig?"), ("defconfg", "make defconfig?"),
    ("tiny", "tiny_defconfig?"), ("doctro", "doctor?"), ("tests", "test?"),
    ("chekc", "check?"), ("run 3", "no such goal"), ("kvm-vmm unti", "unit?"), ("vmm", "no such goal"),
    ("test serial", "T=serial"), ("test unit/ring", "T=unit/ring"),
    ("bench boot", "T=boot"), ("compare UART_IRQ4", "TOGGLE=UART_IRQ4"),
    ("trend size", "WHAT=size"), ("trend pvm", "T=pvm"),
    ("x;touch\tmade", "no such goal"), ("a'b$(HOME)", "no such goal"),
]


@tap.case("a goal that there is not is told what was meant, before all else")
def slips():
    with tree.Tree() as out:
        for typed, said in SLIPS:
            text = out.refused(*typed.split(" "))
            tap.check(said in text, f"make {typed}: no {said!r}:", text)
            tap.equal(len(text.splitlines()), 1, f"make {typed}: {text}")
        tap.equal(os.listdir(out.path), [], "files made")


@tap.case("no goal of ours is taken for a slip")
def goals():
    with tree.Tree() as out:
        out.made("tiny_defconfig")
        out.made("guests")
        text = out.make("-npq")[1]
        phony = [word for word in text.split("\n.PHONY:")[1].split("\n")[0]
                 .split() if "/" not in word]
        tap.check(len(phony) > 30, phony)
        done = subprocess.run(["tools/goals", *phony, "tiny_defconfig",
                               "README.md", ".config"], cwd=tap.TOP,
                              env=dict(os.environ, IMAGES=tap.IMAGES),
                              capture_output=True, text=True, check=False)
        tap.equal((done.stdout, done.stderr), ("", ""), "said of our own")


@tap.case("the goal of a part that is switched off says so")
def absent():
    with tree.Tree() as out:
        out.ask("# CONFIG_OS_1K is not set", "# CONFIG_IMG_LINUX is not set",
                "# CONFIG_IMG_INITRAMFS is not set", "CONFIG_RUN_HELLO=y")
        for goal, symbol in (("os-1k", "OS_1K"), ("kernel", "IMG_LINUX"),
                             ("initramfs", "IMG_INITRAMFS")):
            text = out.refused(goal)
            tap.check(f"{goal}: not configured; CONFIG_{symbol}" in text, text)


# As typed between the quotes of a shell, and the words that kvm-vmm gets.
TYPED = [
    ("--mem  64M\t--smp 2 ", ["--mem", "64M", "--smp", "2"]),
    ("--cmdline 'a  b' --name=\"c d\"", ["--cmdline", "a  b", "--name=c d"]),
    ('--cmdline "it\'s \\"so\\"" x', ["--cmdline", 'it\'s "so"', "x"]),
    ("'' a\\ b \\'", ["", "a b", "'"]),
    ("--cmdline '$(shell touch made) $(touch made) `touch made`'",
     ["--cmdline", "$(shell touch made) $(touch made) `touch made`"]),
    ("$(shell touch made);touch made;`touch made`|&<>*",
     ["$(shell", "touch", "made);touch", "made;`touch", "made`|&<>*"]),
    ('"$HOME $$ \\n" # ~ %s \\\\', ["$HOME $$ \\n", "#", "~", "%s", "\\"]),
]


@tap.case("ARGS is split as a shell does it, and nothing of it is run")
def words():
    with Copy() as out:
        for args, want in TYPED:
            text = out.made("run", "RUN=host", "IMG=hello", "ARGS=" + args)
            lines = text.splitlines()
            image = [at for at, line in enumerate(lines)
                     if line.endswith("images/hello.bin")]
            tap.equal(lines[image[-1] + 1:], want, f"ARGS={args}")
            tap.check(not os.path.exists(out.at("made")), f"ran {args}")
        for args in "'", '--cmdline "a b':
            text = out.refused("run", "RUN=host", "IMG=hello", "ARGS=" + args)
            tap.check("quote" in text and args in text, text)


tap.main()
