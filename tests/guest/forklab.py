"""Run inside the lab by test_fork_linux.py: a Linux at its prompt, with a disk and a
network card, of which copies are made; all of them are talked to. Prints a line `@NAME
ok` or `@NAME WHY` for each case.

    forklab.py KVM_VMM VMLINUX INITRAMFS DISK
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import traceback

KVM_VMM, VMLINUX, INITRAMFS, DISK = map(os.path.abspath, sys.argv[1:5])
COPIES = 3
PATIENCE = 90   # seconds
SOCKETS = "/run/mini-kvm"

# A copy's network card begins anew, when it has been told.
NETWORK = "while ! ip addr show dev eth0 | grep -q 'inet '; do sleep 0.2; done"


def check(good, *evidence):
    assert good, " ".join(map(str, evidence))


def ctl(*words):
    done = subprocess.run([KVM_VMM, "ctl", "--json", *words], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return json.loads(done.stdout or "{}")


class Console:
    """A shell of a guest's, until it is let go."""

    def __init__(self, name):
        self.name = name
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(f"{SOCKETS}/{name}")
        self.sock.sendall(b"console\n")
        self.seen = b""
        self.until(rb'^\{"ok": true.*\n')

    def until(self, pattern):
        """What was printed up to what fits, in groups."""
        while not (found := re.search(pattern, self.seen)):
            more = self.sock.recv(4096)
            check(more, self.name, "ended:", self.seen[-1000:])
            self.seen += more
        self.seen = self.seen[found.end():]
        return found

    def order(self, command):
        self.sock.sendall(b"echo @be''gin; " + command.encode() +
                          b"; echo @e''nd\n")

    def answer(self):
        found = self.until(rb"(?s)@begin\r?\n(.*?)@end\r?\n")
        return found.group(1).decode().replace("\r", "").strip()

    def ask(self, command):
        """What a command prints."""
        self.order(command)
        return self.answer()


def start(name, *words):
    # It ends at the end. pylint: disable=consider-using-with
    subprocess.Popen(
        [KVM_VMM, "--detached", "--name", name, VMLINUX, "--initrd",
         INITRAMFS, "--mem", "96M", *words, "--cmdline",
         "console=ttyS0 quiet"], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while not os.path.exists(f"{SOCKETS}/{name}"):
        check(time.monotonic() < end, name, "does not start")
        time.sleep(0.05)
    console = Console(name)
    console.until(rb"# $")
    return console


class Guests:
    """A Linux, and copies of it that were made at its prompt."""

    def __init__(self):
        self.first = start("lx", "--disk", f"{DISK},overlay=/tmp/changes",
                           "--net", "user")
        self.first.ask("echo first >/disk/who; sync")
        answer = ctl("lx", "fork", str(COPIES))
        check(answer["ok"], answer)
        self.copies = [Console(copy["name"]) for copy in answer["copies"]]
        self.all = [self.first, *self.copies]

    def ask(self, *commands):
        """What a command prints, the same for all or one for each, in each."""
        for number, guest in enumerate(self.all):
            guest.order(commands[number % len(commands)])
        return [guest.answer() for guest in self.all]


def differ(values):
    check(len(set(values)) == len(values), values)


def case_random(guests):
    differ(guests.ask("cat /proc/sys/kernel/random/uuid"))


def case_date(guests):
    begun = time.time()
    for value in guests.ask("date +%s"):
        check(begun - 2 < int(value) < time.time() + 2, value, "it is", begun)


def case_mac(guests):
    macs = guests.ask(f"{NETWORK}; cat /sys/class/net/eth0/address")
    differ(macs)
    check(all(int(mac[:2], 16) & 3 == 2 for mac in macs), macs)


def case_disk(guests):
    """Each has what there was, and what it writes itself."""
    check(guests.ask("cat /disk/who") == ["first"] * (COPIES + 1))
    guests.ask(*(f"echo {number} >/disk/who; sync; "
                 "echo 3 >/proc/sys/vm/drop_caches"
                 for number in range(COPIES + 1)))
    check(guests.ask("cat /disk/who") ==
          [str(number) for number in range(COPIES + 1)])


def case_memory(guests):
    """What it had changes only where somebody changes it."""
    guests.copies[1].ask("dd if=/dev/zero of=/tmp/f bs=1M count=8")
    have = guests.ask("ls /tmp/f 2>/dev/null")
    check(have == ["", "", "/tmp/f"] + [""] * (COPIES - 2), have)


def case_log(guests):
    """None has anything to complain about."""
    bad = guests.ask("dmesg | grep -E 'BUG|Oops|WARNING| stall|I/O error|"
                     "lockup|segfault'")
    check(not any(bad), bad)


def case_copy_of_copy(guests):
    answer = ctl(guests.copies[0].name, "fork", "1")
    check(answer["ok"], answer)
    copy = Console(answer["copies"][0]["name"])
    values = guests.ask("cat /sys/class/net/eth0/address")
    # It has its maker's address until its card begins anew.
    values.append(copy.ask(f"while [ \"$(cat /sys/class/net/eth0/address)\" = {values[1]} ]; "
                           f"do sleep 0.2; done; {NETWORK}; "
                           "cat /sys/class/net/eth0/address"))
    differ(values)
    check(copy.ask("cat /disk/who") == "1")


def case_end(guests):
    """The first ends, in order; the others are there, and end as well."""
    guests.first.sock.sendall(b"poweroff\n")
    while guests.first.sock.recv(4096):
        pass
    check(all(guest.ask("echo yes") == "yes"
              for guest in guests.copies))
    ctl("stop", "--all", "0")
    end = time.monotonic() + PATIENCE
    while ctl("list")["runs"]:
        check(time.monotonic() < end, ctl("list"))
        time.sleep(0.1)


def main():
    guests = Guests()
    for name, case in list(globals().items()):
        if not name.startswith("case_"):
            continue
        try:
            case(guests)
            verdict = "ok"
        except Exception as error:  # pylint: disable=broad-except
            verdict = f"{error!r} {traceback.format_exc().splitlines()[-4:]}"
        print(f"@{name[5:]} {verdict}", flush=True)


os.environ["XDG_RUNTIME_DIR"] = os.path.dirname(SOCKETS)
os.chmod("/run", 0o700)
main()
