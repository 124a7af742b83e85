#!/usr/bin/python3
"""What a snapshot is written to until it is whole: FILE.tmp, which may be there."""

import os
import subprocess
import tempfile

import vm
from vm import tap


def run(*words):
    done = subprocess.run([vm.KVM_VMM, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=120)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def save(path):
    return run("--timeout", "0.1", "--save-on-exit", path,
               vm.assemble("tally"))


def beside():
    """What is called FILE.tmp and was no save of ours stays as it is; what is left
    of one is written over."""
    def work(tmp, _):
        with open(tmp, "w", encoding="ascii") as file:
            file.write("a user's work")

    def symlink(tmp, other):
        os.symlink(other, tmp)

    def link(tmp, other):
        os.link(other, tmp)

    def fifo(tmp, _):
        os.mkfifo(tmp)

    def begun(tmp, _):
        with open(tmp, "wb") as file:
            file.truncate(1 << 20)

    def of_another(tmp, _):
        begun(tmp, _)
        os.chmod(tmp, 0o666)
        os.chown(tmp, 65534, 65534)

    wrong = [work, symlink, link, fifo]
    if os.geteuid() == 0:
        wrong.append(of_another)
    for make in [*wrong, begun]:
        with tempfile.TemporaryDirectory() as there:
            path, other = f"{there}/snap", f"{there}/other"
            save(other).must(vm.LIMIT)
            make(f"{path}.tmp", other)
            before = os.lstat(f"{path}.tmp")
            result = save(path)
            if make is begun:
                tap.equal(sorted(os.listdir(there)), ["other", "snap"])
                continue
            tap.check("--save-on-exit: " in result.err, make.__name__,
                      result.err)
            after = os.lstat(f"{path}.tmp")
            tap.equal((after.st_ino, after.st_size, after.st_mtime_ns),
                      (before.st_ino, before.st_size, before.st_mtime_ns),
                      f"{make.__name__}: what was there")
            tap.check(not os.path.exists(path), make.__name__)
            run("--show-snapshot", other).must(vm.OK)


if "host" in vm.places("real16") and vm.is_configured("SNAPSHOT"):
    tap.add("FILE.tmp that no save has begun is left alone", beside)
tap.main()
