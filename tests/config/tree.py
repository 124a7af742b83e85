"""An output tree of its own for one test, and make in it."""

import fcntl
import itertools
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import tap  # noqa: E402

OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "O", "V", "T",
        "CC", "CFLAGS", "KCONFIG_ALLCONFIG", "KCONFIG_SEED")


def tracked():
    """Paths of the project's files, those that git does not know yet too."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co",
         "--exclude-standard"], cwd=tap.TOP, capture_output=True, text=True,
        check=False)
    if done.returncode:
        raise tap.Skip("not a git tree: " + done.stderr.strip())
    return [path for path in done.stdout.splitlines()
            if os.path.isfile(os.path.join(tap.TOP, path))]


def claim(parent):
    """(path, lock) of an empty folder that nobody else has meanwhile.

    Its name is the same in every run: ccache finds again what was compiled there.
    """
    os.makedirs(parent, exist_ok=True)
    stem = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    for number in itertools.count():
        path = os.path.join(parent, f"config.{stem}.{number}")
        os.makedirs(path, exist_ok=True)
        try:
            lock = os.open(path, os.O_RDONLY)
        except FileNotFoundError:   # somebody is done with it
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), os.stat(path)):
                empty(path)         # of what was killed
                return path, lock
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(lock)


def empty(path):
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


class Tree:
    """A directory for O=; goes away with `with`."""

    top = tap.TOP       # where make runs

    def __enter__(self):
        self.path, self.lock = claim(os.path.join(tap.BUILD, "tests"))
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.path)
        os.close(self.lock)

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def make(self, *words, env=None):
        """Runs make; (exit status, everything it printed)."""
        around = {name: value for name, value in os.environ.items()
                  if name not in OURS and not name.startswith("MKVM_")}
        around["MKVM_DL"] = os.environ.get("MKVM_DL",
                                           os.path.join(tap.TOP, "dl"))
        around.update(env or {})
        done = subprocess.run(["make", *self.where(), *words], cwd=self.top,
                              env=around, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def where(self):
        """Words that tell make where to put things."""
        return [f"O={self.path}"]

    def made(self, *words, env=None):
        """make that must succeed; what it printed."""
        status, text = self.make(*words, env=env)
        tap.check(status == 0, "make " + " ".join(words) + ":",
                  *text.splitlines()[-30:])
        return text

    def refused(self, *words, env=None):
        """make that must fail with a message of ours; what it printed."""
        status, text = self.make(*words, env=env)
        tap.check(status != 0, "make " + " ".join(words) + ": succeeded", text)
        tap.check("mini-kvm: " in text, "no message of ours:", text)
        return text

    def config(self):
        with open(self.at(".config"), encoding="utf-8") as file:
            return file.read()

    def ask(self, *lines):
        """Appends lines to .config, as a hand would."""
        with open(self.at(".config"), "a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def replace(self, old, new):
        """Replaces one line of .config."""
        text = self.config()
        tap.check(old + "\n" in text, f".config has no line {old}")
        with open(self.at(".config"), "w", encoding="utf-8") as file:
            file.write(text.replace(old + "\n", new + "\n"))

    def built(self):
        """Everything compiled or finished in this tree, relative to it."""
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.path)
            for folder, _, names in os.walk(self.path) for name in names
            if name.endswith((".o", ".elf", ".bin")) or
            name in ("kvm-vmm", "kvm-gunzip", "kvm-net", "kvm-vnc"))


class Named(Tree):
    """An output tree that keeps its name, so that ccache knows it again."""

    def __init__(self, name):
        self.path = os.path.join(tap.BUILD, "tests", "config-" + name)

    def __enter__(self):
        self.remove()
        os.makedirs(self.path)
        return self

    def __exit__(self, *unused):
        self.remove()

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Copy(Tree):
    """A fresh checkout in a directory of its own, built in place."""

    def __enter__(self):
        super().__enter__()
        self.top = self.path
        for path in tracked():
            os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
            shutil.copy2(os.path.join(tap.TOP, path), self.at(path))
        return self

    def where(self):
        return []


def steps(text, *labels):
    """The files that quiet lines of these kinds name."""
    return sorted(line.split()[1] for line in text.splitlines()
                  if line.startswith("  ") and len(line.split()) == 2
                  and line.split()[0] in labels)
