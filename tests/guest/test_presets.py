#!/usr/bin/python3
# timeout: 900
"""Each preset boots what it promises: its kvm-vmm, with its defaults, and the
image that `make run` would take. Kernel, initramfs and the other guests are
those of the tree; which of them a preset builds makes no difference here. And the
default one without a switch that a whole run hangs on: SMP.
"""

import functools
import glob
import os
import re
import shutil
import sys

import sequential
import vm
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "config"))
import kconfig

TREE = kconfig.Tree("presets")
PRESETS = sorted(os.path.basename(path).removesuffix("_defconfig")
                 for path in glob.glob(os.path.join(tap.TOP, "configs",
                                                    "*_defconfig")))
LEVELS = "level-"       # they have a test of their own
LIMIT = 90              # seconds for a boot on a busy machine
LIMITED = ("--timeout", LIMIT)
BUILT = {}              # by preset: its symbols
HELLO = b"Hello, KVM!"
# The original's own command lines, file names aside.
FOUR = "multiplication", "counter", "hello", "minimal"
CALCULATOR = b"6\n10+5\nq\n0\n"
ORIGINAL = "console=ttyS0 earlycon=uart,io,0x3f8,115200 loglevel=4 nokaslr"
TESTED = set()


def program(preset):
    """The path of a preset's kvm-vmm; built when first asked for."""
    path = TREE.at(preset)
    if preset not in BUILT:
        TREE.made(preset + "_defconfig")
        TREE.made("kvm-vmm")
        shutil.copy(TREE.at("images", "kvm-vmm"), path)
        BUILT[preset] = kconfig.parse(TREE.config())
    return path


@functools.lru_cache(None)
def program_without_smp():
    """The default one's, but for that."""
    TREE.made("defconfig")
    text = "".join(line for line in TREE.config().splitlines(True)
                   if not line.startswith("CONFIG_SMP"))
    with open(TREE.at(".config"), "w", encoding="utf-8") as file:
        file.write(text + "# CONFIG_SMP is not set\n")
    TREE.made("kvm-vmm")
    path = TREE.at("without-smp")
    shutil.copy(TREE.at("images", "kvm-vmm"), path)
    return path


def run_image(preset):
    """What `make run` would boot, and with what."""
    vmm = program(preset)
    name = BUILT[preset]["RUN_IMAGE"].strip('"')
    words = [vmm, vm.image(name)]
    if name in ("vmlinux", "bzImage"):
        words += ["--initrd", vm.image("initramfs.cpio*"), *LIMITED]
    if name == "os-1k.bin":
        words.insert(1, "--paging")
    return words


def row(table, preset, text, want, words=None, stdin=b"", status=vm.OK,
        note="", more=()):
    """A case: how the preset's kvm-vmm ends and what it prints.

    words(preset) is the command line, by default that of `make run`; want is
    a regular expression for stdout and note one for stderr.
    """
    def make(_):
        return vm.Command(*(words or run_image)(preset), *more, stdin=stdin,
                          limit=LIMIT + 10)

    def judge(result):
        result.must(status)
        out = result.out.decode("utf-8", "replace")
        tap.check(re.search(want, out), f"no {want!r} in:", out[-2000:])
        tap.check(re.search(note, result.err), f"no {note!r} in:",
                  result.err[-2000:])

    TESTED.add(preset)
    table.add(f"{preset}: {text}", make, judge)


def images(*names, options=()):
    return lambda preset: [program(preset), *options,
                           *(vm.image(name + ".bin") for name in names)]


def linux(*options):
    return lambda preset: [program(preset), *LIMITED, "--linux",
                           vm.image("bzImage"), "--initrd",
                           vm.image("initramfs.cpio*"), *options]


REAL, PAGED, LINUX = vm.Table(), vm.Table(), vm.Table()

row(REAL, "tiny", "make run says hello", r"^Hello, KVM!")
for guest, said in (("multiplication", "9 x 9 = 81"), ("fibonacci", "377"),
                    ("counter", "^0123456789"), ("hctest", "")):
    row(REAL, "tiny", f"{guest} runs as well", said, images(guest))
row(REAL, "original", "hello", r"^Hello, KVM!", images("hello"))
row(REAL, "original", "four guests at once", r"[\s\S]*Hello, KVM!",
    images(*FOUR))
row(REAL, "original", "--verbose hello", r"^Hello, KVM!",
    images("hello", options=["--verbose"]), note="port output: 0x3f8")

row(PAGED, "os-1k", "make run calculates, and leaves", r"\n15\n[\s\S]*Goodbye",
    stdin=CALCULATOR)
row(PAGED, "os-1k", "--explain shows PIC and PIT at work", "Goodbye",
    stdin=b"0\n", more=["--explain"], note=r"0x20 [\s\S]*0x40 ")
row(PAGED, "original", "--paging 1K OS, which calculates",
    r"\n15\n[\s\S]*Goodbye", images("os-1k", options=["--paging"]),
    stdin=CALCULATOR)

# What a shell is asked; the answers, with CPUs, memory and a command line.
ASKED = (b"echo $((6 * 7)); nproc; grep MemTotal /proc/meminfo; "
         b"cat /proc/cmdline; poweroff\n")
ANSWERS = r"\n42\r?\n%s\r?\nMemTotal: +%s kB\r?\n.*%s\r?\n"
MB128, MB256 = r"1[12]\d{4}", r"2[345]\d{4}"

for name, text, answers in (
        ("default", "make run boots Linux", (1, MB128, "quiet .*")),
        ("linux", "make run boots Linux", (1, MB128, "quiet .*")),
        ("linux-smp", "make run boots Linux on four CPUs, in 256 MiB",
         (4, MB256, "quiet .*")),
        ("original", "make run boots Linux, with the original's command line",
         (1, MB128, ORIGINAL))):
    row(LINUX, name, text, ANSWERS % answers, stdin=ASKED)
row(LINUX, "std", "make run boots Linux, errors excepted in silence",
    ANSWERS % (1, MB128, "loglevel=3 .*"), stdin=ASKED)
row(LINUX, "teaching", "make run boots Linux, which prints what it does",
    r"Linux version[\s\S]*" + ANSWERS % (1, MB128, ".*loglevel=7"),
    stdin=ASKED)
row(LINUX, "original", "four CPUs", ANSWERS % (4, MB128, ORIGINAL),
    linux("--smp", "4", "--cmdline", ORIGINAL), stdin=ASKED)
row(LINUX, "original", "and not five", "", linux("--smp", "5"),
    status=vm.USAGE, note="4")


@tap.case("every preset has a row here, or is a level")
def all_there():
    tap.none_of(f"configs/{name}_defconfig: no guest test"
                for name in PRESETS
                if name not in TESTED and not name.startswith(LEVELS))


REAL.add_cases(*vm.places("real16", "hello.bin"))
PAGED.add_cases(*vm.places("paged32", "os-1k.bin"))
sequential.add_cases(program_without_smp)
LINUX.add_cases(*vm.places("linux", "vmlinux", "bzImage", "initramfs.cpio*"))
with TREE:
    tap.main()
