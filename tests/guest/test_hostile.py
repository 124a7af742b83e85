#!/usr/bin/python3
"""A kvm-vmm that is on the guest's side (tests/hostile): each kind of its threads tries
what a guest would that has taken it over, and dies by the name of that.

With --sandbox log it is named and goes on, and with --sandbox off the kernel is asked
unseen: so what is tried here would do something.
"""

import errno
import multiprocessing.pool
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import terminal
import vm
from vm import tap

HOSTILE = os.path.join(tap.BUILD, "hostile", "vmm", "kvm-vmm")
ATTACKS = os.path.join(tap.TOP, "tests", "hostile", "attacks.c")
GUEST = b"\xba\xa0\x05\xee\xeb\xfe"     # mov dx, 5A0h; out dx, al; jmp $
LIMIT = 30      # seconds
NOBODY = 65534

# {as --attack has it: as the message names it}
THREADS = {"vcpu": "vCPU 0", "main": "main thread", "worker": "worker",
           "share": "worker of a share", "service": "service", "saver": "saver"}

# What is refused, and does not end the program: the C library does without.
REFUSED = {"clone3": errno.ENOSYS}

# Dies as well, at once, by the kernel: nobody is left to say why.
KILLED = "no_handler", "no_signal"

# A shared directory needs these calls. Whose business a name is, Landlock says; of
# modes it knows nothing.
SHARED = {
    "open_inside": 0, "chmod": errno.ENOENT, "truncate": errno.ENOENT,
    "mode_above": 0, "open_parent": 0, "openat": errno.EACCES,
    "openat2": errno.EACCES, "open_memory": errno.EACCES,
    "open_input": errno.EACCES, "open_link": errno.EACCES,
    "open_above": errno.EACCES, "move_out": errno.EACCES, "link_in": errno.EXDEV,
    "make_above": errno.EACCES, "remove_above": errno.EACCES,
    "cut_above": errno.EACCES,
}

# A guest is saved to where the user said; here nobody said anything.
SAVED = {
    "open": errno.EACCES, "openat": errno.EACCES, "open_memory": errno.EACCES,
    "open_input": errno.EACCES, "open_inside": errno.EACCES,
    "open_link": errno.EACCES, "open_above": errno.EACCES, "open_parent": 0,
    "move_out": errno.EACCES, "remove_above": errno.EACCES,
}

OPENING = {"share": SHARED, "saver": SAVED}

# What must have done something where nothing is in the way.
REAL = """open openat openat2 socket socket_unix socketpair fork vfork clone kill
tgkill tkill pidfd_open read_memory write_memory mmap_exec mprotect_exec memfd inotify
prctl unshare open_memory open_parent open_input open_inside open_link open_above
int80 dup_fd arch_prctl personality""".split()

# What is named and still not made: where the one would go on, the other's number.
NOT_MADE = "vfork", "int80"

# {attack: the call that its name is not}
CALLS = {
    "aio": "io_setup", "by_handle": "open_by_handle_at",
    "clock_set": "clock_settime", "clone_half": "clone", "clone_space": "clone",
    "cut_above": "truncate", "dup_fd": "fcntl", "fast_open": "sendto",
    "inotify": "inotify_init1", "kexec": "kexec_load", "kvm_cap": "ioctl",
    "kvm_create": "ioctl", "kvm_device": "ioctl",
    "kvm_wide": "ioctl", "ldt": "modify_ldt", "limits": "prlimit64",
    "link_in": "linkat", "make_above": "mkdirat", "memfd": "memfd_create",
    "mmap_exec": "mmap", "mode_above": "fchmodat", "module": "finit_module",
    "move_out": "renameat", "mprotect_exec": "mprotect",
    "open_above": "openat", "open_inside": "openat", "open_input": "openat",
    "open_link": "openat", "open_memory": "openat", "open_parent": "openat",
    "own_fd": "fcntl", "perf": "perf_event_open", "pkey_exec": "pkey_mprotect",
    "priority": "setpriority", "queue_signal": "rt_sigqueueinfo",
    "read_memory": "process_vm_readv", "remap": "remap_file_pages",
    "remove_above": "unlinkat", "ring_register": "io_uring_register",
    "ring_setup": "io_uring_setup", "send_to": "sendto",
    "shared_memory": "shmget", "socket_unix": "socket", "tty_paste": "ioctl",
    "tty_take": "ioctl", "tty_type": "ioctl", "umount": "umount2",
    "write_memory": "process_vm_writev",
}


