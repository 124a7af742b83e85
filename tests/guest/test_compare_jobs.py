#!/usr/bin/python3
"""make compare in jobs: what is one, and what comes of one that dies, or of
all when somebody has had enough. Guests run on this host, in a lab that is none."""

import functools
import json
import os
import shutil
import signal
import subprocess
import time
from types import SimpleNamespace
from unittest import mock

import comparing
import vm
from vm import tap

from compare import boot, build, comparison, jobs, measures, place, session, \
    toggles

FOLDER = os.path.join(tap.BUILD, "tests", "comparejobs")    # no comparison's own
KEEPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab_keeper")
SYMBOLS = ("DEV_SERIAL", "DEV_CMOS", "DEV_POST", "UART_FIFO", "UART_IRQ4",
           "RTC_IRQ8", "SYNC_REGS", "CONSOLE_BATCH", "PIT", "DEV_RESET")
TOGGLE = " ".join(SYMBOLS)
# What a clock says, what the kernel counts, and what follows from when.
VARIES = ("ns", "step_ns", "guest_ns", "answer_ns", "wall_ns", "cpu_ns",
          "cpu_user_ns", "cpu_system_ns", "resident_kib", "beyond_ram_kib",
          "peak_resident_kib", "guest_resident_kib", "kernel_exits", "kernel",
          "ledger", "sentences", "report", "where")


# --- One job ------------------------------------------------------------------

@tap.case("a job's name is a sum of all that it works on")
def named_by_sum():
    one = {"kind": "measure", "files": {"a": "1"}, "boots": [["x"]]}
    job = jobs.Job(FOLDER, one, ["x (1 of 2)"])
    tap.equal(jobs.Job(FOLDER, dict(one), ["x (2 of 2)"]).key, job.key)
    for other in ({**one, "files": {"a": "2"}}, {**one, "boots": [["y"]]}):
        tap.check(jobs.Job(FOLDER, other, []).key != job.key, other)


@tap.case("a sum of sources sees a byte, a name, and a file more")
def sums_sources():
    place = os.path.join(FOLDER, "sources")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(os.path.join(place, "vmm", "core"))
    found = []

    def write(name, data):
        with open(os.path.join(place, name), "w", encoding="utf-8") as file:
            file.write(data)
        found.append(jobs.sum_of_tree(place, ["vmm", "Makefile", "none"]))

    write("vmm/core/a.c", "a")
    write("vmm/core/a.c", "b")
    write("Makefile", "b")
    os.rename(os.path.join(place, "vmm/core/a.c"),
              os.path.join(place, "vmm/a.c"))
    write("Makefile", "b")
    tap.equal(len(set(found)), 4, found)
    write("other", "not of it")
    tap.equal(found[-1], found[-2])


@tap.case("all that kvm-vmm is built of is in the sum of its sources")
def sums_everything():
    parts = build.source_parts(tap.TOP)
    for name in ("Makefile", "Kconfig", "vmm", "tools", "backends",
                 "vmm/build.mk", "vmm/Kconfig", "initramfs/build.mk"):
        tap.check(name in parts, f"{name} is not in", *parts)


def described(*words):
    lines = [f"{name} host" for name in ("place", "why", "image", "need", "initrd",
                                         "mem")]
    return measures.describe(
        SimpleNamespace(top=tap.TOP, build=FOLDER,
                        images=os.path.join(FOLDER, "words")),
        place.Plan(lines + [f"arg {word}" for word in words]))


@tap.case("of a guest's files and of back ends the sum is known; a directory has none")
def sums_words():
    folder = os.path.join(FOLDER, "words")
    os.makedirs(folder, exist_ok=True)
    path, program = (os.path.join(folder, name) for name in ("disk", "kvm-net"))

    def is_seen(file, *words):
        found = []
        for data in "a", "b":
            with open(file, "w", encoding="utf-8") as changed:
                changed.write(data)
            found.append(described(*words))
        return found[0] != found[1] == described(*words)

    tap.check(is_seen(program, "--net", "user"), "no sum of the back ends")
    for words in (["--disk", path], [f"--disk={path}"], ["--disk", f"{path},ro"],
                  [f"--disk={path},ro,serial=x"], ["--disk", f"no,overlay={path}"],
                  [f"--ide=no,overlay={path},rw"], ["--spare-disk", f"1:{path}"]):
        tap.check(is_seen(path, *words), f"{words}: a change is not seen")
    for words in (["--share", folder], [f"--share={folder},tag,ro"]):
        tap.check(described(*words) != described(*words), f"{words}: known")


def groups(number, where):
    variants = [toggles.Variant()] + [toggles.Variant(f"V{n}", "n")
                                      for n in range(number - 2)]
    one = comparison.Comparison(SimpleNamespace(
        how="run", build="", images=""), SimpleNamespace(place=where), variants)
    columns = [*one.columns, comparison.Column(variants[0], None)]
    found = one.groups(columns)
    tap.equal(sorted(map(id, sum(found, []))), sorted(map(id, columns)))
    tap.check(found[0][0] is columns[0], "the baseline is the first")
    tap.check(found[-1][-1] is columns[-1], "and the last")
    return [len(group) for group in found]


