#!/usr/bin/python3
"""`make run FROM=prompt`: boots Linux once, and goes on from its prompt afterwards;
what went wrong, or has changed, boots again."""

import glob
import os
import re
import subprocess
import tempfile

import vm
from vm import tap

ONCE = "it boots, and is saved"
AGAIN = "from its prompt, as saved"
BANNER = "Mini-KVM guest: Linux"


class Tree:
    """An output tree with a lab, and no prompts yet."""

    def __init__(self, folder):
        self.build = os.path.join(folder, "build")
        os.mkdir(self.build)
        for name in ("lab", "host"):
            os.symlink(os.path.join(tap.BUILD, name),
                       os.path.join(self.build, name))

    def run(self, args="", **more):
        """(exit status, all that was printed)."""
        env = {**os.environ, "RUN": "lab", "FROM": "prompt", "IMG": "vmlinux",
               "MKVM_BUILD": self.build, "MKVM_IMAGES": tap.IMAGES,
               "ARGS": "--timeout 60 --no-vga " + args, **more}
        done = subprocess.run([os.path.join(tap.TOP, "tools", "run")],
                              env=env, input="echo $((6 * 7))x; vmexit 9\n",
                              text=True, check=False, timeout=200,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def snapshots(self):
        return glob.glob(os.path.join(self.build, "prompt", "*"))


def answers(result, *words, boots):
    status, text = result
    tap.check(status == 9 and re.search(r"^42x\r?$", text, re.M) and
              all(word in text for word in words) and
              (BANNER in text) == boots, f"status {status}", text)


def goes_on():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        tree = Tree(folder)
        answers(tree.run(), ONCE, boots=True)
        name, = tree.snapshots()
        answers(tree.run("--stats"), AGAIN, "VM exits", boots=False)
        with open(name, "r+b") as file:
            file.seek(300)
            file.write(b"xxxx")
        answers(tree.run(), AGAIN, "damaged", "boots, and is saved anew",
                boots=True)
        tap.equal(tree.snapshots(), [name], "what is kept")


def plan(tree, *args, **more):
    """The word that a machine's snapshot is known by."""
    env = {**os.environ, "MKVM_CONFIG": os.path.join(tap.TOP, "LICENSE")}
    return subprocess.run(
        [os.path.join(tap.TOP, "tools", "prompt"), "key", *args],
        env={**env, **more}, cwd=tree.build, text=True, check=True,
        stdout=subprocess.PIPE).stdout


def has_a_key():
    """What may change it is in the key."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        tree = Tree(folder)
        kernel = os.path.join(folder, "kernel")
        with open(kernel, "w", encoding="utf-8") as file:
            file.write("1")
        words = ["host", vm.KVM_VMM, kernel, "--smp", "2"]
        keys = [plan(tree, *words), plan(tree, *words[:-1], "3"),
                plan(tree, "lab", *words[1:]),
                plan(tree, *words, MKVM_CONFIG=kernel),
                plan(tree, *words, f"--initrd={kernel}")]
        tap.equal(plan(tree, *words), keys[0], "the same again")
        tap.equal(plan(tree, *words, "--timeout", "3", "--stats=json"),
                  keys[0], "the same, for some time, and looked at")
        with open(kernel, "w", encoding="utf-8") as file:
            file.write("2")
        keys.append(plan(tree, *words))
        tap.equal(len(set(keys)), len(keys), "different keys")


def keeps_few():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        names = [os.path.join(folder, "prompt", f"{n}.snap")
                 for n in range(6)]
        for age, name in enumerate(names):
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "w", encoding="utf-8"):
                pass
            os.utime(name, (1000 + age, 1000))
        subprocess.run([os.path.join(tap.TOP, "tools", "prompt"), "keep",
                        names[0]], check=True)
        tap.equal(sorted(glob.glob(os.path.join(folder, "prompt", "*"))),
                  [names[0], *names[3:]], "what is left")


def refuses():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        tree = Tree(folder)
        status, text = tree.run(IMG="hello")
        tap.check(status == vm.USAGE and "is no Linux" in text, text)
        status, text = tree.run(FROM="here")
        tap.check(status == vm.USAGE and "FROM=prompt" in text, text)


if vm.is_configured("SNAPSHOT"):
    tap.add("what may change a prompt is in its key", has_a_key)
    tap.add("of prompts those that were used last are kept", keeps_few)
    tap.add("what has no prompt is refused", refuses)
    if "lab" in vm.places("linux", "vmlinux", "initramfs.cpio"):
        tap.add("Linux boots once, and then goes on from its prompt", goes_on)
tap.main()
