#!/usr/bin/python3
"""The walls of kvm-vmm's back ends, looked at through /proc while they work: as root,
as somebody else, and on a host that refuses namespaces."""

import os
import re
import signal
import subprocess
import time

import vm
from vm import tap

SPIN = b"\xeb\xfe"      # jmp $
NOBODY = 65534
LIMIT = 30      # seconds
LIMITS = {"Max core file size": 0, "Max processes": 0, "Max locked memory": 0}

# A host on which nobody may make a namespace, for what it executes.
REFUSE = """for n in user pid mnt net ipc uts; do
echo 0 >/proc/sys/user/max_${n}_namespaces || exit
done; exec "$@" """

ROOT = os.geteuid() == 0
KVM_GROUP = os.stat("/dev/kvm").st_gid if os.path.exists("/dev/kvm") else 0

# {how kvm-vmm is started: its first words}
AS = {
    "root": (),
    "somebody": ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                 f"--groups={KVM_GROUP}") if ROOT else (),
    "refused": ("unshare", "-Ur", "sh", "-c", REFUSE, "sh"),
}

# {program: (words for kvm-vmm, how many descriptors it has, its namespaces)}
ALONE = ("pid", "mnt", "ipc", "uts", "net")
BACKENDS = {
    "kvm-net": (("--net", "user"), 5, ALONE[:-1]),
    "kvm-insn": (("--trace-insn",), 3, ALONE),
    "kvm-vnc": (("--display", "vnc=127.0.0.1:0"), 4, ALONE),
    "kvm-web": (("--display", "web"), 6, ALONE),
}


def read(pid, name):
    with open(f"/proc/{pid}/{name}", encoding="ascii") as file:
        return file.read()


def status_of(pid):
    return dict(line.split(":\t", 1) for line in
                read(pid, "status").splitlines() if ":\t" in line)


def child(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        for other in read(pid, f"task/{task}/children").split():
            if read(other, "comm").strip() == name:
                return int(other)
    return None


def until(what, text):
    """What @what() returns, once it is true."""
    for _ in range(LIMIT * 100):
        try:
            found = what()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.01)
    raise tap.Failure(f"not within {LIMIT} s: {text}")


