#!/usr/bin/python3
"""tools/grade and tools/spread: a class of twenty, some of whom mean no good."""

import csv
import fcntl
import filecmp
import functools
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from unittest import mock

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TESTS, os.path.join(TESTS, "guest"),
                os.path.join(TESTS, "..", "tools")]
sys.dont_write_bytecode = True
import browser      # noqa: E402 (the path has to be known first)
import tap          # noqa: E402
from grading import handed  # noqa: E402

GRADE = os.path.join(tap.TOP, "tools", "grade")
SPREAD = os.path.join(tap.TOP, "tools", "spread")
FAKE = os.path.join(tap.TOP, "tests", "config", "fake_check.py")
SCRIPT = "<script>document.title='broken in'<\u2044script>"
NAMES = ["=cmd|' !A0", "+1", "-1", "@sum", 'quo"te, comma', "two words",
         "o'neil", "<b>bold<\u2044b>", SCRIPT, "$(touch hit)", "`id`;", "--help",
         "\ud55c\uae00", "..."]
STUDENTS = NAMES + [f"s{n}" for n in range(20 - len(NAMES))]
WORDS = ["pass", "pass|", "pass|two", "pass|one|two", "once"]


class Class:
    """A folder of submissions, and where they are graded."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "class")
        self.out = os.path.join(folder, "out")
        self.exercises = os.path.join(folder, "exercises")
        for name in "01-one", "02-two", "judge":
            os.makedirs(os.path.join(self.exercises, name))
            self.write(f"exercises/{name}/README.md", name)
        os.mkdir(self.path)
        self.environment = dict(os.environ, MKVM_FAKE_CHECK=folder, SPREAD="")

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(data)
        return path

    def hand_in(self, student, exercise, says):
        self.write(f"class/{student}/{exercise}/says", says)

    def argv(self, *words):
        return [GRADE, self.path, "--out", self.out, "--check", FAKE,
                "--exercises", self.exercises, *words]

    def grade(self, *words):
        return subprocess.run(self.argv(*words), capture_output=True,
                              text=True, timeout=120, check=False,
                              cwd=self.folder, env=self.environment)

    def calls(self):
        with open(os.path.join(self.folder, "calls"), encoding="utf-8") as file:
            return file.read().split("\n")[:-1]

    def rows(self):
        """{(student, exercise): row} of results.json."""
        with open(os.path.join(self.out, "results.json"),
                  encoding="utf-8") as file:
            return {(row["student"], row["exercise"]): row
                    for row in json.load(file)["submissions"]}

    def read(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8",
                  newline="") as file:
            return file.read()

    def results(self):
        folder = os.path.join(self.out, "results")
        return sorted(os.path.join(folder, n) for n in os.listdir(folder))


def case(text):
    def mark(function):
        def run():
            with tempfile.TemporaryDirectory() as folder:
                function(Class(folder))
        tap.add(text, run)
        return function
    return mark


SHARED = tempfile.TemporaryDirectory()


@functools.lru_cache(None)
def graded():
    """A class of twenty, graded four at a time: (room, how that went)."""
    room = Class(SHARED.name)
    twenty(room)
    return room, room.grade("-j", "4")


def twenty(room):
    """Fourteen odd names and six plain ones, each with two submissions."""
    for number, student in enumerate(STUDENTS):
        room.hand_in(student, "01-one", WORDS[number % len(WORDS)] +
                     (f"|{student}" if number == 7 else ""))
        room.hand_in(student, "02-two", "pass")


def by_outcome(room):
    counts = {}
    for row in room.rows().values():
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    return counts


@case("twenty students have verdicts, whatever they are called")
def names(_):
    room, done = graded()
    tap.equal(done.returncode, 0, done.stderr)
    rows = room.rows()
    tap.equal(sorted({student for student, _ in rows}), sorted(STUDENTS))
    tap.equal(len(rows), 40)
    tap.equal(rows["$(touch hit)", "02-two"]["outcome"], "passed")
    tap.equal(rows["+1", "01-one"]["outcome"], "not passed")
    tap.check(not os.path.exists(os.path.join(room.folder, "hit")))
    tap.equal(len(room.calls()), len(room.results()) + 1,   # one tried twice
              "\n".join(room.calls()))
    tap.check("100" not in done.stdout and
              re.search(r"SPREAD  \d of 7 done", done.stdout), done.stdout)


@case("no cell is a formula, and the table is the one of results.json")
def formulas(_):
    room, _ = graded()
    table = list(csv.DictReader(io.StringIO(room.read("results.csv"))))
    for line in room.read("results.csv").splitlines():
        tap.check(line.startswith('"') and line.endswith('"'), line)
    tap.equal(len(table), 40)
    for row in table:
        for cell in row.values():
            tap.check(not cell.startswith(("=", "+", "-", "@")), row)
    tap.equal([row["student"].lstrip("'") for row in table],
              [row["student"] for row in
               json.loads(room.read("results.json"))["submissions"]])


@case("a second run judges what is new, and what the judge had failed at")
def resumed(room):
    room.hand_in("a", "01-one", "pass")
    room.hand_in("b", "01-one", "broken")
    done = room.grade()
    tap.equal((done.returncode, by_outcome(room)),
              (1, {"passed": 1, "not judged": 1}), done.stderr)
    tap.check("not judged: b/01-one" in done.stderr, done.stderr)
    tap.equal(sorted(room.calls()), ["1 broken", "1 broken", "1 pass"])
    room.hand_in("c", "01-one", "pass")         # as a's
    room.hand_in("d", "01-one", "pass|two")
    room.grade()
    tap.equal(sorted(room.calls())[4:], ["1 pass", "1 pass"])
    room.write("exercises/01-one/README.md", "another one")
    room.hand_in("b", "01-one", "pass|one")
    tap.equal(room.grade().returncode, 0)
    tap.equal(by_outcome(room), {"passed": 2, "not passed": 2})
    tap.equal(len(room.calls()), 9)


@case("a job that dies, and one that lies about its verdict, are named")
def dies(room):
    room.hand_in("a", "01-one", "dies")
    room.hand_in("b", "02-two", "garbage")
    room.hand_in("c", "02-two", "once")
    done = room.grade()
    tap.equal((done.returncode, by_outcome(room)),
              (1, {"not judged": 2, "passed": 1}), done.stderr)
    tap.equal(done.stderr.count("failed twice"), 2, done.stderr)


@case("links, fifos, huge files and names that are no text are refused by name")
def refused(room):
    room.hand_in("good", "01-one", "pass")
    for student in ("link", "fifo", "huge", "many", "deep"):
        room.hand_in(student, "01-one", "pass")
    inside = os.path.join(room.path, "%s", "01-one")
    os.symlink("/etc/passwd", inside % "link" + "/secret")
    os.mkfifo(inside % "fifo" + "/fifo")
    with open(inside % "huge" + "/huge", "wb") as file:
        file.truncate(1 << 40)
    for number in range(201):
        room.write(f"class/many/01-one/{number}", "")
    os.makedirs(inside % "deep" + "/d" * 10)
    os.symlink("/etc", os.path.join(room.path, "outside"))
    os.symlink("good", os.path.join(room.path, "again"))
    os.mkdir(os.path.join(room.path, "linked"))
    os.symlink("../good/01-one", os.path.join(room.path, "linked", "01-one"))
    os.makedirs(os.fsencode(room.path) + b"/\xff\x1b[31m/01-one")
    room.hand_in("other", "09-none", "pass")
    room.hand_in("dots", "..x", "pass")
    room.write("class/notes.txt", "a teacher's")
    for left in (".DS_Store", "._x", "good/Thumbs.db", "good/.git/config",
                 "__MACOSX/good/01-one/._says"):    # no submissions, and no fault
        room.write("class/" + left, "")
    done = room.grade()
    tap.equal(done.returncode, 1)
    found = {f"{student}/{exercise}": row["outcome"]
             for (student, exercise), row in room.rows().items()}
    tap.equal(found.pop("good/01-one"), "passed")
    tap.equal(set(found.values()), {"refused"}, found)
    tap.equal(len(found), 12, sorted(found))
    tap.check("\033" not in done.stderr and "\\udcff\\x1b[31m" in done.stderr,
              done.stderr)
    tap.equal(done.stderr.count(": refused: "), 12, done.stderr)
    for place, _, files in os.walk(room.out):
        tap.check("secret" not in files, place)


@case("of many refused some are named, and the table has all")
def many(room):
    for number in range(25):
        room.hand_in(f"s{number}", "9-none", "pass")
    done = room.grade()
    tap.equal(done.stderr.count(": refused: "), 20, done.stderr)
    tap.check("5 more; " in done.stderr, done.stderr)
    tap.equal(room.read("results.csv").count("no such exercise"), 25)


@case("a folder that shows names and no more is refused, and the others go on")
def dark(room):
    room.hand_in("a", "01-one", "pass")
    room.hand_in("dark", "01-one", "pass")
    lstat = os.lstat

    def no_lstat(name, dir_fd):
        if os.readlink(f"/proc/self/fd/{dir_fd}").endswith("/dark"):
            raise PermissionError(13, "Permission denied", name)
        return lstat(name, dir_fd=dir_fd)
    with mock.patch("os.lstat", no_lstat):
        found = handed.collect(room.path, lambda _: "a sum", room.out)
    tap.equal([(one.student, one.refused) for one in found],
              [("a", ""), ("dark", "Permission denied")])


@case("a folder that becomes a link while it is read leads nowhere")
def swapped(room):
    room.hand_in("a", "01-one/part", "pass")
    room.hand_in("z", "01-one/part", "somebody else's")
    inside = os.path.join(room.path, "a", "01-one", "part")
    lstat = os.lstat

    def swap(name, dir_fd):
        found = lstat(name, dir_fd=dir_fd)
        if name == "part" and not os.path.exists(inside + ".was"):
            os.rename(inside, inside + ".was")
            os.symlink(os.path.join(room.path, "z", "01-one", "part"), inside)
        return found
    with mock.patch("os.lstat", swap):
        found = handed.collect(room.path, lambda _: "a sum", room.out)
    tap.equal([(one.student, one.refused) for one in found],
              [("a", "Not a directory"), ("z", "")])


@case("a disk that is full is no student's fault, and one sentence")
def full(room):
    room.hand_in("a", "01-one", "pass")
    with mock.patch("tempfile.mkdtemp", side_effect=OSError(28, "No space")):
        try:
            handed.collect(room.path, lambda _: "a sum", room.out)
        except OSError as error:
            tap.equal(error.errno, 28)
        else:
            raise tap.Failure("it goes on")
    room.write("out/results.csv.new/x", "")
    done = room.grade()
    tap.equal((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
    tap.check("the same command goes on" in done.stderr, done.stderr)


@case("what is no result is judged again, and what is not ours stays")
def garbage(room):
    room.hand_in("a", "01-one", "pass")
    tap.equal(room.grade().returncode, 0)
    result, = room.results()
    want = room.read(result)
    odd = room.write("out/sessions/mine.txt", "")
    for number, text in enumerate((
            "", want[:40], "[1]", '{"passed": true}', "[" * 100000,
            want.replace('"passed": true', '"passed": 1'))):
        for path in result, room.write(f"out/sessions/{number:032}.json", ""):
            room.write(path, text)
        done = room.grade()
        tap.equal((done.returncode, room.read(result)), (0, want), done.stderr)
    tap.equal(len(room.calls()), 7)
    tap.equal(os.listdir(os.path.dirname(odd)), ["mine.txt"])


@case("another seed is another judge, and so is another compiler")
def seeds(room):
    room.hand_in("a", "01-one", "pass")
    for name, value, calls in (
            ("MKVM_SEED", "one", 1), ("MKVM_SEED", "two", 2),
            ("MKVM_SEED", "one", 2), ("EXERCISE_CC", "clang", 3)):
        room.environment[name] = value
        tap.equal(room.grade().returncode, 0)
        tap.equal(len(room.calls()), calls, value)


def wait_for(path):
    for _ in range(3000):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    raise tap.Failure(f"{path} does not come")


def alive(folder):
    """Processes that work in it."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if os.fsencode(folder) in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


