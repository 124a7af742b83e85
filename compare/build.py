"""A kvm-vmm of its own for a variant, in an output tree below build/compare: the
job of building it. Of the tree, images/ and .config stay."""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess

from . import jobs, seed
from .errors import Failure
from .printed import LINES_KEPT
from .progress import say

# Of the make that started us: not for those that we start.
OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "O", "V", "T",
        "TOGGLE", "HOW", "TIMEOUT", "IMG", "RUN", "ARGS", "GNUMAKEFLAGS")
# What kvm-vmm is made of, and what says how.
SOURCES = ("vmm", "backends", "tools", "Makefile", "Kconfig")
RULES = ("*/build.mk", "*/*/build.mk", "*/Kconfig*", "*/*/Kconfig*")


class Tree:
    """An output tree: the project's own, or one for O=."""

    def __init__(self, out, build, images):
        self.out = out          # None: not ours to build in
        self.build = build
        self.images = images
        self.vmm = os.path.join(images, "kvm-vmm")


def folder_of(variant_id):
    """A name that make and every file system can take.

    No equals sign: make would see an assignment in a rule.
    """
    name = re.sub(r"[^A-Za-z0-9_.]+", "-", variant_id)
    if name == variant_id.replace("=", "-") and len(name) <= 60:
        return name
    return name[:40] + "-" + hashlib.sha256(variant_id.encode()).hexdigest()[:8]


def tree_in(out):
    return Tree(out, os.path.join(out, "build"), os.path.join(out, "images"))


def tree_of(parent, variant_id):
    return tree_in(os.path.join(parent, folder_of(variant_id)))


# --- The jobs ---------------------------------------------------------------

def describe(request, base):
    """What all building jobs of a comparison have in common, as a dictionary.

    base: the Tree in which kvm-vmm has been built, whose objects are good for all
    that another configuration does not touch.
    """
    return {"kind": "build", "top": request.top, "base": base.build,
            "base_images": base.images, "make": os.environ.get("MAKE", "make"),
            "environment": jobs.environment(),
            "sources": jobs.sum_of_tree(request.top, source_parts(request.top)),
            "vmm": jobs.sum_of_file(base.vmm)}


def source_parts(top):
    """What kvm-vmm is built from, below the top."""
    return sorted({*SOURCES, *(os.path.relpath(path, top) for pattern in RULES
                               for path in glob.glob(os.path.join(top, pattern)))})


def planned(common, tree, config, label):
    """The Job of building a variant in its tree. It is done if what it made is still
    there; a build that failed is tried again."""
    job = jobs.Job(tree.out, {**common, "out": tree.out, "config": config},
                   [label])
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(tree.out):
            if entry.name.startswith("build-") and \
                    not entry.path.startswith(job.path):
                os.remove(entry.path)
    found = job.read()
    if found and not (found["built"] and os.path.exists(tree.vmm) and
                      jobs.sum_of_file(tree.vmm) == found["vmm"]):
        job.forget()
    return job


def made(spec, labels):
    """Does such a job: whether it is "built", what is in it, or the "log"."""
    os.environ.update(spec["environment"])
    tree = tree_in(spec["out"])
    with open(os.path.join(tree.out, "lock"), "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)    # it may be run twice
        say("BUILD", labels[0])
        try:
            return built(spec, tree)
        finally:
            shutil.rmtree(tree.build, ignore_errors=True)


def built(spec, tree):
    for path in tree.build, tree.images:
        shutil.rmtree(path, ignore_errors=True)
    seed.seed(spec["base"], tree.build)
    seed.programs(spec["base_images"], tree.images)
    with open(os.path.join(tree.out, ".config"), "w",
              encoding="utf-8") as file:
        file.write(spec["config"])
    well, log = make(spec, tree)
    if not well:
        return {"built": False,
                "log": "\n".join(log.splitlines()[-LINES_KEPT:])}
    try:
        files, unknown = sources(spec["top"], tree), ""
    except Failure as failure:
        files, unknown = [], str(failure)
    return {"built": True, "files": files, "unknown": unknown, **sizes(tree),
            "vmm": jobs.sum_of_file(tree.vmm)}


def environment():
    return {name: value for name, value in os.environ.items()
            if name not in OURS and (not name.startswith("MKVM_")
                                     or name == "MKVM_DL")}


def make(spec, tree):
    """(whether kvm-vmm can be made in the tree, what make said)."""
    command = [spec["make"], "--no-print-directory", "-C", spec["top"],
               f"O={tree.out}", "kvm-vmm"]
    child = subprocess.Popen(command, env=environment(), text=True,
                             stdin=subprocess.DEVNULL, errors="replace",
                             stdout=subprocess.PIPE, start_new_session=True,
                             stderr=subprocess.STDOUT)
    try:
        log, _ = child.communicate()
    except BaseException:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        raise
    return child.returncode == 0, log


# --- What was built ----------------------------------------------------------

def sources(top, tree):
    """[{"path", "lines"}] of the C files that were compiled in."""
    command = [os.path.join(top, "tools", "sources"), tree.build, "--json",
               "--c-only"]
    done = subprocess.run(command, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failure(done.stderr.strip().removeprefix("mini-kvm: "))
    return json.loads(done.stdout)


def sizes(tree):
    return {"binary_bytes": os.path.getsize(tree.vmm),
            "text_bytes": text_bytes(tree)}


def text_bytes(tree):
    """Bytes of code and constants, as `size` counts them; 0 if it cannot."""
    done = subprocess.run(["size", tree.vmm], capture_output=True, text=True,
                          check=False)
    lines = done.stdout.splitlines()
    return int(lines[1].split()[0]) if len(lines) > 1 else 0
