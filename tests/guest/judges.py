"""Boot loaders, a memory test and network boot firmware that nobody here wrote, as
disks, floppies and CDs. Debian's packages are fetched, as stock.py fetches kernels;
what is no finished image is put together here, in the way of its documents.

Each function gives the path of one file, which is made once.
"""

import functools
import os
import shlex
import shutil
import subprocess

import stock
import vm
from vm import tap

FLOPPY = 1474560
SECTOR = 512
PARTITION = 2048        # its first sector
WORK = os.path.join(tap.BUILD, "tests", "guest", "judges")
ENV = {**os.environ, "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1",
       "SOURCE_DATE_EPOCH": "315532800"}


def run(*argv, **more):
    done = subprocess.run([str(arg) for arg in argv], capture_output=True,
                          text=True, check=False, env=ENV, **more)
    tap.check(done.returncode == 0, " ".join(map(str, argv)), done.stdout,
              done.stderr)


def made(name):
    """Marks a function that writes the file of its argument: called once, and what
    it gives is the file's path."""
    def mark(write):
        @functools.lru_cache(None)
        def make():
            os.makedirs(WORK, exist_ok=True)
            path = os.path.join(WORK, name)
            write(path + ".new")
            os.replace(path + ".new", path)
            return path
        return make
    return mark


def file_of(package, path, arch="amd64"):
    """The path of a file of a Debian package, PATH without its first slash."""
    return stock.one(stock.package(package, arch, "./" + path), path)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, *parts, size=0):
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)
        file.truncate(max(size, file.tell()))


# --- As they are packaged ------------------------------------------------------

def memtest_iso():
    return file_of(r"memtest86\+", "usr/lib/memtest86+/memtest86+x64.iso")


def memtest():
    return file_of(r"memtest86\+", "boot/memtest86+x64.bin")


def ipxe_iso():
    return file_of("ipxe", "usr/lib/ipxe/ipxe.iso")


def ipxe():
    return file_of("ipxe", "boot/ipxe.lkrn")


def grub_cd():
    """The package's disk image is the same file."""
    return file_of("grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-cdrom.iso")


@made("grub-floppy.img")
def grub_floppy(path):
    """Without the sectors behind its end, which a drive has."""
    write(path, read(file_of(
        "grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-floppy.img")),
        size=FLOPPY)


@made("grub-legacy.img")
def grub_legacy(path):
    """GRUB 0.97's manual: stage2 right behind stage1."""
    parts = (file_of("grub-legacy", f"usr/lib/grub/x86_64-pc/{name}")
             for name in ("stage1", "stage2"))
    write(path, *map(read, parts), size=FLOPPY)


# --- The SYSLINUX family ---------------------------------------------------------

def module(name):
    return file_of("syslinux-common", f"usr/lib/syslinux/modules/bios/{name}.c32")


def memdisk():
    return file_of("syslinux-common", "usr/lib/syslinux/memdisk")


def config(*lines):
    return "\n".join(("PROMPT 1", "TIMEOUT 1", *lines, "")).encode()


def linux_lines():
    return ("DEFAULT linux", "LABEL linux", " KERNEL bzImage",
            " INITRD initramfs.cpio", " APPEND console=ttyS0 quiet")


def linux_files():
    return {"bzImage": read(vm.image("bzImage")),
            "initramfs.cpio": read(vm.image("initramfs.cpio*"))}


def mcopy(path, offset, files):
    for name, data in files.items():
        write(path + ".file", data)
        run("mcopy", "-i", f"{path}@@{offset}", path + ".file", f"::{name}")
    os.remove(path + ".file")


def syslinux(path, offset):
    run(file_of("syslinux", "usr/bin/syslinux"), "-i", "-t", offset, path)


def isolinux_cd(path, files, *lines):
    """A CD with ISOLINUX, these files by their names, and what it is to do."""
    tree = path + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    files = {"isolinux.bin": file_of("isolinux", "usr/lib/ISOLINUX/isolinux.bin"),
             "ldlinux.c32": module("ldlinux"), **files}
    for name, source in files.items():
        shutil.copy(source, os.path.join(tree, name))
    write(os.path.join(tree, "isolinux.cfg"), config(*lines))
    run("xorriso", "-as", "mkisofs", "-o", path, "-b", "isolinux.bin", "-c",
        "boot.cat", "-no-emul-boot", "-boot-load-size", "4",
        "-boot-info-table", tree)
    shutil.rmtree(tree)


