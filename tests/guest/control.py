"""kvm-vmm with --control for the tests, and a client that says what it likes."""

import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

import vm
from vm import tap

LIMIT = 30      # seconds: only what hangs comes to that


def wait_for(what, true, limit=LIMIT):
    """Waits until true() is, and returns that."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        value = true()
        if value:
            return value
        time.sleep(0.01)
    raise tap.Failure(f"waited {limit} s for {what}")


class Client:
    """One connection: lines of bytes, answers as objects."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(LIMIT)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """The next answer, which is one line; None at the end of all."""
        while b"\n" not in self.data:
            piece = self.socket.recv(65536)
            if not piece:
                tap.equal(self.data, b"", "an answer that is cut off")
                return None
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        return json.loads(line)

    def ask(self, line):
        self.send(line.encode() + b"\n")
        answer = self.answer()
        tap.check(isinstance(answer, dict) and "ok" in answer,
                  f"{line}: {answer}")
        return answer

    def must(self, line):
        """The answer, which has to be good."""
        answer = self.ask(line)
        tap.check(answer["ok"], f"{line}: {answer}")
        return answer

    def refused(self, line, *words):
        """The error, which has to have the words, and so has its hint."""
        answer = self.ask(line)
        tap.check(not answer["ok"] and answer["error"], f"{line}: {answer}")
        said = answer["error"] + "; " + answer.get("hint", "")
        tap.none_of(f"{line}: no {word!r} in {said!r}"
                    for word in words if word not in said)
        return said


class Folder:
    """A runtime folder of the test's own."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="ctl", dir="/tmp")
        self.environ = {**os.environ, "XDG_RUNTIME_DIR": self.path}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def socket(self, name):
        return os.path.join(self.path, "mini-kvm", name)

    def sockets(self):
        """The names of all sockets."""
        top = os.path.join(self.path, "mini-kvm")
        if not os.path.isdir(top):
            return []
        return sorted(name for name in os.listdir(top) if stat.S_ISSOCK(
            os.lstat(os.path.join(top, name)).st_mode))

    def ctl(self, *words, **more):
        """What `kvm-vmm ctl` says, not to a terminal."""
        done = subprocess.run([vm.KVM_VMM, "ctl", *words], env=self.environ,
                              capture_output=True, check=False, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, **more)
        return vm.Result(done.returncode, done.stdout, done.stderr)


class Run:
    """kvm-vmm with --control, its stdin open; waits until it can be asked."""

    def __init__(self, folder, *words, name="run", program=vm.KVM_VMM,
                 option=None, stdout=subprocess.PIPE):
        self.path = name and folder.socket(name)    # None: not known yet
        self.program = subprocess.Popen(
            [program, option or "--control", *words], env=folder.environ,
            stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE)
        self.folder = folder

    def __enter__(self):
        if self.path:
            wait_for(self.path, self.answers)
        return self

    def answers(self):
        """Whether it can be asked, or has ended already."""
        with contextlib.suppress(OSError), self.client():
            return True
        return self.program.poll() is not None

    def __exit__(self, kind, *_):
        self.program.kill()
        self.program.wait(LIMIT)
        for stream in (self.program.stdin, self.program.stdout,
                       self.program.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        if self.path and not kind:
            wait_for("the broker's end",
                     lambda: not os.path.exists(self.path))

    def client(self):
        return Client(self.path)

    def type(self, data):
        self.program.stdin.write(data)
        self.program.stdin.flush()

    def line(self):
        """The next line of its stdout."""
        return self.program.stdout.readline()

    def broker(self):
        """The broker's process id. It listens a moment before it is a process."""
        path = f"/proc/{self.program.pid}/task/{self.program.pid}/children"

        def children():
            with open(path, encoding="ascii") as file:
                return file.read().split()
        wait_for("the broker", children)
        tap.equal(len(children()), 1, "children")
        return int(children()[0])

    def ends(self, status=vm.OK):
        """Waits for the end of it; what it printed on stderr."""
        err = self.program.stderr.read()
        self.program.wait(LIMIT)
        tap.equal(self.program.returncode, status, f"{err.decode()}\nstatus")
        return err.decode("utf-8", "replace")

    def kill(self, signum=signal.SIGKILL):
        self.program.send_signal(signum)


def with_run(*names, options=(), name="run"):
    """A case with a run of guests of src/, which say when they are ready."""
    def decorate(function):
        @functools.wraps(function)
        def run():
            images = [vm.assemble(n) for n in names]
            with Folder() as folder, \
                    Run(folder, "--name", name, *options, *images,
                        name=name) as one:
                for _ in names:
                    tap.check(b"ready" in one.line(), "not ready")
                function(one)
        return run
    return decorate


def exits(client, guest=1):
    return client.must("info")["guests"][guest - 1]["exits"]


def states(client):
    return [guest["state"] for guest in client.must("info")["guests"]]


def main(*cases):
    """Those of real mode, and what was added before."""
    if vm.places("real16") and vm.has_feature("control", "service") and \
            not vm.host_lacks("real16"):
        for text, case in cases:
            tap.add(text, case)
    tap.main()
