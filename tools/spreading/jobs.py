"""The jobs of tools/spread, and the folder that other machines read them from."""

import os
import re
import shlex
import shutil
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
RUNNER = os.path.join(TOP, "tools", "spread-job")
ON_MACHINE = os.path.join(TOP, "tools", "spreading", "on-machine")
SAID_MAX = 65536        # bytes of what one job says that are shown
# What of our environment a job on another machine has: names, and beginnings. It has
# no other of these; the rest is that machine's.
KEPT = ("PATH", "LANG", "LANGUAGE", "TZ", "RUN", "EXERCISE_CC")
KEPT_STARTS = ("LC_", "MKVM_", "CCACHE_")
FORGOTTEN = " ".join(name for name in KEPT if name != "PATH") + \
    " SPREAD " + " ".join(f"${{!{start}@}}" for start in KEPT_STARTS)


class Unable(Exception):
    """An engine cannot run here; the text says what to do next."""


class Job:
    """One line of the list."""

    def __init__(self, number, line):
        self.number = number
        self.result, tab, self.command = line.partition("\t")
        self.said = ""      # why it has failed, as far as the engine knows
        if not tab or not self.result or not self.command or \
                "\0" in line:
            raise ValueError(f"line {number}: no RESULT, tab and COMMAND")

    def argv(self):
        return [RUNNER, self.result, self.command]

    def is_done(self):
        return os.path.isfile(self.result)


def read(path):
    """The jobs of a list; OSError, ValueError."""
    with open(path, encoding="utf-8", errors="surrogateescape",
              newline="\n") as file:
        return [Job(number, line.rstrip("\n"))
                for number, line in enumerate(file, 1) if line.strip()]


def environment():
    """What of ours a job on another machine has, as {name: value}."""
    return {name: value for name, value in os.environ.items()
            if name in KEPT or (name.startswith(KEPT_STARTS) and
                                name.isascii() and name.isidentifier())}


class Place:
    """What other machines are told, in a folder beside the list: made when it is
    first asked for, for nobody else to read, and gone at the end."""

    def __init__(self, list_path, jobs):
        self.beside = os.path.abspath(list_path)
        self.jobs = jobs        # all of the list
        self.made = None
        self.tokens = []

    @property
    def folder(self):
        if not self.made:
            self.made = tempfile.mkdtemp(
                prefix=os.path.basename(self.beside)[:100] + ".",
                dir=os.path.dirname(self.beside))
        return self.made

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """A file of the folder, all at once; its path."""
        path = self.path(name)
        with open(path + ".new", "w", encoding="utf-8",
                  errors="surrogateescape", newline="\n") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path

    def runner(self, jobs):
        """Writes the jobs; words for a shell, behind which a job's number comes, or
        what else tools/spreading/on-machine does. They work from any folder."""
        lines = {job.number: f"{job.result}\t{job.command}" for job in jobs}
        self.write("list", "".join(lines.get(number, "") + "\n" for number in
                                   range(1, max(lines, default=0) + 1)))
        exports = "".join(f"export {name}={shlex.quote(value)}\n"
                          for name, value in sorted(environment().items()))
        script = self.write("run", f"""\
# For tools/spread: a job by its number, on whichever machine.
cd {shlex.quote(os.getcwd())} || exit 69
[ -x {shlex.quote(ON_MACHINE)} ] || exit 69
unset {FORGOTTEN}
{exports}exec {shlex.quote(ON_MACHINE)} {shlex.quote(self.folder)} "$1"
""")
        return f"bash {shlex.quote(script)}"

    def mark(self):
        """Leaves a file beside each result, for `look` on a machine that should see
        the same; unmark() takes them away."""
        for folder in sorted({os.path.dirname(os.path.abspath(job.result))
                              for job in self.jobs}):
            try:
                file, path = tempfile.mkstemp(prefix=".spread-", dir=folder)
            except OSError as error:
                raise Unable(f"{ascii(folder)}: {error.strerror}; results "
                             "belong there") from error
            os.close(file)
            self.tokens.append(path)
        self.write("tokens", "".join(path + "\n" for path in self.tokens))

    def unmark(self):
        self.write("tokens", "")
        for path in self.tokens:
            if os.path.exists(path):
                os.unlink(path)
        self.tokens = []

    def forget(self, job):
        """What an earlier try of it has left."""
        for end in "status", "err":
            try:
                os.unlink(self.path(f"{job.number}.{end}"))
            except FileNotFoundError:
                pass

    def sweep(self):
        """Removes the halves of jobs that could not do it themselves: none runs, or
        only on a machine that is lost."""
        half = re.compile(re.escape(self.made[self.made.rindex("."):]) +
                          r"[.]\w{6}\Z")
        for folder in {os.path.dirname(job.result) or "." for job in self.jobs}:
            for name in os.listdir(folder) if os.path.isdir(folder) else ():
                if half.search(name):
                    os.unlink(os.path.join(folder, name))

    def ended(self, job):
        """The status of a job that ran to its end, or None. Shows what it said."""
        try:
            with open(self.path(f"{job.number}.err"), "rb") as file:
                sys.stderr.buffer.write(file.read(SAID_MAX))
                sys.stderr.flush()
            with open(self.path(f"{job.number}.status"), "rb") as file:
                return int(file.read(8))
        except (OSError, ValueError):
            return None

    def close(self):
        if self.made:
            self.sweep()
            shutil.rmtree(self.made, ignore_errors=True)


def wait_for(jobs, seconds):
    """Those of the jobs whose results do not come into sight: a network's file
    system may show them later than the machine that made them says so."""
    until = time.monotonic() + seconds
    while True:
        for folder in {os.path.dirname(job.result) or "." for job in jobs}:
            try:
                os.listdir(folder)      # asks the server again
            except OSError:
                pass
        jobs = [job for job in jobs if not job.is_done()]
        if not jobs or time.monotonic() > until:
            return jobs
        time.sleep(0.5)
