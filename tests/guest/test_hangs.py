#!/usr/bin/python3
# timeout: 240
"""Readers that are stuck, slow or gone: --timeout and SIGTERM end kvm-vmm.

Every case has PATIENCE seconds, which only ends what hangs. Many run at once,
because most of them do nothing but wait.
"""

import concurrent.futures
import fcntl
import glob
import gzip
import os
import pty
import random
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time

import badimages
import vm
from vm import tap

PATIENCE = 60
AT_ONCE = 8
F_SETPIPE_SZ = 1031
WORK = tempfile.TemporaryDirectory()


def image(name, code):
    path = os.path.join(WORK.name, name)
    with open(path, "wb") as file:
        file.write(code)
    return path


def linux(name):
    """A guest of src/ as a 64-bit kernel."""
    with open(vm.assemble(name), "rb") as file:
        return image(name, badimages.bzimage(code=file.read()))


def crash(exits):
    """So many exits, then protected mode and an interrupt without a table."""
    return image(f"crash{exits}", b"\xb9" + exits.to_bytes(2, "little") +
                 bytes.fromhex("e680e2fc 400f01f0 e680cc"))


class Reader:
    """A descriptor to write to, and how it is read at the other end."""

    KINDS = ("pipe", "socket", "terminal")

    def __init__(self, kind, pause=None, size=4096):
        """pause: seconds between two reads of so many bytes; None: never."""
        if kind == "pipe":
            self.ours, self.theirs = os.pipe()
            fcntl.fcntl(self.theirs, F_SETPIPE_SZ, 4096)
        elif kind == "socket":
            ends = socket.socketpair()
            self.ours, self.theirs = (end.detach() for end in ends)
        else:
            self.ours, self.theirs = pty.openpty()
        self.open = True
        if pause is not None:
            threading.Thread(target=self.read, args=(pause, size),
                             daemon=True).start()

    def read(self, pause, size):
        while self.open:
            try:
                if select.select([self.ours], [], [], 0.2)[0]:
                    os.read(self.ours, size)
            except (OSError, ValueError):
                return
            time.sleep(pause)

    def wait_until_full(self):
        end = time.monotonic() + PATIENCE
        have = b""
        while int.from_bytes(have, "little") < 3300:
            tap.check(time.monotonic() < end, "nothing has filled it")
            time.sleep(0.01)
            have = fcntl.ioctl(self.ours, termios.FIONREAD, b"\0" * 4)

    def close(self):
        self.open = False
        os.close(self.ours)
        os.close(self.theirs)


def start(argv, **streams):
    chosen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
              "stderr": subprocess.DEVNULL}
    chosen.update(streams)
    return subprocess.Popen([vm.KVM_VMM, *argv], start_new_session=True,
                            **chosen)


def ended(program, what):
    """The exit status; a program that hangs is killed, and that fails."""
    try:
        return program.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
        raise tap.Failure(f"{what}: only SIGKILL ended it") from None


def all_at_once(function, values):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for future in [pool.submit(function, value) for value in values]:
            future.result()


def with_full_stderr(argv, statuses, signum=None):
    """Nobody reads stderr; ends by itself, or by one signal, and says so."""
    reader = Reader("pipe")
    with start(argv, stderr=reader.theirs) as program:
        if signum:
            reader.wait_until_full()
            program.send_signal(signum)
        status = ended(program, argv)
    reader.close()
    tap.check(status in statuses, argv, f"status {status}")


def ledger():
    with start(["--stats", "--irqchip=vmm", linux("long_ledger")]) as program:
        tap.equal(ended(program, "--stats"), 5, "status")


def device_lock(options, statuses, signum=None):
    """The 8259 has something odd to say when stderr is full to the byte."""
    path = linux("long_oddity")
    all_at_once(lambda n: with_full_stderr(
        [*options, "--verbose", "--irqchip=vmm", "--cmdline", "n" * n, path],
        statuses, signum), range(10))


def crashes(options, statuses, signum=None):
    all_at_once(lambda n: with_full_stderr(
        [*options, "--verbose", crash(n)], statuses, signum), range(50, 60))


