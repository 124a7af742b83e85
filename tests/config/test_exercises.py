#!/usr/bin/python3
"""The exercises: each skeleton builds and fails, each model solution passes, and
common wrong ones get the sentence that is meant for them; and the tree that
students get has an exercise that works, and no solution.

solutions/NN-name has the solution and wrong.json, a list of mistakes: "of", which
stands in the solution once, becomes "is"; "step" then fails and says "says".
"""
# timeout: 1200

import functools
import hashlib
import itertools
import json
import os
import re
import shutil
import string
import subprocess
import sys
import tarfile
import tempfile
import time
from unittest import mock

import tree
from tree import tap

sys.path.insert(0, os.path.join(tap.TOP, "exercises", "judge"))
sys.dont_write_bytecode = True

import builds
import exercise
import places
import say
import table

WRONG_MIN = 3
# What is handed in for Linux and means no good: the script, and why it has no answers.
# Those that never end have three seconds, and the solution follows them all.
INSIDE = {
    "it switches Linux off": ("poweroff\n", "switched off"),
    "it kills all that runs": ("kill -9 -1; kill -9 $PPID 1\n", "No answer came"),
    "it prints for ever": ("while :; do echo; done\n", "or of output"),
    "it prints the judge's lines": ("echo =2; echo; echo =2; echo .; vmexit 0\n",
                                    "No answer came"),
    "it takes what is typed, and waits for more": ("cat /dev/ttyS0\n",
                                                   "waits for what does not come"),
    "it fills memory with processes": ("b() { b | b & b; }; b\n", ""),
}
ENDLESS = "it takes what is typed, and waits for more", "it fills memory with processes"
SECONDS = 3
SOLUTIONS = os.path.join(tap.TOP, "solutions")
KOREAN = re.compile("[가-힣]")
TEXTS = ["README.md", "README.ko.md", "hints/1.md", "hints/2.md", "hints/3.md"]


def tasks():
    return [exercise.Exercise(number) for number in exercise.numbers()]


def mistakes(task):
    with open(os.path.join(SOLUTIONS, task.name, "wrong.json"),
              encoding="utf-8") as file:
        return json.load(file)


