#!/usr/bin/python3
"""Copies of a running guest: `kvm-vmm ctl fork N`, each with a console of its own,
in whatever order they and the guest that they were made of end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

import vm
from vm import tap

STATUS = 17     # that src/copied.S ends with
PATIENCE = 60   # seconds, for what comes at once on an idle machine


class Place:
    """A runtime folder of our own, and the runs in it."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "XDG_RUNTIME_DIR": folder}
        self.first = None

    def start(self, *words):
        # Not a `with`: it ends when it is told to.
        # pylint: disable=consider-using-with
        self.first = subprocess.Popen(
            [vm.KVM_VMM, "--detached", "--name", "g", *words], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.until(lambda: "g" in self.names(), "it to be there")

    @staticmethod
    def until(done, what):
        end = time.monotonic() + PATIENCE
        while not done():
            tap.check(time.monotonic() < end, f"waited in vain for {what}")
            time.sleep(0.02)

    def ctl(self, *words):
        done = subprocess.run([vm.KVM_VMM, "ctl", "--json", *words],
                              env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False,
                              timeout=PATIENCE)
        tap.check(done.stdout, done.stderr.decode())
        return json.loads(done.stdout)

    def runs(self):
        return {run.get("name"): run.get("pid")
                for run in self.ctl("list")["runs"]}

    def names(self):
        return set(self.runs())

    def fork(self, name, *words):
        """The copies' names; there must be some."""
        answer = self.ctl(name, "fork", *words)
        tap.check(answer["ok"], str(answer))
        pids = {copy["name"]: copy["pid"] for copy in answer["copies"]}
        runs = self.runs()
        tap.equal({name: runs.get(name) for name in pids}, pids,
                  "pids of copies, as `list` has them")
        return list(pids)

    def refused(self, name, *words):
        answer = self.ctl(name, "fork", *words)
        tap.check(not answer["ok"], f"not refused: {answer}")
        return answer["error"]

    @contextlib.contextmanager
    def console(self, name):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(os.path.join(self.folder, "mini-kvm", name))
            sock.sendall(b"console\n")
            answer = b""
            while not answer.endswith(b"\n"):
                more = sock.recv(1)
                tap.check(more, f"{name} ended, and said {answer}")
                answer += more
            tap.check(json.loads(answer)["ok"], answer)
            yield sock

    def says(self, name, keys, want):
        """What is typed to a guest has it print that, sooner or later."""
        with self.console(name) as sock:
            sock.sendall(keys)
            seen = b""
            while want not in seen:
                more = sock.recv(4096)
                tap.check(more, f"{name} ended, and said {seen}, not {want}")
                seen += more
        return seen

    def quit(self, name):
        """Has a guest end itself; its console ends with it."""
        with self.console(name) as sock:
            sock.sendall(b"q")
            while sock.recv(4096):
                pass

    def end_all(self):
        for pid in self.runs().values():
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(pid, signal.SIGTERM)
        if self.first:
            self.first.terminate() # it may have lost its broker
            self.first.wait(PATIENCE)
            self.first.stderr.close()
        self.until(lambda: not self.names(), "all to end")


CASES = []


def case(text, *words):
    """Of a guest with those options; skipped where none can be."""
    def add(test):
        def run():
            with tempfile.TemporaryDirectory(dir="/tmp") as folder:
                place = Place(folder)
                with open(os.path.join(folder, "disk"), "wb") as disk:
                    disk.truncate(1 << 20)
                try:
                    place.start(*(word.format(folder) for word in words),
                                vm.assemble("copied"))
                    test(place)
                finally:
                    place.end_all()
        CASES.append((text, run))
        return test
    return add


@case("eight copies, each with its console, name and count of restores")
def eight(place):
    place.says("g", b"x?", b"0:x0:")
    names = place.fork("g", "8")
    tap.equal(names, [f"g-{n}" for n in range(1, 9)], "names")
    for name in names:
        place.says(name, name[-1:].encode() + b"?",
                   name[-1:].encode() + b"1:")
    seen = place.says("g", b"y?", b"y0:")
    tap.equal(seen, b"0:x0:y0:", "what the first has printed")


@case("more copies get new numbers, or the name that they are given")
def more(place):
    tap.equal(place.fork("g", "1"), ["g-1"], "names")
    tap.equal(place.fork("g", "2"), ["g-2", "g-3"], "names")
    tap.equal(place.fork("g", "1", "web"), ["web-1"], "names")


@case("copies of copies: the count goes on")
def deep(place):
    place.fork("g", "1")
    tap.equal(place.fork("g-1", "2"), ["g-1-1", "g-1-2"], "names")
    place.says("g-1-2", b"?", b"2:")
    place.says("g-1", b"?", b"1:")


@case("the first ends, its copies go on; and the other way round")
def ends(place):
    place.fork("g", "3")
    place.quit("g-2")
    place.says("g", b"?", b"0:")
    place.quit("g")
    tap.equal(place.first.wait(PATIENCE), STATUS, "its exit status")
    place.until(lambda: place.names() == {"g-1", "g-3"}, "them to go")
    place.says("g-1", b"?", b"1:")
    place.fork("g-3", "1")
    place.says("g-3-1", b"?", b"2:")


@case("a copy that is killed is nobody's loss")
def killed(place):
    place.fork("g", "2")
    os.kill(place.runs()["g-1"], signal.SIGKILL)
    place.until(lambda: place.names() == {"g", "g-2"}, "it to go")
    place.says("g-2", b"?", b"1:")
    place.says("g", b"?", b"0:")
    with open(f"/proc/{place.first.pid}/status", encoding="utf-8") as file:
        group = [line.split()[1] for line in file if
                 line.startswith("Pid:")][0]
    tap.none_of(f"{pid} is a zombie" for pid in zombies_of(group))


@case("the broker is killed: copies go on")
def broker(place):
    place.fork("g", "2")
    os.kill(child_of(place.first.pid), signal.SIGKILL)
    place.until(lambda: place.names() == {"g-1", "g-2"}, "it to go")
    place.says("g-2", b"?", b"1:")


@case("a guest that is paused stays so, and its copies run")
def paused(place):
    place.ctl("g", "pause")
    place.fork("g", "1")
    place.says("g-1", b"?", b"1:")
    tap.equal(place.ctl("g", "info")["guests"][0]["state"], "paused",
              "state")
    place.ctl("g", "resume")
    place.says("g", b"?", b"0:")


@case("a name that is taken: all of them, or none")
def taken(place):
    place.fork("g", "1", "web")
    tap.check("web-1" in place.refused("g", "3", "web"), "who it was")
    place.until(lambda: place.names() == {"g", "web-1"}, "them to go")
    place.says("web-1", b"?", b"1:")


@case("a guest that writes to a disk's file itself is told to take an overlay",
      *(["--disk", "{}/disk"] if vm.has_feature("disk", "plug") else []))
def written_disk(place):
    if vm.has_feature("disk", "plug"):
        reason = place.refused("g", "2")
        tap.check("overlay" in reason, reason)
        tap.equal(place.names(), {"g"}, "runs")


HAS_IDE = vm.has_feature("ide", "plug")


@case("an IDE disk: each has what there was, and then what it writes itself",
      *(["--ide", "{}/disk"] if HAS_IDE else []))
def ide(place):
    if not HAS_IDE:
        return
    place.says("g", b"W", b"w")
    place.fork("g", "2")
    place.says("g-1", b"W", b"w")
    for name, kept in (("g-1", b"=1"), ("g-2", b"=0"), ("g", b"=0")):
        place.says(name, b"R", kept)


@case("and one that is written to itself is told so",
      *(["--ide", "{}/disk,rw"] if HAS_IDE else []))
def written_ide(place):
    if HAS_IDE:
        reason = place.refused("g", "1")
        tap.check("ide: " in reason and "writes to it" in reason, reason)
        tap.equal(place.names(), {"g"}, "runs")


@case("what makes no sense is refused")
def nonsense(place):
    for words in ((), ("0",), ("257",), ("x",), ("2", "a/b"),
                  ("2", "a b"), ("2", "-"), ("99999999999999999999",),
                  ("2", "x" * 60)):
        place.refused("g", *words)
    tap.equal(place.names(), {"g"}, "runs")


@case("no more processes: that is said, and nothing is left")
def limit(place):
    # Root has no such limit; what it has is one of descriptors.
    broker = child_of(place.first.pid)
    used = len(os.listdir(f"/proc/{broker}/fd"))
    subprocess.run(["prlimit", f"--pid={broker}",
                    f"--nofile={used + 6}:"], check=True)
    reason = place.refused("g", "8")
    tap.check("descriptors" in reason or "open files" in reason, reason)
    tap.equal(place.names(), {"g"}, "runs")
    subprocess.run(["prlimit", f"--pid={broker}", "--nofile=1024:"],
                   check=True)
    tap.equal(len(place.fork("g", "2")), 2, "copies")


def elsewhere():
    """What a restored guest's words name is where they were said first."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Place(folder)
        there = os.path.join(folder, "there")
        os.mkdir(there)
        with open(os.path.join(there, "disk"), "wb") as disk:
            disk.truncate(1 << 20)
        words = ["--disk", "disk,ro"] if vm.has_feature("disk", "plug") else []
        subprocess.run([vm.KVM_VMM, "--timeout=0.1", "--save-on-exit=snap",
                        *words, vm.assemble("copied")], cwd=there, check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            place.start("--restore", os.path.join(there, "snap"))
            place.fork("g", "2")
            place.says("g-2", b"?", b"2:")
            place.fork("g-2", "1")
            place.says("g-2-1", b"?", b"3:")
        finally:
            place.end_all()


def children():
    """(parent, pid, state) of every process."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
            yield int(parent), int(pid), state


def child_of(parent):
    """The broker."""
    return next(pid for its, pid, _ in children() if its == parent)


def zombies_of(parent):
    brokers = [pid for its, pid, _ in children() if its == int(parent)]
    return [pid for its, pid, state in children()
            if its in brokers and state == "Z"]


if vm.places("real16") and vm.is_configured("FORK"):
    if not vm.host_lacks("real16"):
        for title, function in CASES:
            tap.add(title, function)
        tap.add("copies of a guest that was restored elsewhere", elsewhere)
tap.main()
