"""The guest of src/tally.S for tests that save it."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile

import control
import vm
from vm import tap

LETTERS, STATUS = 400, 17   # what src/tally.S prints, and ends with


def start(*words, **more):
    return subprocess.Popen([vm.KVM_VMM, *map(str, words)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **more)


def answers(path):
    with contextlib.suppress(OSError), control.Client(path):
        return True
    return False


@contextlib.contextmanager
def asked(there, name):
    """A run of that guest with --control, once it can be asked; it is not left behind."""
    path = f"{there}/socket"
    with start(f"--control={path}", vm.assemble(name)) as process:
        try:
            control.wait_for(path, lambda: answers(path) or
                             process.poll() is not None)
            yield process
        finally:
            process.kill()


def letters(process, least):
    """What it prints, @least of them."""
    out = b""
    while len(out) < least:
        more = os.read(process.stdout.fileno(), 100)
        tap.check(more, "it ended and said", out)
        out += more
    return out


def end(process):
    out, err = process.communicate(timeout=120)
    return vm.Result(process.returncode, out, err)


def run(*words, **more):
    return end(start(*words, **more))


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="snapshot-")
    try:
        yield path
    finally:
        shutil.rmtree(path)


@functools.lru_cache(None)
def whole():
    """What the guest prints that nobody disturbs."""
    result = run(vm.assemble("tally"))
    result.must(STATUS)
    tap.equal(len(result.out), LETTERS, "letters")
    return result.out
