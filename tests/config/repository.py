"""A git repository made up for a test, and a history of results beside it."""

import os
import subprocess
import sys
import tempfile

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TESTS, os.path.join(TESTS, "..")]
sys.dont_write_bytecode = True
import tap          # noqa: E402 (the path has to be known first)
from compare import commits, results, trend     # noqa: E402

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org",
       "-c", "commit.gpgSign=false", "-c", "init.defaultBranch=main"]
LAB = {"place": "lab", "lab": "QEMU 7, Linux 6", "cpu": "A", "kernel": "6.1"}
DAY = 24 * 60 * 60


class Repository:
    """A history of commits in a folder, and one of results beside it."""

    def __init__(self, folder):
        self.top = os.path.join(folder, "tree")
        self.kept = os.path.join(folder, "kept")
        self.folder = folder
        os.mkdir(self.top)
        self.time = 1795780800      # 2026-11-27 12:00
        self.git("init", "-q", ".")

    def git(self, *words, given=""):
        env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null",
                   GIT_COMMITTER_DATE=f"@{self.time} +0000")
        for name in "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE":
            env.pop(name, None)
        done = subprocess.run([*GIT, *words], cwd=self.top, env=env, text=True,
                              input=given, capture_output=True, check=False)
        tap.equal(done.returncode, 0, f"git {words}: {done.stderr}status")
        return done.stdout.strip()

    def commit(self, subject):
        """Each is a day before its parent: clocks go wrong."""
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        self.time -= DAY
        return self.git("rev-parse", "HEAD")

    def row(self, count):
        """The first commits, which have no files: their names."""
        stream = "".join(
            f"commit refs/heads/main\ncommitter a <a> {self.time - n * DAY} "
            f"+0000\ndata <<END\ncommit {n}\nEND\n" for n in range(count))
        self.git("fast-import", "--quiet", given=stream)
        self.time -= count * DAY
        return self.git("rev-list", "--reverse", "HEAD").split()

    def keep(self, *found):
        results.append(self.kept, found)

    def trends(self, *words, **more):
        history = commits.History(self.top, more.pop("since", ""))
        return trend.Trends(results.read(self.kept), history, *words, **more)

    def draw(self, **words):
        """(status, stdout, stderr) of what `make trend` starts."""
        env = {name: value for name, value in os.environ.items()
               if name not in ("WHAT", "MATCH", "SINCE", "PERCENT",
                               "MKVM_COMPARE")}
        env.update({"MKVM_TOP": self.top, "MKVM_BUILD": self.folder,
                    "MKVM_HISTORY": self.kept, "PYTHONPATH": tap.TOP, **words})
        done = subprocess.run(["/usr/bin/python3", "-m", "compare.draw"],
                              cwd=self.folder, env=env, capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr


def case(text):
    """Marks a test that is given a repository of its own."""
    def mark(function):
        def run():
            with tempfile.TemporaryDirectory() as folder:
                function(Repository(folder))
        tap.add(text, run)
        return function
    return mark


def result(sha, **members):
    """A result as it is kept, of a Linux in the lab."""
    return {"time": "2026-11-29T12:00:00Z", "commit": sha, "dirty": False,
            "config": {"name": "default", "digest": "d", "symbols": []},
            "toggle": "", "host": LAB, "cc": "gcc 12 -O2", "args": "",
            "image": {"name": "vmlinux", "digest": "i", "from": "tree"},
            "outcome": "shell", "exits": None, "exits_until": "the prompt",
            "instructions": None, "instructions_until": "/init greets",
            "size": None, "how": "make compare", **members}
