"""Kernels and programs that nobody here wrote: Debian's, as they are packaged.

Each is fetched once, by tools/fetch and so on apt's signature, into MKVM_DL.
Where that cannot be done the cases skip with the reason.
"""

import atexit
import contextlib
import fcntl
import functools
import glob
import lzma
import os
import re
import subprocess
import zlib

import vm
from vm import tap

# Short name: the package's, its architecture.
KERNELS = {
    "cloud": (r"linux-image-6\.1\.0-[0-9]*-cloud-amd64", "amd64"),
    "amd64": (r"linux-image-6\.1\.0-[0-9]*-amd64", "amd64"),
    "686": (r"linux-image-6\.1\.0-[0-9]*-686", "i386"),
    "6.12": (r"linux-image-6\.12\.[+.a-z0-9]*-cloud-amd64", "amd64"),
}
# In the order in which they are loaded; what is built in has no file.
MODULES = ("drivers/acpi/button", "drivers/input/evdev",
           "drivers/input/mouse/psmouse", "drivers/block/floppy",
           *(f"drivers/virtio/{name}" for name in (
               "virtio_ring", "virtio", "virtio_pci_legacy_dev",
               "virtio_pci_modern_dev", "virtio_pci")),
           "drivers/char/hw_random/virtio-rng")
# And for all that --disk, --net and so on can put there.
VIRTIO = ("drivers/block/virtio_blk", "net/core/failover",
          "drivers/net/net_failover", "drivers/net/virtio_net",
          "drivers/char/virtio_console", "drivers/virtio/virtio_balloon",
          "fs/netfs/netfs", "fs/fscache/fscache", "net/9p/9pnet",
          "net/9p/9pnet_virtio", "fs/9p/9p")
# And for --vga pci: DRM, and the driver that Linux calls bochs.
DRM = tuple(f"drivers/gpu/drm/{name}" for name in (
    "drm", "drm_kms_helper", "ttm/ttm", "drm_ttm_helper", "drm_vram_helper",
    "tiny/bochs"))
NINEP = "fs/", "net/9p/"    # of these, what goes with --share
FOLDER = os.path.join(tap.BUILD, "tests", "stock")
# The first program of a kernel that cannot run those of our initramfs. As with
# ours the word run="..." of the command line has reached it as a variable.
INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
exec /bin/busybox sh -c "$run" </dev/console >/dev/console 2>&1
"""
# What run="..." calls, with Debian's BusyBox everywhere. Each answer is a line
# that begins with @ and its name, or such lines around it.
LIBRARY = """\
b() { /judge/busybox "$@"; }
tell() {
	echo "@cpus $(b nproc)"
	echo "@memory $(b sed -n 's/MemTotal: *//p' /proc/meminfo)"
	echo @interrupts
	b grep -E '^ *[0-9]+:' /proc/interrupts
	echo @complaints
	b dmesg -r | b grep -E '^<[0-4]>.*(ACPI|APIC|MSI|PCI|pnp[ :])'
	echo @end
}
input() { # BYTES: whatever of it came first has been echoed
	b stty -echo
	sum=$(b head -c "$1" | b md5sum)
	echo
	echo "@input $sum"
}
load() {
	for module; do
		[ ! -f "/judge/$module.ko" ] || b insmod "/judge/$module.ko"
	done
}
random() {
	load virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev \
		virtio_pci virtio-rng
	echo "@random $(b dd if=/dev/hwrng bs=16 count=4 2>/dev/null | b wc -c)"
	echo "@pci $(cd /sys/bus/pci/devices &&
		b grep -h . */vendor */device | b tr '\\n' ' ')"
}
old() { # a mouse with a wheel, and a clock that wakes who sleeps
	load psmouse
	rtc=/sys/class/rtc/rtc0
	echo $(($(b cat $rtc/since_epoch) + 2)) >$rtc/wakealarm
	for second in 1 2 3 4 5 6 7 8 9; do
		b sleep 1
		[ -z "$(b cat $rtc/wakealarm)" ] || continue
		mouse=$(b sed -n 's/^N: Name="\\(.*Mouse\\)"$/\\1/p' \\
			/proc/bus/input/devices)
		[ -z "$mouse" ] || break
	done
	echo "@alarm $(b cat $rtc/wakealarm)gone"
	echo "@mouse $mouse"
}
floppy() { # all of it is read, and a sector written
	load floppy
	until [ -b /dev/fd0 ]; do b sleep 1; done
	echo "@fd0 $(b md5sum </dev/fd0)"
	echo written | b dd of=/dev/fd0 bs=512 seek=100 conv=fsync 2>/dev/null
	b blockdev --flushbufs /dev/fd0
	echo "@back $(b dd if=/dev/fd0 bs=512 skip=100 count=1 2>/dev/null |
		b head -n 1)"
}
pixels() { # a framebuffer, with a bar in line 44 of its console
	load drm drm_kms_helper ttm drm_ttm_helper drm_vram_helper bochs
	fb=/sys/class/graphics/fb0
	echo "@fb $(b cat $fb/name $fb/virtual_size $fb/bits_per_pixel | b tr '\\n' ' ')"
	echo "@modes $(b cat /sys/class/drm/card0-*/modes | b tr '\\n' ' ')"
	b printf '\\033[44;1H\\033[?25l\\033[7m%8s' '' >/dev/tty0
	b sleep 1 # DRM copies later what was written
}
button() {
	load button evdev
	event=$(b sed -n '/Power Button/,/^$/s/.*\\(event[0-9]*\\).*/\\1/p' \
		/proc/bus/input/devices)
	exec 3</dev/input/$event
	echo "@listening $event"
	echo "@pressed $(b dd bs=24 count=1 <&3 2>/dev/null | b tail -c 8 |
		b od -An -tx1)"
}
off() { b poweroff -f; b sleep 60; }
again() { b reboot -f; b sleep 60; }
crash() { # when all that was said has been sent: a panic does not wait for it
	b stty echo
	echo c >/proc/sysrq-trigger
	b sleep 60
}
"""


@functools.lru_cache(None)
def package(pattern, arch, *files):
    """The folder with these files of a package; Skip where it is not to be had."""
    number = zlib.crc32("\n".join(files).encode())
    folder = os.path.join(FOLDER, re.sub(r"[^a-z0-9]+", "-", pattern + arch) +
                          f"-{number:08x}")
    with alone(os.path.basename(folder) + ".only"):
        if not os.path.isdir(folder):
            fetch(folder, f"{pattern}:{arch}", *files)
    return folder


def fetch(folder, what, *files):
    """Whoever else wants the same waits: it is not fetched once more, in the place of
    what somebody uses."""
    env = dict(os.environ, MKVM_TOP=tap.TOP)
    env.setdefault("MKVM_DL", os.path.join(tap.TOP, "dl"))
    done = subprocess.run(
        [os.path.join(tap.TOP, "tools", "fetch"), "package", what, folder, *files],
        env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise tap.Skip(done.stdout.strip().splitlines()[-1])


def one(folder, pattern):
    """The path of the only file that matches; None if none does."""
    found = glob.glob(os.path.join(folder, pattern), recursive=True)
    tap.check(len(found) < 2, f"{folder}: {pattern}: {found}")
    return found[0] if found else None


def kernel_folder(name, modules=MODULES):
    """Whoever asks for modules says only what is in the package: no 9p for clouds.
    tar(1) takes the pattern of a folder for those below as well, and below DRM's are
    the largest that there are."""
    folders = {os.path.dirname(path) for path in modules
               if path not in DRM}
    files = [f"*/kernel/{path}.ko*" for path in modules if path in DRM]
    return package(*KERNELS[name], "./boot/vmlinuz-*",
                   *(f"*/kernel/{folder}/*.ko*" for folder in sorted(folders)
                     if os.path.dirname(folder) not in folders), *files)


def kernel(name, modules=MODULES):
    """The path of a stock kernel, of the folder that has these modules."""
    return one(kernel_folder(name, modules), "boot/vmlinuz-*")


def busybox(arch):
    """Debian's own static BusyBox, in which poweroff is what it is elsewhere."""
    return one(package("busybox-static", arch, "./bin/busybox"), "bin/busybox")


