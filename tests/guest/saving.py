"""The guest of src/tally.S for tests that save it."""

import contextlib
import functools
import shutil
import subprocess
import tempfile

import vm
from vm import tap

LETTERS, STATUS = 400, 17   # what src/tally.S prints, and ends with


def start(*words, **more):
    return subprocess.Popen([vm.KVM_VMM, *map(str, words)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **more)


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
