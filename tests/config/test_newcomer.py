#!/usr/bin/python3
"""The README's two commands on a machine with nothing but gcc, make and git.

`make run` with the smallest preset, and `make test` as far as its packages and
one test program: what bare_tree does with debootstrap. Linux is not built.
"""
# timeout: 2400

import os
import shutil
import stat
import subprocess

import tree
from tree import tap


def run(*words, **more):
    return subprocess.run(words, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **more)


def need_rights(folder):
    """Skips where a tree of another system cannot be made or entered."""
    if os.geteuid() != 0:
        raise tap.Skip("only root can make a bare Debian tree")
    if not shutil.which("debootstrap"):
        raise tap.Skip("debootstrap is not installed; `make deps`")
    try:
        os.mknod(os.path.join(folder, "null"), stat.S_IFCHR | 0o666,
                 os.makedev(1, 3))
        with open(os.path.join(folder, "null"), "wb"):
            pass
    except OSError as error:
        raise tap.Skip(f"no devices can be made here: {error}") from None
    if run("unshare", "--mount", "--pid", "--fork", "true").returncode:
        raise tap.Skip("no namespaces can be made here")


def need_mirror(folder):
    """Skips where apt has no Debian mirror, or it cannot be reached."""
    text = run(os.path.join(tap.TOP, "tools", "apt-sources")).stdout
    entry = dict(line.split(": ", 1) for line in
                 text.split("\n\n", 1)[0].splitlines() if ": " in line)
    if "URIs" not in entry:
        raise tap.Skip("there is no Debian mirror among apt's sources")
    if run("/usr/lib/apt/apt-helper", "-o", "Acquire::Retries=1", "-o",
           "Acquire::http::Timeout=20", "download-file",
           f"{entry['URIs']}/dists/{entry['Suites'].split()[0]}/InRelease",
           os.path.join(folder, "InRelease")).returncode:
        raise tap.Skip("apt's Debian mirror cannot be reached")


@tap.case("make run and make test work on a bare Debian with gcc, make and git")
def newcomer():
    with tree.Tree() as out:
        need_rights(out.path)
        need_mirror(out.path)
        done = run("unshare", "--mount", "--pid", "--fork", "--kill-child",
                   os.path.join(tap.TOP, "tests", "config", "bare_tree"),
                   out.at("root"))
        text = done.stdout
        tap.equal(done.returncode, 0, text[-6000:])
        if os.path.exists("/dev/kvm"):
            before = text.split("Hello, KVM!\n")
            tap.check(len(before) > 1, "no greeting:", text[-6000:])
            tap.check("qemu" not in before[0], "the lab's QEMU is installed,"
                      " although no image needs it:", before[0][-3000:])
        for want in ("libcmocka-dev", " passed, 0 failed, 0 skipped"):
            tap.check(want in text, f"lacks {want!r}:", text[-6000:])


tap.main()
