#!/usr/bin/python3
"""The initramfs and its disk are the same in two directories and at two times.

# timeout: 1200
"""

import hashlib
import os
import re
import subprocess
import tempfile

import tree
from tree import tap


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def have_source(name):
    """True when it can be built without waiting for a network."""
    places = (os.environ.get("MKVM_DL", ""), os.path.join(tap.TOP, "dl"),
              os.path.join(os.environ.get("XDG_CACHE_HOME",
                                          os.path.expanduser("~/.cache")),
                           "mini-kvm", "dl"))
    return any(file.startswith(name + "_") for place in places
               if os.path.isdir(place) for file in os.listdir(place))


@tap.case("two directories give the same initramfs and the same disk")
def directories():
    if not have_source("busybox"):
        raise tap.Skip("no BusyBox source on this machine yet")
    digests = []
    for _ in range(2):
        with tree.Tree() as out:
            out.made("linux_defconfig")
            with open(out.at(".config"), "a", encoding="ascii") as config:
                config.write("CONFIG_IMG_ROOT_DISK=y\n"
                             "CONFIG_IMG_ROOT_DISK_MIB=4\n")
            out.made("olddefconfig")
            images = [out.at("images", name)
                      for name in ("initramfs.cpio", "root.img")]
            for _ in range(2):
                out.made("initramfs")
                digests.append([digest(image) for image in images])
                for image in images:
                    os.remove(image)
    tap.check(all(each == digests[0] for each in digests),
              f"different archives or disks: {digests}")


@tap.case("another directory gives the same Dropbear")
def dropbear():
    ours = os.path.join(tap.BUILD, "dropbear", "dropbearmulti")
    if not have_source("dropbear") or not os.path.exists(ours):
        raise tap.Skip("not built yet; run `make std`")
    with tree.Tree() as out:
        out.made("linux_defconfig")
        built = out.at("build", "dropbear")
        out.made(built + ".built")
        tap.equal(digest(os.path.join(built, "dropbearmulti")), digest(ours))


def debugfs(image, command):
    return subprocess.run(["/sbin/debugfs", "-R", command, image], check=True,
                          capture_output=True).stdout


@tap.case("initcpio -u gives each name its bytes; the disk has all that is in "
          "the archive")
def contents():
    with tempfile.TemporaryDirectory() as folder:
        image = disk_of(folder, "dir /bin 755 0 0\n"
                        "file /bin/a ${SRC} 4711 5 6 /bin/b /c\n"
                        "nod /null 666 0 0 c 1 3\nslink /s bin/a 777 0 0\n"
                        f"slink /long {'a' * 4095} 777 0 0\n")
        with open(__file__, "rb") as file:
            ours = file.read()
        for name in "/bin/a", "/bin/b", "/c":
            tap.equal(debugfs(image, "cat " + name), ours, name)
        tap.equal(debugfs(image, "cat /long").strip(b"\0"), b"a" * 4095)
        for name, want in (
                ("/bin/a", "Mode: +04711.*User: +5 +Group: +6 "),
                ("/null", r"Type: character special.*major/minor.*0?1:0?3"),
                ("/s", "Fast link dest: .bin/a."),
                ("/bin", "Type: directory +Mode: +0755")):
            text = debugfs(image, "stat " + name).decode()
            tap.check(re.search(want, text, re.DOTALL), want, text)


def disk_of(folder, lines, mib=1):
    """tools/rootdisk's image of what a file list says."""
    path = os.path.join(folder, "made")
    with open(path + ".list", "w", encoding="utf-8") as file:
        file.write(lines)
    subprocess.run([os.path.join(tap.BUILD, "host", "initcpio"), "create",
                    "-u", "-o", path + ".cpio", path + ".list"], check=True,
                   env=dict(os.environ, SRC=__file__))
    subprocess.run([os.path.join(tap.TOP, "tools", "rootdisk"),
                    path + ".cpio", str(mib), path + ".img"], check=True,
                   capture_output=True, text=True)
    return path + ".img"


@tap.case("a disk that is too small is refused, and leaves nothing")
def refused():
    with tempfile.TemporaryDirectory() as folder:
        try:
            disk_of(folder, f"file /a {os.path.realpath('/bin/bash')} 755 0 0\n")
        except subprocess.CalledProcessError as error:
            tap.equal(error.returncode, 70, error.stderr)
            tap.check("IMG_ROOT_DISK_MIB" in error.stderr, error.stderr)
        else:
            raise tap.Failure("no complaint")
        tap.equal(sorted(os.listdir(folder)), ["made.cpio", "made.list"])


tap.main()
