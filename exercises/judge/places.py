"""Where a judged guest runs: on this machine, or in the lab where its KVM cannot.

However many they are, those of one place run in one session, by one script.
"""

import json
import os
import shlex
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def given(name, otherwise):
    """A path that the environment names; an empty one names nothing."""
    return os.path.abspath(os.environ.get(name) or otherwise)


BUILD = given("MKVM_BUILD", os.path.join(TOP, "build"))
IMAGES = given("MKVM_IMAGES", os.path.join(os.path.dirname(BUILD), "images"))
KVM_VMM = given("MKVM_VMM", os.path.join(IMAGES, "kvm-vmm"))
SECONDS = 30        # for one guest, and only what hangs needs them
KILLED = 90         # and then kvm-vmm itself has hung


class Broken(Exception):
    """The judge cannot judge: its own fault or this machine's."""


class Run:
    """A command line of kvm-vmm --judge, and afterwards how the guest ended and
    what it has printed (bytes): what the verdict says, see docs/judge.md."""

    def __init__(self, argv):
        self.argv, self.status, self.out = argv, None, b""
        self.refused = ""   # why it is no image


SCRIPT = """\
one() {{
	number=$1
	shift
	timeout --foreground -s KILL {seconds} "$@" </dev/null >"$number.out" \\
		2>"$number.err" || :
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
    kernel = given("MKVM_LAB_KERNEL", os.path.join(BUILD, "lab", "vmlinux"))
    if place == "lab" and not os.path.exists(kernel):
        raise Broken(f"this machine's KVM runs no {need} guests, and the lab is "
                     "not built; `make lab` builds it")
    return place


def collect(work, number, run):
    """The verdict that kvm-vmm has left of one run."""
    said = ""
    try:
        with open(os.path.join(work, f"{number}.err"), encoding="utf-8",
                  errors="replace") as file:
            said = file.read()
        with open(os.path.join(work, f"{number}.out"), encoding="utf-8") as file:
            verdict = json.loads(file.read())
        run.status = verdict["ended"]["status"]
        run.out = verdict["output"]["first"].encode("latin-1")
    except (OSError, ValueError, LookupError, TypeError):
        raise Broken("kvm-vmm gave no verdict: " + said[-500:].strip()) from None
    if verdict["ended"]["name"] == "refused":
        run.refused = verdict["why"] + ": " + said.strip().split("\n")[-1][:200]
    if verdict["ended"]["name"] == "failed":
        raise Broken(f"kvm-vmm failed: {verdict['why']}; {said[-500:].strip()}")


def run_all(place, runs):
    """Runs them one after the other and fills in how each ended."""
    folder = os.path.join(BUILD, "exercises")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        calls = []
        for number, run in enumerate(runs):
            calls.append(shlex.join(["one", str(number), *run.argv]))
        with open(os.path.join(work, "script"), "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(seconds=KILLED,
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
