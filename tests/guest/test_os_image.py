#!/usr/bin/python3
# timeout: 120
"""The image of 1K OS: how kvm-vmm knows it, and what it refuses."""

import functools
import os
import struct

import os1k
import vm
from os1k import tap

# As in vmm/abi/os1k.h.
MAGIC, VERSION, SIZE, END = 8, 16, 20, 24

TYPED = b"0\n"
WELCOME = os1k.Dialogue().leave()
TABLE = vm.Table()


@functools.lru_cache(None)
def changed(name, offset=None, value=b"", cut=None):
    """The path of the image with some bytes changed, or cut to a length."""
    with open(os1k.IMAGE, "rb") as file:
        data = bytearray(file.read())
    if offset is not None:
        data[offset:offset + len(value)] = value
    folder = os.path.join(tap.BUILD, "tests", "guest")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"os-1k-{name}.bin")
    with open(path, "wb") as file:
        file.write(data[:cut])
    return path


def word(number):
    return struct.pack("<I", number)


def row(text, make, judge, *options):
    TABLE.add(text, lambda _: vm.Command(vm.KVM_VMM, *options, make(),
                                         stdin=TYPED), judge)


def runs(text, make, *options):
    row(text, make, lambda result: WELCOME.judge(result.status, result.out,
                                                 result.err), *options)


def refused(text, note, *change, options=(), **cut):
    """One message, with the note in it, no output, status 64."""
    def judge(result):
        result.must(vm.USAGE, b"")
        lines = result.err.splitlines()
        tap.check(len(lines) == 1 and note in lines[0], result.err)
    row(text, lambda: changed(text.split()[-1], *change, **cut), judge,
        *options)


runs("the header is enough", lambda: os1k.IMAGE)
runs("--paging takes it as well", lambda: os1k.IMAGE, "--paging")
runs("--paging needs no header", lambda: changed("headless", MAGIC, b"x" * 8),
     "--paging")
runs("4 MiB of RAM are enough", lambda: os1k.IMAGE, "--mem", "4M")
runs("2 GiB of RAM are not too much", lambda: os1k.IMAGE, "--mem", "2G")
refused("an unknown version", "header version 2", VERSION, word(2))
refused("a file that was truncated", "and the file has 20000", cut=20000)
refused("a header with a wrong size", "the header says 5 bytes", SIZE, word(5))
refused("an end inside the image", "it ends at 0x1800", END, word(0x1800))
refused("an end beyond the directory", "it ends at 0xfffff000", END,
        word(0xfffff000))
refused("a bad header and --paging", "header version 9", VERSION, word(9),
        options=["--paging"])
TABLE.add_cases(*vm.places("paged32", "os-1k.bin"))
tap.main()
