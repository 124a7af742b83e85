"""Verdicts: what tools/check says of one submission, and what a class comes to."""

import collections
import csv
import io
import json
import os

SCHEMA = 1
TEXT_MAX = 2000         # characters of a sentence
STEPS_MAX = 200
PASSED, FAILED = "passed", "not passed"
REFUSED, UNJUDGED = "refused", "not judged"


def is_step(step):
    return (isinstance(step, dict) and isinstance(step.get("step"), str) and
            isinstance(step.get("passed"), bool) and
            isinstance(step.get("said"), str) and
            (step.get("ko") is None or is_korean(step["ko"])))


def is_korean(told):
    """The same step, as it is told in Korean."""
    return isinstance(told, dict) and all(
        isinstance(told.get(name), str) for name in ("step", "said"))


def canonical_step(step):
    kept = {"step": step["step"][:TEXT_MAX], "passed": step["passed"],
            "said": step["said"][:TEXT_MAX]}
    if step.get("ko"):
        kept["ko"] = {name: step["ko"][name][:TEXT_MAX]
                      for name in ("step", "said")}
    return kept


def is_count(value):
    return value is None or (isinstance(value, int) and
                             not isinstance(value, bool))


def parse(text):
    """A verdict, or None: this is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    steps = found.get("steps") if isinstance(found, dict) else None
    good = isinstance(steps, list) and all(map(is_step, steps)) and \
        len(steps) <= STEPS_MAX and found.get("schema") == SCHEMA and \
        isinstance(found.get("passed"), bool) and \
        is_count(found.get("exits")) and is_count(found.get("status"))
    return found if good else None


def canonical(text, exercise, status):
    """What a check has printed, as the bytes of a result; ValueError: it is none.

    Nothing that differs from one run to the next is in it.
    """
    found = parse(text)
    if not found or found["passed"] is not (status == 0):
        raise ValueError("not a verdict")
    return json.dumps({
        "schema": SCHEMA, "exercise": exercise, "passed": found["passed"],
        "steps": [canonical_step(step) for step in found["steps"]],
        "exits": found.get("exits"), "status": found.get("status"),
    }, sort_keys=True, indent=1) + "\n"


def load(path):
    """What a file of JSON has, or None: it is not there, or is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        return None


def read(path):
    """A result, or None: it is not there, or something else is in its place."""
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read())
    except (OSError, ValueError):
        return None


def write(path, text):
    """The whole file at once, or as it was."""
    try:
        with open(path + ".new", "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(path + ".new", path)
    except OSError:
        remove(path + ".new")
        raise


def remove(path):
    """Nothing is there afterwards; OSError."""
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def path_of(out, key):
    """The file of a result."""
    return os.path.join(out, "results", key + ".json")


def row_of(submission, results, shown, why=None):
    """A submission and its verdict, for the reports; @why it has none, if known."""
    row = {"student": shown(submission.student),
           "exercise": shown(submission.exercise), "key": submission.key,
           "outcome": REFUSED, "said": submission.refused, "steps": [],
           "exits": None, "status": None}
    if submission.refused:
        return row
    found = read(os.path.join(results, submission.key + ".json"))
    if not found:
        row.update(outcome=UNJUDGED, said=why or
                   "the judge has failed, or was stopped")
        return row
    row.update(outcome=PASSED if found["passed"] else FAILED, said="",
               steps=found["steps"], exits=found["exits"],
               status=found["status"])
    failed = failed_steps(row)
    if failed:
        row["said"] = failed[0]["said"]
    return row


def failed_steps(row):
    return [step for step in row["steps"] if not step["passed"]]


def by_exercise(rows):
    """{exercise: {outcome: count, "steps": Counter of failed ones}}, in order."""
    found = {}
    for row in sorted(rows, key=lambda row: row["exercise"]):
        if not row["exercise"]:
            continue
        entry = found.setdefault(
            row["exercise"], {"outcomes": collections.Counter(),
                              "steps": collections.Counter(), "said": {}})
        entry["outcomes"][row["outcome"]] += 1
        for step in failed_steps(row):
            entry["steps"][step["step"]] += 1
            entry["said"].setdefault(step["step"], collections.Counter())
            entry["said"][step["step"]][step["said"]] += 1
    return found


def most(counter):
    """What is most often in it, of equals the first by name; and how often."""
    return min(counter.items(), key=lambda item: (-item[1], item[0]),
               default=("", 0))


def alike(rows):
    """[(exercise, [students])] that have handed in the same bytes."""
    groups = collections.defaultdict(list)
    for row in rows:
        if row["key"]:
            groups[row["exercise"], row["key"]].append(row["student"])
    return sorted((exercise, sorted(students))
                  for (exercise, _), students in groups.items()
                  if len(students) > 1)


def as_json(rows):
    return json.dumps({"schema": SCHEMA, "submissions": rows}, indent=1,
                      sort_keys=True) + "\n"


def cell(value):
    """For a program that takes what begins so for a formula: as text. All cells have
    quotes, so that where semicolons part them none begins behind one."""
    text = "" if value is None else str(value)
    text = " ".join(text.split())
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def as_csv(rows):
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    table.writerow(("student", "exercise", "outcome", "failed_steps",
                    "first_failed", "said", "exits"))
    for row in rows:
        failed = failed_steps(row)
        table.writerow([cell(value) for value in (
            row["student"], row["exercise"], row["outcome"], len(failed),
            failed[0]["step"] if failed else "", row["said"], row["exits"])])
    return file.getvalue()
