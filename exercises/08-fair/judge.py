"""A scheduler of 1K OS that shares the CPU in proportion."""

import os
import re

import places

KIND = "os"
LEVEL = 4
FILES = ["next.c"]
PART = "process.c"

TICKS = 40
NAP = 2 * TICKS + 20
NEAR = 4            # ticks that each may be off
SHORT = 4           # as in try.c
SOURCE = os.path.join(places.TOP, "os-1k", "kernel", "process.c")
NUMBER = re.compile("[0-9]{1,10}")
BEGIN, END = "/* The next that is ready, in a circle", "void schedule(void)"


def names(rnd):
    """Those of the five, with their shares: three, a sleeper, one that is late."""
    shares = rnd.sample([1, 2, 4], 3) + [3, 2]
    return [f"{letter}{share}" for letter, share in zip("pqrst", shares)], shares


def kernel():
    """process.c with the student's function in the place of its own."""
    with open(SOURCE, encoding="utf-8") as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise places.Broken(f"{SOURCE}: has no find_next() where it was")
    return text[:text.index(BEGIN)] + '#include "next.c"\n\n' + \
        text[text.index(END):]


def given(rnd):
    quoted = ", ".join(f'"{name}"' for name in names(rnd)[0])
    return {"names.h": f"#define NAMES {quoted}\n#define TICKS {TICKS}\n",
            "process.c": kernel()}


DEFINES = [f"-DNAP={NAP}"]


def programs(rnd):
    return {"shell": "try.c", **dict.fromkeys(names(rnd)[0], "spin.c")}


def options(_):
    return []


def numbers(text):
    """{line: [number, ...]} of what try.c has printed."""
    lines = {}
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) in (2, 6) and all(map(NUMBER.fullmatch, words[1:])):
            lines[words[0]] = [int(word) for word in words[1:]]
    return lines


def judge(rnd, run):
    called, shares = names(rnd)
    said = numbers(run.out.decode("latin-1"))

    def row(step, key, members):
        have = said.get(key, [])
        if len(have) != len(called):
            return step, False, {"here": "ended", "status": run.status}
        used = sum(have[n] for n in members)
        for n in members:
            want = used * shares[n] / sum(shares[m] for m in members)
            if abs(have[n] - want) > NEAR or used < TICKS // 2:
                return step, False, {
                    "here": "ticks", "who": called[n], "want": want, "used": used,
                    "near": NEAR, "have": have[n]}
        return step, True, {}

    late, = said.get("sleep", [0])[:1]
    return [
        row("in proportion", "first", [0, 1, 2]),
        row("a late one", "late", [0, 1, 2, 4]),
        row("a sleeper", "woken", [0, 1, 2, 3, 4]),
        ("the shell wakes in time", 0 < late <= SHORT + NEAR,
         {"short": SHORT, "limit": SHORT + NEAR, "late": late}),
    ]
