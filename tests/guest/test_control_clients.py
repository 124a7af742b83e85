#!/usr/bin/python3
# timeout: 300
"""--control: whatever clients do, and who dies when."""

import contextlib
import json
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time

import vm
from control import (LIMIT, Client, Folder, Run, exits, main, states, wait_for,
                     with_run)
from vm import tap



# --- Clients ----------------------------------------------------------------

WRONG = [
    (b"", "no answer to nothing", None),
    (b"nonsense", "nonsense: no such command", "help"),
    (b"info more", "info: it takes no `more`", "help"),
    (b"reset now", "reset: it takes no `now`", "help"),
    (b"info\0", "without control characters", None),
    (b"\x1b[2J", "without control characters", None),
    (b"keys \xff\xfe\n"[:-1], None, None),
    (b"stop soon", "whole seconds", "stop 0"),
    (b"stop 99999999999999999999", "whole seconds", None),
    (b"stop -1", "whole seconds", None),
    (b"guest 99999999999999999999 info", "number from 1", None),
    (b"registers 4294967296", "give a vCPU", None),
    (b"x" * 4095, "no such command", None),
    (b"x" * 4096, "longer than 4095 bytes", None),
    (b"y" * 100000, "longer than 4095 bytes", None),
]


@with_run("echo")
def refuses(run):
    """What is no command has an answer, and the next one is understood."""
    with run.client() as client:
        for line, error, hint in WRONG:
            client.send(line + b"\n")
            if line:
                answer = client.answer()
                tap.equal(answer["ok"], error is None, f"{line[:40]}: ok")
                tap.check(not error or error in answer["error"],
                          f"{line[:40]}: {answer}")
                tap.check(not hint or hint in answer["hint"],
                          f"{line[:40]}: {answer}")
            client.must("info")


@with_run("echo")
def takes_pieces(run):
    """Half lines, several at once, lines with \\r, and none at the end."""
    with run.client() as client:
        for byte in b"  info \r":
            client.send(bytes([byte]))
        client.send(b"\n\n  \npause\nresume\ninfo\n")
        tap.equal([list(client.answer())[1] for _ in range(4)],
                  ["name", "guests", "guests", "name"], "answers")
        client.send(b"help\npau")
        client.socket.shutdown(socket.SHUT_WR)
        tap.check("commands" in client.answer(), "no help")
        tap.check("no newline" in client.answer()["error"], "half a line")
        tap.equal(client.answer(), None, "behind the end")
    with run.client() as client:
        tap.equal(states(client), ["running"])


@with_run("echo")
def does_what_was_said(run):
    """A client that says something and goes at once."""
    with run.client() as client:
        client.send(b"info\n" * 50 + b"keys gone\\n\n")
    tap.equal(run.line(), b"gone\n", "output")
    with run.client() as client:
        client.send(b"pause")       # no line
    with run.client() as client:
        tap.equal(states(client), ["running"])