def stuck(kind, options, status, signum=None):
    reader = Reader(kind)
    with start([*options, "--verbose", vm.assemble("exits")],
               stderr=reader.theirs) as program:
        if signum:
            time.sleep(1)
            program.send_signal(signum)
        tap.equal(ended(program, kind), status, "status")
    reader.close()


def typed(keys, options, status):
    """Escape keys while stderr is full."""
    ours, theirs = pty.openpty()
    reader = Reader("pipe")
    with start([*options, "--verbose", vm.assemble("exits")], stdin=theirs,
               stdout=theirs, stderr=reader.theirs) as program:
        reader.wait_until_full()
        os.write(ours, keys)
        tap.equal(ended(program, keys), status, "status")
    reader.close()
    os.close(ours)
    os.close(theirs)


def fifo(option, guest, statuses, *options, signum=None):
    """A FIFO that has a reader who never reads."""
    path = os.path.join(WORK.name, f"fifo{random.random()}")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with start([option + path, *options, guest]) as program:
        if signum:
            select.select([reader], [], [], PATIENCE)
            time.sleep(1)
            program.send_signal(signum)
        status = ended(program, option)
    os.close(reader)
    tap.check(status in statuses, option, f"status {status}")


def figures():
    """All guests have ended: there is nothing left to end in good order."""
    reader = Reader("pipe")
    argv = ["--stats=json", *8 * [vm.assemble("outsb")]]
    with start(argv, stderr=reader.theirs) as program:
        reader.wait_until_full()
        program.send_signal(signal.SIGTERM)
        tap.equal(ended(program, argv), -signal.SIGTERM, "status")
    reader.close()


def full_at_the_start():
    """What is said before any guest runs finds no room, either."""
    reader = Reader("pipe")
    os.set_blocking(reader.theirs, False)
    try:
        while True:
            os.write(reader.theirs, b"x")
    except BlockingIOError:
        os.set_blocking(reader.theirs, True)
    with start(["--timeout", "1", "--verbose", linux("long_oddity")],
               stderr=reader.theirs) as program:
        tap.equal(ended(program, "full stderr"), vm.LIMIT, "status")
    reader.close()


def twice():
    """timeout(1) sends its signal twice; the figures come nevertheless."""
    with start(["--stats", vm.assemble("exits")],
               stderr=subprocess.PIPE) as program:
        wait_for(lambda: catches(program.pid, signal.SIGTERM), "it is running")
        program.send_signal(signal.SIGTERM)
        program.send_signal(signal.SIGTERM)
        text = program.stderr.read()
        tap.equal(ended(program, "twice"), 128 + signal.SIGTERM, "status")
    tap.check(b"VM exits" in text, text)


def catches(pid, signum):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        caught = file.read().partition("SigCgt:")[2].split()[0]
    return int(caught, 16) >> signum - 1 & 1


def unreadable_stdin(flags, path):
    """What cannot be read is said, and is not the end of what was piped in."""
    stdin = os.open(path, flags)
    with start([*TIMEOUT, vm.assemble("loop")], stdin=stdin,
               stderr=subprocess.PIPE) as program:
        os.close(stdin)
        text = program.stderr.read()
        tap.equal(ended(program, path), vm.LIMIT, "status")
    tap.check(b"warning: stdin: " in text, text)


def blocked_by_parent(options, status, signum=None):
    """Whoever started it has blocked all signals for itself, and so for us."""
    everything = signal.valid_signals()
    argv = [vm.KVM_VMM, *options, vm.assemble("loop")]
    with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.pthread_sigmask(
                signal.SIG_BLOCK, everything)) as program:
        if signum:
            time.sleep(1)
            program.send_signal(signum)
        tap.equal(ended(program, argv), status, "status")


def ignored_by_parent():
    """As by nohup(1), and by a shell without job control for its `&`."""
    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
    argv = [vm.KVM_VMM, "--stats", vm.assemble("exits")]
    with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=lambda: [
                signal.signal(one, signal.SIG_IGN) for one in signals]
            ) as program:
        time.sleep(1)
        for one in signals:
            program.send_signal(one)
        program.send_signal(TERM)
        tap.equal(ended(program, argv), 128 + TERM, "status")


