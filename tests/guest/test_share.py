#!/usr/bin/python3
# timeout: 1500
"""Shared directories under Linux, in one session of the lab: tests/guest/src/share.c
is at work in the guest and on the host at once. By mmio on a tmpfs, as root; by pci
on an ext4, as another user, with owners in attributes.
"""

import os
import re
import subprocess

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
LINUX = (os.path.join(STD, "vmlinux"), "--initrd",
         os.path.join(STD, "initramfs.cpio"))
OPTIONS = "trans=virtio,version=9p2000.L,msize=512000,locktimeout=1"
# The initramfs has mounted both, but a lock is not to be waited for half a minute.
GUEST = f"""\
cd /; umount /mnt/all; mount -t 9p -o {OPTIONS} all /mnt/all;
/mnt/all/share guest /mnt/all /mnt/read; poweroff -f"""
STEPS = ("host's tree", "guest's tree", "random work", "open files", "names",
         "big directory", "sparse file", "attributes", "mapping", "locks",
         "locks from outside", "read only", "left behind", "owners")
SCRIPT = r"""
# Once more where the time was over: now and then the lab's emulated processor does
# not wake up, in the middle of whatever the guest does.
try() { # DIR AS...
	dir=$1
	shift
	mkdir $dir
	cp %(share)s $dir
	chown -R 1000:1000 $dir
	"$@" ./share prepare $dir
	"$@" timeout 310 ./share during $dir >during &
	"$@" %(vmm)s --virtio $bus --share $dir,all --share $dir,read,ro \
		--timeout 300 %(linux)s --cmdline "$words"
	status=$?
	echo "@ended $status"
	[ $status = 0 ] || kill $!
	wait
	cat during
	"$@" ./share after $dir
	[ $status != 124 ]
}
cd /tmp
cp %(share)s .
mkdir mmio pci
truncate -s 300M disk
mkfs.ext4 -q disk
mount -o loop disk pci
chmod 666 /dev/kvm
for bus in %(buses)s; do
	echo "@bus $bus"
	as=
	[ $bus = mmio ] ||
		as="setpriv --reuid 1000 --regid 1000 --clear-groups"
	try $bus/first $as || try $bus/again $as
done
"""
BUSES = [bus for bus in ("mmio", "pci") if vm.has_feature(bus, "virtio")]
FOUND = {}      # (bus, step): what was said


def compile_share():
    """The program of both sides, static."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "share")
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-static", "-Wall", "-Wextra",
                    "-Werror", "-o", path + ".new",
                    os.path.join(vm.SOURCES, "share.c")], check=True)
    os.replace(path + ".new", path)
    return path


def session():
    """Runs all of it, once."""
    if FOUND:
        return
    FOUND["ran"] = True
    script = SCRIPT % {"share": compile_share(), "vmm": vm.KVM_VMM,
                       "linux": " ".join(LINUX), "buses": " ".join(BUSES)}
    words = f'console=ttyS0 quiet run="{GUEST}"'.replace("\n", " ")
    done = subprocess.run(
        vm.lab_command(["sh", "-c", f"words='{words}'\n{script}"],
                       "--timeout", "1400"), cwd=tap.TOP, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, errors="replace", check=False)
    bus = None
    for line in done.stdout.replace("\r", "").splitlines():
        found = re.match(r"@(ended|bus|[a-z' ]+) ((?:line \d|ok|\d|mmio|pci).*)$",
                         line)
        if found and found.group(1) == "bus":
            bus = found.group(2)
        elif found:
            FOUND[bus, found.group(1)] = found.group(2)
    FOUND["text"] = done.stdout[-4000:]


def judge(bus, step, want):
    session()
    tap.check(FOUND.get((bus, step)) == want,
              f"{step}: {FOUND.get((bus, step))}", FOUND.get("text", ""))


def add():
    reason = vm.lab_lacks() or vm.not_configured("linux", ())
    if not vm.has_feature("share", "plug"):
        reason = "kvm-vmm was configured without --share"
    elif not os.path.exists(LINUX[0]):
        reason = "build/std: not built; `make std` does"
    if reason:
        tap.add("shared directories (lab)", vm.skip, reason)
        return
    for bus in BUSES:
        for step in STEPS:
            tap.add(f"{bus}: {step}", judge, bus, step, "ok")
        tap.add(f"{bus}: it ends", judge, bus, "ended", "0")


add()
tap.main()