@contextlib.contextmanager
def alone(name="lock"):
    """Test programs that run at the same time take turns."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def module(name, path, modules):
    """A module of a kernel, unpacked if its package has it packed; or None."""
    with alone():
        return find_module(name, path, modules)


def find_module(name, path, modules):
    found = one(kernel_folder(name, modules), f"lib/modules/**/{path}.ko*")
    if not found or not found.endswith(".xz"):
        return found
    with lzma.open(found) as packed, open(found[:-3], "wb") as plain:
        plain.write(packed.read())
    os.remove(found)
    return found[:-3]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def archive(path, lines):
    """An initramfs of a list for initcpio."""
    write(path + ".list", "\n".join(lines) + "\n")
    subprocess.run([os.path.join(tap.BUILD, "host", "initcpio"), "create",
                    "-o", path, path + ".list"], check=True)


def forget(path):
    for file in glob.glob(glob.escape(path) + "*"):
        os.remove(file)


@functools.lru_cache(None)
def initramfs(name, modules=MODULES, library=LIBRARY, programs=()):
    """Ours for a stock kernel, with BusyBox and modules of Debian in /judge, and
    scripts, (name, text); of Debian's alone for one of 32 bits, which runs none
    of our programs."""
    arch = KERNELS[name][1]
    number = zlib.crc32(repr((modules, library, programs)).encode())
    path = os.path.join(FOLDER, f"initramfs-{name}-{number:08x}-{os.getpid()}")
    atexit.register(forget, path)
    lines = ["dir /judge 755 0 0",
             f"file /judge/busybox {busybox(arch)} 755 0 0",
             f"file /judge/lib {write(path + '.lib', library)} 644 0 0"]
    for item, text in programs:
        lines.append(f"file /judge/{item} {write(f'{path}.{item}', text)} "
                     "755 0 0")
    for item in modules:
        found = module(name, item, modules)
        if found:
            lines.append(f"file /judge/{os.path.basename(item)}.ko {found} "
                         "644 0 0")
    if arch == "i386":
        lines += [f"dir /{folder} 755 0 0"
                  for folder in ("bin", "dev", "proc", "sys", "tmp")]
        lines += ["nod /dev/console 600 0 0 c 5 1",
                  f"file /init {write(path + '.init', INIT)} 755 0 0",
                  f"file /bin/busybox {busybox(arch)} 755 0 0"]
        archive(path, lines)
        return path
    archive(path + ".more", lines)
    with open(path, "wb") as whole:
        for part in vm.image("initramfs.cpio*"), path + ".more":
            with open(part, "rb") as file:
                data = file.read()
            whole.write(data + bytes(-len(data) % 4))
    return path
