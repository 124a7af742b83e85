"""A kvm-vmm of its own for a variant, in an output tree below build/compare."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess

from . import seed
from .errors import Failure

# Of the make that started us: not for those that we start.
OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "O", "V", "T",
        "TOGGLE", "HOW", "TIMEOUT", "IMG", "RUN", "ARGS", "GNUMAKEFLAGS")


class Tree:
    """An output tree: the project's own, or one for O=."""

    def __init__(self, out, build, images):
        self.out = out          # None: not ours to build in
        self.build = build
        self.vmm = os.path.join(images, "kvm-vmm")
        self.log = ""           # what a build that failed printed


def folder_of(variant_id):
    """A name that make and every file system can take.

    No equals sign: make would see an assignment in a rule.
    """
    name = re.sub(r"[^A-Za-z0-9_.]+", "-", variant_id)
    if name == variant_id.replace("=", "-") and len(name) <= 60:
        return name
    return name[:40] + "-" + hashlib.sha256(variant_id.encode()).hexdigest()[:8]


def tree_of(parent, variant_id):
    out = os.path.join(parent, folder_of(variant_id))
    return Tree(out, os.path.join(out, "build"), os.path.join(out, "images"))


def environment():
    return {name: value for name, value in os.environ.items()
            if name not in OURS and (not name.startswith("MKVM_")
                                     or name == "MKVM_DL")}


def write_if_changed(path, text):
    """A .config that is as it was keeps its date, and nothing is rebuilt."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build(top, tree, config, base):
    """Builds kvm-vmm from the text of a .config; False: tree.log says why.

    base: a tree in which it has been built, whose objects are good for all
    that the other configuration does not touch.
    """
    if not os.path.exists(tree.vmm):
        shutil.rmtree(tree.out, ignore_errors=True)
        seed.seed(base.build, tree.build)
    write_if_changed(os.path.join(tree.out, ".config"), config)
    if make(top, tree):
        return True
    # The objects of somebody's half a build may be all that is wrong.
    shutil.rmtree(os.path.join(tree.build, "vmm"), ignore_errors=True)
    return make(top, tree)


def make(top, tree):
    """Whether kvm-vmm can be made in the tree; tree.log is what make said."""
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "-C",
               top, f"O={tree.out}", "kvm-vmm"]
    child = subprocess.Popen(command, env=environment(), text=True,
                             stdin=subprocess.DEVNULL, errors="replace",
                             stdout=subprocess.PIPE, start_new_session=True,
                             stderr=subprocess.STDOUT)
    try:
        tree.log, _ = child.communicate()
    except BaseException:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        raise
    return child.returncode == 0


def sources(top, tree):
    """[{"path", "lines"}] of the C files that were compiled in."""
    command = [os.path.join(top, "tools", "sources"), tree.build, "--json",
               "--c-only"]
    done = subprocess.run(command, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failure(done.stderr.strip().removeprefix("mini-kvm: "))
    return json.loads(done.stdout)


def text_bytes(tree):
    """Bytes of code and constants, as `size` counts them; 0 if it cannot."""
    done = subprocess.run(["size", tree.vmm], capture_output=True, text=True,
                          check=False)
    lines = done.stdout.splitlines()
    return int(lines[1].split()[0]) if len(lines) > 1 else 0
