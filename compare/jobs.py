"""Jobs: a comparison's work in parts that depend on nothing of each other, each of
which makes one file. tools/spread runs them, here or elsewhere (SPREAD=).

A job is described by a file of its own, which `python3 -m compare.job` takes. Its
result is named after a sum of that description, in which are the sums of all that
it works on: so what is there already is neither stale nor done again, and a
comparison that was interrupted goes on.
"""

import contextlib
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time

from .errors import Refusal
from .progress import note

INTERRUPTED = 130
OLD = 7 * 24 * 3600     # seconds, of what an interrupted comparison left
LIST = "jobs"
THERE = {"build": "{} of {} builds are there, from before",
         "measure": "{} of {} sessions were measured by a comparison that did not "
                    "end; this one goes on"}
# What a job has to know of the environment, as it may run elsewhere.
KEPT = ("CC", "CFLAGS", "LDFLAGS", "MKVM_DL")
KEPT_OF = ("CCACHE_", "MKVM_LAB_")


def environment():
    return {name: value for name, value in sorted(os.environ.items())
            if name in KEPT or name.startswith(KEPT_OF)}


class Job:
    """What is to be done, a dictionary with the "kind" of it, and where its
    result will be: in this folder.

    labels: what it says of each part while it works; they are no part of it.
    """

    def __init__(self, folder, spec, labels):
        self.spec = spec
        self.labels = labels
        text = json.dumps(spec, sort_keys=True)
        self.key = hashlib.sha256(text.encode()).hexdigest()[:32]
        self.path = os.path.join(folder, f"{spec['kind']}-{self.key}")
        self.result = self.path + ".json"

    def is_done(self):
        return os.path.isfile(self.result)

    def read(self):
        """The result; None: there is none."""
        try:
            with open(self.result, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".job", "w", encoding="utf-8") as file:
            json.dump({"spec": self.spec, "labels": self.labels}, file)

    def line(self, top):
        """Of the list for tools/spread."""
        words = ["env", "PYTHONPATH=" + top, "PYTHONDONTWRITEBYTECODE=1",
                 "/usr/bin/python3", "-m", "compare.job", self.path + ".job"]
        return f"{self.result}\t{shlex.join(words)}\n"

    def forget(self):
        for name in (self.result, self.path + ".job"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)


def forget_old(folder):
    """Removes what has been here for long: nobody went on with it."""
    if os.path.isdir(folder):
        for entry in os.scandir(folder):
            if entry.stat().st_mtime < time.time() - OLD:
                os.remove(entry.path)


def run(top, folder, jobs):
    """Does what is not done, and says how much is: [a result, or None where a job
    has failed twice], one for each job."""
    there = sum(job.is_done() for job in jobs)
    if there:
        note(THERE[jobs[0].spec["kind"]].format(there, len(jobs)))
    left = [job for job in jobs if not job.is_done()]
    for job in left:
        job.write()
    if left:
        path = os.path.join(folder, LIST)
        with open(path, "w", encoding="utf-8",
                  errors="surrogateescape") as file:
            file.writelines(job.line(top) for job in left)
        spread(top, path)
    return [job.read() for job in jobs]


def spread(top, path):
    """Has tools/spread run a list. Its own progress is shown where jobs cannot tell
    theirs; it ends with us."""
    local = os.environ.get("SPREAD", "") in ("", "local")
    child = subprocess.Popen(
        [os.path.join(top, "tools", "spread"), path], cwd=top,
        stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=subprocess.DEVNULL if local else sys.stderr)
    try:
        status = child.wait()
    except BaseException:
        ended(child)
        raise
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status == Refusal.status:
        raise Refusal()     # it has said why


def ended(child):
    """Ends it, and waits until it has ended what it began."""
    child.terminate()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    child.wait()
    signal.signal(signal.SIGINT, before)


# --- Sums ---------------------------------------------------------------------

def sum_of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of_tree(top, parts):
    """Of the names and contents of all files below these folders and files."""
    sha = hashlib.sha256()
    for part in parts:
        for path in files_of(os.path.join(top, part)):
            sha.update(f"{os.path.relpath(path, top)}\0"
                       f"{sum_of_file(path)}\0".encode())
    return sha.hexdigest()


def files_of(path):
    if not os.path.isdir(path):
        return [path] if os.path.isfile(path) else []
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(folder, name) for name in names]
    return sorted(one for one in found if os.path.isfile(one))
