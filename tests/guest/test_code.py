#!/usr/bin/python3
"""Flat 32- and 64-bit code by --prot32 and --long-mode, and where it lies."""

import atexit
import os
import shutil
import subprocess
import tempfile

import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
MODES = {"prot32": "--prot32", "long64": "--long-mode"}
IN_64 = 32      # what src/code.S adds to its page
TABLES = {need: vm.Table() for need in MODES}


def program(size=0):
    """src/code.S, with so many bytes behind it that must stay."""
    path = os.path.join(WORK, f"code{size}")
    with open(vm.assemble("code"), "rb") as code, open(path, "wb") as out:
        out.write(code.read() + size * b"\xcc" + b"\x5a")
    return path


def row(need, text, *options, size=0, status=vm.OK, note=""):
    def judge(result):
        result.must(status, b"")
        tap.check(note in result.err, f"want `{note}`, have:", result.err)
    TABLES[need].add(f"{MODES[need]}: {text}", lambda place: vm.Command(
        vm.KVM_VMM, "--timeout", 20, MODES[need], *options, program(size)),
        judge)


def words(path, text):
    with open(os.path.join(WORK, path), "w", encoding="ascii") as out:
        out.write(text)
    return os.path.join(WORK, path)


for mode, first in ("prot32", 0), ("long64", 1):
    more = IN_64 if mode == "long64" else 0
    row(mode, "at its usual address", status=first + more)
    row(mode, "over where stack and tables usually are", size=700_000,
        status=first + more)
    for at, size in (0x5000, 0), (0x7c00, 600), (0x7000, 8192), \
            (0x7e000, 20_000), (0x203000, 0), (0, 1_000_000):
        row(mode, f"--load-at {at:#x}, {size} bytes", "--load-at", hex(at),
            size=size, status=(at >> 12 & 31) + more)
    row(mode, "--load-at in decimal", "--load-at", str(9 << 12),
        status=9 + more)
    row(mode, "--load-at at the end of RAM, up to its last byte", "--mem", "2M",
        "--load-at", hex((2 << 20) - os.path.getsize(program())),
        status=(0x1ff & 31) + more)
    row(mode, "--load-at a byte beyond", "--mem", "2M", "--load-at",
        hex((2 << 20) - os.path.getsize(program()) + 1), status=vm.USAGE,
        note="try --mem 3M")
    row(mode, "--load-at where it takes more RAM", "--load-at", "0x40000000",
        status=vm.USAGE, note="try --mem 1025M")
    row(mode, "without room for stack and tables", "--mem", "1M", size=1040000,
        status=vm.USAGE, note="larger --mem")
    for value in "", "x", "-1", " 1", "0x", "1M", "0x-1", "0xc0000000", \
            "99999999999999999999", "0x10000000000000000":
        row(mode, f"--load-at '{value}' is none", "--load-at", value,
            status=vm.USAGE, note="--load-at: give an address")
    TABLES[mode].add(f"{MODES[mode]}: text stays text", lambda place, mode=mode:
                     vm.Command(vm.KVM_VMM, MODES[mode], words("text", "hlt")),
                     lambda result: result.must(vm.USAGE, b""))
TABLES["prot32"].add(
    "a real-mode program has no --load-at",
    lambda place: vm.Command(vm.KVM_VMM, "--load-at", "0x7c00",
                             vm.assemble("halt")),
    lambda result: result.must(vm.USAGE, b""))
for need, name in ("prot32", "hello32.elf"), ("long64", "hello64.elf"):
    TABLES[need].add(
        f"{MODES[need]}: an ELF file is one all the same",
        lambda place, need=need, name=name: vm.Command(
            vm.KVM_VMM, MODES[need], vm.image(name)),
        lambda result: result.must(vm.OK))

LISTED = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True, text=True,
                        check=False).stdout if os.path.exists(vm.KVM_VMM) \
    else ""
for need, table in TABLES.items():
    if "\nloader  code32 " in LISTED:
        table.add_cases(*vm.places(need, {"prot32": "hello32.elf",
                                          "long64": "hello64.elf"}[need]))
    else:
        tap.add(f"flat code ({need})", vm.skip,
                "kvm-vmm was configured without BOOT_CODE")
tap.main()