@case("a folder that is not there, and one without submissions, are wrong words")
def none(room):
    for change in os.rmdir, os.mkdir:
        change(room.path)
        done = room.grade()
        tap.equal(done.returncode, 64, done.stdout)
        tap.equal(done.stderr.count("\n"), 1, done.stderr)
        tap.check("kim/01-port/port.c" in done.stderr, done.stderr)


@case("Ctrl-C leaves what is finished, no process, and a run that goes on")
def interrupted(room):
    for number in range(5):
        room.hand_in(f"a{number}", "01-one", "pass" + "|x" * number)
    room.hand_in("z", "02-two", "slow")
    process = subprocess.Popen(
        room.argv("-j", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, env=room.environment)
    wait_for(os.path.join(room.folder, "calls.slow"))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    tap.equal(process.returncode, 130, err)
    tap.check("the same command goes on" in err and "Traceback" not in err, err)
    tap.check("not judged:" not in err, "what is still to do is no failure", err)
    tap.equal(alive(room.folder), [])
    tap.equal(by_outcome(room), {"passed": 1, "not passed": 4,
                                 "not judged": 1})
    tap.check(all(path.endswith(".json") for path in room.results()))
    before = len(room.calls())
    room.hand_in("z", "02-two", "pass")
    tap.equal(room.grade().returncode, 0)
    tap.equal(len(room.calls()), before + 1)


@case("two at once in one folder: the second waits; nobody listens to the first")
def two_at_once(room):
    for number in range(12):
        room.hand_in(f"a{number}", "01-one", "pass" + "|x" * number)
    os.mkdir(room.out)
    with open(os.path.join(room.out, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            room.argv(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=room.environment)
        second.stdout.close()
        line = second.stderr.readline()
    tap.check("another one is at work in " in line, line)
    tap.equal((second.wait(60), second.stderr.read()), (0, ""))
    second.stderr.close()
    tap.equal(by_outcome(room), {"passed": 1, "not passed": 11})


@case("the same results, byte for byte, one at a time or four")
def same(room):
    twenty(room)
    room.grade("-j", "1")
    results = graded()[0].results()
    tap.equal([os.path.basename(p) for p in results],
              [os.path.basename(p) for p in room.results()])
    for one, two in zip(results, room.results()):
        tap.check(filecmp.cmp(one, two, False), one, two)


@case("in sessions, where the lab is: said so, and the same results, byte for byte")
def in_sessions(room):
    room.write("where", "lab 4")
    twenty(room)
    done = room.grade("-j", "1")
    tap.equal(room.grade().returncode, 0, "what had failed once")
    tap.check("GRADE   01-one: 6 to judge, in the lab\n" in done.stdout,
              done.stdout)
    for one, two in zip(graded()[0].results(), room.results()):
        tap.equal(os.path.basename(one), os.path.basename(two))
        tap.check(filecmp.cmp(one, two, False), one, two)
    tap.equal(os.listdir(os.path.join(room.out, "sessions")), [])


@case("a session names what it failed at, and what dies in one is judged alone")
def session_dies(room):
    room.write("where", "lab 3")
    for number, says in enumerate(("pass", "broken", "pass|two")):
        room.hand_in(f"a{number}", "01-one", says)
    for number, says in enumerate(("pass", "dies", "pass|two", "pass|one")):
        room.hand_in(f"b{number}", "02-two", says)
    done = room.grade("-j", "1")
    tap.equal((done.returncode, by_outcome(room)),
              (1, {"passed": 2, "not passed": 3, "not judged": 2}), done.stderr)
    tap.check("not judged: a1/01-one: it hung\n" in done.stderr, done.stderr)
    tap.check("not judged: b1/02-two: " in done.stderr, done.stderr)
    tap.equal(room.calls().count("1 broken"), 1)
    room.hand_in("a1", "01-one", "pass|new")
    room.hand_in("b1", "02-two", "pass|new")
    tap.equal(room.grade().returncode, 0)


@case("the report is one page that runs nobody's script, and sorts")
def report(_):
    if not browser.CHROMIUM:
        raise tap.Skip("no Chromium here")
    room, _ = graded()
    path = os.path.join(room.out, "report.html")
    text = room.read("report.html")
    tap.check("http" not in text.replace("http-equiv", ""), "it loads things")
    with browser.Browser() as chromium:
        chromium.size(390, phone=True)
        chromium.open(path)
        tap.equal(chromium.evaluate("document.title"), "Grading report")
        tap.equal(chromium.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"), True,
            "fits 390 px")
        tap.check(SCRIPT in chromium.evaluate("document.body.textContent"))
        first = ("document.querySelector('#students tbody tr')"
                 ".cells[1].textContent")
        for direction, want in ("ascending", "1"), ("descending", "2"):
            chromium.evaluate(
                "document.querySelectorAll('#students button')[1].click()")
            tap.equal(chromium.evaluate(first), want, direction)
        chromium.evaluate("document.querySelector('#students td a').click()")
        for _ in range(500):
            led = chromium.evaluate("document.activeElement.tagName + "
                                    "document.activeElement.parentNode.open")
            if led == "SUMMARYtrue":
                break
            time.sleep(0.01)
        tap.equal(led, "SUMMARYtrue", "a cell leads to what was said")
        tap.equal(list(chromium.complaints()), [], "complaints")


@case("a list of jobs: each result whole, or its job named; wrong lists refused")
def spread(room):
    out = os.path.join(room.folder, "%s")
    jobs = room.write("jobs", "".join(f"{result}\t{command}\n" for
                                      result, command in (
        (out % "good", "printf 'a\\n'; printf b"),
        (out % "bad", "echo half; exit 3"),
        ("-n", "echo its name is no option"), (".", "echo a folder"),
        (out % "second", f"test -e {out % 'seen'} || {{ : >{out % 'seen'};"
                         " exit 1; }; echo now"))))
    done = subprocess.run([SPREAD, "-j", "2", jobs], capture_output=True,
                          text=True, timeout=60, check=False,
                          cwd=room.folder, env=room.environment)
    tap.equal((done.returncode, done.stderr.count("failed twice")), (1, 2),
              done.stderr)
    tap.check("bad' (status 3)" in done.stderr, done.stderr)
    for name, want in (("good", "a\nb"), ("second", "now\n"),
                       ("-n", "its name is no option\n")):
        with open(out % name, encoding="utf-8") as file:
            tap.equal(file.read(), want)
    tap.equal([n for n in os.listdir(room.folder) if n.startswith("bad")], [])
    for text, variable in (("no tab\n", ""), (None, ""), ("", "moon")):
        path = room.write("list", text) if text is not None else out % "none"
        done = subprocess.run(
            [SPREAD, path], capture_output=True, timeout=60, check=False,
            env=dict(room.environment, SPREAD=variable))
        tap.equal(done.returncode, 64, done.stderr)


tap.main()
