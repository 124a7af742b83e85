"""Where a judged guest runs: on this machine, or in the lab where its KVM cannot.

However many they are, those of one place run in one session, by one script. A session
that hangs is ended; the run that it hung in is named, and the others go on in another.
"""

import functools
import json
import os
import shlex
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def given(name, otherwise):
    """A path that the environment names; an empty one names nothing."""
    return os.path.abspath(os.environ.get(name) or otherwise)


BUILD = given("MKVM_BUILD", os.path.join(TOP, "build"))
IMAGES = given("MKVM_IMAGES", os.path.join(os.path.dirname(BUILD), "images"))
KVM_VMM = given("MKVM_VMM", os.path.join(IMAGES, "kvm-vmm"))
SECONDS = 30        # for one guest, and only what hangs needs them
KILLED = 90         # and then kvm-vmm itself has hung
STILL = 150         # without a guest that ends: the session itself has hung
START = 300         # the same, until the first one has begun
GRACE = 10          # for a session to end what it has begun
TRIES = 2


class Broken(Exception):
    """The judge cannot judge: its own fault or this machine's."""


class Run:
    """A command line of kvm-vmm --judge, and afterwards how the guest ended and
    what it has printed (bytes): what the verdict says, see docs/judge.md."""

    def __init__(self, argv):
        self.argv, self.status, self.out = argv, None, b""
        self.refused = ""   # why it is no image
        self.broken = ""    # why it has no verdict
        self.hung = 0       # so many sessions in it


SCRIPT = """\
trap 'kill "$running"; exit 143' TERM
one() {{
	number=$1
	shift
	: >"$number.begun"
	timeout --foreground -s KILL {seconds} "$@" </dev/null >"$number.out" \\
		2>"$number.err" &
	running=$!
	wait "$running" || :
	: >"$number.done"
}}
{calls}
"""


@functools.lru_cache(None)
def doctor(need):
    """Whether this machine's own KVM runs such guests."""
    try:
        return subprocess.run([KVM_VMM, f"--doctor={need}"], check=False,
                              stdin=subprocess.DEVNULL,
                              capture_output=True).returncode == 0
    except OSError as error:
        raise Broken(f"{KVM_VMM}: {error.strerror}; `make kvm-vmm` builds it") \
            from None


def lab_kernel():
    return given("MKVM_LAB_KERNEL", os.path.join(BUILD, "lab", "vmlinux"))


def place_for(need):
    """host or lab, for guests of a kind; RUN in the environment decides."""
    place = os.environ.get("RUN") or ("host" if doctor(need) else "lab")
    if place not in ("host", "lab"):
        raise Broken(f"RUN={place}: host or lab")
    if place == "lab" and not os.path.exists(lab_kernel()):
        raise Broken(f"this machine's KVM runs no {need} guests, and the lab is "
                     "not built; `make lab` builds it")
    return place


def argv_at(place, argv, outs):
    """The command that runs @argv there; it may write in the folders @outs."""
    if place != "lab":
        return argv
    words = [os.path.join(TOP, "lab", "run"), "--share", IMAGES,
             "--share", BUILD]
    for folder in outs:
        words += ["--out", folder]
    return words + ["--", *argv]


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
        run.broken = "kvm-vmm gave no verdict: " + said[-500:].strip()
        return
    if verdict["ended"]["name"] == "refused":   # a path is another one each time
        last = said.strip().split("\n")[-1]
        image = run.argv[-1]
        run.refused = verdict["why"] + ": " + \
            last.replace(image, os.path.basename(image))[:200]
    if verdict["ended"]["name"] == "failed":
        run.broken = f"kvm-vmm failed: {verdict['why']}; {said[-500:].strip()}"


def end(process):
    """It has a moment to end what it has begun."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def count(work, ending):
    return sum(name.endswith(ending) for name in os.listdir(work))


def watch(process, work):
    """Waits for a session; False: it stood still, and was ended."""
    seen, since = (0, 0), time.monotonic()
    try:
        while True:
            try:
                process.wait(0.25)
                return True
            except subprocess.TimeoutExpired:
                now = count(work, ".begun"), count(work, ".done")
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since > (STILL if seen[0] else START):
                return False
    finally:
        if process.poll() is None:
            end(process)


def session(place, runs):
    """Runs some, in one session; those that it has not come to have no verdict and
    are not broken either."""
    folder = os.path.join(BUILD, "exercises")
    with tempfile.TemporaryDirectory(dir=folder) as work:
        calls = [shlex.join(["one", str(number), *run.argv])
                 for number, run in enumerate(runs)]
        with open(os.path.join(work, "script"), "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(seconds=KILLED, calls="\n".join(calls)))
        with open(os.path.join(work, "said"), "w+b") as said:
            process = subprocess.Popen(
                argv_at(place, ["sh", "-e", "script"], [folder, work]),
                cwd=work, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            ended = watch(process, work)
            said.seek(0)
            text = said.read()[-500:].decode("utf-8", "replace").strip()
        for number, run in enumerate(runs):
            if os.path.exists(os.path.join(work, f"{number}.done")):
                collect(work, number, run)
            elif os.path.exists(os.path.join(work, f"{number}.begun")):
                run.hung += 1
        if ended and process.returncode and \
                not any(run.hung for run in runs):
            raise Broken(f"the guests could not be run ({place}): {text}")
        return text if ended else f"it stood still for {STILL} s"


def run_all(place, runs):
    """Runs them one after the other and fills in how each ended. What a session hangs
    or dies in is tried once more, the last of all."""
    os.makedirs(os.path.join(BUILD, "exercises"), exist_ok=True)
    left = list(runs)
    while left:
        before = [(run.hung, run.status) for run in left]
        text = session(place, left)
        for run in left:
            if run.hung >= TRIES:
                run.broken = f"the session ({place}) did not outlive it: {text}"
        if before == [(run.hung, run.status) for run in left]:
            raise Broken(f"the guests could not be run ({place}): {text}")
        left = sorted((run for run in left
                       if run.status is None and not run.broken),
                      key=lambda run: run.hung)


def run_shell(place, command, out):
    """Runs a line for the shell there, which may write in @out; what it printed."""
    try:
        done = subprocess.run(
            argv_at(place, ["sh", "-c", command + " 2>&1"], [out]), cwd=out,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=START, check=False)
    except subprocess.TimeoutExpired:
        raise Broken(f"{command}: no end within {START} s ({place})") from None
    return done.stdout.decode("utf-8", "replace")


def run_tool(argv):
    """A program of ours, which has to succeed."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Broken(f"{argv[0]}: " +
                     done.stdout.decode("utf-8", "replace")[-500:].strip())
