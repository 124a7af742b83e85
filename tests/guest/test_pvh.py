#!/usr/bin/python3
# timeout: 240
"""PVH kernels: a guest that checks every field of what it is given, wherever it
is linked and however its note is laid out, here and in QEMU; what has no room."""

import atexit
import functools
import itertools
import os
import shutil
import subprocess
import tempfile

import kernels
import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
TABLE = vm.Table()

LOW, HIGH = 0x1000, 0x100000
WRONG_MODULES, WRONG_SIZE = 16, 15      # of src/pvh.c


def module(number, size=6000):
    """A file that begins as src/pvh.c expects of that module."""
    path = os.path.join(WORK, f"module{number}.{size}")
    with open(path, "w", encoding="ascii") as out:
        out.write(str(number))
        out.truncate(size)
    return path


@functools.lru_cache(None)
def kernel(*shape, **named):
    return kernels.link("pvh", WORK, *shape, **named)


def row(text, *options, status=vm.OK, note="", path=None, **shape):
    def judge(result):
        result.must(status, b"")
        tap.check(note in result.err, f"want `{note}`, have:", result.err)
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, "--timeout", 30, *options, path or kernel(**shape)), judge)


def expecting(modules=0, mem=32, more=""):
    """Options that fit what the command line tells the guest to expect."""
    return ["--mem", f"{mem}M", "--cmdline",
            f"first modules={modules} mem={mem}{more}"]


SHAPES = list(itertools.product((32, 64), (4, 8), (4, 8)))
for bits, padding, descriptor in SHAPES:
    row(f"an ELF file of {bits} bits, its note padded by {padding}, of "
        f"{descriptor} bytes", *expecting(), bits=bits, padding=padding,
        descriptor=descriptor)
for place in (LOW, 0x8000, 0x80000, 16 << 20):
    row(f"one at {place:#x}, with modules", *expecting(3), "--initrd",
        module(0), "--module", module(1) + " args1", "--module",
        module(2) + "  args2", where=place)
row("modules of odd sizes, down to a byte", *expecting(4), "--initrd",
    module(0, 1), "--module", module(1, 4096) + " args1", "--module",
    module(2, 4097) + " args2", "--module", module(3, 1) + " args3")
row("an initrd alone", *expecting(1), "--initrd", module(0))
row("a module alone", *expecting(1), "--module", module(0))
row("RAM up to where devices are, and beyond 4 GiB", *expecting(1, 4096),
    "--initrd", module(0))
row("the least RAM", *expecting(1, 2), "--initrd", module(0))
row("a command line of 120,000 bytes", *expecting(0, 32, 60000 * " a"))
row("with ACPI's tables", *expecting(1, more=" rsdp"), "--initrd", module(0))
row("several vCPUs", *expecting(), "--smp", "2")
row("without interrupt controllers", *expecting(), "--irqchip", "none")
row("it can tell: a module less than expected", *expecting(2), "--initrd",
    module(0), status=WRONG_MODULES)
row("it can tell: less RAM than expected", *expecting(0, 34)[2:], "--mem",
    "32M", status=WRONG_SIZE)
row("modules larger than RAM", *expecting(), "--initrd",
    module(0, 40 << 20), status=vm.USAGE, note="try --mem 42M")
row("a module larger than any RAM", *expecting(), "--initrd",
    module(0, 3 << 30), status=vm.USAGE, note="too large")
row("a segment where the firmware's tables are", *expecting(),
    status=vm.USAGE, note="too low", where=0x9f000)

LISTED = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True, text=True,
                        check=False).stdout if os.path.exists(vm.KVM_VMM) \
    else ""
if "\nloader  pvh " in LISTED:
    TABLE.add_cases(*vm.places("prot32"))
else:
    tap.add("PVH kernels", vm.skip, "kvm-vmm was configured without BOOT_PVH")


@tap.case("QEMU finds nothing wrong with the same guests, and the same wrong")
def qemu():
    if not shutil.which("qemu-system-x86_64"):
        raise tap.Skip("QEMU is not installed; `make deps` installs it")
    runs = [("q35", kernel(*shape), "first modules=1 mem=32 rsdp", 0)
            for shape in SHAPES[::3]]
    runs += [("microvm", kernel(), "first modules=0 mem=32", 0),
             ("q35", kernel(), "first modules=2 mem=32", WRONG_MODULES)]
    for machine, path, words, wrong in runs:
        done = subprocess.run(
            ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-m", "32",
             "-display", "none", "-nodefaults", "-no-reboot", "-device",
             "isa-debug-exit,iobase=0xf4,iosize=1", "-kernel", path, "-append",
             words] + (["-initrd", module(0)] if machine == "q35" else []),
            capture_output=True, timeout=100, check=False)
        tap.equal(done.returncode, wrong << 1 | 1, path)


tap.main()
