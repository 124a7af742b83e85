"""make trend FILL=N: measures the last N commits or, with SINCE, N of those since
then at even distances, as far as they have no result yet.

Each is checked out below the build directory, with an index of its own: neither
the working tree nor the repository notices. kvm-vmm is built there as it is
configured here, always in the same place, so that make compiles what differs.
With WHAT=exits or WHAT=instructions it also boots in the lab, the image that lies
in images/, the same for all: what moves then is kvm-vmm.
"""

import contextlib
import fcntl
import functools
import os
import re
import shutil
import subprocess

from . import build, kept, origin, results
from .commits import SHORT
from .errors import Failure
from .progress import note, say

IMAGES = ("vmlinux", "bzImage")
COMPILER = "compiler"   # a file: what has compiled what is there


def spaced(row, number):
    """So many of a row at even distances, the first and the last among them."""
    if number >= len(row):
        return row
    last = len(row) - 1
    return [row[last - n * last // max(number - 1, 1)]
            for n in reversed(range(number))]


def version_of(compiler):
    """The compiler and its version; the flags are the commit's."""
    return " ".join(compiler.split()[:2])


class Fill:
    """A tree for other commits, and what is built of it."""

    def __init__(self, request):
        self.request = request
        self.folder = os.path.join(request.folder, "fill")
        self.tree = os.path.join(self.folder, "tree")
        self.out = os.path.join(self.folder, "out")
        self.images = os.path.join(self.folder, "images")
        self.config = origin.Presets(request.top).of(request.config)
        self.compiler = origin.compiler(request.build)
        self.booted = bool({"exits", "instructions"} & set(request.whats)) \
            and len(request.whats) == 1

    def renew(self):
        """What another compiler has built goes: make does not see that it is
        another."""
        path = os.path.join(self.folder, COMPILER)
        made_by = version_of(self.compiler)
        with open(path, "a+", encoding="utf-8") as file:
            file.seek(0)
            if file.read() == made_by:
                return
            shutil.rmtree(self.out, ignore_errors=True)
            file.truncate(0)
            file.write(made_by)

    # --- One commit -------------------------------------------------------

    def checkout(self, sha):
        """Makes the tree that of a commit; files that stay keep their dates."""
        os.makedirs(self.tree, exist_ok=True)
        index = os.path.join(self.folder, "index")
        with contextlib.suppress(FileNotFoundError):
            os.remove(index + ".lock")      # of one that was killed
        env = dict(os.environ, GIT_INDEX_FILE=index)
        command = ["git", "-C", self.request.top, f"--work-tree={self.tree}",
                   "read-tree", "--reset", "-u", sha]
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"{sha[:SHORT]}: {done.stderr.strip()}")

    def make(self, *goals):
        """(whether that could be made, what make said)."""
        with open(os.path.join(self.folder, "log"), "a+",
                  encoding="utf-8", errors="replace") as log:
            start = log.tell()
            command = [os.environ.get("MAKE", "make"), "--no-print-directory",
                       "-C", self.tree, f"O={self.out}", *goals]
            done = subprocess.run(command, env=build.environment(), stdout=log,
                                  stdin=subprocess.DEVNULL, check=False,
                                  stderr=subprocess.STDOUT)
            log.seek(start)
            return done.returncode == 0, log.read()

    def configure(self):
        """Whether the commit can be configured so. A preset is its own of that
        name; of another configuration, lines that it does not know go."""
        name = self.config["name"]
        if not name.startswith("own-"):
            return self.make(f"{name}_defconfig")[0]
        lines = self.config["symbols"]
        while True:
            with open(os.path.join(self.out, ".config"), "w",
                      encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
            done, said = self.make("olddefconfig")
            wrong = set(re.findall(r"\.config:(\d+): ", said))
            if done or not wrong:
                return done
            lines = [line for number, line in enumerate(lines, 1)
                     if str(number) not in wrong]

    def measure(self, sha):
        """Whether there is a result of it now."""
        self.checkout(sha)
        os.makedirs(self.out, exist_ok=True)
        if not self.configure() or not self.make("kvm-vmm")[0]:
            return False
        vmm = os.path.join(self.out, "images", "kvm-vmm")
        if self.booted:
            return self.boot(sha, vmm)
        one = {"time": results.now(), "commit": sha, "dirty": False,
               "config": self.config, "toggle": "", "args": "", "outcome": "",
               "cc": origin.compiler(os.path.join(self.out, "build")) or
               self.compiler,
               "host": origin.host("host", self.request.build),
               "image": {"name": "", "digest": "", "from": "tree"},
               "size": os.path.getsize(vmm), "how": "make trend FILL="}
        return bool(kept.keep(self.request.history, lambda: [one]))

    @functools.cached_property
    def booted_images(self):
        """What all of them boot."""
        return sorted(os.path.join(self.request.images, name)
                      for name in os.listdir(self.request.images)
                      if name in IMAGES or name.startswith("initramfs.cpio"))

    @functools.cached_property
    def same_image(self):
        return origin.digest(self.booted_images)[:SHORT]

    def boot(self, sha, vmm):
        """The benchmark's first row, of this kvm-vmm: it keeps what it counts."""
        os.makedirs(self.images, exist_ok=True)
        for name in os.listdir(self.images):
            os.remove(os.path.join(self.images, name))
        for path in [vmm, *self.booted_images]:
            os.symlink(path, os.path.join(self.images, os.path.basename(path)))
        env = dict(os.environ, MKVM_IMAGES=self.images, MKVM_COMMIT=sha,
                   MKVM_SAME_IMAGE=self.same_image)
        bench = os.path.join(self.request.top, "tests", "bench", "boot")
        done = subprocess.run([bench, "--short"], env=env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        with open(os.path.join(self.folder, "log"), "a",
                  encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        return done.returncode == 0

    @contextlib.contextmanager
    def alone(self):
        """Two at once would check out into each other's tree."""
        with open(os.path.join(self.folder, "lock"), "w",
                  encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Failure("another make trend FILL= is at work in this "
                              "output tree") from error
            yield

    # --- All of them ------------------------------------------------------

    def has(self, found):
        """Commits that have such a result. Of exits it does not matter what has
        compiled the kvm-vmm, else it is another series."""
        wanted = self.request.whats[0] if self.booted else "size"
        any_compiler = wanted == "exits" or not self.compiler
        return {one["commit"] for one in found.results
                if one[wanted] is not None and not one["dirty"] and
                not one["toggle"] and
                one["config"]["name"] == self.config["name"] and
                (any_compiler or
                 version_of(one["cc"]) == version_of(self.compiler)) and
                (not self.booted or one[f"{wanted}_until"] == "/init" and
                 f"({self.same_image}, the same for all)" in
                 one["image"]["name"])}

    def run(self, history, number):
        """Measures so many commits, the newest first."""
        wanted = spaced(history.commits, number) if self.request.since else \
            history.commits[-number:]
        has = self.has(results.read(self.request.history))
        missing = [commit for commit in reversed(wanted)
                   if commit.sha not in has]
        os.makedirs(self.folder, exist_ok=True)
        failed = []
        with self.alone():
            self.renew()
            for at, commit in enumerate(missing, 1):
                say("MEASURE",
                    f"{commit.sha[:SHORT]} ({at} of {len(missing)})")
                if not self.measure(commit.sha):
                    failed.append(commit.sha[:SHORT])
        if failed:
            note(f"{', '.join(failed)}: cannot be built or measured; "
                 f"{os.path.relpath(self.folder)}/log says why")
        shutil.rmtree(self.images, ignore_errors=True)
