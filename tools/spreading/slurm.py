"""SPREAD=slurm: an array of Slurm's, each task of which takes jobs until none is left.

One task for each job would be the plain way, and a slow one: where nothing else is
configured, Slurm starts the next task seconds after one has ended (batch_sched_delay),
gives each a node of its own (SelectType), and takes no more than MaxArraySize. So
there are as many tasks as the partition has CPUs, and a task has a job at work on each
CPU that it was given. What two tasks must not both begin, the folder decides: a job is
begun by who creates the file of its number there (O_EXCL; on NFS since version 3).

    WAVE/numbers    which jobs there are, and at which node each is not to be begun
    WAVE/begun/N    task, restart, node
    N.status        of the job when it has ended, or "lost" (on-machine, slurm-task)
    alive           touched as long as we are: else tasks begin no more (slurm-task)

Slurm is asked for one thing only, which tasks there still are: a job begun by one that
is not, or that waits again after its node was lost, is lost with it. What is lost, and
what was not begun before all tasks had gone, another array takes: it was not tried yet.
A job that has failed is tried again at another node: one may be sick, and then fails
at whatever it takes, and so takes more than others.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from . import jobs as lists

USAGE = ("slurm[:PARTITION]", "a job array of Slurm's; -j N: so many at once in all")
TASK = os.path.join(lists.TOP, "tools", "spreading", "slurm-task")
# Variables by which a user has these programs show less, ask, or wait.
TASTE = ("SINFO_", "SQUEUE_", "SCANCEL_", "SBATCH_WAIT", "SBATCH_TEST_ONLY")
PROGRAMS = ("sbatch", "squeue", "scancel", "sinfo", "scontrol")
BLIND = 69          # exit status of a task that does not see our files
LOOK = 0.1, 2       # seconds between two looks into the folder: first, at most
ASK = 0.5, 10       # and between two questions to Slurm
SLOWER = 1.5
WAITS = 30          # seconds after which we say what a task waits for
LOST_MAX = 3        # as often a job may be lost with its task
GRACE = 5           # for a job to end that is no longer wanted
ANSWER = 120        # for Slurm to answer


def say(text):
    print(f"mini-kvm: spread: {text}", file=sys.stderr)


def ask(*argv):
    """What one of Slurm's programs prints; OSError with what it complains of."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(TASTE)}
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=ANSWER, check=False,
                              start_new_session=True, env=environment)
    except subprocess.TimeoutExpired:
        raise OSError(f"{argv[0]}: no answer in {ANSWER} s") from None
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or
                       [f"{argv[0]}: status {done.returncode}"])[-1])
    return done.stdout


