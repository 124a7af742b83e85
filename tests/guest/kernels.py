"""Kernels in C from tests/guest/src/: 32-bit code in an ELF file of either class,
with a note that says where PVH enters it."""

import os
import subprocess

import vm
from vm import tap


def link(name, folder, bits=32, padding=4, descriptor=4, where=0x100000):
    """src/NAME.c, linked at an address; its note padded, and of a size."""
    path = os.path.join(folder, f"{name}.{bits}.{padding}.{descriptor}."
                        f"{where:x}.elf")
    source, object_file = path + ".s", path + ".o"
    subprocess.run(
        ["gcc", "-m32", "-S", "-Os", "-ffreestanding", "-fno-pie", "-mno-sse",
         "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wall",
         "-Wextra", "-Werror", "-Ivmm", "-o", source,
         os.path.join(vm.SOURCES, name + ".c")], cwd=tap.TOP, check=True)
    with open(source, "r+", encoding="utf-8") as file:
        code = file.read()
        file.seek(0)
        file.write(".code32\n" + code)
    subprocess.run(
        ["as", f"--{bits}", "--defsym", f"NOTE_ALIGN={padding}", "--defsym",
         f"NOTE_SIZE={descriptor}", "-o", object_file, source], check=True)
    subprocess.run(
        ["ld", "-m", "elf_i386" if bits == 32 else "elf_x86_64", "-z",
         "noexecstack", "-z", "max-page-size=4096", "--build-id=none",
         "--defsym=image_start=__executable_start", "--defsym=image_end=_end",
         f"-Ttext-segment={where:#x}", "-e", "0", "-o", path, object_file],
        check=True)
    return path
