#!/usr/bin/python3
"""tools/spread with SPREAD=parallel: GNU parallel, here and over ssh to loopback."""

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TESTS, os.path.join(TESTS, "guest"),
                os.path.join(TESTS, "..", "tools")]
sys.dont_write_bytecode = True
import nodes        # noqa: E402 (the path has to be known first)
import tap          # noqa: E402
from spreading import parallel  # noqa: E402

SPREAD = os.path.join(tap.TOP, "tools", "spread")
GRADE = os.path.join(tap.TOP, "tools", "grade")
FAKE = os.path.join(tap.TOP, "tests", "config", "fake_check.py")
ODD = ["plain", "two words", "o'neil \"$(touch hit)\" `id`", "-n", "\ud55c\uae00 %s\\",
       "{} {#} {= die =} ::: ;#!"]
SHARED = tempfile.TemporaryDirectory()


class Room:
    """A folder with a list, its results, and what becomes of them."""

    def __init__(self, name, lines):
        self.folder = os.path.join(SHARED.name, name)
        os.makedirs(os.path.join(self.folder, "out"))
        self.list = nodes.write(os.path.join(self.folder, "jobs of it's"), "".join(
            f"out/{result}\t{command}\n" for result, command in lines))
        self.environment = dict(os.environ, PARALLEL_SSH=FARM.ssh, LC_ALL="C",
                                MKVM_ODD="a 'b'\n$c", OTHER="x",
                                PARALLEL="--dry-run")

    def start(self, engine, *words):
        return subprocess.Popen(
            [SPREAD, *words, self.list], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder, env=dict(self.environment, SPREAD=engine))

    def run(self, engine, *words):
        """(status, stdout, stderr)"""
        process = self.start(engine, *words)
        out, err = process.communicate(timeout=200)
        tap.check("Traceback" not in err, err)
        tap.equal(sorted(name for name in os.listdir(self.folder)
                         if name.startswith("jobs")), ["jobs of it's"])
        return process.returncode, out, err

    def path(self, name):
        return os.path.join(self.folder, name)

    def results(self):
        """{name: bytes}"""
        found = {}
        for name in os.listdir(self.path("out")):
            with open(self.path(f"out/{name}"), "rb") as file:
                found[name] = file.read()
        return found

    def wait_for(self, name):
        for _ in range(6000):
            if os.path.exists(self.path(name)):
                return
            time.sleep(0.01)
        raise tap.Failure(f"{name} does not come")


def case(text):
    """As tap.case, with the machines a and b running."""
    def mark(function):
        def run():
            for name in "ab":
                if name not in FARM.running:
                    FARM.start(name)
            function()
        tap.add(text, run)
        return function
    return mark


