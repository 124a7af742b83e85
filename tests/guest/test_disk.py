#!/usr/bin/python3
# timeout: 600
"""Disks under Linux, in one session of the lab: over both transports, raw, under
an overlay and by NBD, as fio, ext4 and the host find them, and after kill -9.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
SCRIPT = os.path.join(tap.TOP, "tests", "guest", "disklab.py")
TOOLS = ("fio", "mke2fs", "e2fsck")
PATH = os.environ["PATH"] + ":/sbin:/usr/sbin"

CASES = (
    ("large", "a guest with seven disks ends well"),
    ("names", "disks in the order of their options, with size, serial number, "
     "queues; one is read-only"),
    ("fio", "fio verifies what it has written, 16 requests at once"),
    ("tree", "1,000 files of the guest's ext4 are the same to the host"),
    ("discard", "room that is given back is the host's"),
    ("qcow2", "a qcow2 image through qemu-nbd"),
    ("overlay", "an overlay keeps the changes, and the disk is as before"),
    ("refusals", "a disk that is in use is refused"),
    ("room", "a full host is an error to the guest, which goes on"),
    ("shrunk", "a file that is cut off is an error to the guest, which goes on"),
    ("killed", "after kill -9 all that was synced is there: raw"),
    ("killed_overlay", "after kill -9 all that was synced is there: overlay"),
)


def libraries(program):
    text = subprocess.run(["ldd", program], capture_output=True, text=True,
                          check=True).stdout
    return re.findall(r"(/\S+) \(0x", text)


def make_tools():
    """A disk with programs of this machine, their libraries and the script."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    image = os.path.join(folder, "tools.img")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as root:
        for name in "dev", "proc", "tmp", "etc":
            os.mkdir(os.path.join(root, name))
        shutil.copy(os.path.join(vm.SOURCES, "disk_guest.sh"),
                    os.path.join(root, "guest.sh"))
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror",
                        "-o", os.path.join(root, "shm.so"),
                        os.path.join(vm.SOURCES, "shm.c")], check=True)
        for name in TOOLS:
            program = shutil.which(name, path=PATH)
            for path in [program, *libraries(program)]:
                place = root + path
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.copy(path, place)
            link = os.path.join(root, "bin", name)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            if not os.path.exists(link):
                os.symlink(program, link)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-d", root, image,
                        "256M"], check=True, env={**os.environ, "PATH": PATH})
    return image


@functools.lru_cache(None)
def session():
    done = subprocess.run(
        vm.lab_command(["python3", SCRIPT, vm.KVM_VMM,
                        os.path.join(STD, "vmlinux"),
                        os.path.join(STD, "initramfs.cpio"), make_tools()],
                       "--mem", "2G", "--timeout", "500"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return dict(re.findall(r"^@(\w+) (.*)$", done.stdout, re.M)), \
        done.stdout[-2000:] + done.stderr[-2000:]


def judge(name):
    said, text = session()
    tap.check(name in said, "the session did not get there:", text)
    tap.check(said[name] == "ok", said[name].replace("|", "\n"))


if not vm.has_feature("disk", "plug"):
    tap.add("disks", vm.skip, "not configured")
elif not os.path.exists(os.path.join(STD, "vmlinux")):
    tap.add("disks", vm.skip, "not built; run `make std`")
elif "lab" in vm.places("linux"):
    for case_name, case_text in CASES:
        tap.add(case_text, judge, case_name)
tap.main()