def make_wrong(task, mistake, folder):
    """The solution with one mistake, in a new folder."""
    shutil.copytree(os.path.join(SOLUTIONS, task.name), folder)
    name = mistake.get("file", task.rules.FILES[0])
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    tap.equal(text.count(mistake["of"]), 1,
              f"{task.name}: {mistake['what']}: places of {mistake['of']!r}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(mistake["of"], mistake["is"]))
    return folder


def make_hostile(task, made, work):
    for what, (text, _) in INSIDE.items():
        folder = os.path.join(work, f"{len(made)}")
        os.mkdir(folder)
        with open(os.path.join(folder, task.rules.FILES[0]), "w",
                  encoding="utf-8") as file:
            file.write(text)
        made[task.name, what] = task, folder


def submission(task, folder, is_endless):
    one = exercise.Submission(task, folder, "a test's", False)
    if is_endless:
        one.seconds = SECONDS
    return one


@functools.lru_cache(None)
def verdicts():
    """{(exercise, which): verdict} of everything, judged at one go; or why not."""
    made = {}
    with tempfile.TemporaryDirectory(dir=os.path.join(tap.BUILD, "tests")) as work:
        for task in tasks():
            made[task.name, "skeleton"] = task, task.folder
            if task.kind == "linux":
                make_hostile(task, made, work)
            made[task.name, "solution"] = task, os.path.join(SOLUTIONS,
                                                             task.name)
            for mistake in mistakes(task):
                folder = os.path.join(work, f"{len(made)}")
                made[task.name, mistake["what"]] = \
                    task, make_wrong(task, mistake, folder)
        try:
            came = exercise.judge_all([
                submission(task, folder, which in ENDLESS)
                for (_, which), (task, folder) in made.items()])
        except places.Broken as broken:
            return broken
    return dict(zip(made, came))


def judged():
    """The same; skips where there is no kvm-vmm or nowhere to run guests."""
    if not os.path.exists(places.KVM_VMM):
        raise tap.Skip("kvm-vmm is not built")
    came = verdicts()
    if isinstance(came, places.Broken):
        tap.check("the lab is not built" in str(came), came)
        raise tap.Skip(str(came))
    return came


def failed(verdict):
    return {step["step"]: step["said"] for step in verdict["steps"]
            if not step["passed"]}


def skeleton(name):
    wrong = failed(judged()[name, "skeleton"])
    tap.check(wrong, "it passes")
    tap.check("build" not in wrong, wrong)


def solution(task):
    verdict = judged()[task.name, "solution"]
    tap.equal(failed(verdict), {}, "steps that failed")
    tap.equal([step["step"] for step in verdict["steps"]], list(task.says.steps),
              "the steps of says.py")


def mistaken(name, mistake):
    verdict = judged()[name, mistake["what"]]
    wrong = failed(verdict)
    steps = mistake["step"]
    steps = [steps] if isinstance(steps, str) else steps
    tap.check(any(mistake["says"] in wrong.get(step, "") for step in steps),
              f"step {steps} must say {mistake['says']!r}:",
              json.dumps(wrong, indent=1))
    for said in wrong.values():
        tap.check("Read: " in said, f"no place to read on: {said}")
    for step in verdict["steps"]:
        said = step["ko"]["said"]
        tap.equal(bool(KOREAN.search(said)) and "읽어 볼 곳: " in said,
                  not step["passed"], f"in Korean: {step}")


def hostile_inside(name, what):
    wrong = failed(judged()[name, what])
    _, says = INSIDE[what]
    tap.check(any(says in said for said in wrong.values()),
              f"must say {says!r}:", json.dumps(wrong, indent=1))
    tap.check("the innermost" in wrong and "one line each" in wrong, wrong)


def complete(task):
    """Its texts are there, in both languages, and name what is handed in."""
    for name in TEXTS + task.rules.FILES + ["judge.py"]:
        tap.check(os.path.isfile(os.path.join(task.folder, name)), name)
    for name in TEXTS:
        with open(os.path.join(task.folder, name), encoding="utf-8") as file:
            text = file.read()
        tap.equal(bool(KOREAN.search(text)), name != "README.md",
                  f"{name}: has Korean")
        if name.startswith("hints"):
            tap.equal([bool(KOREAN.search(part)) for part in
                       text.strip().split("\n\n")], [False, True],
                      f"{name}: a paragraph in English, one in Korean")
        if name.startswith("README"):
            tap.none_of(f"{name}: {file}" for file in task.rules.FILES
                        if f"`{file}`" not in text)
    tap.check(len(mistakes(task)) >= WRONG_MIN, "wrong solutions")
    for readme in "README.md", "README.ko.md":
        with open(os.path.join(tap.TOP, "exercises", readme),
                  encoding="utf-8") as file:
            tap.check(f"({task.name}/{readme})" in file.read(),
                      f"exercises/{readme} has no row for it")


def names_in(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def same_twice(pair, where):
    """Both languages say it, with the same values."""
    english, korean = pair
    if re.fullmatch(r"(\{\w+\}| )+", english):     # values alone, which have words
        tap.equal(korean, english, where)
        return
    tap.check(english and not KOREAN.search(english), f"{where}: in English")
    tap.check(KOREAN.search(korean), f"{where}: in Korean")
    tap.equal(names_in(korean), names_in(english), f"{where}: values")


def both_languages(says):
    for step, (name, rule, read) in says.steps.items():
        tap.check(name, f"{step}: a name in Korean")
        same_twice(rule, step)
        tap.equal([text.count("README.") for text in read],
                  [read[0].count("README.md"), read[1].count("README.ko.md")],
                  f"{step}: each reads its own text")
        tap.check(read[0] and read[1] and not KOREAN.search(read[0]), read)
    for key, pair in says.whats.items():
        same_twice(pair, key)
    for word, korean in says.words.items():
        same_twice((word, korean), word)


@tap.case("the judge's own sentences are in both languages")
def own_sentences():
    for where in exercise.ENDS, builds.SENTENCES:
        for key, pair in where.items():
            same_twice(pair, str(key))
    for pair in (exercise.EARLY, exercise.NO_IMAGE, exercise.BUILD, table.STOPPED,
                 table.TOO_MUCH, table.PRINTED, table.NOT_REACHED, table.DIFFERS,
                 table.ABOUT, say.READ):
        same_twice(pair, pair[0])


@tap.case("make check and make exercise speak the language of who calls")
def language():
    judged()
    for env, korean in (({}, False), ({"LANG": "ko_KR.UTF-8"}, True),
                        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, False),
                        ({"LC_ALL": "C.UTF-8", "TEXT": "ko"}, True),
                        ({"LANG": "ko_KR.UTF-8", "TEXT": "en"}, False)):
        for words in (["check", "1", os.path.join(tap.TOP, "exercises", "01-port")],
                      ["check", "1", "/nonexistent"], ["exercise", "begin"],
                      ["exercise", "hint", "1", "4"], ["exercise", "hint", "1", "2"]):
            text = speak(env, words)
            tap.equal(bool(KOREAN.search(text)), korean, f"{env} {words}: {text}")


def speak(env, words):
    """All that a tool says with no locale but this."""
    rest = {name: value for name, value in os.environ.items()
            if name not in ("TEXT", "LANG") and not name.startswith("LC_")}
    done = subprocess.run([os.path.join(tap.TOP, "tools", words[0]), *words[1:]],
                          env={**rest, **env}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False)
    return done.stdout


for one in tasks():
    tap.add(f"{one.name}: each sentence is in English and in Korean",
            both_languages, one.says)
    tap.add(f"{one.name}: has its texts, its files and wrong solutions",
            complete, one)
    tap.add(f"{one.name}: the skeleton builds and does not pass", skeleton,
            one.name)
    tap.add(f"{one.name}: the solution passes", solution, one)
    for slip in mistakes(one):
        tap.add(f"{one.name}: {slip['what']}: is told so", mistaken, one.name,
                slip)
    for hurt in INSIDE if one.kind == "linux" else ():
        tap.add(f"{one.name}: {hurt}: is judged, and harms no other",
                hostile_inside, one.name, hurt)


def check(*words):
    return subprocess.run([os.path.join(tap.TOP, "tools", "check"), *words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


@tap.case("tools/check: statuses, JSON, and files that cannot be taken")
def statuses():
    judged()
    with tempfile.TemporaryDirectory() as folder:
        done = check("1", folder, "--json")
        verdict = json.loads(done.stdout)
        tap.equal(done.returncode, 1, "status without a file")
        tap.equal(sorted(verdict), ["exercise", "exits", "passed", "schema",
                                    "status", "steps"], "members")
        tap.check("no such file" in verdict["steps"][0]["said"], verdict)
        os.symlink("/etc/passwd", os.path.join(folder, "port.c"))
        tap.equal(check("1", folder).returncode, 1, "status with a link")
        os.remove(os.path.join(folder, "port.c"))
        with open(os.path.join(folder, "port.c"), "w", encoding="utf-8") as file:
            file.write(f'#include "{SOLUTIONS}/01-port/port.c"\n')
        done = check("1", folder)
        tap.equal(done.returncode, 1, "status with somebody else's solution")
        tap.check("No such file" in done.stdout, done.stdout)
        with open(os.path.join(folder, "hello.S"), "w", encoding="utf-8") as file:
            file.write("\t.globl\t_start\n_start:\thlt\n\t.skip\t0x300000\n")
        done = check("2", folder)
        tap.equal(done.returncode, 1, "status of a guest that is too large")
        tap.check("FAIL build" in done.stdout, done.stdout)
    tap.equal(check("1", os.path.join(SOLUTIONS, "01-port")).returncode, 0,
              "status of the solution")
    for words, said in ((("99",), "there is none"), ((), "make check N=1")):
        done = check(*words)
        tap.equal(done.returncode, 64, f"status of {words}")
        tap.check(said in done.stderr, done.stderr)


@tap.case("what a submission says is no fault of the judge's, and harmless")
def hostile():
    judged()
    with open(os.path.join(SOLUTIONS, "01-port", "port.c"), encoding="utf-8") as file:
        right = file.read()
    own = "void *memset(void *to, int byte, unsigned long len)\n{\n" \
        "\tchar *at = to;\n\n\twhile (len--)\n\t\t*at++ = byte;\n" \
        "\treturn to;\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        for text, status, says in (
                ("#error fatal error: no input files\n", 1, "#error fatal"),
                ("#error \33]0;x\7red\n", 1, "#error  ]0;x red"),
                (right + "void judge_run(void) {}\n", 1,
                 "`judge_run'; another file:"),
                (right + own, 0, "6 of 6 steps")):
            with open(os.path.join(folder, "port.c"), "w",
                      encoding="utf-8") as file:
                file.write(text)
            done = check("1", folder)
            tap.check(done.returncode == status and says in done.stdout,
                      done.returncode, done.stdout, done.stderr)
    numbers = exercise.Exercise(8).rules.numbers
    tap.equal(numbers("first 1 2 3 4 5\nsleep \xb2\nlate 9\n"),
              {"first": [1, 2, 3, 4, 5], "late": [9]})


@tap.case("whose own files do not build sees the compiler's words, and else has the guest")
def own_files():
    judged()
    with open(os.path.join(tap.TOP, "exercises", "02-hello", "hello.S"),
              encoding="utf-8") as file:
        text = file.read()
    guest = os.path.join(places.BUILD, "answers", "02-hello.bin")
    with tempfile.TemporaryDirectory() as folder:
        for more, built in ("", True), ("\tmov %nix, %al\n\tmov %nox, %al\n", False):
            with open(os.path.join(folder, "hello.S"), "w",
                      encoding="utf-8") as file:
                file.write(text + more)
            if os.path.exists(guest):
                os.remove(guest)
            done = check("2", folder, "--own")
            tap.equal(done.returncode, 1, done.stderr)
            tap.equal((os.path.exists(guest), "02-hello.bin" in done.stdout,
                       "%nox" in done.stdout), (built, built, not built), done.stdout)


def said_by(text):
    """A run in the place of kvm-vmm's; it prints a verdict, or nothing."""
    verdict = json.dumps({"ended": {"status": 0, "name": "ended"},
                          "output": {"first": text}})
    return places.Run(["printf", "%s", verdict if text else ""])


@tap.case("what is said of an image that is none has no path of this run in it")
def no_path():
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "guest.elf")
        verdict = {"ended": {"status": 64, "name": "refused"}, "why": "no image",
                   "output": {"first": ""}}
        run = places.Run(["sh", "-c", f"printf %s '{json.dumps(verdict)}'; "
                          "echo \"kvm-vmm: $0: too large\" >&2", image])
        places.run_all("host", [run])
    tap.equal(run.refused, "no image: kvm-vmm: guest.elf: too large")


@tap.case("a session that hangs costs the submission its verdict that it hung at")
def hangs():
    with tempfile.TemporaryDirectory() as folder:
        mark = os.path.join(folder, "hangs")
        now, sleep = mark + ".now", f"sleep 1{os.getpid()}"
        hanging = places.Run(
            ["sh", "-c", f"echo >>{mark}; : >{now}; exec {sleep}"])
        runs = [said_by("one"), hanging, said_by(""), said_by("two")]
        real, late = time.monotonic, itertools.count(1)

        def monotonic():
            return real() + (1000 * next(late) if os.path.exists(now) else 0)

        def end(process):
            os.remove(now)
            ending(process)

        ending, clock = places.end, mock.Mock(monotonic=monotonic)
        with mock.patch.object(places, "time", clock), \
                mock.patch.object(places, "end", end):
            places.run_all("host", runs)
        tap.equal([run.out for run in runs], [b"one", b"", b"", b"two"])
        tap.check("did not outlive it: it stood still" in hanging.broken,
                  hanging.broken)
        tap.check("gave no verdict" in runs[2].broken, runs[2].broken)
        with open(mark, encoding="utf-8") as file:
            tap.equal(file.read().count("\n"), places.TRIES, "times it was tried")
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True,
                              text=True, check=True).stdout
        tap.check(mark not in left and sleep not in left, left)