def attacks():
    with open(ATTACKS, encoding="ascii") as file:
        return re.findall(r"ATTACK\((\w+)\),", file.read())


class Folder:
    """Where it runs: a folder that may be shared, and beside it what may not."""

    first = ()      # words of each command

    def __enter__(self):
        self.top = tempfile.mkdtemp(dir=os.path.join(tap.BUILD, "tests"))
        self.shared = os.path.join(self.top, "shared")
        os.mkdir(self.shared)
        for name, data in (("secret", b"secret"), ("shared/inside", b"inside"),
                           ("guest.bin", GUEST)):
            with open(os.path.join(self.top, name), "wb") as file:
                file.write(data)
        os.symlink("../secret", os.path.join(self.shared, "link"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)

    def left(self):
        return sorted(os.listdir(self.top)), sorted(os.listdir(self.shared))

    def give_to_nobody(self):
        """From now on it is somebody else that runs there."""
        os.chmod(self.top, 0o755)
        for path, folders, files in os.walk(self.top):
            for name in (".", *folders, *files):
                os.chown(os.path.join(path, name), NOBODY, NOBODY,
                         follow_symlinks=False)
        self.first = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                      f"--groups={os.stat('/dev/kvm').st_gid}")

    def command(self, *words, thread, names):
        share = ("--share", ".") if thread == "share" else ()
        return (*self.first, HOSTILE, "--mem", "1M", "--timeout", str(LIMIT), *words, *share,
                "--attack", f"{thread}:{names}", "../guest.bin")

    def run(self, *words, thread, names):
        """(status, {attack: errno}, its messages)"""
        done = subprocess.run(
            self.command(*words, thread=thread, names=names), cwd=self.shared,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        found = re.findall(r"^attack: (\w+): (\d+)$", done.stdout, re.M)
        return (done.returncode, {name: int(err) for name, err in found},
                done.stderr)


class Spinning:
    """A kvm-vmm whose guest is in a loop, behind its walls."""

    def __init__(self, *words):
        path = os.path.join(tap.BUILD, "tests", "guest", "spin-hostile.bin")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"\xeb\xfe")
        self.process = subprocess.Popen(
            (*words, path), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.pid = self.process.pid

    def __enter__(self):
        for _ in range(LIMIT * 100):
            with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                if "Seccomp:\t2" in file.read():
                    return self
            time.sleep(0.01)
        self.__exit__()
        raise tap.Failure(f"no walls within {LIMIT} s")

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def check_can():
    reason = vm.host_lacks("real16")
    if reason:
        raise tap.Skip(reason)
    said = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True, text=True,
                          check=False).stdout
    if "feature sandbox" not in said:
        raise tap.Skip("kvm-vmm was configured without walls")
    tap.check(os.path.exists(HOSTILE), f"{HOSTILE}: `make hostile` builds it")


def has_landlock(folder):
    return "no Landlock" not in folder.run("--verbose", thread="vcpu",
                                           names="none")[2]


def let_through(thread, landlock):
    if thread not in OPENING:
        return REFUSED
    return {**REFUSED, **OPENING[thread]} if landlock else None


def one(folder, thread, name, through):
    """What is wrong about one attack; or None."""
    status, came, said = folder.run(thread=thread, names=name)
    if name in KILLED:
        if (status, came, said) == (-signal.SIGSYS, {}, ""):
            return None
    elif name in through:
        if (status, came, said) == (vm.OK, {name: through[name]}, ""):
            return None
    else:
        want = rf"kvm-vmm: sandbox: {THREADS[thread]}[^:]*: (\S+) \(\d+\).* is none of " \
            r"its calls\n"
        named = re.fullmatch(want, said)
        if status == vm.FAILED and not came and named and \
                named[1] in (CALLS.get(name, name), "?"):
            return None
    return f"{thread}: {name}: status {status}, {came}, {said!r}"


