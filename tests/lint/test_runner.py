#!/usr/bin/python3
"""The runner itself: every way a test program can go wrong is a failure."""

import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

# What the program does, the closing line, a line that must be printed.
PROGRAMS = [
    ("passes", "echo 1..1; echo ok 1 - fine",
     "1 passed, 0 failed, 0 skipped", "ok 1 - lint/x: fine"),
    ("fails", "echo 1..1; echo not ok 1 - sad; echo '# why'; exit 1",
     "0 passed, 1 failed, 0 skipped", "# why"),
    ("skips one of two", "echo 1..2; echo ok 1; echo 'ok 2 - b # SKIP c'",
     "1 passed, 0 failed, 1 skipped", "ok 2 - lint/x: b # SKIP c"),
    ("skips everything, which is not success", "echo '1..0 # SKIP no KVM'",
     "0 passed, 0 failed, 1 skipped", "# nothing ran: no test matches, or "
     "all were skipped"),
    ("crashes", "echo 1..1; echo ok 1; kill -SEGV $$",
     "1 passed, 1 failed, 0 skipped", "not ok 2 - lint/x: killed by SIGSEGV"),
    ("prints no plan", "echo hello",
     "0 passed, 1 failed, 0 skipped", "# hello"),
    ("prints fewer results than planned", "echo 1..2; echo ok 1",
     "1 passed, 1 failed, 0 skipped",
     "not ok 2 - lint/x: printed 1 of 2 planned results; exit status 0"),
    ("exits with a status that no result explains",
     "echo 1..1; echo ok 1; exit 9", "1 passed, 1 failed, 0 skipped",
     "not ok 2 - lint/x: exit status 9, and no result says why"),
    ("runs too long", "# timeout: 1\necho 1..1; echo ok 1; sleep 60",
     "1 passed, 1 failed, 0 skipped",
     "not ok 2 - lint/x: ran longer than * s and was killed"),
    ("leaves a process of another session behind",
     "echo 1..1; echo ok 1; setsid sleep 60 &",
     "1 passed, 1 failed, 0 skipped",
     "not ok 2 - lint/x: left processes behind: sleep"),
]


def run(program, *args):
    """Runs the runner over one program, in a tree of its own."""
    with tempfile.TemporaryDirectory() as tree:
        folder = os.path.join(tree, "tests", "lint")
        os.makedirs(folder)
        shutil.copy(os.path.join(tap.TOP, "tests", "run"), folder + "/..")
        path = os.path.join(folder, "test_x.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + program + "\n")
        os.chmod(path, 0o755)
        done = subprocess.run([tree + "/tests/run", *args], text=True,
                              capture_output=True, check=False,
                              env={**os.environ,
                                   "MKVM_BUILD": os.path.join(tree, "build")})
    return done.returncode, done.stdout.splitlines()


def judges(program, closing, line):
    status, lines = run(program)
    tap.equal(lines[-1], closing, "closing line")
    tap.check(fnmatch.filter(lines, line), f"no line {line!r} in:", *lines)
    good = " 0 failed" in closing and not closing.startswith("0 passed")
    tap.equal(status, 0 if good else 1, "exit status")


for what, text, last, must in PROGRAMS:
    tap.add("a program that " + what, judges, text, last, must)


@tap.case("a pattern selects by name and by the text of results")
def selects():
    program = "echo 1..2; echo ok 1 - red; echo ok 2 - blue"
    for pattern, results in (("lint/", 2), ("lint/x", 2), ("RED", 1),
                             ("lint/x: blue", 1), ("l*e", 1), ("green", 0)):
        status, lines = run(program, pattern)
        tap.equal(lines[-1], f"{results} passed, 0 failed, 0 skipped",
                  f"closing line with {pattern}")
        tap.equal(status, 0 if results else 1, "exit status")


@tap.case("a pattern that begins with a folder names programs and no texts")
def names():
    program = "echo 1..1; echo ok 1 - red lint"
    for pattern, listed in (("lint/", ["lint/x"]), ("lint/x", ["lint/x"]),
                            ("lint/red", []), ("red lint", ["lint/x"])):
        tap.equal(run(program, "--list", pattern), (0, listed), pattern)


tap.main()