@tap.case("each boot is in one session; on this host all of them in the same")
def grouped():
    tap.equal(groups(4, "lab"), [4])
    tap.equal(groups(13, "lab"), [6, 7])
    tap.equal(groups(107, "host"), [107])
    many = groups(107, "lab")
    tap.check(len(many) == 10 and set(many) == {10, 11}, many)


@tap.case("what is there is not done again, and nobody hears of the rest")
def goes_on():
    folder = os.path.join(FOLDER, "on")
    shutil.rmtree(folder, ignore_errors=True)
    done = jobs.Job(folder, {"kind": "build", "made": 1}, [])
    done.write()
    with open(done.result, "w", encoding="utf-8") as file:
        json.dump({"built": True}, file)
    tap.equal(jobs.run(tap.TOP, folder, [done]), [{"built": True}])
    tap.check(not os.path.exists(os.path.join(folder, jobs.LIST)), "a list")
    old = time.time() - jobs.OLD - 60
    os.utime(done.result, (old, old))
    jobs.forget_old(folder)
    tap.equal(os.listdir(folder), [os.path.basename(done.path) + ".job"])


class Wound(session.Session):
    """A session whose signs of life come when a test says, by a clock of its own."""

    def __init__(self, place, took, signs):
        self.where, self.took, self.mark = place, took, "@mark"
        self.out, self.err = bytearray(), bytearray()
        self.signs = [(at, "tick") for at in signs]
        self.now = self.heard = 0

    def boot(self, seconds, argv):
        self.err += b"@mark begin\n"

    def write(self, data):
        pass

    def end(self, at):
        self.signs.append((at, "result 5 - -"))
        self.out += b"@mark end\n"

    def listen_until(self, limit):
        self.now = limit
        if self.signs and self.signs[0][0] <= limit:
            at, sign = self.signs.pop(0)
            self.now = self.heard = at
            self.err += f"@mark {sign}\n".encode()

    def lost(self):
        """(after how many seconds, how), or what the boot's status is."""
        with mock.patch.object(boot.time, "monotonic", lambda: self.now):
            try:
                return boot.boot(self, [], None, 20).result.status
            except session.Lost as lost:
                return round(self.now), str(lost)


@tap.case("a lab that stands still, or all but, is lost; one that is at work is not")
def stands_still():
    still, long = "gave no sign of life", "took too long for one boot"
    spins = [12 + 6 * n for n in range(99)]     # a busy machine: 12 s are one, 6 half
    for place, took, signs, want in (
            ("lab", 6, [], (24, still)), ("lab", 6, [12], (24, still)),
            ("lab", 6, spins[:9], (60 + 12, still)),
            ("lab", 6, [12 + 13 * n for n in range(40)], (24, still)),
            ("lab", 0.2, [], (10, still)), ("lab", 0.2, [1], (11, still)),
            ("lab", 100, [], (240, still)), ("lab", 100, [200], (400, still)),
            ("host", 0.1, [], (240, still)), ("lab", 6, spins, (420, long))):
        tap.equal(Wound(place, took, signs).lost(), want, (place, took, signs[:3]))
    slow = Wound("lab", 6, spins[:30])
    slow.end(190)
    tap.equal(slow.lost(), 5)


# --- All of a comparison ------------------------------------------------------