def dies(thread, by_nobody=False):
    check_can()
    with Folder() as folder:
        if by_nobody:
            folder.give_to_nobody()
        through = let_through(thread, has_landlock(folder))
        if through is None:
            raise tap.Skip("this host has no Landlock")
        before = folder.left()
        with multiprocessing.pool.ThreadPool(2) as pool:
            wrong = pool.starmap(one, [(folder, thread, name, through)
                                       for name in attacks()])
        tap.none_of(text for text in wrong if text)
        tap.equal(folder.left(), before, "files")


for kind in THREADS:
    tap.add(f"a thread of kind {kind} that does what none should, dies by its name",
            dies, kind)


if os.geteuid() == 0:
    tap.add("so does a worker of a share, started by somebody who is not root",
            dies, "share", True)


@tap.case("--sandbox off: what is tried is real")
def unseen():
    check_can()
    for thread in THREADS:
        with Folder() as folder:
            status, came, said = folder.run("--sandbox", "off", thread=thread,
                                            names=",".join(REAL))
            tap.equal((status, said), (vm.OK, ""), thread)
            tap.equal(came, dict.fromkeys(came, 0), thread)
            tap.equal(sorted(came), sorted(REAL), thread)


@tap.case("--sandbox log: each is named once, and done")
def named():
    check_can()
    for thread, name in THREADS.items():
        with Folder() as folder:
            status, came, said = folder.run(
                "--sandbox", "log", thread=thread,
                names=",".join([*REAL, "execve", "ptrace"]))
        tap.equal((status, len(came)), (vm.OK, len(REAL) + 2), thread)
        tap.none_of(f"{thread}: {attack}: {came[attack]}" for attack in REAL
                    if came[attack] and attack not in NOT_MADE)
        lines = said.splitlines()
        tap.equal(len(set(lines)), len(lines), f"{thread}: different lines")
        for call in "socket", "fork", "execve", "ptrace":
            tap.check(any(re.match(rf"kvm-vmm: sandbox: {name}[^:]*: {call} \(",
                                   line) for line in lines), *lines)


PEEK = """import sys
for name in "mem", "maps", "environ", "fd/0":
    try:
        open(f"/proc/{sys.argv[1]}/{name}", "rb").read(1)
        print(name)
    except PermissionError:
        pass
"""


@tap.case("another process of the same user does not see into it")
def unseen_by_others():
    check_can()
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            f"--groups={os.stat('/dev/kvm').st_gid}") \
        if os.geteuid() == 0 else ()
    with Spinning(*user, vm.KVM_VMM, "--timeout", str(LIMIT)) as spinning:
        done = subprocess.run((*user, sys.executable, "-c", PEEK,
                               str(spinning.pid)), capture_output=True,
                              text=True, check=False)
    tap.equal((done.stdout, done.stderr), ("", ""), "what could be opened")


@tap.case("a folder that was exchanged for a link: what is there, stays there")
def exchanged():
    check_can()
    with Folder() as folder:
        if not has_landlock(folder):
            raise tap.Skip("this host has no Landlock")
        place = os.path.join(folder.top, "place")
        os.mkdir(place)
        with Spinning(vm.KVM_VMM, "--timeout", str(LIMIT),
                      f"--gdb=unix:{place}/secret") as spinning:
            os.rename(place, place + ".was")
            os.symlink(folder.top, place)
            spinning.process.terminate()
            spinning.process.communicate()
        tap.check(os.path.exists(os.path.join(folder.top, "secret")),
                  "the file behind the link was removed")


@tap.case("the terminal is as it was before, when a vCPU's thread dies of it")
def restored():
    check_can()
    with Folder() as folder:
        words = folder.command(thread="vcpu", names="openat")
        with terminal.Terminal((*words[:-1], os.path.join(folder.top,
                                                          "guest.bin"))) as term:
            term.ends(vm.FAILED)
            tap.check("is none of its calls" in term.seen, term.seen)


tap.main()
