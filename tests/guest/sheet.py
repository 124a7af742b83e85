"""Documents with commands and what these print, as docs/lab-sheet.md has them and
explains at its top: the steps in them, and whether output is what they show.
"""

import os
import re

from vm import tap

# The prose before a text for a file, in English and in Korean.
WHOLE = r"[Ww]rite this into `([^`]+)`:$|`([^`]+)`에 이렇게 쓰세요:$"
PART = (r"[Ii]n `([^`]+)`, put this behind the line `([^`]+)`:$|"
        r"`([^`]+)`에서 `([^`]+)` 줄 뒤에 이것을 넣으세요:$")
ANY_ORDER = "# any order"


class Step:
    """One command and its output, or a text that goes into a file."""

    def __init__(self, place, command=None):
        self.place = place      # file and line
        self.command = command
        self.shown = []
        self.path = None        # else: a file to write,
        self.behind = None      # or the line to put the text behind


def blocks(text):
    """(prose before it, first line, lines) of each indented block."""
    prose, block, start = [], [], 0
    for number, line in enumerate([*text.splitlines(), "end"], 1):
        if line.startswith("    ") or (block and not line):
            start = start if block else number
            block.append(line[4:])
        elif line:
            if block:
                yield " ".join(prose), start, block
                prose, block = [], []
            prose.append(line)


def commands(path, start, block):
    """The steps of a block of commands."""
    step = None
    for number, line in enumerate(block, start):
        if line.startswith("$ "):
            if step:
                yield step
            step = Step(f"{path}:{number}", line[2:])
        elif line.startswith("> ") and not step.shown:
            step.command += "\n" + line[2:]
        else:
            step.shown.append(line)
    yield step


def file_step(place, prose, block):
    """The step of a block that the prose before it wants in a file, or None."""
    step = Step(place)
    step.shown = block
    whole = re.search(WHOLE, prose)
    part = re.search(PART, prose)
    if not whole and not part:
        return None
    words = [word for word in (whole or part).groups() if word]
    step.path = words[0]
    step.behind = None if whole else words[1]
    return step


def read_steps(path):
    """All steps of a document, in order, and where its other blocks are."""
    steps, others = [], []
    with open(os.path.join(tap.TOP, path), encoding="utf-8") as file:
        text = file.read()
    for prose, start, block in blocks(text):
        while block and not block[-1]:
            block.pop()
        place = f"{path}:{start}"
        if block[0].startswith("$ "):
            steps += commands(path, start, block)
        elif file_step(place, prose, block):
            steps.append(file_step(place, prose, block))
        else:
            others.append(place)
    return steps, others


def comparable(line):
    """A line without what differs: times, and the width of blanks."""
    return re.sub(r"\s+", " ", re.sub(r"\b[\d.]+(ns|us|ms|s)\b", "TIME", line))


def matches_line(shown, have):
    pattern = ".*".join(map(re.escape, comparable(shown).split("…")))
    return re.fullmatch(pattern, comparable(have))


def matches(shown, have):
    """Whether the lines printed are those shown, in this order."""
    if not shown:
        return not have
    if shown[0] == "…":
        return any(matches(shown[1:], have[at:])
                   for at in range(len(have) + 1))
    return bool(have) and bool(matches_line(shown[0], have[0])) and \
        matches(shown[1:], have[1:])


def matches_any_order(shown, have):
    left = list(have)
    for line in shown:
        found = [h for h in left if line != "…" and matches_line(line, h)]
        if found:
            left.remove(found[0])
        elif line != "…":
            return False
    return "…" in shown or not left
