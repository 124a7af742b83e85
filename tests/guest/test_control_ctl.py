#!/usr/bin/python3
# timeout: 300
"""`kvm-vmm ctl` and --stats-every: what is told, and to whom."""

import array
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import termios
import time

import terminal
import vm
from control import LIMIT, Folder, Run, main, wait_for, with_run
from vm import tap


COMMANDS = ["help", "info", "pause", "resume", "stop"]


# --- kvm-vmm ctl ------------------------------------------------------------

@with_run("stand", name="web")
def asks(run):
    """Names, paths, statuses, and JSON unless there is a terminal."""
    ctl = run.folder.ctl
    for words in (["info"], ["web", "info"], [run.path, "info"],
                  ["--json", "web", "guest", "1", "info"]):
        done = ctl(*words)
        done.must(vm.OK)
        tap.equal(json.loads(done.out)["name"], "web")
    done = ctl("nonsense", "info")
    done.must(vm.FAILED, b"")
    tap.check("no such run" in done.err, done.err)
    done = ctl("web", "nonsense")
    done.must(1)
    tap.equal(json.loads(done.out)["ok"], False)
    for words in ([], ["nonsense"], ["--nonsense", "info"],
                  ["keys", "x" * 5000], ["keys", "a\nb"]):
        ctl(*words).must(vm.USAGE, b"")
    for words in (["help"], ["--help"]):
        done = ctl(*words)
        done.must(vm.OK)
        tap.none_of(f"{name}: not in help" for name in COMMANDS
                    if not re.search(rf"^  {name} ", done.out.decode(), re.M))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([vm.KVM_VMM, "ctl", "info"], stdout=full,
                              env=run.folder.environ, check=False,
                              stderr=subprocess.PIPE, timeout=LIMIT)
        tap.equal(done.returncode, vm.FAILED, "status with a full disk")


@with_run("stand", name="web")
def shows_people(run):
    """On a terminal: tables, lines of the screen, errors in words."""
    def session(*words):
        return terminal.Terminal(["env", f"XDG_RUNTIME_DIR={run.folder.path}",
                                  vm.KVM_VMM, "ctl", *words])
    with session("list") as term:
        term.expect(r"NAME +PID +STATE .*\n"
                    r"web +%d +running +1 " % run.program.pid)
        term.ends(vm.OK)
    with session("screen") as term:
        term.expect("\nStand\r\n")
        term.ends(vm.OK)
    with session("registers") as term:
        term.expect(r"rbx +0x1234\r\n")
        term.expect(r"segment +selector +base")
        term.ends(vm.OK)
    with session("guest", "2", "info") as term:
        term.expect("kvm-vmm: ctl: there is no guest 2; `info` numbers them")
        term.ends(1)


@tap.case("who waits at a terminal sees for how long, and what is written by then")
def shows_that_it_takes_time():
    with Folder() as folder:
        path = os.path.join(folder.path, "slow")
        file = os.path.join(folder.path, "saved")
        with open(file + ".tmp", "wb") as out:
            out.write(bytes(3 << 20))
            out.flush()
            os.fsync(out.fileno())
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            os.chmod(path, 0o600)
            server.listen()
            with terminal.Terminal([vm.KVM_VMM, "ctl", path, "save", file]) as term:
                client, _ = server.accept()
                with client:
                    tap.equal(client.recv(4096), f"save {file}\n".encode())
                    term.expect(r"kvm-vmm: \d+ s, 3 MiB are written")
                    client.sendall(b'{"ok": true, "bytes": 5}\n')
                    term.expect(r"bytes +5")
                    term.ends(vm.OK)


def nobody_there():
    with Folder() as folder:
        folder.ctl("list").must(vm.OK, b'{"ok": true, "runs": []}\n')
        done = folder.ctl("info")
        done.must(vm.FAILED, b"")
        tap.check("no run with --control" in done.err, done.err)


def terminal_is_untouched():
    """With --control a run at a terminal is as without."""
    with Folder() as folder:
        with terminal.Terminal(["env", f"XDG_RUNTIME_DIR={folder.path}",
                                vm.KVM_VMM, "--control", "--name=run",
                                vm.assemble("echo")]) as term:
            term.expect("ready")
            term.send("typed")
            term.expect("typed")
            done = folder.ctl("keys", "more")
            tap.equal(json.loads(done.out)["taken"], 4)
            term.expect("more")
            term.send(terminal.CTRL_A + "x")
            term.ends(vm.OK)
        tap.equal(folder.sockets(), [], "sockets")


def survives_ctrl_c():
    """Ctrl-C is the VMM's: the broker ends because that does."""
    with Folder() as folder:
        with terminal.Terminal(["env", f"XDG_RUNTIME_DIR={folder.path}",
                                vm.KVM_VMM, "--control", "--name=run",
                                vm.assemble("stand")]) as term:
            term.expect("ready")
            term.kill(signal.SIGINT)
            term.ends(128 + signal.SIGINT)
        wait_for("its socket", lambda: not folder.sockets())


def stuck_broker():
    """One that was stopped does not keep the run from its end."""
    with Folder() as folder, Run(folder, "--name=run",
                                 vm.assemble("echo")) as run:
        broker = run.broker()
        os.kill(broker, signal.SIGSTOP)
        run.type(b"\x04")
        run.ends()
        wait_for("its end", lambda: not os.path.exists(f"/proc/{broker}"))
        folder.ctl("list").must(vm.OK)      # and its socket goes