@with_run("echo")
def serves_many(run):
    """64 at once, beside one that reads nothing, half a line and silence."""
    failures = []

    def ask(number):
        try:
            with run.client() as client:
                for _ in range(10):
                    tap.equal(client.must("info")["pid"], run.program.pid)
                    client.refused(f"no{number}", f"no{number}: no such")
        except (tap.Failure, OSError) as failure:
            failures.append(f"client {number}: {failure}")

    with run.client() as slow, run.client() as half, run.client():
        slow.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                slow.socket.send(b"help\n" * 500)
        half.send(b"inf")
        threads = [threading.Thread(target=ask, args=[number])
                   for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        tap.none_of(failures)
        half.send(b"o\n")
        tap.check(half.answer()["ok"], "half a line, later")
        slow.socket.settimeout(LIMIT)
        tap.check("commands" in slow.answer(), "the slow one")


@with_run("echo")
def hangs_up_on_the_silent(run):
    """There is always room for one more: the longest silent has to go."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(run.client()) for _ in range(128)]
        for client in clients:
            client.must("info")
        with run.client() as another:
            another.must("info")
        tap.equal(clients[0].answer(), None, "what the first one hears")
        clients[127].must("info")


@with_run("echo")
def knows_users(run):
    """Another user who gets at the socket is told to go; root is not."""
    if os.geteuid():
        raise tap.Skip("only root can become another user")
    code = ("import os,socket,sys; s = socket.socket(socket.AF_UNIX); "
            "s.connect(sys.argv[1]); os.write(1, s.recv(999))")

    def as_nobody():
        return subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             "/usr/bin/python3", "-c", code, run.path],
            capture_output=True, check=False, timeout=LIMIT)

    folder = os.path.dirname(run.path)
    tap.equal(os.stat(run.path).st_mode & 0o777, 0o600, "mode of the socket")
    tap.equal(os.stat(folder).st_mode & 0o777, 0o700, "mode of its folder")
    tap.check(b"PermissionError" in as_nobody().stderr, "nobody gets in")
    for path, mode in ((run.path, 0o666), (folder, 0o755),
                       (os.path.dirname(folder), 0o755)):
        os.chmod(path, mode)
    answer = json.loads(as_nobody().stdout)
    tap.equal(answer["ok"], False)
    tap.check("another user" in answer["error"], answer)
    with run.client() as client:
        client.must("info")


# --- Runs -------------------------------------------------------------------

def ends_with_the_vmm():
    """kill -9: the broker goes by itself, and takes its socket along."""
    with Folder() as folder, Run(folder, "--name=run",
                                 vm.assemble("echo")) as run:
        with run.client() as client:
            client.must("info")
            broker = run.broker()
            run.kill()
            tap.equal(client.answer(), None, "behind the end")
        wait_for("the broker's end",
                 lambda: not os.path.exists(f"/proc/{broker}"))
        tap.equal(folder.sockets(), [], "sockets")


def goes_on_without_the_broker():
    """The guest runs on; the next who comes across the socket removes it."""
    with Folder() as folder, Run(folder, "--name=run",
                                 vm.assemble("echo")) as run:
        tap.check(b"ready" in run.line(), "not ready")
        os.kill(run.broker(), signal.SIGKILL)
        said = run.program.stderr.readline()
        tap.check(b"broker has ended" in said, said)
        wait_for("its listener's end", lambda: is_refused(run))
        tap.equal(folder.sockets(), ["run"], "sockets")
        tap.equal(json.loads(folder.ctl("list").out)["runs"], [], "runs")
        tap.equal(folder.sockets(), [], "sockets")
        run.type(b"on\n\x04")
        tap.equal(run.line(), b"on\n", "output")
        run.ends()


def is_refused(run):
    """Whether nobody listens any more; a process that is killed takes a while."""
    try:
        run.client().socket.close()
    except ConnectionRefusedError:
        return True
    return False


def replaces_the_dead():
    """A name is free again, whatever its last owner died of."""
    with Folder() as folder:
        with Run(folder, "--name=run", vm.assemble("echo")) as run:
            os.kill(run.broker(), signal.SIGKILL)
            run.kill()
            run.program.wait(LIMIT)
            wait_for("its listener's end", lambda: is_refused(run))
            tap.equal(folder.sockets(), ["run"], "what is left")
            with Run(folder, "--name=run", vm.assemble("echo")) as again, \
                    again.client() as client:
                tap.equal(client.must("info")["pid"], again.program.pid)


def steals_nothing():
    """Two of a name: the second is refused, or has a number."""
    echo = vm.assemble("echo")
    with Folder() as folder, Run(folder, echo, name="echo.bin") as one, \
            Run(folder, echo, name="echo.bin-2") as two:
        tap.equal(folder.sockets(), ["echo.bin", "echo.bin-2"], "sockets")
        done = subprocess.run(
            [vm.KVM_VMM, "--control", "--name=echo.bin", echo],
            env=folder.environ, capture_output=True, check=False,
            timeout=LIMIT, stdin=subprocess.DEVNULL)
        tap.equal(done.returncode, vm.USAGE, done.stderr)
        tap.check(b"another run answers" in done.stderr, done.stderr)
        for run in (one, two):
            with run.client() as client:
                tap.equal(client.must("info")["pid"], run.program.pid)
        runs = json.loads(folder.ctl("list").out)["runs"]
        tap.equal([run["name"] for run in runs], ["echo.bin", "echo.bin-2"])
        folder.ctl("info").must(vm.FAILED)      # which of them?


def starts_at_once():
    """16 of one image at a time have 16 names, and no socket is lost."""
    echo = vm.assemble("echo")
    names = ["echo.bin"] + [f"echo.bin-{nr}" for nr in range(2, 17)]
    with Folder() as folder, contextlib.ExitStack() as stack:
        runs = [stack.enter_context(Run(folder, echo, name=None))
                for name in names]
        wait_for("16 sockets", lambda: len(folder.sockets()) == len(names))
        pids = set()
        for name in names:
            with Client(folder.socket(name)) as client:
                info = client.must("info")
                tap.equal(info["name"], name)
                pids.add(info["pid"])
        tap.equal(pids, {run.program.pid for run in runs}, "pids")


def listens_at_paths():
    """As the option's value or the next word; never over what is no socket."""
    echo = vm.assemble("echo")
    with Folder() as folder:
        path = os.path.join(folder.path, "some where.sock")
        for words in ([f"--control={path}"], ["--control", path]):
            with subprocess.Popen([vm.KVM_VMM, *words, echo],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as program:
                tap.check(b"ready" in program.stdout.readline(), "not ready")
                done = folder.ctl(path, "info")
                tap.equal(json.loads(done.out)["pid"], program.pid)
                program.stdin.write(b"\x04")
                program.stdin.flush()
        with open(path, "w", encoding="ascii") as file:
            file.write("a file")
        for place, words in ((path, "another run answers"),
                             ("/no/such/x.sock", "mkdir -p"),
                             ("x" * 108, "at most 107 bytes"),
                             ("", "give a path")):
            done = subprocess.run([vm.KVM_VMM, f"--control={place}", echo],
                                  capture_output=True, check=False, text=True,
                                  timeout=LIMIT, stdin=subprocess.DEVNULL)
            tap.equal(done.returncode, vm.USAGE, done.stderr)
            tap.check(words in done.stderr, done.stderr)
        for name in ("", "a/b", "..", "-x", "info", "list", "x" * 57, "ä"):
            done = subprocess.run([vm.KVM_VMM, f"--name={name}", echo],
                                  capture_output=True, check=False, text=True,
                                  timeout=LIMIT, stdin=subprocess.DEVNULL)
            tap.equal(done.returncode, vm.USAGE, f"{name}: {done.stderr}")


def locked_folder():
    """Whoever may look into a folder may lock it: that stops no run, nor its end."""
    with Folder() as folder:
        os.chmod(folder.path, 0o755)
        held = os.open(folder.path, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        place = os.path.join(folder.path, "socket")
        with subprocess.Popen([vm.KVM_VMM, f"--control={place}",
                               vm.assemble("echo")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as program:
            tap.check(b"ready" in program.stdout.readline(), "not ready")
            program.stdin.write(b"\x04")
            program.stdin.flush()
        wait_for("its end", lambda: not os.path.exists(place))
        os.close(held)


def unsafe_folders():
    """A folder in which others may write is not used."""
    with Folder() as folder:
        os.mkdir(os.path.join(folder.path, "mini-kvm"), 0o700)
        os.chmod(os.path.join(folder.path, "mini-kvm"), 0o777)
        with subprocess.Popen(
                [vm.KVM_VMM, "--control", f"--name=unsafe{os.getpid()}",
                 vm.assemble("echo")], env=folder.environ,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            tap.check(b"ready" in program.stdout.readline(), "not ready")
            tap.equal(folder.sockets(), [], "sockets in there")
            program.stdin.write(b"\x04")
            program.stdin.flush()


def reader_is_stuck():
    """Nobody reads what the guest prints: it can be asked, and ended."""
    with Folder() as folder, Run(folder, "--name=run", "--keys=serial",
                                 vm.assemble("flood")) as run, \
            run.client() as client:
        def stuck():
            before = exits(client)
            time.sleep(0.2)
            return exits(client) == before > 0

        def held():     # or it was slow, and not stuck
            if not stuck():
                return False
            state = client.must("pause")["guests"][0]["state"]
            if state != "pausing":
                client.must("resume")
            return state == "pausing"
        wait_for("a guest that cannot be paused", held)
        client.refused("registers", "does not come out of a device")
        client.must("resume")
        client.must("stop 0")
        wait_for("its end", lambda: run.program.poll() is not None)
        tap.equal(run.program.returncode, vm.OK, "status")


main(
    ("what is no command is refused, and nothing else happens", refuses),
    ("lines in pieces, several at once, half a line", takes_pieces),
    ("what a client said before it went is done", does_what_was_said),
    ("64 clients at once, a slow one and a half line", serves_many),
    ("128 silent clients leave room for one more", hangs_up_on_the_silent),
    ("another user is turned away", knows_users),
    ("kill -9 of the VMM: nothing is left", ends_with_the_vmm),
    ("kill -9 of the broker: the guest goes on", goes_on_without_the_broker),
    ("the socket of a dead run is replaced", replaces_the_dead),
    ("one that is alive is never stolen", steals_nothing),
    ("16 runs of one image that start at once", starts_at_once),
    ("sockets at paths, and names that are none", listens_at_paths),
    ("a folder that another has locked is used all the same", locked_folder),
    ("a folder that others may write to is not used", unsafe_folders),
    ("a guest whose reader is stuck can be asked and ended", reader_is_stuck))
