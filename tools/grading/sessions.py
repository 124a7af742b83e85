"""Several submissions that one job judges, in one session.

A lab takes longer to start than a guest to run. So tools/check is given several
folders at once, and its verdicts are one file until the job is over, which is then
taken apart into a result for each, the same bytes as if each had been alone.
"""

import hashlib
import json
import os
import re
import subprocess

from grading import handed, verdicts
from spreading.tell import tell

EACH_MAX = 100      # as many as fit on one command line, for certain
ELSEWHERE = 16      # at once, where nobody says
WHY_MAX = 500       # characters of a reason
OURS = re.compile(r"[0-9a-f]{32}\.json(\..*)?")     # a job's file, and its half


def best_at_once(asked, exercise, missing):
    """How many submissions a session should have: what tools/check says, which also
    says where guests run. That is printed; 1 where there is no answer."""
    if not missing:
        return 1
    number = str(int(handed.EXERCISE.fullmatch(exercise).group(1)))
    done = subprocess.run([asked.check, number, "--where"], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    place, _, best = done.stdout.strip().partition(" ")
    if done.returncode or not best.isdigit() or not int(best):
        return 1
    tell(f"  GRADE   {exercise}: {len(missing)} to judge, "
         f"{'in the lab' if place == 'lab' else 'on /dev/kvm'}")
    return min(int(best), EACH_MAX)


def cut(keys, best, workers):
    """Lists of keys, at most @best in each; shorter ones where there are more workers
    than that would give work to."""
    if not workers:     # as many as there are, on this machine or on others
        local = os.environ.get("SPREAD", "local") in ("", "local")
        workers = len(os.sched_getaffinity(0)) if local else ELSEWHERE
    size = max(1, min(best, -(-len(keys) // (2 * workers))))
    return [keys[at:at + size] for at in range(0, len(keys), size)]


def path_of(out, keys):
    """The file of what came of several."""
    name = hashlib.sha256(" ".join(keys).encode()).hexdigest()[:32]
    return os.path.join(out, "sessions", name + ".json")


def result(text, exercise, folders):
    """What a check has printed of several folders, as the bytes of their file:
    {key: [the result, why there is none]}. ValueError: it is no such thing."""
    lines = text.splitlines()
    if len(lines) != len(folders):
        raise ValueError(f"{len(lines)} verdicts of {len(folders)} submissions")
    found = {}
    for line, folder in zip(lines, folders):
        verdict = json.loads(line)
        if isinstance(verdict, dict) and isinstance(verdict.get("failed"), str):
            made = [None, verdict["failed"][:WHY_MAX]]
        else:
            passed = isinstance(verdict, dict) and verdict.get("passed") is True
            made = [verdicts.canonical(line, exercise, int(not passed)), None]
        found[os.path.basename(folder)] = made
    return json.dumps(found) + "\n"


def is_made(key, made):
    """Whether it is what result() says of a submission."""
    if not re.fullmatch("[0-9a-f]{32}", key) or not isinstance(made, list) or \
            len(made) != 2:
        return False
    text, why = made
    return isinstance(text, str) and bool(verdicts.parse(text)) if text else \
        isinstance(why, str)


def open_all(out):
    """Takes all files of several apart; {key: why it has no result}."""
    folder, failed = os.path.join(out, "sessions"), {}
    for name in sorted(filter(OURS.fullmatch, os.listdir(folder))):
        found = verdicts.load(os.path.join(folder, name)) \
            if name.endswith(".json") else None
        for key, made in found.items() if isinstance(found, dict) else ():
            if not is_made(key, made):
                continue
            text, why = made
            if text:
                verdicts.write(verdicts.path_of(out, key), text)
            else:
                failed[key] = " ".join(why.split())
        os.remove(os.path.join(folder, name))
    return failed
