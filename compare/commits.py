"""The commits that a trend goes over: those of `git log --first-parent`, the
oldest first. Time orders nothing: clocks differ, and commits are rebased."""

import collections
import re

from . import html_text as text_of
from . import origin
from .errors import Failure, Refusal

SHORT = 7               # digits of a commit that is shown
DAY = re.compile(r"\d{4}-\d\d-\d\d")
Commit = collections.namedtuple("Commit", "sha day subject")


class History:
    """The first parents of HEAD, and what else a repository knows."""

    def __init__(self, top, since=""):
        self.top = top
        if not origin.has_repository(top):
            raise Failure(f"{top}: is no git repository; a trend goes over the "
                          "commits of one: git clone makes it, an archive "
                          "does not")
        said = origin.git(top, "log", "--first-parent", "--no-show-signature",
                          "--no-color", "--encoding=UTF-8", "--date=short",
                          "--format=%H %cd %s", "HEAD")
        if said is None:
            raise Failure(f"{top}: git tells no commits; a trend goes over "
                          "those of a repository; git log says why")
        self.all = [commit_of(line) for line in said.split("\n") if line]
        self.all.reverse()
        self.start = self.begin(since) if since else 0
        self.commits = self.all[self.start:]
        self.places = {commit.sha: place for place, commit in
                       enumerate(self.commits)}
        self.earlier = {commit.sha for commit in self.all[:self.start]}

    def begin(self, since):
        """The place of the first commit since then: a day, or a revision."""
        if DAY.fullmatch(since):
            late = [place for place, commit in enumerate(self.all)
                    if commit.day >= since]
            if not late:
                raise Refusal(f"SINCE={since}: no commit is as young")
            return late[0]
        sha = origin.git(self.top, "rev-parse", "--verify", "--quiet",
                         "--end-of-options", since + "^{commit}")
        if not sha:
            raise Refusal(f"SINCE={since}: is neither a commit nor a day as "
                          "2026-11-29")
        places = {commit.sha: place for place, commit in enumerate(self.all)}
        found = places.get(sha.strip())
        if found is None:
            raise Refusal(f"SINCE={since}: is not among the commits of `git "
                          "log --first-parent`")
        return found

    def known(self, shas):
        """Which of these the repository has, on a branch of its own or so."""
        said = origin.git(self.top, "cat-file", "--batch-check",
                          given="".join(f"{sha}\n" for sha in shas)) or ""
        return {line.split()[0] for line in said.splitlines()
                if line.split()[1:2] == ["commit"]}


def commit_of(line):
    sha, day, subject = (line.split(" ", 2) + ["", ""])[:3]
    return Commit(sha, day, " ".join(text_of.clean(subject).split()))