class Lab:
    """A folder for comparisons in the lab that is none."""

    def __init__(self, name):
        self.folder = os.path.join(FOLDER, name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.words = {"MKVM_COMPARE": os.path.join(self.folder, "compare"),
                      "MKVM_LAB_KEEPER": KEEPER, "FAKE_LAB": self.folder,
                      "IMG": "hello", "RUN": "lab", "HOW": "run",
                      "TOGGLE": TOGGLE, "SPREAD": "local"}
        for part in "KERNEL", "INITRD":
            self.words["MKVM_LAB_" + part] = KEEPER

    def write(self, name, text=""):
        with open(os.path.join(self.folder, name), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def calls(self):
        """How many sessions have been started."""
        with open(os.path.join(self.folder, "calls"), encoding="utf-8") as file:
            return len(file.readlines())

    def there(self, name=""):
        return os.path.exists(os.path.join(self.folder, name))

    def kept(self):
        folder = os.path.join(self.folder, "compare", comparison.MEASURED)
        return [name for name in os.listdir(folder) if name.endswith(".json")]

    def compare(self, **words):
        """(status, report, stderr)."""
        status, _, err = comparing.run(**{**self.words, **words})
        path = os.path.join(self.folder, "compare", "report.json")
        if not os.path.exists(path):
            return status, None, err
        with open(path, encoding="utf-8") as file:
            return status, json.load(file), err


def counted(value):
    """A report without what differs from one run to the next."""
    if isinstance(value, dict):
        return {name: counted(one) for name, one in value.items()
                if name not in VARIES}
    return [counted(one) for one in value] if isinstance(value, list) else value


def differences(one, other, where="report"):
    """Where two of them differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            yield from differences(one.get(name), other.get(name),
                                   f"{where}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and \
            len(one) == len(other):
        for number, pair in enumerate(zip(one, other)):
            yield from differences(*pair, f"{where}[{number}]")
    elif one != other:
        yield f"{where}: {one!r:.200}, {other!r:.200}"


def check_same(report, what):
    tap.none_of(f"{what}: {text}" for text in
                differences(counted(report), counted(undisturbed())))


@functools.cache
def undisturbed():
    lab = Lab("undisturbed")
    status, report, err = lab.compare()
    tap.equal((status, lab.calls()), (0, 2), err)
    tap.equal(lab.kept(), [])
    tap.equal({one["outcome"] for one in report["variants"]}, {"done"}, err)
    tap.equal(err.count("  BOOT "), len(SYMBOLS) + 2, err)
    return report


def same_everywhere():
    if not shutil.which("parallel"):
        raise tap.Skip("no GNU parallel here")
    status, report, err = Lab("parallel").compare(SPREAD="parallel")
    tap.equal(status, 0, err)
    check_same(report, "parallel")


def job_dies():
    """Once, and nobody sees that; twice, and its variants are missing."""
    lab = Lab("dies")
    lab.write("dies", "1 again\n")
    status, report, err = lab.compare()
    tap.equal((status, lab.calls()), (0, 3), err)
    check_same(report, "it is tried again")
    lab.write("dies", "2 again\n")
    status, report, err = lab.compare()
    tap.equal((status, lab.calls(), len(lab.kept())), (0, 6, 1), err)
    missing = [one["id"] for one in report["variants"]
               if one["outcome"] == "missing"]
    tap.equal(len(missing), 5, report["notes"])
    tap.equal(report["again"], None)
    for name in [*missing, "baseline again"]:
        tap.check(any(note.startswith(name + ": the job that boots it")
                      for note in report["notes"]), name, *report["notes"])
        tap.check(name in err.splitlines()[-1], err)
    said = {one["variant"]: one["text"] for one in report["sentences"]}
    tap.check(said[missing[0]].startswith("It was not measured: "), said)
    status, report, err = lab.compare()
    tap.equal((status, lab.calls(), lab.kept()), (0, 7, []), err)
    tap.check("1 of 2 sessions were measured" in err, err)
    check_same(report, "it goes on")


def baseline_dies():
    """Without it there is nothing to say, but what was measured stays."""
    lab = Lab("baseline")
    lab.write("dies", "2 baseline.(1\n")
    status, report, err = lab.compare()
    tap.equal((status, bool(report), len(lab.kept())), (70, False, 1), err)
    tap.check("the baseline could not be measured" in err, err)


def interrupted():
    """By a signal to this program alone: all that it began ends."""
    lab = Lab("interrupted")
    lab.write("waits", "1 again\n")
    child = subprocess.Popen(
        comparing.COMMAND, cwd=tap.TOP, env=comparing.environment(**lab.words),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not (lab.there("waiting") and lab.there(
            f"compare/{comparison.MEASURED}") and lab.kept()):
        tap.check(time.monotonic() < until, "nothing was measured")
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate()
    tap.equal(child.returncode, 130, err)
    tap.check("the same command goes on" in err, err)
    tap.equal(subprocess.run(["pgrep", "-f", lab.folder], check=False,
                             capture_output=True).stdout, b"", "left behind")
    os.remove(os.path.join(lab.folder, "waits"))
    status, report, err = lab.compare()
    tap.equal((status, lab.calls(), lab.kept()), (0, 3, []), err)
    tap.check("1 of 2 sessions were measured" in err, err)
    check_same(report, "it goes on")


def has_back_ends():
    """In the lab kvm-vmm is a copy, and looks beside itself."""
    status, report, err = Lab("beside").compare(TOGGLE="UART_FIFO",
                                                ARGS="--net user")
    tap.equal(status, 0, err)
    for one in report["variants"]:
        tap.equal(one["outcome"], "done", one["said"])


def wrong_engine():
    status, report, err = Lab("engine").compare(SPREAD="moon")
    tap.equal((status, bool(report)), (64, False), err)
    tap.check("SPREAD=moon" in err, err)


LACKING = comparing.lacks(*SYMBOLS, *comparing.COUNTED) or \
    vm.host_lacks("real16")
if not LACKING and subprocess.run(
        ["bwrap", "--bind", "/", "/", "true"], check=False,
        capture_output=True).returncode:
    LACKING = "no namespaces here, for a lab that is none"
if LACKING:
    tap.add("comparisons", vm.skip, LACKING)
elif vm.places("real16", "hello.bin"):
    tap.add("the same counts come wherever the jobs run", same_everywhere)
    tap.add("a job that dies is tried again, then named; the next time goes on",
            job_dies)
    tap.add("without a baseline there is no report", baseline_dies)
    tap.add("interrupted, it leaves nothing behind, and goes on", interrupted)
    if not comparing.lacks("NET_USER"):
        tap.add("a guest in the lab has kvm-vmm's back ends", has_back_ends)
    tap.add("SPREAD= is refused before anything is measured", wrong_engine)
tap.main()
