"""An exercise: what its folder says, and the judgement of a submission.

judge_all() takes any number of submissions; their guests run in one session. A
submission is built (builds.py), run in kvm-vmm (places.py), and what it did is
compared with the exercise's judge.py, which has

    KIND    "device" or "c": C code for a table of steps; "real16": a guest in
            assembly; "os": a part of 1K OS; "linux": what runs inside Linux
    LEVEL   of docs/reading.md
    FILES   what is handed in
    table(rnd)              device, c: the steps, see table.py
    given(rnd)              the others: {name: text} of files that are built in; for
                            Linux those in /judge there, see inside.py
    judge(rnd, run)         the others: [(step, passed, values), ...]; run.facts is
                            what Linux has printed before, run.ended why it ended

rnd is a random.Random() that begins with the same seed each time. values are those
that the sentence of the step names; the sentences, in English and in Korean, are in
says.py, see say.py.
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
import inside
import places
import say
import table

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEEDS = {"device": "long64", "c": "long64", "real16": "real16", "os": "paged32",
         "linux": "linux"}
MEMORY = {"device": "16M", "c": "16M", "real16": "2M", "os": "64M"}
LOADERS = {"device": "long64", "c": "long64", "real16": "flat", "os": "paged"}
SESSION = 50        # submissions that one session judges, at most
EXITS = 400000      # far more than any solution needs
LINUX_SECONDS = 20
OUTPUT = 4096       # bytes; as many as a verdict of --judge has
# Statuses of kvm-vmm's and of board.c's, in a sentence.
ENDS = {
    2: ("The file has no row DEVICE(...), or more than one.",
        "파일에 DEVICE(...) 행이 없거나 둘 이상 있습니다."),
    3: ("The state of the device is larger than the judge's board has room for.",
        "장치의 상태가 채점기의 보드에 들어가지 않을 만큼 큽니다."),
    4: ("It called board_irq() with a pin that it has not got.",
        "board_irq()를 자기에게 없는 핀으로 불렀습니다."),
    5: ("It called the board with a pointer that is not the one init() was given.",
        "보드를 부를 때 init()이 받은 것이 아닌 포인터를 넘겼습니다."),
    6: ("init, read and write must all be there.",
        "init, read, write가 모두 있어야 합니다."),
    71: ("The code crashed here: an exception that nobody handles.",
         "코드가 여기서 크래시했습니다. 아무도 처리하지 않는 예외입니다."),
    72: ("The code halted the CPU for good.", "코드가 CPU를 영영 멈추었습니다."),
    124: ("It ran out of time, of VM exits or of output: a loop that does not end?",
          "시간이나 VM exit, 출력의 한도를 넘었습니다. 끝나지 않는 루프일까요?"),
}
EARLY = ("It ended before its time.", "할 일을 마치기 전에 끝났습니다.")
NO_IMAGE = ("What was built is no image that kvm-vmm takes: {why}. Read: "
            "docs/guide.md, \"From the command line to the first instruction\".",
            "빌드한 것을 kvm-vmm이 이미지로 받지 않습니다: {why}. 읽어 볼 곳: "
            "docs/guide.md의 \"From the command line to the first instruction\".")
BUILD = "build", "빌드"     # the step of what does not
LINUX_ENDS = {
    **dict.fromkeys(range(64), ("Linux was switched off before.",
                                "그 전에 Linux가 꺼졌습니다.")),
    71: ("Linux itself has crashed here.", "Linux 자체가 여기서 크래시했습니다."),
    72: ("Linux itself stands still for good.", "Linux 자체가 영영 멈추었습니다."),
    124: ("It ran out of time, of VM exits or of output: a loop that does not end, or "
          "one that waits for what does not come?",
          "시간이나 VM exit, 출력의 한도를 넘었습니다. 끝나지 않는 루프이거나, 오지 않는 것을 "
          "기다리고 있을까요?"),
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
        self.rules = self.load("judge")
        self.says = say.Says(self.load("says"))
        self.kind = self.rules.KIND
        self.in_c = self.kind in ("device", "c")

    def load(self, part):
        """judge.py or says.py of its folder."""
        spec = importlib.util.spec_from_file_location(
            f"{part}_{self.name.replace('-', '_')}",
            os.path.join(self.folder, part + ".py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def random(self, seed):
        return random.Random(f"{self.name} {seed}")

    def steps(self, seed):
        return self.rules.table(self.random(seed))

    def given(self, seed):
        """Files that the judge adds to a submission."""
        if self.in_c:
            return {"judge_ops.c": table.ops_source(self.steps(seed))}
        return self.rules.given(self.random(seed))

    def judge(self, seed, run):
        """[(step, passed, sentence), ...] of a run; a sentence is a pair."""
        if self.in_c:
            return table.judge(self.steps(seed), run.out.decode("latin-1"),
                               how_ended(run, ENDS), self.says)
        return [(step, passed, None if passed else self.says.told(step, **values))
                for step, passed, values in self.rules.judge(self.random(seed), run)]

    def name_of(self, step):
        """The name of a step, as a pair."""
        return BUILD if step == BUILD[0] else self.says.name(step)


def numbers():
    """The exercises that there are."""
    return sorted(int(name[:2]) for name in os.listdir(HERE)
                  if re.match("[0-9][0-9]-", name))


def how_ended(run, ends):
    """Why a guest did not come to its end, in a sentence."""
    return ends.get(run.status, EARLY)


class Submission:
    """A folder that is judged, and on the way to that, what was made of it."""

    def __init__(self, exercise, folder, seed, own):
        self.exercise, self.folder, self.seed = exercise, folder, seed
        self.own = own
        self.seconds = LINUX_SECONDS if exercise.kind == "linux" \
            else places.SECONDS
        self.run = self.stats = self.saved = None
        self.rows = []
        self.compiler = ""  # what it has said of what does not build
        self.guest = ""     # where the guest of one's own files is kept

    def refuse(self, sentence):
        self.rows = [(BUILD[0], False, sentence)]

    def build(self, stage):
        """Takes the files and builds a guest in @stage, a new folder."""
        exercise = self.exercise
        os.mkdir(stage)
        try:
            builds.take(self.folder, exercise.rules.FILES, stage)
            given = {} if self.saved else exercise.given(self.seed)
            for name, text in given.items():
                with open(os.path.join(stage, name), "w",
                          encoding="utf-8") as file:
                    file.write(text)
            image = builds.build(exercise, stage, self.own, self.seed)
        except builds.Refused as refused:
            self.refuse(refused.sentence)
            self.compiler = refused.compiler
            return
        if self.saved:
            self.run = places.Run(self.saved.restore_argv(image, self.seconds))
            return
        if self.own:
            self.keep(image)
        self.stats = os.path.join(stage, "stats.json")
        self.run = places.Run(
            [places.KVM_VMM, "--judge", "--timeout", str(self.seconds),
             "--max-exits", str(EXITS), "--max-output", str(OUTPUT),
             f"--stats=json:{self.stats}", "--mem", MEMORY[exercise.kind],
             "--loader", LOADERS[exercise.kind], image])

    def keep(self, image):
        """A copy of the guest, for whoever wants to run it without a judge."""
        folder = os.path.join(places.BUILD, "answers")
        os.makedirs(folder, exist_ok=True)
        self.guest = os.path.join(folder, self.exercise.name +
                                  os.path.splitext(image)[1])
        shutil.copyfile(image, self.guest)

    def judge(self):
        """Compares what was run with what had to come."""
        if not self.run or self.run.broken:
            return
        if self.saved:
            self.judge_linux()
            return
        self.run.exits = Stats(self.stats)
        if self.run.refused:
            self.refuse(say.fill(NO_IMAGE, {"why": self.run.refused}))
        else:
            self.rows = self.exercise.judge(self.seed, self.run)

    def step(self, name, passed, sentence):
        english, korean = ("", "") if passed else sentence
        return {"step": name, "passed": bool(passed), "said": english,
                "ko": {"step": self.exercise.name_of(name)[1], "said": korean}}

    def judge_linux(self):
        run = self.run
        if run.refused:     # the image is ours
            run.broken = f"Linux cannot go on where it was saved: {run.refused}"
            return
        run.facts = self.saved.facts
        run.ended = how_ended(run, LINUX_ENDS)
        self.rows = self.exercise.judge(self.seed, run)

    def exits(self):
        """None for Linux, too: it is not the same number twice."""
        return self.run.exits.total if self.run and not self.saved else None

    def verdict(self):
        """The object that --json prints; exercises/README.md describes it."""
        return {
            "schema": 1, "exercise": self.exercise.name,
            "passed": all(row[1] for row in self.rows),
            "steps": [self.step(*row) for row in self.rows],
            "exits": self.exits(),
            "status": self.run and self.run.status,
        }


def place_of(exercise):
    """Where its guests run: host or lab."""
    return places.place_for(NEEDS[exercise.kind])


def best_at_once(exercise):
    """How many submissions one session should have. The lab takes longer to start
    than a guest runs; so do our own programs beside a Linux that goes on."""
    return SESSION if exercise.kind == "linux" or place_of(exercise) == "lab" else 1


def begin_linux(submissions):
    """Sees that there is a Linux for those that run in one."""
    saved = {}
    for one in submissions:
        if one.exercise.kind != "linux":
            continue
        key = one.exercise.name, one.seed
        if key not in saved:
            saved[key] = inside.Saved(place_of(one.exercise),
                                      one.exercise.given(one.seed))
            saved[key].begin()
        one.saved = saved[key]


def judge_all(submissions, each=False):
    """Judges Submissions, those of one place in one session. The verdicts; where the
    judge fails at one, and @each, a text in its place that says why."""
    top = os.path.join(places.BUILD, "exercises")
    os.makedirs(top, exist_ok=True)
    begin_linux(submissions)
    work = tempfile.mkdtemp(dir=top)
    try:
        stages = [os.path.join(work, str(n)) for n in range(len(submissions))]
        with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(Submission.build, submissions, stages))
        by_place = {}
        for one in submissions:
            if one.run:
                by_place.setdefault(place_of(one.exercise), []).append(one.run)
        for place in sorted(by_place):
            places.run_all(place, by_place[place])
        for one in submissions:
            one.judge()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for one in submissions:
        if one.run and one.run.broken and not each:
            raise places.Broken(one.run.broken)
    return [one.run.broken if one.run and one.run.broken else one.verdict()
            for one in submissions]
