"""Where a judged guest runs: on this machine, or in the lab where its KVM cannot.

However many they are, those of one place run in one session, by one script.
"""

import os
import shlex
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("MKVM_BUILD", os.path.join(TOP, "build")))
IMAGES = os.path.abspath(os.environ.get("MKVM_IMAGES",
                                        os.path.join(os.path.dirname(BUILD),
                                                     "images")))
KVM_VMM = os.environ.get("MKVM_VMM", os.path.join(IMAGES, "kvm-vmm"))
SECONDS = 30        # for one guest, and only what hangs needs them
KILLED = 60         # as many more, and kvm-vmm itself has hung
OUTPUT = 16384      # blocks of 512 bytes that a guest may print


class Broken(Exception):
    """The judge cannot judge: its own fault or this machine's."""


class Run:
    """A command line of kvm-vmm, and afterwards how it ended."""

    def __init__(self, argv, stdin=b"", stats=None):
        self.argv, self.stdin, self.stats_file = argv, stdin, stats
        self.status, self.out, self.err = None, b"", ""


SCRIPT = """\
ulimit -f {output}
one() {{
	number=$1
	shift
	status=0
	timeout -s KILL {seconds} "$@" <"$number.in" >"$number.out" \\
		2>"$number.err" || status=$?
	echo "$status" >"$number.status"
}}
{calls}
"""


def doctor(need):
    """Whether this machine's own KVM runs such guests."""
    try:
        return subprocess.run([KVM_VMM, f"--doctor={need}"], check=False,
                              stdin=subprocess.DEVNULL,
                              capture_output=True).returncode == 0
    except OSError as error:
        raise Broken(f"{KVM_VMM}: {error.strerror}; `make kvm-vmm` builds it") \
            from None


def place_for(need):
    """host or lab, for guests of a kind; RUN in the environment decides."""
    place = os.environ.get("RUN") or ("host" if doctor(need) else "lab")
    if place not in ("host", "lab"):
        raise Broken(f"RUN={place}: host or lab")
    kernel = os.environ.get("MKVM_LAB_KERNEL",
                            os.path.join(BUILD, "lab", "vmlinux"))
    if place == "lab" and not os.path.exists(kernel):
        raise Broken(f"this machine's KVM runs no {need} guests, and the lab is "
                     "not built; `make lab` builds it")
    return place


def collect(work, number, run):
    """What the script has left of one run."""
    base = os.path.join(work, str(number))
    try:
        with open(base + ".status", encoding="utf-8") as file:
            run.status = int(file.read())
        with open(base + ".out", "rb") as file:
            run.out = file.read()
        with open(base + ".err", encoding="utf-8", errors="replace") as file:
            run.err = file.read()
    except (OSError, ValueError):
        raise Broken("a guest left no result; is the disk full?") from None


def run_all(place, runs):
    """Runs them one after the other and fills in how each ended."""
    folder = os.path.join(BUILD, "exercises")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        calls = []
        for number, run in enumerate(runs):
            with open(os.path.join(work, f"{number}.in"), "wb") as file:
                file.write(run.stdin)
            calls.append(shlex.join(["one", str(number), *run.argv]))
        with open(os.path.join(work, "script"), "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(output=OUTPUT, seconds=KILLED,
                                     calls="\n".join(calls)))
        argv = ["sh", "-e", "script"]
        if place == "lab":
            argv = [os.path.join(TOP, "lab", "run"), "--share", IMAGES,
                    "--share", BUILD, "--out", folder, "--out", work,
                    "--", *argv]
        done = subprocess.run(argv, cwd=work, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        if done.returncode:
            raise Broken(f"the guests could not be run ({place}): " +
                         done.stderr.decode("utf-8", "replace")[-500:].strip())
        for number, run in enumerate(runs):
            collect(work, number, run)
