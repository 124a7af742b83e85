"""The jobs of tools/spread, and the folder that other machines read them from."""

import os
import shlex
import shutil
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
RUNNER = os.path.join(TOP, "tools", "spread-job")
# What of our environment a job on another machine has; by its beginning with "_".
KEPT = ("PATH", "LANG", "LANGUAGE", "LC_", "TZ", "MKVM_", "CCACHE_")


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
    """What of ours a job has on another machine, as {name: value}."""
    return {name: value for name, value in os.environ.items()
            if name in KEPT or any(name.startswith(start) for start in KEPT
                                   if start.endswith("_"))}


class Place:
    """A folder beside the list, made when it is first asked for; nobody else reads
    it, and at the end it goes."""

    def __init__(self, list_path):
        self.beside = os.path.abspath(list_path)
        self.made = None

    @property
    def folder(self):
        if not self.made:
            self.made = tempfile.mkdtemp(
                prefix=os.path.basename(self.beside)[:100] + ".",
                dir=os.path.dirname(self.beside))
        return self.made

    def write(self, name, text):
        """A file of the folder, all at once; its path."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8",
                  errors="surrogateescape", newline="\n") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path

    def runner(self, jobs):
        """Writes the jobs; words for a shell, of which a job's number is the last.

        Numbers are those of the jobs (job.number). It works from any folder, ends as
        the job's spread-job does, and with 69 on a machine that does not see what
        we see.
        """
        lines = {job.number: f"{job.result}\t{job.command}" for job in jobs}
        self.write("list", "".join(lines.get(number, "") + "\n" for number in
                                   range(1, max(lines, default=0) + 1)))
        exports = "".join(f"export {name}={shlex.quote(value)}\n"
                          for name, value in sorted(environment().items())
                          if name.isascii() and name.isidentifier())
        script = self.write("run", f"""\
# One job of tools/spread, by its number, on whichever machine.
cd {shlex.quote(os.getcwd())} || exit 69
[ -x {shlex.quote(RUNNER)} ] || exit 69
line=$(sed -n "$1{{p;q;}}" {shlex.quote(os.path.join(self.folder, "list"))})
[ -n "$line" ] || exit 69
unset LANG LANGUAGE TZ SPREAD ${{!LC_@}} ${{!MKVM_@}} ${{!CCACHE_@}}
{exports}exec {shlex.quote(RUNNER)} "${{line%%$'\\t'*}}" "${{line#*$'\\t'}}"
""")
        return f"bash {shlex.quote(script)}"

    def close(self):
        if self.made:
            shutil.rmtree(self.made, ignore_errors=True)
