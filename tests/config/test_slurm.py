#!/usr/bin/python3
# timeout: 700
"""SPREAD=slurm, on a real Slurm with nodes of the test's own (cluster.py)."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from unittest import mock

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TESTS, os.path.join(TESTS, "config"),
                os.path.join(TESTS, "..", "tools")]
sys.dont_write_bytecode = True
import cluster      # noqa: E402 (the path has to be known first)
import tap          # noqa: E402
from spreading import slurm as slurm_engine  # noqa: E402

GRADE = os.path.join(tap.TOP, "tools", "grade")
SPREAD = os.path.join(tap.TOP, "tools", "spread")
FAKE = os.path.join(tap.TOP, "tests", "config", "fake_check.py")
TASK = os.path.join(tap.TOP, "tools", "spreading", "slurm-task")
MORE = "MaxArraySize=3\nKillWait=2"
NODES = [f"CPUs=2 Weight={weight}" for weight in (2, 3, 1)]     # n3, n1, n2
PARTITIONS = ["one Nodes=n1", "both Nodes=n1,n2 Default=YES", "mixed Nodes=n1,n3",
              "dark Nodes=n3", "shut Nodes=n1 State=DOWN"]

WHY_NOT = cluster.enter()
HOME = tempfile.TemporaryDirectory()
SHARED = os.path.join(HOME.name, "shared")
SLURM = None


def slurm():
    """The cluster, once for all cases: three nodes, the third of which is blind."""
    global SLURM
    if WHY_NOT:
        raise tap.Skip(WHY_NOT)
    if not SLURM:
        os.mkdir(SHARED)
        folder = os.path.join(HOME.name, "slurm")
        os.mkdir(folder)
        SLURM = cluster.Cluster(folder, NODES, PARTITIONS, MORE,
                                hidden={3: SHARED})
    return SLURM


class Room:
    """A folder that the nodes share, with a list of jobs."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def job(self, name, command):
        self.lines.append(f"{self.path(name)}\t{command}\n")

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def begin(self, spread, *words, **environment):
        with open(self.path("jobs"), "w", encoding="utf-8") as file:
            file.writelines(self.lines)
        return subprocess.Popen(
            [SPREAD, *words, "jobs"], cwd=self.folder, text=True,
            env={**os.environ, "SPREAD": spread, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def spread(self, spread, *words, **environment):
        """(status, what it said on stderr)."""
        process = self.begin(spread, *words, **environment)
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    def there(self):
        """What has come into being beside the list."""
        return sorted(set(os.listdir(self.folder)) - {"jobs"})

    def alive(self):
        """Processes that work in it."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/cwd").startswith(self.folder):
                    found.append(pid)
            except OSError:
                pass
        return found


def case(text):
    def mark(function):
        def run():
            there = slurm()
            with tempfile.TemporaryDirectory(dir=SHARED, prefix="a'b $c ") as folder:
                function(there, Room(folder))
        tap.add(text, run)
        return function
    return mark


def hand_in(room):
    """A class, and a judge that needs no KVM."""
    os.makedirs(room.path("exercises/01-one"))
    os.mkdir(room.path("exercises/judge"))
    for student, says in (("kim", "pass"), ("$(id)", "pass|two"), ("a b", "pass|one"),
                          ("o'neil", "once"), ("\ud55c\uae00", "broken")):
        os.makedirs(room.path(f"class/{student}/01-one"))
        with open(room.path(f"class/{student}/01-one/says"), "w",
                  encoding="utf-8") as file:
            file.write(says)


def grade(room, spread):
    """{name: bytes} of what grading leaves."""
    out = room.path("out " + spread)
    done = subprocess.run(
        [GRADE, room.path("class"), "--out", out, "--check", FAKE,
         "--exercises", room.path("exercises")], capture_output=True, text=True,
        env=dict(os.environ, SPREAD=spread, MKVM_FAKE_CHECK=room.folder), timeout=120, check=False)
    tap.equal(done.returncode, 1, done.stderr)      # one's judge is broken
    tap.check("failed twice" in done.stderr, done.stderr)
    found = {}
    for place, _, names in os.walk(out):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, out)] = file.read()
    del found["jobs"]       # has the name of the folder
    os.remove(room.path("calls"))
    return found


@case("a class is graded to the same bytes as on this machine, on one node and on two")
def same(_, room):
    hand_in(room)
    local = grade(room, "local")
    tap.equal(len([name for name in local if name.startswith("results/")]), 4, local)
    for spread in "slurm:one", "slurm":
        have = grade(room, spread)
        tap.equal(sorted(have), sorted(local))
        tap.none_of(name for name in local if have[name] != local[name])


@case("both nodes work at the same time, as do both processors of a task that has two; "
      "an array is never too long")
def together(_, room):
    # Each waits for all of the others: four at once, or never.
    for number in range(4):
        room.job(f"r{number}", f": >{number}.here; for n in 0 1 2 3; do until "
                 f"[ -e $n.here ]; do sleep 0.05; done; done; echo $SPREAD ok; "
                 f"echo $SLURMD_NODENAME >>calls")
    status, err = room.spread("slurm", SBATCH_EXCLUSIVE="")
    tap.equal(status, 0, err)
    tap.equal({room.read(f"r{number}") for number in range(4)}, {"ok\n"})
    tap.equal(sorted(room.read("calls").split()), ["n1", "n1", "n2", "n2"])


@case("a job that dies is tried twice and named, at two nodes; one whose task Slurm ends, "
      "once more")
def dies(_, room):
    for number in range(3):
        room.job(f"r{number}", f"echo {number} | tee -a calls")
    room.job("bad", "echo bad >>calls; echo oops >&2; exit 3")
    room.job("killed", "echo killed >>calls; [ $(grep -c killed calls) = 2 ] || "
             "{ scancel ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; sleep 1000; }")
    room.job("sick", "echo $SLURMD_NODENAME >>at; [ $(wc -l <at) = 2 ]")
    status, err = room.spread("slurm", "-j", "1")
    tap.equal((status, err.count("oops\n"), err.count("failed twice")), (1, 2, 1), err)
    tap.check(re.search(r"twice: .*/bad\" \(n2: status 3\)", err), err)
    tap.equal(sorted(room.read("calls").split()),
              ["0", "1", "2", "bad", "bad", "killed", "killed"])
    tap.equal(room.read("at").split(), ["n1", "n2"])
    tap.equal(room.there(), ["at", "calls", "killed", "r0", "r1", "r2", "sick"])


@case("a node that does not see the files is named and left out")
def blind(_, room):
    for number in range(2):
        room.job(f"r{number}", f"echo {number}")
    status, err = room.spread("slurm:mixed", "-j", "1")
    tap.equal((status, room.there()), (0, ["r0", "r1"]), err)
    tap.check(err.startswith("mini-kvm: spread: n3: the list, "), err)
    room.job("r2", "echo 2")
    status, err = room.spread("slurm:dark")
    tap.equal((status, err.count("n3: the list, "), room.there()),
              (1, 1, ["r0", "r1"]), err)
    tap.check("r2\" (no task has begun it)" in err, err)


@case("Ctrl-C ends all of it, on the nodes and in the queue; the same list goes on")
def interrupted(there, room):
    room.job("r0", "echo 0")
    for number in range(1, 5):
        room.job(f"r{number}", f"echo $$ >>calls; until [ -e go ]; do sleep 0.1; "
                 f"done; echo {number}")
    process = room.begin("slurm")
    cluster.until(lambda: os.path.exists(room.path("r0")) and
                  os.path.exists(room.path("calls")) and
                  len(room.read("calls").split()) == 3, "three at work")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    tap.equal((process.returncode, err), (130, err))
    tap.check("Traceback" not in err and "may still run" not in err, err)
    tap.equal((room.alive(), there.queue(), room.there()), ([], "", ["calls", "r0"]))
    with open(room.path("go"), "w", encoding="ascii"):
        pass
    status, err = room.spread("slurm:one")
    tap.equal((status, len(room.there())), (0, 7), err)


@case("after kill -9 tasks do what they have begun, and in a while they begin no more")
def alone(there, room):
    for number in range(9):
        room.job(f"r{number}", f"echo $$ >>calls; until [ -e go ]; do sleep 0.1; "
                 f"done; echo {number}")
    process = room.begin("slurm:one")
    cluster.until(lambda: os.path.exists(room.path("calls")) and
                  len(room.read("calls").split()) == 2, "two at work")
    folder, = (name for name in room.there() if name.startswith("jobs."))
    alive = room.path(f"{folder}/alive")
    long_ago = os.stat(alive).st_mtime - 1000
    os.utime(alive, (long_ago, long_ago))
    cluster.until(lambda: os.stat(alive).st_mtime > long_ago + 900, "a sign of life")
    process.kill()
    process.communicate(timeout=60)
    os.utime(alive, (long_ago, long_ago))
    with open(room.path("go"), "w", encoding="ascii"):
        pass
    cluster.until(lambda: not room.alive() and not there.queue(), "the end of all")
    tap.equal(len(room.read("calls").split()), 2)
    tap.equal(len([name for name in room.there() if name.startswith("r")]), 2)
    status, err = room.spread("slurm:one")
    tap.equal((status, len(room.read("calls").split())), (0, 9), err)


@case("without Slurm, its partition or its answer, one line says what to do")
def unable(_, room):
    room.job("r", "echo r")
    for spread, environment, status, words in (
            ("slurm", {"PATH": room.folder}, 1, "slurm-client"),
            ("slurm", {"SLURM_CONF": SPREAD}, 1, "what does sinfo say?"),
            ("slurm:none", {}, 64, "no partition none; there is both, dark, mixed"),
            ("slurm:one, two", {}, 64, "partitions, with commas"),
            ("slurm:shut", {}, 1, "no node of the partition is up")):
        have, err = room.spread(spread, **environment)
        tap.equal((have, err.count("\n")), (status, 1), err)
        tap.check(words in err, err)
    status, err = room.spread("slurm", SBATCH_TIMELIMIT="soon")
    tap.check(status == 1 and re.fullmatch(
        r"mini-kvm: spread: Slurm takes no jobs: .*--time spec.*\n"
        r"mini-kvm: spread: failed twice: .*\(Slurm took no jobs\)\n", err), err)
    tap.equal(room.there(), [])


@case("a lost node costs only its jobs: those are run again, elsewhere")
def lost(there, room):
    for number in range(6):
        room.job(f"r{number}", f"echo {number} $SLURMD_NODENAME >>calls; "
                 "[ $SLURMD_NODENAME = n1 ] || [ -e off ] || "
                 "{ : >n2.busy; sleep 1000; }; "
                 f"until [ -e n2.busy ]; do sleep 0.1; done; echo {number}")
    process = room.begin("slurm")
    cluster.until(lambda: os.path.exists(room.path("n2.busy")), "work for n2")
    there.lose(2)
    _, err = process.communicate(timeout=120)
    tap.equal((process.returncode, err), (0, err))
    calls = room.read("calls").splitlines()
    tap.equal(len([call for call in calls if call.endswith("n1")]), 6, calls)
    tap.check(len(set(calls)) == len(calls), calls)
    tap.equal({room.read(f"r{number}") for number in range(6)},
              {f"{number}\n" for number in range(6)})


@tap.case("what Slurm's programs show by a user's own variables is not what we ask for")
def taste():
    with mock.patch.dict(os.environ, SQUEUE_STATES="PENDING", SCANCEL_INTERACTIVE="",
                         SBATCH_WAIT="1", SBATCH_ACCOUNT="class"):
        shown = slurm_engine.ask("env")
    for name in "SQUEUE_STATES", "SCANCEL_INTERACTIVE", "SBATCH_WAIT":
        tap.check(name not in shown, shown)
    tap.check("SBATCH_ACCOUNT=class" in shown, shown)


@tap.case("a task that Slurm begins once more knows what it has lost, and takes the rest")
def again():
    with tempfile.TemporaryDirectory() as folder:
        room = Room(folder)
        os.makedirs(room.path("wave/begun"))
        for name, text in (("run", f'[ "$1" = look ] || echo "$1" >>{folder}/calls\n'),
                           ("wave/numbers", "1 \n2 \n3 n2\n4 n1\n5 \n6 \n"),
                           ("wave/begun/1", "7 0 n1\n"),     # its own, before
                           ("wave/begun/5", "6 0 n1\n"),     # another's
                           ("wave/begun/6", "7 0 n1\n"), ("6.status", "3\n"),
                           ("alive", "")):
            with open(room.path(name), "w", encoding="ascii") as file:
                file.write(text)
        subprocess.run(
            [TASK, room.path("wave"), "1", f"sh {folder}/run"], check=True,
            env=dict(os.environ, SLURM_ARRAY_TASK_ID="7", SLURM_ARRAY_TASK_COUNT="8",
                     SLURM_RESTART_COUNT="1", SLURMD_NODENAME="n2"))
        tap.equal(sorted(room.read("calls").split()), ["2", "4"])
        tap.equal([room.read(f"{number}.status") for number in (1, 2, 4, 6)],
                  ["lost\n", "0\n", "0\n", "3\n"])
        tap.equal(room.read("wave/begun/2"), "7 1 n2\n")
        tap.equal(sorted(os.listdir(room.path("wave/begun"))), list("12456"))


@case("a test that is killed leaves no daemon and no node")
def killed(*_):
    room = Room(os.path.join(HOME.name, "killed"))      # slurm.conf takes no odd name
    os.mkdir(room.folder)
    with open(room.path("program"), "w", encoding="ascii") as file:
        file.write("import cluster, os, time; cluster.enter();"
                   "cluster.Cluster(os.getcwd(), ['CPUs=1'], ['all Nodes=n1']);"
                   "open('ready', 'w').close(); time.sleep(1000)")
    process = subprocess.Popen(
        [sys.executable, "program"], cwd=room.folder, stdin=subprocess.DEVNULL,
        env=dict(os.environ, PYTHONPATH=":".join(sys.path[:2]),
                 PYTHONDONTWRITEBYTECODE="1"))
    cluster.until(lambda: os.path.exists(room.path("ready")), "a cluster")
    tap.check(len(room.alive()) > 3, room.alive())
    process.kill()
    process.wait()
    cluster.until(lambda: not room.alive(), "the end of all processes")


tap.main()