class Running:
    """A kvm-vmm whose guest spins, and the back end beside it."""

    def __init__(self, who, name):
        reason = vm.host_lacks("real16")
        if reason:
            raise tap.Skip(reason)
        if who == "root" and not ROOT:
            raise tap.Skip("only root can be root")
        if who == "somebody" and subprocess.run(
                AS[who] + ("test", "-x", vm.KVM_VMM), check=False).returncode:
            raise tap.Skip("only root may execute kvm-vmm here")
        if who == "refused" and subprocess.run(
                AS[who] + ("true",), check=False, capture_output=True).returncode:
            raise tap.Skip("no user namespace, in which to refuse others")
        path = os.path.join(tap.BUILD, "tests", "guest", "spin-walls.bin")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(SPIN)
        self.process = subprocess.Popen(
            (*AS[who], vm.KVM_VMM, "--verbose", "--timeout", "100",
             *BACKENDS[name][0], path), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.name = name
        self.backend = self.said = None

    def __enter__(self):
        try:
            self.backend = until(
                lambda: child(self.process.pid, self.name), self.name)
            until(lambda: status_of(self.backend)["Seccomp"] == "2",
                  "a filter of system calls")
        except tap.Failure:
            self.end()
            raise
        return self

    def end(self):
        """What was said, once both have ended."""
        self.process.send_signal(signal.SIGKILL)
        if self.said is None:
            self.said = self.process.communicate()[1].decode()
            if self.backend:
                until(self.is_gone, f"{self.name} has ended")
        return self.said

    def is_gone(self):
        try:
            return status_of(self.backend)["State"].startswith("Z")
        except OSError:
            return True

    def __exit__(self, *_):
        self.end()


def check_always(pid):
    """The walls that every host has."""
    status = status_of(pid)
    tap.equal(status["NoNewPrivs"], "1", "no new privileges")
    for which in "CapEff", "CapPrm", "CapInh", "CapAmb":
        tap.equal(int(status[which], 16), 0, which)
    limits = {line[:25].strip(): line[25:].split()
              for line in read(pid, "limits").splitlines()}
    for what, most in LIMITS.items():
        tap.equal(limits[what][:2], [str(most)] * 2, what)
    tap.check(int(limits["Max open files"][1]) <= 1024, limits)


def check_alone(pid, name):
    """Its namespaces, its files, its descriptors; for who may look."""
    if not ROOT:
        return
    _, nr_fds, spaces = BACKENDS[name]
    for space in (*ALONE, "user"):
        own = os.readlink(f"/proc/{pid}/ns/{space}") != \
            os.readlink(f"/proc/self/ns/{space}")
        if space != "user":
            tap.equal(own, space in spaces, f"{space} namespace of its own")
    tap.equal(os.listdir(f"/proc/{pid}/root/"), [], "files")
    tap.equal(status_of(pid)["NSpid"].split()[1:], ["1"], "its number in there")
    fds = [os.readlink(f"/proc/{pid}/fd/{fd}")
           for fd in os.listdir(f"/proc/{pid}/fd")]
    tap.check(len(fds) <= nr_fds, *fds)
    tap.none_of(fd for fd in fds if "kvm" in fd or fd.startswith("/proc"))


def stands(name, who):
    with Running(who, name) as running:
        check_always(running.backend)
        check_alone(running.backend, name)
        tap.equal({int(uid) for uid in
                   status_of(running.backend)["Uid"].split()},
                  {NOBODY if ROOT else os.getuid()}, "its user")
        said = running.end()
    walls = re.search(rf"^{name}: walls: (.*)$", said, re.M)
    tap.check(walls and "an empty root" in walls[1] and "pid" in walls[1], said)
    tap.check("do not stand" not in said.replace("Landlock", ""), said)


def refused(name):
    """They are there without namespaces, and it is said what is missing."""
    with Running("refused", name) as running:
        check_always(running.backend)
        said = running.end()
    missing = re.search(rf"^{name}: walls that do not stand here: (.*)$", said,
                        re.M)
    tap.check(missing, said)
    for what in "pid, mount", "ipc", "uts", "an empty root":
        tap.check(what in missing[1], said)


for program in BACKENDS:
    for user in "root", "somebody":
        tap.add(f"{program}, started by {user}, is alone, and has no rights",
                stands, program, user)
    tap.add(f"{program} works where namespaces are refused, and says it",
            refused, program)


@tap.case("kvm-gunzip, too, is alone and can do nothing but read and write")
def unpacks():
    script = f"exec {os.path.join(tap.IMAGES, 'kvm-gunzip')}"
    process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    try:
        until(lambda: status_of(process.pid)["Seccomp"] == "1", "strict seccomp")
        check_always(process.pid)
        if ROOT:
            for space in ALONE[1:]:
                tap.check(os.readlink(f"/proc/{process.pid}/ns/{space}") !=
                          os.readlink(f"/proc/self/ns/{space}"), space)
            tap.equal(os.listdir(f"/proc/{process.pid}/root/"), [], "files")
    finally:
        process.kill()
        process.communicate()


@tap.case("each back end lists the calls that it has left, with a reason each")
def listed():
    for name in (*BACKENDS, "kvm-gunzip"):
        done = subprocess.run([os.path.join(tap.IMAGES, name), "--show-sandbox"],
                              capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        tap.check(lines[0].startswith(f"{name}: the system calls") and
                  lines[-1].startswith(f"{name}: walls"), *lines)
        tap.none_of(line for line in lines if
                    re.match(r"  [a-z]", line) and " any other " not in line and
                    not re.fullmatch(r"  [a-z0-9_]+( \S+)* {2,}\S.*", line) and
                    "strict" not in line)


tap.main()
