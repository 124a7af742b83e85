"""An exercise: what its folder says, and the judgement of a submission.

judge_all() takes any number of submissions; their guests run in one session. A
submission is built (builds.py), run in kvm-vmm (places.py), and what it did is
compared with the exercise's judge.py, which has

    KIND    "device" or "c": C code for a table of steps; "real16": a guest in
            assembly; "os": a part of 1K OS
    LEVEL   of docs/reading.md
    FILES   what is handed in
    table(rnd)              device, c: the steps, see table.py
    given(rnd)              the others: {name: text} of files that are built in
    judge(rnd, run)         the others: [(step, passed, sentence), ...]

rnd is a random.Random() that begins with the same seed each time.
"""

import importlib.util
import json
import os
import random
import re
import shutil
import tempfile
from concurrent import futures

import builds
import places
import table

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEEDS = {"device": "long64", "c": "long64", "real16": "real16", "os": "paged32"}
MEMORY = {"device": "16M", "c": "16M", "real16": "2M", "os": "64M"}
LOADERS = {"device": "long64", "c": "long64", "real16": "flat", "os": "paged"}
EXITS = 400000      # far more than any solution needs
OUTPUT = 4096       # bytes; as many as a verdict of --judge has
# Statuses of kvm-vmm's and of board.c's, in a sentence.
ENDS = {
    2: "The file has no row DEVICE(...), or more than one.",
    3: "The state of the device is larger than the judge's board has room for.",
    4: "It called board_irq() with a pin that it has not got.",
    5: "It called the board with a pointer that is not the one init() was given.",
    6: "init, read and write must all be there.",
    71: "The code crashed here: an exception that nobody handles.",
    72: "The code halted the CPU for good.",
    124: "It ran out of time, of VM exits or of output: a loop that does not end?",
}


class Stats:
    """The VM exits of a run, from --stats=json."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                self.guest = json.load(file)["guests"][0]
        except (OSError, ValueError, LookupError):
            self.guest = None
        self.total = self.guest and self.guest["exits"]

    def count(self, reason, port=None, direction=None):
        """Exits of one kind; 0 where nothing was counted."""
        return sum(row["exits"] for row in (self.guest or {"rows": []})["rows"]
                   if row["reason"] == reason
                   and port in (None, int(row.get("port", "-1"), 0))
                   and direction in (None, row.get("direction")))


class NoExercise(places.Broken):
    """What is asked for is none: wrong words, and no fault of the judge."""


class Exercise:
    """What is in one folder of exercises/."""

    def __init__(self, number):
        names = [name for name in os.listdir(HERE)
                 if re.match(f"0*{number}-", name)] \
            if re.fullmatch("[0-9]{1,3}", str(number)) else []
        if len(names) != 1:
            raise NoExercise(f"exercise {number}: there is none; "
                             "exercises/README.md has the list")
        self.name = names[0]
        self.folder = os.path.join(HERE, self.name)
        spec = importlib.util.spec_from_file_location(
            "judge_" + self.name.replace("-", "_"),
            os.path.join(self.folder, "judge.py"))
        self.rules = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.rules)
        self.kind = self.rules.KIND
        self.in_c = self.kind in ("device", "c")

    def random(self, seed):
        return random.Random(f"{self.name} {seed}")

    def steps(self, seed):
        return self.rules.table(self.random(seed))

    def given(self, seed):
        """Files that the judge adds to a submission."""
        if self.in_c:
            return {"judge_ops.c": table.ops_source(self.steps(seed))}
        return self.rules.given(self.random(seed))

def numbers():
    """The exercises that there are."""
    return sorted(int(name[:2]) for name in os.listdir(HERE)
                  if re.match("[0-9][0-9]-", name))


def how_ended(run):
    """Why a guest did not come to its end, in a sentence."""
    if run.status in ENDS:
        return ENDS[run.status]
    return "It ended before its time."


class Submission:
    """A folder that is judged, and on the way to that, what was made of it."""

    def __init__(self, exercise, folder, seed, own):
        self.exercise, self.folder, self.seed = exercise, folder, seed
        self.own = own
        self.run = self.stats = None
        self.rows = []

    def refuse(self, step, sentence):
        self.rows = [(step, False, sentence)]

    def build(self, stage):
        """Takes the files and builds a guest in @stage, a new folder."""
        exercise = self.exercise
        os.mkdir(stage)
        try:
            builds.take(self.folder, exercise.rules.FILES, stage)
            for name, text in exercise.given(self.seed).items():
                with open(os.path.join(stage, name), "w",
                          encoding="utf-8") as file:
                    file.write(text)
            image = builds.build(exercise, stage, self.own, self.seed)
        except builds.Refused as refused:
            self.refuse("build", str(refused))
            return
        self.stats = os.path.join(stage, "stats.json")
        self.run = places.Run(
            [places.KVM_VMM, "--judge", "--timeout", str(places.SECONDS),
             "--max-exits", str(EXITS), "--max-output", str(OUTPUT),
             f"--stats=json:{self.stats}", "--mem", MEMORY[exercise.kind],
             "--loader", LOADERS[exercise.kind], image])

    def judge(self):
        """Compares what was run with what had to come."""
        if not self.run:
            return
        self.run.exits = Stats(self.stats)
        if self.run.refused:
            self.refuse("build", "What was built is no image that kvm-vmm takes: "
                        f"{self.run.refused}. Read: docs/guide.md, \"From the "
                        "command line to the first instruction\".")
            return
        rules = self.exercise.rules
        if self.exercise.in_c:
            self.rows = table.judge(self.exercise.steps(self.seed),
                                    self.run.out.decode("latin-1"),
                                    how_ended(self.run))
        else:
            self.rows = rules.judge(self.exercise.random(self.seed), self.run)

    def verdict(self):
        """The object that --json prints; exercises/README.md describes it."""
        return {
            "schema": 1, "exercise": self.exercise.name,
            "passed": all(row[1] for row in self.rows),
            "steps": [{"step": name, "passed": bool(passed),
                       "said": "" if passed else said}
                      for name, passed, said in self.rows],
            "exits": self.run and self.run.exits.total,
            "status": self.run and self.run.status,
        }


def judge_all(submissions):
    """Judges Submissions, those of one kind in one session each."""
    top = os.path.join(places.BUILD, "exercises")
    os.makedirs(top, exist_ok=True)
    work = tempfile.mkdtemp(dir=top)
    try:
        stages = [os.path.join(work, str(n)) for n in range(len(submissions))]
        with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(Submission.build, submissions, stages))
        for kind in sorted({one.exercise.kind for one in submissions}):
            runs = [one.run for one in submissions
                    if one.run and one.exercise.kind == kind]
            if runs:
                places.run_all(places.place_for(NEEDS[kind]), runs)
        for one in submissions:
            one.judge()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [one.verdict() for one in submissions]
