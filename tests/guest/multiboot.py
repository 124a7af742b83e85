"""Multiboot kernels for the guest tests: src/multiboot.c in several forms, the
modules it is given, and loaders that have never heard of us, QEMU and GRUB."""

import functools
import os
import shutil
import subprocess
import tempfile

import vm
from vm import tap

WORK = os.path.join(tap.BUILD, "tests", "guest", "multiboot")
CFLAGS = ("-m32 -march=i686 -Os -ffreestanding -fno-pic -fno-stack-protector "
          "-mno-sse -fno-asynchronous-unwind-tables -fcf-protection=none "
          "-Wall -Wextra -Werror").split()
LDFLAGS = ["-m", "elf_i386", "--no-warn-rwx-segments", "-z", "noexecstack",
           "-n"]


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    tap.check(done.returncode == 0, " ".join(argv), done.stdout, done.stderr)


@functools.lru_cache(None)
def assemble(name, layout="-n"):
    """The path of src/NAME.S as a multiboot kernel; layout: an option of ld's."""
    path = os.path.join(WORK, f"{name}{layout}.elf")
    with vm.made(path) as new:
        run("gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-I",
            os.path.join(tap.TOP, "vmm"),
            f"-Wl,{layout},--build-id=none,-z,noexecstack,"
            "--no-warn-rwx-segments,-Ttext=0x200000", "-o", new,
            os.path.join(vm.SOURCES, name + ".S"))
    return path


@functools.lru_cache(None)
def kernel(name, *defines, script="multiboot.ld", form=None, tags=None,
           less=None):
    """The path of NAME.kernel, built with -DDEFINE... of multiboot_entry.S.

    script   "multiboot_flat.ld": a file without ELF headers
    form     "elf64": the same ELF file as a 64-bit one
    tags     more tags of the second header, as lines of assembler
    less     a word whose lines the script goes without
    """
    os.makedirs(WORK, exist_ok=True)
    path = os.path.join(WORK, name + ".kernel")
    is_flat = "flat" in script
    with tempfile.TemporaryDirectory(dir=WORK) as work:
        options = [f"-D{word}" for word in defines]
        if tags:
            with open(os.path.join(work, "tags.inc"), "w",
                      encoding="ascii") as file:
                file.write(tags)
            options += [f'-DTAGS="{work}/tags.inc"']
        made = [os.path.join(work, part)
                for part in ("entry.o", "info.o", "c.o", "out")]
        for source, out in zip(("entry.S", "info.c"), made):
            run("gcc", *CFLAGS, *options, "-c", "-o", out,
                os.path.join(vm.SOURCES, "multiboot_" + source))
        run("gcc", *CFLAGS, "-c", "-o", made[2],
            os.path.join(vm.SOURCES, "multiboot.c"))
        with open(os.path.join(vm.SOURCES, script), encoding="ascii") as file:
            lines = [line for line in file if not (less and less in line)]
        script = os.path.join(work, "script.ld")
        with open(script, "w", encoding="ascii") as file:
            file.writelines(lines)
        flat = ["--oformat", "binary"] if is_flat else []
        run("ld", *LDFLAGS, *flat, "-T", script, "-o", made[3], *made[:3])
        if form == "elf64":
            run("objcopy", "-I", "elf32-i386", "-O", "elf64-x86-64", made[3])
        os.replace(made[3], path)
    return path


@functools.lru_cache(None)
def moved(name, **words):
    """The path of NAME.kernel, src/multiboot_moved.S with those words."""
    os.makedirs(WORK, exist_ok=True)
    path = os.path.join(WORK, name + ".kernel")
    with tempfile.TemporaryDirectory(dir=WORK) as work:
        run("gcc", "-m32", "-c", "-o", f"{work}/moved.o",
            *(f"-D{word}={value:#x}" for word, value in words.items()),
            os.path.join(vm.SOURCES, "multiboot_moved.S"))
        run("ld", *LDFLAGS, "--oformat", "binary", "-e", "0", "-Ttext", "0",
            "-o", path, f"{work}/moved.o")
    return path


@functools.lru_cache(None)
def module(number, size):
    """A module's file: as the kernel wants it, of @size bytes in all."""
    path = os.path.join(WORK, f"module{number}-{size}")
    with vm.made(path) as new, open(new, "wb") as file:
        file.write(b"content".ljust(size - 1, b"\0") + b"%d" % (number % 10))
    return path


SIZES = (16, 4096, 4097, 300000, 5000)


def modules(count):
    """Their texts, "FILE args of N"."""
    return [f"{module(i, SIZES[i % len(SIZES)])} args of {i}"
            for i in range(count)]


def words(count, *more):
    """The command line behind the kernel's name."""
    return " ".join([f"one  two modules={count}", *more])


# --- QEMU and GRUB ----------------------------------------------------------

QEMU = "qemu-system-i386"
QEMU_OPTIONS = ["-accel", "tcg", "-m", "128", "-display", "none", "-nic",
                "none", "-no-reboot", "-serial", "stdio", "-device",
                "isa-debug-exit,iobase=0xf4,iosize=4"]


def run_qemu(*options):
    """(status of the kernel, output)."""
    done = subprocess.run([QEMU, *QEMU_OPTIONS, *options], timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    tap.check(done.returncode & 1, f"{QEMU}: {done.returncode}", done.stdout,
              done.stderr)
    return done.returncode >> 1, done.stdout.decode("utf-8", "replace")


def qemu_lacks():
    return None if shutil.which(QEMU) else \
        f"{QEMU} is not installed; `make deps` installs it"


GRUB = "/usr/lib/grub/i386-pc"
GRUB_MODULES = "multiboot multiboot2 memdisk tar normal".split()


def grub_lacks():
    if not os.path.exists(f"{GRUB}/lnxboot.img"):
        return "grub-pc-bin is not installed; `make deps` installs it"
    if not shutil.which("grub-mkimage"):
        return "grub-common is not installed; `make deps` installs it"
    return qemu_lacks()


def run_grub(version, path, count, *more):
    """The same as run_qemu(): GRUB loads the kernel, out of an archive in its
    own image, which QEMU starts as it would a bzImage."""
    number = "" if version == 1 else "2"
    lines = [f"multiboot{number} (memdisk)/kernel {words(count, *more)}"]
    with tempfile.TemporaryDirectory(dir=WORK) as work:
        files = [(path, "kernel")]
        for i, text in enumerate(modules(count)):
            file, args = text.split(" ", 1)
            files.append((file, f"m{i}"))
            lines.append(f"module{number} (memdisk)/m{i} {args}")
        # One blank of two would be lost without quotes.
        lines[0] = lines[0].replace("one  two", '"one  two"')
        for source, name in files:
            shutil.copy(source, os.path.join(work, name))
        with open(f"{work}/grub.cfg", "w", encoding="ascii") as file:
            file.write("\n".join([*lines, "boot", ""]))
        run("tar", "-C", work, "-cf", f"{work}/files.tar",
            *(name for _, name in files))
        run("grub-mkimage", "-O", "i386-pc", "-d", GRUB, "-m",
            f"{work}/files.tar", "-c", f"{work}/grub.cfg", "-p", "(memdisk)/",
            "-o", f"{work}/core.img", *GRUB_MODULES)
        with open(f"{work}/grub", "wb") as out:
            for part in (f"{GRUB}/lnxboot.img", f"{work}/core.img"):
                with open(part, "rb") as file:
                    out.write(file.read())
        return run_qemu("-kernel", f"{work}/grub")