@tap.case("a variable that is empty names no place")
def places_given():
    os.environ["MKVM_TEST_PLACE"] = ""
    tap.equal(places.given("MKVM_TEST_PLACE", "/a/b"), "/a/b")
    os.environ["MKVM_TEST_PLACE"] = "/c"
    tap.equal(places.given("MKVM_TEST_PLACE", "/a/b"), "/c")


def handout(folder):
    """Makes the archive; its path."""
    done = subprocess.run([os.path.join(tap.TOP, "tools", "handout"), folder],
                          capture_output=True, text=True, check=False)
    if done.returncode == 70:
        raise tap.Skip(done.stderr.strip())
    tap.equal(done.returncode, 0, done.stderr)
    return os.path.join(folder, "mini-kvm.tar.xz")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@tap.case("make grade hands its words on, and builds where everything is built")
def by_make():
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", "-C", tap.TOP, "grade",
         "FOLDER=a b", "REPORT=/r's"], capture_output=True,
        text=True, check=False)
    said = " ".join(done.stdout.replace("\\\n", " ").split())
    words = "tools/grade 'a b' --out '/r'\\''s'"
    tap.check(said.endswith(words), said[-2000:], done.stderr)
    tap.check("/r'" not in said[:-len(words)], said[:2000])


@tap.case("make handout: the same bytes twice, no solution, and check works there")
def students():
    try:
        place = places.place_for("long64")
    except places.Broken as broken:
        raise tap.Skip(str(broken)) from None
    with tree.Tree() as out:
        archive = handout(out.at("one"))
        tap.equal(digest(handout(out.at("two"))), digest(archive), "sum")
        with tarfile.open(archive) as tar:
            tap.none_of(name for name in tar.getnames()
                        if "/solutions" in name or "/.git/" in name
                        or "test_exercises" in name)
        os.mkdir(out.at("new"))
        subprocess.run(["tar", "-xf", archive, "-C", out.at("new")], check=True)
        out.top = out.at("new", "mini-kvm")
        make_small(out.top)
        built = functools.partial(os.path.join, tap.BUILD)
        env = dict(os.environ, RUN=place, MKVM_LAB_KERNEL=built("lab", "vmlinux"),
                   MKVM_LAB_INITRD=built("lab", "lab.cpio"),
                   MKVM_LAB_KEEPER=built("host", "lab-keeper"))
        for words in (["olddefconfig"], ["exercise", "1"]):
            status, text = make_there(out, env, *words)
            tap.check(not status, text)
        status, text = make_there(out, env, "check", "N=1")
        tap.check(status and "FAIL power-on" in text
                  and "0 of 6 steps" in text, text)


def make_small(top):
    """A configuration with as much of kvm-vmm as the first exercise needs."""
    with open(os.path.join(top, "configs", "level-3_defconfig"),
              encoding="utf-8") as file:
        lines = [line for line in file if not re.search(
            "BOOT_LONG64|DBG_STATS|DBG_DOCTOR|SANDBOX|JUDGE", line)]
    with open(os.path.join(top, ".config"), "w", encoding="utf-8") as file:
        file.writelines(lines + ["# CONFIG_DBG_STATS_EVERY is not set\n"])


def make_there(out, env, *words):
    env = {name: value for name, value in env.items()
           if name not in tree.OURS and not name.startswith("MKVM_")
           or name.startswith("MKVM_LAB_") or name in ("MKVM_DL", "MKVM_CCACHE")}
    done = subprocess.run(["make", "-s", "-C", out.top, *words], env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


tap.main()