def look_again(folder):
    """On NFS, what was not there a moment ago is looked for again, not remembered,
    in a folder that we have changed ourselves; elsewhere this changes nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        pass


class Wave:
    """One array: the folder that its tasks work in, and the jobs that are left."""

    def __init__(self, place, number, jobs, avoid):
        self.place = place
        self.avoid = avoid      # {number: node}
        self.folder = place.path(f"wave{number}")
        self.left = {job.number: job for job in jobs}
        self.lost = []
        self.failed = {}        # number: node
        self.owners = {}        # number: (task, node), as far as read
        os.makedirs(os.path.join(self.folder, "begun"))
        for job in jobs:
            place.forget(job)
        place.write(os.path.join(self.folder, "numbers"),
                    "".join(f"{number} {avoid.get(number, '')}\n" for number in self.left))

    def begun(self):
        """{number: (task, node)} of the jobs that are left."""
        folder = os.path.join(self.folder, "begun")
        look_again(folder)
        for name in os.listdir(folder):
            if int(name) not in self.owners:
                with open(os.path.join(folder, name), encoding="utf-8",
                          errors="replace") as file:
                    words = file.read().split()
                if len(words) == 3:     # else it is just being written
                    self.owners[int(name)] = words[0], words[2]
        return {number: owner for number, owner in self.owners.items()
                if number in self.left}

    def settle(self, number, finished):
        """The job has ended, or is lost."""
        job = self.left.pop(number)
        status = self.place.ended(job)
        node = self.owners.get(number, ("", "?"))[1]
        job.said = f"{node}: " + ("lost" if status is None else f"status {status}")
        look_again(os.path.dirname(os.path.abspath(job.result)))
        if status is None and not job.is_done():
            self.lost.append(job)
            return
        if not job.is_done():
            self.failed[number] = node
        finished(job, job.is_done())

    def settle_ended(self, finished):
        """Whether any has ended."""
        look_again(self.place.folder)
        ended = [number for number in
                 (int(name[:-len(".status")]) for name in os.listdir(self.place.folder)
                  if name.endswith(".status"))
                 if number in self.left]
        if ended:
            self.begun()
        for number in ended:
            self.settle(number, finished)
        return bool(ended)


class Engine:
    """As the package says."""

    def __init__(self, words, workers, place):
        if words and not re.fullmatch(r"[^\s,:=]+(,[^\s,:=]+)*", words):
            raise ValueError("behind the colon belong partitions, with commas between")
        missing = [name for name in PROGRAMS if not shutil.which(name)]
        if missing:
            raise lists.Unable(
                f"SPREAD=slurm: {', '.join(missing)} missing; on a machine that hands "
                "in jobs to your Slurm they are there (Debian: apt-get install "
                "slurm-client, and the cluster's slurm.conf)")
        self.words = words
        self.workers = workers
        self.place = place
        self.array = ""         # the number of the last one
        self.waves = 0
        self.nodes = {}         # name: CPUs, 0 if it is not up
        self.failed_at = {}     # {number of a job: node}
        self.blind = set()      # nodes that do not see our files
        self.silent = self.told = self.refused = False
        try:
            self.tasks = self.count_tasks()
        except OSError as error:
            raise lists.Unable(f"SPREAD=slurm: {error}; what does sinfo say?") \
                from None
        self.name = "spread-" + place.folder[-8:]       # of our arrays
        self.runner = place.runner(place.jobs)
        self.alive = place.write("alive", "")
        place.mark()

    def count_tasks(self):
        """As many as there are CPUs, unless that is more than an array may have."""
        wanted = (self.words or os.environ.get("SBATCH_PARTITION", "")).split(",")
        there = set()
        for line in ask("sinfo", "-a", "-h", "-N", "-o",
                        "%N|%R|%P|%a|%C").splitlines():
            node, name, marked, state, counts = line.split("|")
            there.add(name)
            if state == "up" and (name in wanted or
                                  (wanted == [""] and marked.endswith("*"))):
                _, _, other, total = map(int, counts.split("/"))
                self.nodes[node] = total - other
        for name in wanted:
            if name and name not in there:
                raise ValueError(f"no partition {name}; there is "
                                 + ", ".join(sorted(there)))
        cpus = sum(self.nodes.values())
        if not cpus:
            raise OSError("no node of the partition is up")
        limit = re.search(r"^MaxArraySize\s*=\s*(\d+)",
                          ask("scontrol", "show", "config"), re.M)
        limit = int(limit.group(1)) if limit else 1001
        if not limit:
            raise OSError("this Slurm takes no arrays (MaxArraySize=0)")
        return min(self.workers or cpus, limit)

    # --- An array --------------------------------------------------------------

    def submit(self, wave, jobs):
        """Hands in an array for the wave; OSError."""
        up = {node for node, cpus in self.nodes.items() if cpus} - self.blind
        leave = self.blind | (set(wave.avoid.values())
                              if up - set(wave.avoid.values()) else set())
        # Where it must be another node, each is to have a task.
        tasks = self.tasks if set(wave.avoid.values()) - leave else \
            min(self.tasks, len(jobs))
        kept = [name for name in ("HOME", "LOGNAME", "PATH", "USER")
                if name in os.environ]
        words = ["--parsable", f"--array=0-{tasks - 1}", f"--job-name={self.name}",
                 "--output=/dev/null", "--error=/dev/null", "--ntasks=1",
                 "--export=" + (",".join(kept) or "NIL")]
        if self.words:
            words.append(f"--partition={self.words}")
        if leave:
            words.append("--exclude=" + ",".join(sorted(leave)))
        words += [TASK, wave.folder, "1" if self.workers else "0", self.runner]
        self.array = ask("sbatch", *words).strip().split(";")[0]

    def states(self, array=None):
        """{task: (state, reason)} of our arrays, or of one; OSError."""
        found = {}
        for line in ask("squeue", "-h", "-r", "-n", self.name,
                        "-o", "%F|%K|%T|%r").splitlines():
            number, task, state, reason = line.split("|", 3)
            if array in (None, number):
                found[task] = state, reason
        return found

    def look_for_blind(self):
        """Names the nodes whose tasks did not see our files; whether one is new."""
        try:
            text = ask("scontrol", "-o", "show", "job", self.array)
        except OSError:
            return False        # forgotten by now
        blind = {name for line in text.splitlines() if f" ExitCode={BLIND}:0 " in line
                 for name in re.findall(r" NodeList=(\S+)", line)}
        new = blind - self.blind
        for node in sorted(new):
            say(f"{node}: the list, the results and {lists.TOP} must be there as they "
                "are here, and the same files (NFS, say); its jobs go to others")
        self.blind |= new
        return bool(new)

    def lose(self, wave, begun, states, finished):
        """Settles jobs whose task has gone, or waits again as its node was lost."""
        for number, (task, _) in begun.items():
            state = states.get(task, ("PENDING", ""))[0]
            if number in wave.left and state == "PENDING":
                wave.settle(number, finished)

    def ask_states(self):
        """As states(); None without an answer, which is said once."""
        try:
            states = self.states(self.array)
            self.silent = False
            return states
        except OSError as error:
            if not self.silent:
                say(f"Slurm does not answer ({error}); waiting")
            self.silent = True
            return None

    def watch(self, wave, finished):
        """Until all jobs have ended or are lost, or no task is left."""
        look, pause = LOOK[0], ASK[0]
        start = time.monotonic()
        question, known = start + pause, 0
        while wave.left:
            os.utime(self.alive)
            begun = wave.begun()        # before Slurm is asked, and the rest after
            states = None
            if time.monotonic() > question:
                states = self.ask_states()
                pause = min(pause * SLOWER, ASK[1])
                question = time.monotonic() + pause
            ended = wave.settle_ended(finished)
            if states is not None:
                self.lose(wave, begun, states, finished)
                if len(states) < known and wave.left.keys() - begun.keys():
                    self.look_for_blind()
                if not states:
                    return
                known = len(states)
                if not wave.owners and not self.told and \
                        time.monotonic() > start + WAITS:
                    self.told = True
                    say(f"Slurm has begun nothing yet: {next(iter(states.values()))[1]}"
                        f"; squeue -n {self.name} shows it")
            look = LOOK[0] if ended else min(look * SLOWER, LOOK[1])
            time.sleep(look)

    def run(self, jobs, finished):
        losses = collections.Counter()
        avoid = self.failed_at if len(self.nodes) > 1 else {}
        for job in jobs:
            job.said = job.said or "Slurm took no jobs"
        while jobs and not self.refused:
            self.waves += 1
            wave = Wave(self.place, self.waves, jobs, avoid)
            try:
                self.submit(wave, jobs)
            except OSError as error:
                say(f"Slurm takes no jobs: {error} (-j N hands in fewer)")
                self.refused = True
                return
            self.watch(wave, finished)
            self.failed_at = {**self.failed_at, **wave.failed}
            for job in wave.left.values():
                job.said = "no task has begun it"
            blind = bool(wave.left) and self.look_for_blind()
            if len(wave.left) == len(jobs) and not blind:
                if not avoid:
                    return
                avoid = {}      # then where it failed
            losses.update(job.number for job in wave.lost)
            jobs = [*wave.left.values(), *(job for job in wave.lost
                                           if losses[job.number] < LOST_MAX)]

    def gone(self):
        """Whether no task is there any more, in a while; OSError."""
        until = time.monotonic() + GRACE
        while self.states():
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def close(self):
        self.place.unmark()
        if not self.waves:
            return
        cancel = "scancel", "-n", self.name
        try:
            ask(*cancel)
            if self.gone():
                return
            ask(*cancel, "--signal=KILL", "--full")
            if self.gone():
                return
            why = "they do not end"
        except OSError as error:
            why = error
        say(f"tasks may still run: {why}; squeue -n {self.name} shows them, "
            f"scancel -n {self.name} ends them")