def running(text):
    """The processes whose command line has it, on all of these machines."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text.encode() in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


@case("the same results as with local, whatever jobs and results are called")
def same():
    lines = [(name, f"printf '%s|' {name.replace('(', 'x')[0]} \"$MKVM_ODD\" "
              "\"$LC_ALL\" \"${SPREAD-none}\"; pwd; cat nothing; "
              f": '{name.count(' ')}'; true") for name in ODD]
    lines += [("again", "test -e tried$(basename $PWD) || "
               "{ : >tried$(basename $PWD); exit 3; }; echo now"),
              ("three", "exit 3"), ("killed", "kill -9 $$")]
    room = Room("same", lines)
    want = room.run("local")
    results = room.results()
    tap.equal((want[0], sorted(results)), (1, sorted(ODD + ["again"])))
    for name in results:
        os.unlink(room.path(f"out/{name}"))
    os.unlink(room.path("triedsame"))
    status, out, err = room.run("parallel:2/a,b,1/:")
    tap.equal((status, room.results()), (1, results), err)
    tap.check("SPREAD  8 of 9 done" not in out and
              "SPREAD  7 of 9 done" in out, out)
    tap.equal(err.count("cat: nothing: No such file"), len(ODD), err)
    for name, why in ("three", "status 3"), ("killed", "status 137"):
        tap.check(f"failed twice: 'out/{name}' (" in err and why in err, err)
    tap.check(not os.path.exists(room.path("hit")))


@case("a class is graded over ssh: the same results, and the judge's failures")
def graded():
    room = Room("graded", [])
    for name in "exercises/01-one", "exercises/judge", "class/a/01-one", \
            "class/b/01-one", "class/c/01-one":
        os.makedirs(room.path(name))
    nodes.write(room.path("exercises/01-one/README.md"), "one")
    for student, says in ("a", "pass"), ("b", "pass|one"), ("c", "broken"):
        nodes.write(room.path(f"class/{student}/01-one/says"), says)
    found = []
    user = pwd.getpwuid(os.getuid()).pw_name
    for engine in "local", f"parallel:a,2/{user}@x:{FARM.ports['b']}":
        done = subprocess.run(
            [GRADE, "class", "--out", engine[:5], "--check", FAKE,
             "--exercises", "exercises"], cwd=room.folder, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=200, env=dict(room.environment, SPREAD=engine,
                                  MKVM_FAKE_CHECK=room.folder))
        tap.equal(done.returncode, 1, done.stderr)
        with open(room.path(engine[:5] + "/results.json"), "rb") as file:
            found.append(file.read())
    tap.equal(found[0], found[1])


@case("a machine that is lost costs its jobs a second try, and nothing else one")
def lost():
    room = Room("lost", [(str(n), f"echo $(cat /run/me) >>tries-{n}; "
                          "if [ $(cat /run/me) = b ]; then sleep 100; fi; "
                          f"echo {n}") for n in range(6)])
    process = room.start("parallel:1/a,1/b")
    for _ in range(6000):
        if any("b\n" in open(room.path(name), encoding="utf-8").read()
               for name in os.listdir(room.folder) if name.startswith("tries")):
            break
        time.sleep(0.01)
    FARM.stop("b")
    _, err = process.communicate(timeout=200)
    tap.equal((process.returncode, err.count("mini-kvm: spread: b: "),
               err.count("\n")), (0, 1, 1), err)
    tap.equal(sorted(room.results()), [str(n) for n in range(6)])
    tries = [open(room.path(f"tries-{n}"), encoding="utf-8").read()
             for n in range(6)]
    tap.equal(sorted(tries), ["a\n"] * 5 + ["b\na\n"])


@case("a machine that is sick fails at many jobs, and others get these")
def sick():
    room = Room("sick", [(str(n), f"[ $(cat /run/me) = a ] || exit 7; echo {n}")
                         for n in range(5)])
    status, _, err = room.run("parallel:1/a,2/b")
    tap.equal((status, sorted(room.results())), (0, list("01234")), err)


@case("machines that refuse or are silent are named, and others do their jobs")
def silent():
    room = Room("silent", [(str(n), f"echo {n}") for n in range(3)])
    with socket.create_server(("127.0.0.1", 0)) as server, \
            socket.socket() as nobody:      # who does not listen refuses
        nobody.bind(("127.0.0.1", 0))
        FARM.name("silent", server.getsockname()[1])
        FARM.name("refuses", nobody.getsockname()[1])
        status, _, err = room.run("parallel:refuses,silent,1/a")
        tap.equal((status, len(room.results())), (0, 3), err)
        for text in ("refuses: ssh: connect to", "refused", "silent: Conn",
                     "timed out"):
            tap.check(text in err, text, err)
        tap.equal(err.count("\n"), 2, err)
        room = Room("none", [("x", "echo x")])
        status, _, err = room.run("parallel:refuses")
        tap.equal((status, room.results()), (1, {}), err)
        tap.check("no host can run jobs; `ssh HOST true`" in err, err)


@case("a machine with other files is an error, before the first job")
def blind():
    room = Room("blind", [("x", "echo x >>ran; echo x")])
    FARM.start("blind", [room.path("out")])
    status, _, err = room.run("parallel:blind,a")
    tap.equal((status, room.results(), err.count("\n")), (1, {}, 2), err)
    tap.check("blind: there is no" in err and "NFS" in err, err)
    tap.check(not os.path.exists(room.path("ran")))
    tap.equal(os.listdir(room.path("out")), [])


@case("Ctrl-C ends what runs on all machines; the same list goes on")
def interrupted():
    mark = f"{os.getpid()}.25"
    room = Room("stop", [("0", "echo 0"), *(
        (str(n), f"test -e go || {{ : >at-{n}; setsid -w sleep 1{n}{mark}; }};"
         f" echo {n} >>ran; echo {n}") for n in (1, 2, 3))])
    process = room.start("parallel:1/a,1/b,1/:")
    for name in "at-1", "at-2", "at-3", "out/0":
        room.wait_for(name)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    tap.equal((process.returncode, err), (130, ""))
    tap.equal(running(mark), [])
    tap.equal(sorted(os.listdir(room.path("out"))), ["0"])
    tap.check(not os.path.exists(room.path("ran")))
    nodes.write(room.path("go"), "")
    status, _, err = room.run("parallel:a")
    tap.equal((status, sorted(room.results())), (0, list("0123")), err)


@case("kill -9 ends what runs on all machines as well, and no more is begun")
def killed():
    mark = f"{os.getpid()}.35"
    room = Room("kill", [(str(n), f": >at-{n}; sleep 1{n}{mark}; echo >>ran")
                         for n in range(1, 7)])
    process = room.start("parallel:1/a,1/b,1/:")
    for name in "at-1", "at-2", "at-3":
        room.wait_for(name)
    process.kill()
    process.communicate(timeout=200)
    until = time.monotonic() + 60
    while running(mark) or running(room.folder):
        tap.check(time.monotonic() < until, running(mark), running(room.folder))
        time.sleep(0.1)
    tap.equal((room.results(), sorted(name for name in os.listdir(room.folder)
                                      if name.startswith(("at-", "ran")))),
              ({}, ["at-1", "at-2", "at-3"]))


@case("no word of a host is one for a shell, and what is missing has a next step")
def words():
    room = Room("words", [("x", "echo x")])
    for text in ("$(touch hit)", "a;touch hit", "-oProxyCommand=touch", "a b",
                 "ssh -p 1 a", "0/a", "4/", "", "@group", "..", "::", "a:port",
                 "u@", "-l@a", "'", "a\nb", "a\n", "\ud55c"):
        try:
            parallel.Host(text, None)
        except ValueError:
            continue
        raise tap.Failure(f"a host: {text!r}")
    status, _, err = room.run("parallel:a,$(touch hit)")
    tap.equal((status, err.count("\n")), (64, 1), err)
    tap.equal(sorted(os.listdir(room.folder)), ["jobs of it's", "out"])
    tools = room.path("tools")
    os.mkdir(tools)
    for name in "python3", "env":
        os.symlink(f"/usr/bin/{name}", os.path.join(tools, name))
    room.environment["PATH"] = tools
    tap.check("tools/deps parallel" in room.run("parallel")[2])
    os.symlink("/usr/bin/parallel", os.path.join(tools, "parallel"))
    os.symlink("/usr/bin/perl", os.path.join(tools, "perl"))
    room.environment["PARALLEL_SSH"] = "nossh"
    tap.check("'nossh' is not here; `tools/deps" in room.run("parallel:a")[2])


FARM = nodes.Nodes(tempfile.mkdtemp(dir=SHARED.name))
try:
    tap.main()
finally:
    FARM.close()