def without_stdout(argv, status):
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", vm.KVM_VMM,
                           *argv], stdin=subprocess.DEVNULL, check=False,
                          stderr=subprocess.PIPE, timeout=PATIENCE)
    tap.equal(done.returncode, status, f"{argv} {done.stderr}: status")


def few_descriptors(number):
    """All is well and nothing is said, or it is not and that is."""
    argv = ["/bin/sh", "-c", f'ulimit -n {number} && exec "$@"', "sh",
            vm.KVM_VMM, vm.assemble("outsb")]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, timeout=PATIENCE)
    bad = done.returncode == vm.FAILED and done.stderr
    good = done.returncode == 0 and done.stdout and not done.stderr
    tap.check(bad or good, f"ulimit -n {number}: {done}")


def few_for_linux(number):
    """The kernel or its initramfs finds no descriptor left: no usage error."""
    kernel = image(f"few{number}", badimages.bzimage())
    argv = ["/bin/sh", "-c", f'ulimit -n {number} && exec "$@"', "sh",
            vm.KVM_VMM, "--initrd", kernel, kernel]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, timeout=PATIENCE)
    tap.check(done.returncode == 5 or
              (done.returncode == vm.FAILED and done.stderr), done)


def full_disk():
    with start(["--trace=/dev/full", *TIMEOUT,
                vm.assemble("exits")]) as program:
        tap.equal(ended(program, "--trace=/dev/full"), vm.FAILED, "status")


def random_readers(seed):
    """Each stream has some reader; a signal comes, or the time runs out."""
    dice = random.Random(seed)
    pauses = (None, None, 0.001, 0.1)
    readers = [Reader(dice.choice(Reader.KINDS), dice.choice(pauses),
                      dice.choice((1, 100, 4096))) for _ in range(2)]
    pipes = []
    options = [option for option in ("--verbose", "--explain", "--no-batching",
                                     "--interleave") if dice.random() < 0.5]
    for option in ("--trace=", "--stats=json:"):
        if dice.random() < 0.6:
            path = os.path.join(WORK.name, f"random{seed}{option[2:7]}")
            os.mkfifo(path)
            pipes.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            options.append(option + path)
    guests = [vm.assemble(dice.choice(("flood", "exits", "triple", "outsb")))
              for _ in range(dice.randrange(1, 4))]
    signum = dice.choice((None, signal.SIGTERM, signal.SIGINT))
    limit = "100" if signum else "1"
    with start(["--timeout", limit, *options, *guests],
               stdout=readers[0].theirs, stderr=readers[1].theirs) as program:
        if signum:
            time.sleep(dice.random() * 2)
            program.send_signal(signum)
        ended(program, f"seed {seed}: {options} {guests}")
    for reader in readers:
        reader.close()
    for pipe in pipes:
        os.close(pipe)


