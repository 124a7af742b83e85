"""Measures: the job of booting some variants, one after another in one session,
as starting the lab takes longer than a boot."""

import glob
import os
import re
import secrets

from . import boot, jobs, look, outcome, session
from .printed import text_of
from .progress import say

WARM_UP_LIMIT = 5
SESSIONS = 2            # that one variant may lose
# What a boot depends on beside what is booted: how it is done, and the lab.
OF_TREE = ("compare", "lab/run")
OF_LAB = ("lab/vmlinux", "lab/lab.cpio", "host/lab-keeper")


def describe(request, plan, **more):
    """What all measuring jobs of a comparison have in common, as a dictionary."""
    programs = glob.glob(os.path.join(request.images, "kvm-*"))
    files = [word for word in (*plan.files(), *named(plan.words), *programs)
             if os.path.isfile(word)]
    return {"kind": "measure", "top": request.top, "build": request.build,
            "place": plan.place, "machine": machine(request, plan),
            "environment": jobs.environment(), "how": jobs.sum_of_tree(
                request.top, OF_TREE),
            "files": {os.path.abspath(path): jobs.sum_of_file(path)
                      for path in files}, **once(plan), **more}


def named(words):
    """What words for kvm-vmm may have as files."""
    for word in words:
        yield word
        yield word.partition("=")[2]
        yield from re.split("[=,:]", word)


def once(plan):
    """Of a directory or a device nobody knows whether it is what it was: then the
    next comparison takes nothing that an interrupted one has measured."""
    fixed = all(os.path.isfile(path) or not os.path.exists(path)
                for path in plan.paths())
    return {} if fixed else {"once": secrets.token_hex(8)}


def machine(request, plan):
    """What it runs on: of the lab its parts, else the kernel and processor."""
    if plan.place == "lab":
        return {name: jobs.sum_of_file(os.path.join(request.build, name))
                for name in OF_LAB
                if os.path.isfile(os.path.join(request.build, name))}
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = [line for line in file if line.startswith("model name")][:1]
    return {"kernel": list(os.uname()[1:4]), "processor": model}


class Measures:
    """The session of a job, and what is booted in it."""

    def __init__(self, spec, labels):
        self.spec = spec
        self.labels = labels
        self.session = None
        self.dialogue = boot.dialogue(spec["dialogue"])

    def open(self):
        if not self.session:
            spec = self.spec
            self.session = session.opened(spec["top"], spec["place"],
                                          spec["mem"], spec["shown"])
            if spec["warm_up"]:
                boot.boot(self.session, self.words(spec["warm_up"]), None,
                          WARM_UP_LIMIT)
        return self.session

    def close(self):
        if self.session:
            self.session.close()
            self.session = None

    def words(self, argv):
        """The command line; pairs in it are a file and its folder."""
        return [word if isinstance(word, str) else self.session.file(*word)
                for word in argv]

    def boot(self, entry, argv, limit, dialogue):
        """One boot, or None. A variant that loses the session gets another one, as
        the lab itself stands still now and then; to lose that, too, is a result."""
        for _ in range(SESSIONS):
            try:
                return boot.boot(self.open(), self.words(argv), dialogue,
                                 limit, self.spec["key"].encode())
            except session.Lost as lost:
                entry["lost"] = f"the session {lost}"
                entry["output"] = bytes(self.session.out).decode("latin-1")
                self.close()
        return None

    def measure(self, one, label):
        """One of the boots that were asked for: what becomes of it, as an object
        of "boot", "lost", "output" and "look"."""
        say("BOOT", label)
        entry = {"boot": None, "lost": "", "output": "", "look": ""}
        done = self.boot(entry, one["argv"], self.spec["limit"], self.dialogue)
        if done:
            entry["boot"] = done.to_json()
            entry["look"] = self.look(one, done, label)
        return entry

    def look(self, one, done, label):
        """Linux that never got to its prompt tells how far it got."""
        if not one["look"] or done.prompted or \
                outcome.word(done) == "refused":
            return ""
        say("LOOK", f"{label}, with kernel messages")
        again = self.boot({}, [*one["argv"], "--cmdline", one["look"]],
                          min(self.spec["limit"], look.LIMIT), None)
        return look.report(one["look"], text_of(again.result.output)) \
            if again else ""


def measured(spec, labels):
    """Does a job: what became of each of its boots."""
    os.environ.update(spec["environment"], MKVM_BUILD=spec["build"])
    work = Measures(spec, labels)
    try:
        return [work.measure(one, label)
                for one, label in zip(spec["boots"], labels)]
    finally:
        work.close()