def silent_run():
    """`ctl list` does not wait for ever for one that was stopped."""
    with Folder() as folder, Run(folder, "--name=run",
                                 vm.assemble("echo")) as run:
        os.kill(run.broker(), signal.SIGSTOP)
        try:
            runs = json.loads(folder.ctl("list").out)["runs"]
            tap.equal(runs, [{"ok": False, "name": "run",
                              "error": "no answer"}])
            hears_nobody(folder, run)
        finally:
            os.kill(run.broker(), signal.SIGCONT)


def hears_nobody(folder, run):
    """As many wait already as there is room for."""
    with contextlib.ExitStack() as waiting:
        with contextlib.suppress(BlockingIOError):
            while True:
                one = waiting.enter_context(socket.socket(socket.AF_UNIX))
                one.setblocking(False)
                one.connect(run.path)
        both = [subprocess.Popen([vm.KVM_VMM, "ctl", *words],
                                 env=folder.environ, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for words in (["stop", "--all"], ["run", "info"])]
        (every, _), (_, one) = [ctl.communicate(timeout=LIMIT) for ctl in both]
        tap.equal([ctl.returncode for ctl in both], [vm.FAILED] * 2, "statuses")
        tap.equal(json.loads(every)["runs"], [{"name": "run", "ok": False}])
        tap.check(b"hears nobody" in one, one)


# --- --stats-every ----------------------------------------------------------

def ledger_lines():
    with Folder() as folder:
        path = os.path.join(folder.path, "ledger")
        final = os.path.join(folder.path, "final")
        with Run(folder, "--name=run", "--stats-every", f"0.01:{path}",
                 f"--stats=json:{final}", "--stages",
                 vm.assemble("echo")) as run:
            wait_for("three lines", lambda: open(
                path, encoding="utf-8").read().count("\n") > 2)
            run.type(b"\x04")
            run.ends()
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        with open(final, encoding="utf-8") as file:
            last = json.load(file)
    tap.equal([line["final"] for line in lines],
              [False] * (len(lines) - 1) + [True])
    for one, next_one in zip(lines, lines[1:]):
        for key in ("monotonic_ns", "unix_ns", "exits", "wall_ns"):
            tap.check(one[key] <= next_one[key], f"{key} goes back")
    tap.equal(lines[-1]["exits"], last["exits"], "exits in the end")
    tap.equal(lines[-1]["guests"], last["guests"], "guests in the end")
    tap.check(set(last) <= set(lines[-1]), f"{set(last) - set(lines[-1])}")
    tap.check("status" not in lines[0]["guests"][0], "a status while it runs")


def ledger_reader_is_slow():
    """A pipe that nobody reads costs lines, and the next one says how many."""
    with Folder() as folder:
        path = os.path.join(folder.path, "pipe")
        os.mkfifo(path)
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as pipe, \
                Run(folder, "--name=run", "--stats-every", f"0.01:{path}",
                    vm.assemble("echo")) as run:
            seen = b""

            def is_full():
                before = pipe_bytes(pipe.fileno())
                time.sleep(0.2)
                return pipe_bytes(pipe.fileno()) == before > 40000

            def has_lost():
                nonlocal seen
                seen += pipe.read() or b""
                return any(json.loads(line)["lost_lines"]
                           for line in seen.split(b"\n")[:-1])

            def has_told():     # else it was slow, and not full
                if not is_full():
                    return False
                has_lost()
                wait_for("one more line", lambda: pipe_bytes(pipe.fileno()))
                return has_lost()
            wait_for("a line that tells of lost ones", has_told)
            run.type(b"\x04")
            wait_for("its end", lambda: has_lost() and
                     run.program.poll() is not None)
            tap.equal(run.program.returncode, vm.OK, "status")
            has_lost()
            tap.check(json.loads(seen.splitlines()[-1])["final"], "no end")


def pipe_bytes(fd):
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


LEDGER_WRONG = [
    ("0", "at least 0.01"), ("x", "give seconds"), ("1:", "give seconds"),
    (":file", "give seconds"), ("1e3", "give seconds"), ("", "give seconds"),
    ("9" * 40, "give seconds"), ("1:/no/such/file", "No such file"),
]


def ledger_wrong():
    for arg, words in LEDGER_WRONG:
        done = subprocess.run(
            [vm.KVM_VMM, f"--stats-every={arg}", vm.assemble("echo")],
            capture_output=True, check=False, text=True, timeout=LIMIT,
            stdin=subprocess.DEVNULL)
        tap.equal(done.returncode, vm.USAGE, f"{arg}: {done.stderr}")
        tap.check(words in done.stderr, f"{arg}: {done.stderr}")
    with Folder() as folder, \
            Run(folder, "--name=run", "--stats-every=0.01:/dev/full",
                vm.assemble("echo")) as run:
        tap.check(b"No space left" in run.program.stderr.readline(), "not said")
        run.type(b"\x04")
        run.ends(vm.FAILED)


main(
    ("kvm-vmm ctl: which run, which status", asks),
    ("kvm-vmm ctl for people", shows_people),
    ("kvm-vmm ctl without a run", nobody_there),
    ("a terminal is as without --control", terminal_is_untouched),
    ("Ctrl-C ends both", survives_ctrl_c),
    ("a broker that was stopped is ended with the run", stuck_broker),
    ("ctl list with a run that does not answer", silent_run),
    ("--stats-every: lines as --stats=json", ledger_lines),
    ("--stats-every: a reader that is slow", ledger_reader_is_slow),
    ("--stats-every: what is wrong with it, a full disk", ledger_wrong))