@made("isolinux.iso")
def isolinux(path):
    """A CD that boots a floppy: ISOLINUX, MEMDISK, GRUB."""
    isolinux_cd(path, {"memdisk": memdisk(), "grub.img": grub_floppy()},
                "DEFAULT grub", "LABEL grub", " KERNEL memdisk",
                " INITRD grub.img")


@made("installer.iso")
def installer(path):
    """Debian's installer, as its package for the network has it, on a CD."""
    files = (f"usr/lib/debian-installer/images/12/amd64/text/debian-installer/"
             f"amd64/{name}" for name in ("linux", "initrd.gz"))
    kernel, initrd = (file_of("debian-installer-12-netboot-amd64", name)
                      for name in files)
    isolinux_cd(path, {"linux": kernel, "initrd.gz": initrd},
                "DEFAULT install", "LABEL install", " KERNEL linux",
                " INITRD initrd.gz", " APPEND console=ttyS0 quiet ---")


@made("syslinux-floppy.img")
def syslinux_floppy(path):
    """A floppy with a FAT, and a multiboot kernel on it: 1K OS."""
    write(path, size=FLOPPY)
    run("mformat", "-i", path, "-f", "1440", "-N", "4d4b564d", "::")
    syslinux(path, 0)
    mcopy(path, 0, {
        "os-1k.elf": read(vm.image("os-1k.elf")),
        "libcom32.c32": read(module("libcom32")),
        "mboot.c32": read(module("mboot")),
        "syslinux.cfg": config("DEFAULT os", "LABEL os", " KERNEL mboot.c32",
                               " APPEND os-1k.elf")})


@made("syslinux-disk.img")
def syslinux_disk(path):
    """A partitioned disk, with SYSLINUX's own boot sector: Linux."""
    sectors = 32768
    write(path, size=(PARTITION + sectors) * SECTOR)
    run("/sbin/sfdisk", "-q", path,
        input=f"label: dos\nstart={PARTITION}, type=6, bootable\n")
    run("mformat", "-i", f"{path}@@{PARTITION * SECTOR}", "-T", sectors, "-h",
        "16", "-s", "63", "-H", PARTITION, "-N", "4d4b564d", "::")
    with open(path, "r+b") as file:
        file.write(read(file_of("syslinux-common", "usr/lib/syslinux/mbr/mbr.bin")))
    syslinux(path, PARTITION * SECTOR)
    mcopy(path, PARTITION * SECTOR,
          {**linux_files(), "syslinux.cfg": config(*linux_lines())})


# In the lab, where somebody is root: EXTLINUX is installed on what is mounted.
EXTLINUX = """\
cd "$(mktemp -d)"
mkdir mnt
truncate -s 17M disk
printf 'label: dos\\nstart={first}, type=83, bootable\\n' | /sbin/sfdisk -q disk
dd if={mbr} of=disk conv=notrunc status=none
loop=$(/sbin/losetup -f --show -o {offset} disk)
/sbin/mke2fs -q -t ext4 "$loop" 8M
mount -t ext4 "$loop" mnt
{extlinux} --install mnt
cp {bzImage} mnt/bzImage
cp {initramfs} mnt/initramfs.cpio
printf %s {config} >mnt/extlinux.conf
umount mnt
/sbin/losetup -d "$loop"
mv disk {path}
"""


def extlinux():
    """(the path of an ext4 disk that boots Linux, the shell's text that makes it)"""
    path = "/tmp/extlinux.img"
    words = {
        "path": path, "mbr": file_of("syslinux-common",
                                     "usr/lib/syslinux/mbr/mbr.bin"),
        "extlinux": file_of("extlinux", "usr/bin/extlinux"),
        "bzImage": vm.image("bzImage"), "initramfs": vm.image("initramfs.cpio*"),
        "config": config(*linux_lines()).decode()}
    return path, EXTLINUX.format(
        first=PARTITION, offset=PARTITION * SECTOR,
        **{name: shlex.quote(word) for name, word in words.items()})
