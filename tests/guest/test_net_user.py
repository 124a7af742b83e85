#!/usr/bin/python3
# timeout: 500
"""--net user with a Linux guest, in one session of the lab, which has no network but
its loopback: netuserhost.py is the host there. Then the same with passt in the place
of kvm-net, on a socket."""

import os
import re
import shutil
import subprocess

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
KERNEL = os.path.join(STD, "vmlinux")
INITRD = os.path.join(STD, "initramfs.cpio")
HOST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "netuserhost.py")

SEEN = {
    "lease": "DHCP gives the guest an address",
    "names": "the name server answers for a resolver of this host's",
    "down": "32 MiB arrive in the guest",
    "up": "and go back",
    "refused": "a closed port is refused",
    "many": "64 connections at once",
    "forward": "a port of the host's leads into the guest",
    "gone": "kvm-net is killed: the link is down, other devices go on",
    "ends": "kvm-vmm says so in one line, ends with 0, and leaves no process",
    "dies": "kvm-net ends with a kvm-vmm that is killed",
    "passt": "passt on a socket: an address by DHCP, 4 MiB each way",
}
RESULTS = {}


def session():
    done = subprocess.run(
        vm.lab_command(["/usr/bin/python3", HOST, vm.KVM_VMM, KERNEL, INITRD],
                       "--mem", "2G", "--timeout", "450"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False)
    for line in done.stdout.splitlines():
        found = re.match("@ ([a-z]+) (.*)", line)
        if found:
            RESULTS[found.group(1)] = found.group(2)
    RESULTS.setdefault("", done.stdout[-2000:] + done.stderr[-2000:])


def seen(name):
    if not RESULTS:
        session()
    tap.check(name in RESULTS, "not reached", RESULTS[""])
    tap.check(RESULTS[name] == "ok", RESULTS[name])


def lacking():
    if not vm.has_feature("user", "net"):
        return "kvm-vmm was configured without --net user"
    for path in KERNEL, INITRD:
        if not os.path.exists(path):
            return f"{path}: not built; run `make std`"
    return vm.lab_lacks()


def main():
    why = lacking()
    if why:
        tap.add("a guest behind --net user (lab)", vm.skip, why)
    else:
        for name, text in SEEN.items():
            if name == "passt" and not shutil.which("passt"):
                tap.add(f"{text} (lab)", vm.skip, "passt: not installed")
            else:
                tap.add(f"{text} (lab)", seen, name)
    tap.main()


main()
