#!/usr/bin/python3
# timeout: 1200
"""Boot loaders and firmware that nobody here wrote come to their prompts, from a disk,
a floppy or a CD. What they must show was read off QEMU's screen."""

import subprocess

import judges
import pc
import vm
from vm import tap

MENU = r"\*GNU/Linux"
TESTING = r"Testing: .*MB of"
IPXE = "Press Ctrl-B for the iPXE command line"
SHELL = r"~ # "
BIOS = ("/usr/share/seabios/bios-256k.bin", "--ide")    # else it is a CD
FLOPPY = ("--firmware", "--floppy")

# What it is, words before the file, the file, what must be on the screen in the end.
ROWS = (
    ("GRUB, a CD", (), judges.grub_cd, MENU),
    ("GRUB, a disk", BIOS, judges.grub_cd, MENU),
    ("GRUB, a floppy", FLOPPY, judges.grub_floppy, MENU),
    ("GRUB 0.97, a floppy", (), judges.grub_legacy, "^grub> *$"),
    ("ISOLINUX, a CD: MEMDISK with a floppy of GRUB's", (), judges.isolinux, MENU),
    ("SYSLINUX, a floppy: 1K OS", (), judges.syslinux_floppy, "^1k> *$"),
    ("iPXE, a CD", (), judges.ipxe_iso, IPXE),
    ("iPXE, a kernel", (), judges.ipxe, IPXE),
    ("MEMDISK, a kernel, with a floppy of GRUB's",
     lambda: ("--initrd", judges.grub_floppy()), judges.memdisk, MENU),
    ("memtest86+, a CD", (), judges.memtest_iso, TESTING),
    ("memtest86+, a kernel", (), judges.memtest, TESTING),
)
BOOTS = pc.Boots()


def on_screen(words, make, text):
    # What it writes to the screen itself is not on the serial line.
    words = words() if callable(words) else words
    return {"argv": [*words, make()], "steps": [[text, None]],
            "seat": "screen" if text == TESTING else "terminal"}


def linux(path):
    return {"argv": [path], "steps": [[SHELL, None]]}


def extlinux():
    path, prepare = judges.extlinux()
    return {**linux(path), "prepare": prepare}


def installer():
    """It says that this is little memory before it asks for a language."""
    return {"argv": ["--mem", "600M", judges.installer()],
            "steps": [["Entering low memory mode", None]], "seat": "terminal"}


def add_rows():
    for text, words, make, seen in ROWS:
        if words == FLOPPY and not has_floppy():
            continue
        BOOTS.add(text, lambda w=words, m=make, s=seen: on_screen(w, m, s))
    BOOTS.add("Linux, by its 16-bit entry", lambda: {
        "argv": ["--firmware", "--initrd", vm.image("initramfs.cpio*"),
                 vm.image("bzImage")], "steps": [[SHELL, None]]})
    BOOTS.add("SYSLINUX, a disk: Linux", lambda: linux(judges.syslinux_disk()))
    BOOTS.add("EXTLINUX, a disk: Linux", extlinux, "lab")
    BOOTS.add("Debian's installer, a CD: its first question", installer)


def has_floppy():
    done = subprocess.run([vm.KVM_VMM, "--help"], text=True, check=False,
                          capture_output=True)
    return "--floppy" in done.stdout


def add_all():
    if not vm.has_loader("disk"):
        tap.add("media", vm.skip, "kvm-vmm was configured without firmware")
        return
    add_rows()
    BOOTS.add_cases(*vm.places("linux", "bzImage", "initramfs.cpio*", "os-1k.elf"))


add_all()
tap.main()
