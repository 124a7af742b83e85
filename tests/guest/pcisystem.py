"""Guests for the PCI bus as kernels: those have interrupts and firmware's tables."""

import functools
import os
import subprocess
import tempfile

import badimages
import vm
from vm import tap

AT = 0x1000000      # pref_address of badimages.bzimage()


def small(name):
    """src/NAME.S, of up to 512 bytes, as a bzImage that is entered in 32 bits."""
    path = os.path.join(tap.BUILD, "tests", "guest", name + ".bzimage")
    with open(vm.assemble(name), "rb") as program, vm.made(path) as new, \
            open(new, "wb") as out:
        out.write(badimages.bzimage(program.read(), xloadflags=0))
    return path


def code_of(elf):
    """The bytes that an ELF file has loaded, and how many paragraphs a kernel has
    that has room for them, in whole pages."""
    with tempfile.NamedTemporaryFile() as flat:
        subprocess.run(["objcopy", "-O", "binary", elf, flat.name], check=True)
        with open(flat.name, "rb") as file:
            code = file.read()
    room = (len(code) // 4096 + 2) * 4096
    return code.ljust(room, b"\0"), room // 16


@functools.lru_cache(None)
def kernel(name="pci"):
    """src/NAME.c as a bzImage that is entered in 32 bits; its path."""
    elf = vm.compile_guest(name, AT)
    path = elf.replace(".elf", ".bzimage")
    code, size = code_of(elf)
    head = badimages.bzimage(b"", xloadflags=0, syssize=size)
    with vm.made(path) as new, open(new, "wb") as out:
        out.write(head[:2 * badimages.SECTOR] + code)
    return path


LOW = 0x100000      # where a kernel is that firmware starts
SETUP_AT = 0x268    # where the jump of badimages.bzimage() leads


@functools.lru_cache(None)
def either(name):
    """src/NAME.c as a bzImage of both entries, of 32 bits and of 16: its path."""
    elf = vm.compile_guest(name, LOW)
    path = elf.replace(".elf", ".either")
    code, size = code_of(elf)
    head = bytearray(badimages.bzimage(
        b"", xloadflags=0, syssize=size, pref_address=LOW,
        kernel_alignment=LOW)[:2 * badimages.SECTOR])
    with open(vm.assemble("to32"), "rb") as file:
        setup = file.read()
    head[SETUP_AT:SETUP_AT + len(setup)] = setup
    with vm.made(path) as new, open(new, "wb") as out:
        out.write(head + code)
    return path
