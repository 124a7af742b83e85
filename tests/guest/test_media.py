#!/usr/bin/python3
# timeout: 600
"""images/mini-kvm.img and .iso: the same bytes each time, and PCs that boot them."""

import filecmp
import os
import re
import shutil
import subprocess
import tempfile

import pc
import vm
from vm import tap

DISK = os.path.join(tap.IMAGES, "mini-kvm.img")
ISO = os.path.join(tap.IMAGES, "mini-kvm.iso")
TREE = os.path.join(tap.BUILD, "media", "tree")
IMAGE = os.path.join(tap.TOP, "tools", "media", "image")
MENU = os.path.join(tap.TOP, "tools", "media", "menu")

DOWN = "\x1b[B"
# What is typed at the menu, and what is seen then.
LINUX = [("Linux: a shell", "l"), ("~ # ", "echo $((6*7))\r"), (r"\n42\r", None)]
OS_1K = [("1K OS: a shell", "o"), ("1k> ", "5\r"), (r"\b97\b", None)]


def guest(name, *seen):
    """The guest is that far down in its menu."""
    def steps():
        names = re.findall(r"(?m)^\tmenuentry '(\w+)",
                           read(os.path.join(TREE, "boot/grub/grub.cfg")))
        tap.check(name in names, f"{name} is not in the menu: {names}")
        return [("Small guests", "g"),
                (names[0], DOWN * names.index(name) + "\r"),
                *((text, None) for text in seen)]
    return steps


# Firmware, kind of drive, image, what for, what happens. A CD's image is one for a
# stick, too: then it is a disk.
ROWS = (
    ("BIOS", "disk", DISK, "Linux", lambda: LINUX),
    ("BIOS", "cdrom", ISO, "1K OS", lambda: OS_1K),
    ("BIOS", "disk", ISO, "a real-mode guest", guest("hello", "Hello, KVM!")),
    ("BIOS", "disk", DISK, "a guest that asks a hypervisor in vain",
     guest("hctest", "nobody answers here")),
    ("UEFI", "disk", DISK, "Linux", lambda: LINUX),
    ("UEFI", "cdrom", ISO, "1K OS", lambda: OS_1K),
    ("UEFI", "disk", ISO, "a guest in ring 3",
     guest("compute", "every product checked", "length kept")),
)


# The same by kvm-vmm, whose firmware shows its screen on the serial line: what it is, the
# image, where it is seen, what happens. After five seconds the menu goes on by itself.
OURS = (
    ("mini-kvm.img: Linux", DISK, "line", lambda: LINUX[1:]),
    ("mini-kvm.iso: a guest that asks its hypervisor", ISO, "terminal",
     guest("hctest", "^9: ok")),
    ("mini-kvm.iso: a boot sector", ISO, "terminal",
     guest("bootsector", "Hello, BIOS!")),
)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def boots(firmware, kind, path, steps):
    reason = pc.qemu_lacks(firmware)
    if reason:
        raise tap.Skip(reason)
    pc.boot({"argv": pc.qemu(firmware, kind, path), "steps": steps()})


def make(kind, path, tree=TREE, **env):
    return subprocess.run([IMAGE, kind, tree, path], text=True, check=False,
                          capture_output=True, env={**os.environ, **env})


def is_same(kind, path):
    """From files that were written in another order and at another time, in a
    folder that has another name."""
    with tempfile.TemporaryDirectory(dir=tap.BUILD) as work:
        for folder, _, files in os.walk(TREE):
            to = os.path.join(work, "copy", os.path.relpath(folder, TREE))
            os.makedirs(to)
            for name in sorted(files, reverse=True):
                shutil.copy(os.path.join(folder, name), to)
        done = make(kind, f"{work}/made", f"{work}/copy", TZ="Asia/Seoul",
                    LC_ALL="C.UTF-8")
        tap.check(done.returncode == 0, done.stdout, done.stderr)
        tap.check(filecmp.cmp(path, f"{work}/made", shallow=False),
                  f"{path} and what is made of the same files differ")


def refuses():
    with tempfile.TemporaryDirectory(dir=tap.BUILD) as work:
        for env, text in (({"MKVM_GRUB": work}, "grub-mkimage failed"),
                          ({"PATH": f"{work}:/bin:/usr/bin"}, "mcopy failed")):
            shutil.copy("/bin/false", f"{work}/mcopy")
            done = make("disk", f"{work}/made", **env)
            tap.equal(done.returncode, 70, f"{done.stderr}status")
            tap.check(text in done.stderr, done.stderr)
            tap.equal(os.listdir(work), ["mcopy"], "what is left")


def offers():
    """What is not built is not offered."""
    text = subprocess.run([MENU, "/dev/null", "hello.bin"], cwd=tap.TOP,
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    tap.equal(re.findall("menuentry '(.*?)[:']", text),
              ["hello", "Start again"], "entries")


if not os.path.exists(ISO):
    tap.add("media", vm.skip, "no images/mini-kvm.iso; `make disk iso` makes it")
else:
    for wanted in ("disk", DISK), ("iso", ISO):
        tap.add(f"{wanted[0]}: the same files give the same bytes", is_same,
                *wanted)
    tap.add("a tool that fails is named, and nothing is left", refuses)
    tap.add("a menu offers what there is", offers)
    for row in ROWS:
        tap.add(f"QEMU, {row[0]}, {os.path.basename(row[2])} as a {row[1]}: "
                f"{row[3]}", boots, row[0], row[1], row[2], row[4])
    BOOTS = pc.Boots()
    for text, image, seat, what in OURS:
        BOOTS.add(text, lambda i=image, s=seat, w=what: {
            "argv": [i], "seat": s, "steps": w()})
    if vm.has_loader("disk"):
        BOOTS.add_cases(*vm.places("linux"))
tap.main()