def unpacking(signum, status, *options):
    """kvm-vmm ends while a kvm-gunzip of ours unpacks, which never does. It has asked
    for KVM before."""
    vm.on_host()
    with tempfile.TemporaryDirectory() as folder:
        ours = shutil.copy(vm.KVM_VMM, folder)
        mark = f"{os.getpid()}{random.randrange(10 ** 9)}"
        packed = os.path.join(folder, "packed.gz")
        with open(packed, "wb") as file:
            file.write(gzip.compress(b"\xf4"))
        program = os.path.join(folder, "kvm-gunzip")
        with open(program, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\nexec /bin/sleep 500.{mark}\n")
        os.chmod(program, 0o755)
        with subprocess.Popen([ours, *options, packed]) as process:
            wait_for(lambda: running(mark), "kvm-gunzip has begun")
            if signum:
                process.send_signal(signum)
            try:
                wait_for(lambda: not running(mark), "kvm-gunzip ends")
            except tap.Failure:
                for pid in running(mark):
                    os.kill(pid, signal.SIGKILL)
                raise
        tap.equal(process.returncode, status, "how kvm-vmm has ended")


def wait_for(happens, what):
    end = time.monotonic() + PATIENCE
    while not happens():
        tap.check(time.monotonic() < end, f"never: {what}")
        time.sleep(0.02)


def running(mark):
    """The processes with mark in their words, by our own numbers: a back end
    may have a pid namespace, in which it is 1. A zombie has no words."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if file.read().split(b"\0")[1:2] == [f"500.{mark}".encode()]:
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


TIMEOUT = ("--timeout", "1")
TERM = signal.SIGTERM
for signum in signal.SIGTERM, signal.SIGKILL:
    tap.add(f"kvm-gunzip ends with a kvm-vmm that {signum.name} ends",
            unpacking, signum, -signum)
tap.add("and with one that --timeout ends", unpacking, None, vm.LIMIT,
        *TIMEOUT)
ORDERLY = (128 + TERM,)
PLACES = vm.places("real16")
if "host" in PLACES:
    tap.add("a guest crashes while stderr is full: --timeout", crashes,
            TIMEOUT, (vm.CRASHED,  vm.LIMIT))
    tap.add("and SIGTERM", crashes, (), (vm.CRASHED, *ORDERLY, -TERM), TERM)
    for one in Reader.KINDS:
        tap.add(f"stderr is a {one} nobody reads: --timeout", stuck, one,
                TIMEOUT, vm.LIMIT)
        tap.add(f"stderr is a {one} nobody reads: SIGTERM", stuck, one, (),
                ORDERLY[0], TERM)
    tap.add("Ctrl-A h while stderr is full: --timeout", typed, b"\x01h",
            TIMEOUT, vm.LIMIT)
    tap.add("Ctrl-A h, then x", typed, b"\x01h\x01x", (), vm.OK)
    tap.add("--trace into a FIFO nobody reads: --timeout", fifo, "--trace=",
            vm.assemble("exits"), (vm.LIMIT,), *TIMEOUT)
    tap.add("--trace into a FIFO nobody reads: SIGTERM",
            lambda: fifo("--trace=", vm.assemble("exits"), ORDERLY,
                         signum=TERM))
    tap.add("figures that wait for their reader when all is over: SIGTERM",
            figures)
    tap.add("SIGTERM comes twice at once, as timeout(1) sends it", twice)
    tap.add("stdin is a folder", unreadable_stdin, os.O_RDONLY, WORK.name)
    tap.add("stdin can only be written to", unreadable_stdin, os.O_WRONLY,
            vm.assemble("loop"))
    tap.add("signals that the parent has blocked: --timeout",
            blocked_by_parent, TIMEOUT, vm.LIMIT)
    tap.add("and SIGTERM", blocked_by_parent, (), 128 + TERM, TERM)
    tap.add("signals that the parent ignores, as nohup does, are ignored",
            ignored_by_parent)
    for words, code in (((vm.assemble("outsb"),), vm.FAILED),
                        (("--no-batching", vm.assemble("outsb")), vm.FAILED),
                        ((vm.assemble("halt"),), vm.OK),
                        (("--help",), vm.FAILED), (("--list",), vm.FAILED),
                        (("--doctor=real16",), vm.FAILED)):
        tap.add(f"stdout is closed: {os.path.basename(words[0])}",
                without_stdout, words, code)
    tap.add("too few descriptors are a failure, not a message alone",
            all_at_once, few_descriptors, range(4, 33))
    tap.add("--timeout does not hide that the trace could not be written",
            full_disk)
    tap.add("random readers of stdout, stderr, trace and figures",
            all_at_once, random_readers, range(24))
if "host" in vm.places("long64"):
    tap.add("--stats: as many ports as there are rows, and more", ledger)
    tap.add("a device has something to say when stderr is full: --timeout",
            device_lock, TIMEOUT, (vm.LIMIT,))
    tap.add("and SIGTERM", device_lock, (), ORDERLY, TERM)
    tap.add("stderr is full before the start", full_at_the_start)
    tap.add("too few descriptors for a kernel and its initramfs",
            all_at_once, few_for_linux, range(4, 20))

tap.main()
