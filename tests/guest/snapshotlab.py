"""Run inside the lab by test_snapshot_linux.py: Linux guests that are saved and
restored at moments that chance chooses, from their first tenth of a second on, and
have to find nothing amiss. Prints a line `@NAME ok` or `@NAME WHY` for each.

    snapshotlab.py KVM_VMM VMLINUX INITRAMFS SCRIPT OS MOMENTS SEED NAME...

A NAME is the kind of interrupt controllers and the number of vCPUs: split2. SCRIPT,
what the guests do, is their first disk. With os- in front it is OS, 1K OS, which
answers at its end.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time

KVM_VMM, VMLINUX, INITRAMFS, SCRIPT, OS = map(os.path.abspath, sys.argv[1:6])
MOMENTS, SEED = int(sys.argv[6]), int(sys.argv[7])
LIMIT = 124     # status of a run whose --timeout has run out
DISK = 1 << 20
LAST = 200      # seconds, for the last run


class Wrong(Exception):
    """What a guest found amiss, or we."""


def first_words(name):
    system, chips, cpus = re.fullmatch(r"(os-)?([a-z]+)(\d+)", name).groups()
    if system:
        return ["--paging", OS, "--irqchip", chips]
    words = [VMLINUX, "--initrd", INITRAMFS, "--mem", "96M", "--irqchip", chips,
             "--smp", cpus]
    if os.path.exists("disk"):
        words += ["--disk", "script,ro", "--disk", "disk"]
    return words + ["--cmdline",
                    'console=ttyS0 quiet run="sh /dev/vda"']


def run(words, limit, stdin=b""):
    done = subprocess.run([KVM_VMM, "--timeout", limit, *words], check=False,
                          input=stdin, capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def play(name, chance):
    """All that one guest says, in all its lives."""
    words = first_words(name)
    said = b""
    for moment in range(MOMENTS):
        limit = f"{chance.choice([0.1, 0.5, 2, 3]) * chance.random() + 0.02:.3f}"
        status, out, err = run([*words, "--save-on-exit", "snap"], limit)
        said += out
        if status != LIMIT:
            raise Wrong(f"moment {moment}: status {status}: {err[-1500:]!r} "
                        f"{said[-500:]!r}")
        words = ["--restore", "snap"]
        print(f"# {name} moment {moment} after {limit} s, "
              f"{os.stat('snap').st_blocks // 2} KiB, {len(said)} bytes said",
              flush=True)
    status, out, err = run(words, str(LAST),
                           b"6\n10+5\nq\n2\n0\n" if name.startswith("os-")
                           else b"over\n")
    said += out
    if status:
        raise Wrong(f"the end: status {status}: {err[-1500:]!r} "
                    f"{said[-1500:]!r}")
    return said.decode("utf-8", "replace")


def judge_os(said):
    """It is there, once, and answers."""
    for text in "1K OS", "\n15", "0 1 2 3 4 5 6 7 8 9", "Goodbye.":
        if said.count(text) != 1:
            raise Wrong(f"{text!r}, {said.count(text)} times: {said[-1500:]!r}")
    return len(said.splitlines())


def judge(said):
    lines = re.findall(r"^@(\w+) (.*?)\r?$", said, re.M)
    bad = [" ".join(line) for line in lines if line[1].endswith(" bad")]
    if bad:
        raise Wrong(f"{bad[:8]}")
    numbers = [int(text) for word, text in lines if word == "line"]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise Wrong(f"lines: {numbers[-50:]} of {said[-2000:]!r}")
    wall = int(dict(lines)["wall"])
    if abs(wall - time.time()) > 30:
        raise Wrong(f"its clock says {wall}, and it is {time.time():.0f}")
    return len(numbers)


def main():
    for name in sys.argv[8:]:
        chance = random.Random(f"{SEED}{name}")
        begun = time.time()
        how = judge_os if name.startswith("os-") else judge
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            with open(SCRIPT, "rb") as script, open("script", "wb") as disk:
                text = script.read()
                disk.write(text + b"\n" * (-len(text) % 4096))
            with open("disk", "wb") as disk:
                disk.truncate(DISK)
            try:
                said = play(name, chance)
                verdict = f"ok # {how(said)} lines, " \
                    f"{time.time() - begun:.0f} s"
            except Wrong as why:
                verdict = str(why)
            os.chdir("/")
        print(f"@{name} {verdict}", flush=True)


main()
