#!/usr/bin/python3
"""tools/jail: what a submission's files may have a compiler do, and what not.

Every probe is harmless: it looks whether something is there that must not be.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import tap  # noqa: E402 (the path has to be known first)

JAIL = os.path.join(tap.TOP, "tools", "jail")
SECRET = "the answer is 42"


class Place:
    """A submission, somewhere to build it, and a neighbour's that is neither."""

    def __init__(self, folder):
        self.folder = folder
        for name in "mine", "out", "other":
            os.mkdir(self.path(name))
        self.write("other/answer.c", f"/* {SECRET} */\nint answer;\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *words, options=()):
        """(status, stdout, stderr) of the command in the jail."""
        done = subprocess.run(
            [JAIL, "--read", self.path("mine"), "--out", self.path("out"),
             *options, "--", *words], capture_output=True, timeout=60,
            check=False, env=dict(os.environ, MKVM_SECRET=SECRET))
        return done.returncode, done.stdout, done.stderr

    def compile(self, text):
        self.write("mine/a.c", text)
        return self.run("cc", "-c", self.path("mine/a.c"), "-o", "a.o")


def in_place(function):
    """A case that is given a Place of its own."""
    def run():
        with tempfile.TemporaryDirectory() as folder:
            place = Place(folder)
            status, _, err = place.run("true")
            if status == 70:
                raise tap.Skip("no namespaces here: " +
                               err.decode(errors="replace").split("\n")[0])
            function(place)
    return run


def case(text):
    return lambda function: tap.add(text, in_place(function))


def says(place, shell, want):
    status, out, err = place.run("sh", "-c", shell)
    tap.equal((status, out), (0, want), err)


@case("what is good compiles and lands in the folder for it")
def good(place):
    status, _, err = place.compile("#include <stdio.h>\nint one = 1;\n")
    tap.equal(status, 0, err)
    tap.check(os.path.getsize(place.path("out/a.o")))


@case("a compiler finds nothing of this system and nothing of a neighbour's")
def includes(place):
    answer = place.path("other/answer.c")
    os.symlink(answer, place.path("mine/link.c"))
    for text in ('#include "/etc/passwd"', f'#include "{answer}"',
                 '#include "../other/answer.c"', '#include "link.c"',
                 f'__asm__(".incbin \\"{answer}\\"");'):
        status, out, err = place.compile(text + "\n")
        tap.check(status == 1 and SECRET.encode() not in out + err,
                  text, status, out, err)


@case("no network, no process, no variable and no home of the caller's")
def walls(place):
    says(place, "ls /home /root /etc/passwd 2>/dev/null || :", b"")
    says(place, "echo ${MKVM_SECRET-none}", b"none\n")
    says(place, "cat /proc/[0-9]*/environ | grep -c MKVM_SECRET || :", b"0\n")
    says(place, "grep -c : /proc/net/dev", b"1\n")       # the loop back
    says(place, "kill -0 %d 2>/dev/null || echo alone" % os.getpid(),
         b"alone\n")


def at_work(word):
    """Whether a process has it on its command line."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read().endswith(word + b"\0"):
                    return True
        except OSError:
            pass
    return False


def wait_until(function, what):
    for _ in range(3000):
        if function():
            return
        time.sleep(0.01)
    raise tap.Failure(what)


@case("nothing that the caller has open is seen")
def descriptors(place):
    first, second = os.pipe()
    with open(place.path("other/answer.c"), "rb") as answer:
        done = subprocess.run(
            [JAIL, "--", "ls", "/proc/self/fd"], stdout=subprocess.PIPE,
            pass_fds=(first, second, answer.fileno()), timeout=60, check=False)
    os.close(first)
    os.close(second)
    tap.equal(done.stdout, b"0\n1\n2\n3\n")     # 3 is that of ls itself


@case("who ends the caller's group ends the command")
def ended(_):
    word = b"%d.5" % (100000 + os.getpid())
    process = subprocess.Popen([JAIL, "--time", "300", "--", "sleep", word],
                               start_new_session=True)
    wait_until(lambda: at_work(word), "it does not begin")
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(60)
    wait_until(lambda: not at_work(word), "it goes on")


@case("who ends all that has the caller's environment ends the command")
def ended_by_environment(_):
    word = b"%d.5" % (200000 + os.getpid())
    mark = "MKVM_MARK=" + word.decode()
    with subprocess.Popen(["env", mark, JAIL, "--time", "300", "--", "sleep", word],
                          start_new_session=True):
        wait_until(lambda: at_work(word), "it does not begin")
        found = subprocess.run("grep -lszFx %s /proc/[0-9]*/environ" % mark,
                               shell=True, stdout=subprocess.PIPE, check=False)
        for path in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):   # gone with another
                os.kill(int(path.split(b"/")[2]), signal.SIGTERM)
    wait_until(lambda: not at_work(word), "it goes on")


@case("it writes where it may, and nowhere else")
def writes(place):
    status, _, _ = place.run("sh", "-c", """
        for dir in / /usr /dev /etc /proc %s; do
                ! touch "$dir/x" || exit 9
        done 2>/dev/null
        : >/tmp/x && : >x""" % place.path("mine"))
    tap.equal(status, 0)
    tap.equal(os.listdir(place.path("out")), ["x"])
    tap.equal(os.listdir(place.path("mine")), [])


@case("time, output, files and memory have an end")
def limits(place):
    tap.equal(place.run("sleep", "50", options=("--time", "1"))[0], 124)
    status, out, err = place.run("yes", options=("--output", "1K"))
    tap.equal((status, len(out), err), (141, 1024, b""))
    status, out, err = place.run("sh", "-c", "yes >&2",
                                 options=("--output", "1K"))
    tap.equal((status, out, len(err)), (141, b"", 1024))
    tap.equal(place.run("sh", "-c", "cat /dev/zero >big",
                        options=("--file", "1M"))[0], 153)
    tap.equal(os.path.getsize(place.path("out/big")), 1 << 20)
    status, _, err = place.run("python3", "-c", "b'x' * (1 << 30)",
                               options=("--mem", "256M"))
    tap.check(status == 1 and b"MemoryError" in err, status, err)


@case("macros that grow without end are a failure, and nothing more")
def bomb(place):
    lines = ["#define X0 1,1,1,1,1,1,1,1"]
    lines += ["#define X%d X%d X%d X%d X%d" % (n, *[n - 1] * 4)
              for n in range(1, 20)]
    place.write("mine/a.c", "\n".join(lines) + "\nint x[] = { X19 };\n")
    status, _, err = place.run(
        "cc", "-c", place.path("mine/a.c"), "-o", "a.o",
        options=("--time", "2", "--mem", "128M"))
    tap.check(status not in (0, 70), status, err)


@case("the status is the command's, and a jail that cannot be has its own")
def statuses(place):
    tap.equal(place.run("sh", "-c", "exit 7")[0], 7)
    tap.equal(place.run("sh", "-c", "kill -9 $$")[0], 137)
    status, _, err = place.run("no-such-command")
    tap.check(status == 70 and b"nothing was started" in err, status, err)
    for words in (["--time", "x", "--", "true"], ["--read", "/no", "--", "true"],
                  ["true"], ["--mem", "x", "--", "true"], ["--out"],
                  ["--env", "=", "--", "true"]):
        done = subprocess.run([JAIL, *words], capture_output=True, timeout=60,
                              check=False)
        tap.check(done.returncode == 64 and done.stderr, words,
                  done.returncode, done.stderr)


tap.main()
