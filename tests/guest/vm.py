"""How the guest tests run kvm-vmm: on the host, in the lab, many at a time.

A place is where a guest can run: "host" (this machine's /dev/kvm) or "lab".
Booting the lab takes a second or two, so that batch() takes a table of
command lines and runs all of them in one session.
"""

import base64
import contextlib
import functools
import glob
import itertools
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

KVM_VMM = os.path.join(tap.IMAGES, "kvm-vmm")
SAN = os.path.join(tap.BUILD, "san", "vmm", "kvm-vmm")  # ASan, UBSan
SOURCES = os.path.join(tap.TOP, "tests", "guest", "src")
LAB_RUN = os.path.join(tap.TOP, "lab", "run")
LAB_KERNEL = os.environ.get("MKVM_LAB_KERNEL",
                            os.path.join(tap.BUILD, "lab", "vmlinux"))

TO_SAY = 10         # seconds
# Exit statuses, as in vmm/abi/exit_status.h.
OK, USAGE, FAILED, CRASHED, HALTED, LIMIT = 0, 64, 70, 71, 72, 124


class Result:
    """How one command ended and what it printed."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out      # bytes
        self.err = err.decode("utf-8", "replace")

    def must(self, status, out=None):
        """Fails unless it ended so and printed that."""
        good = self.status == status and out in (None, self.out)
        tap.check(good, f"status: have {self.status}, want {status}",
                  f"stdout: have {self.out[-2000:]!r}",
                  "" if out is None else f"stdout: want {out[-2000:]!r}",
                  f"stderr: {self.err[-2000:]}")


class Command:
    """One command line, what it reads, and its wall limit in seconds.

    Past the limit it is killed, which is status 137 and not LIMIT. It is for what
    hangs, and far from what a busy machine needs.
    """

    def __init__(self, *argv, stdin=b"", limit=60):
        self.argv = [str(arg) for arg in argv]
        self.stdin = stdin
        self.limit = limit


def built():
    """Fails with the next step when there is no kvm-vmm to test."""
    tap.check(os.path.exists(KVM_VMM), f"{KVM_VMM}: not built; run `make`")


def image(name):
    """A finished image, or why it cannot be used."""
    for path in sorted(glob.glob(os.path.join(tap.IMAGES, name))):
        return path
    raise tap.Failure(f"images/{name}: not built; run `make`")


@contextlib.contextmanager
def made(path):
    """Gives a path to write: what is there in the end takes the place of @path at once.
    Test programs that run at the same time make, and read, the same files."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as work:
        new = os.path.join(work, os.path.basename(path))
        yield new
        os.replace(new, path)


@functools.lru_cache(None)
def assemble(name):
    """The flat binary of src/NAME.S; paged* are linked where they will run."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    os.makedirs(folder, exist_ok=True)
    where = "0x80001000" if name.startswith("paged") else "0"
    with tempfile.TemporaryDirectory(dir=folder) as work:
        for command in (
                ["gcc", "-m32", "-c", "-I", os.path.join(tap.TOP, "vmm"),
                 "-o", "a.o", os.path.join(SOURCES, name + ".S")],
                ["ld", "-m", "elf_i386", "-e", "0", "-Ttext", where,
                 "--oformat", "binary", "-o", "a.bin", "a.o"]):
            subprocess.run(command, cwd=work, check=True)
        path = os.path.join(folder, name + ".bin")
        os.replace(os.path.join(work, "a.bin"), path)
    return path


@functools.lru_cache(None)
def compile_guest(name, where=0x100000):
    """The ELF file of src/NAME.c, a program in 32 bits that needs nothing: what
    it begins with, in assembly, lies at `where` and is its entry."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    path = os.path.join(folder, f"{name}-{where:x}.elf")
    link = f"-Ttext={where:#x},-e,{where:#x},-n,--build-id=none"
    with made(path) as new:
        subprocess.run(
            ["gcc", "-m32", "-march=i686", "-Os", "-Wall", "-Wextra", "-Werror",
             "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
             "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
             "-mgeneral-regs-only", "-fno-toplevel-reorder", "-nostdlib", "-static",
             f"-Wl,{link},--no-warn-rwx-segments",
             "-I", os.path.join(tap.TOP, "vmm"), "-o", new,
             os.path.join(SOURCES, name + ".c")], check=True)
    return path


@functools.lru_cache(None)
def host_lacks(need):
    """Why this machine's own KVM cannot run such a guest, or None."""
    if not os.path.exists("/dev/kvm"):
        return "this machine has no /dev/kvm"
    done = subprocess.run([KVM_VMM, f"--doctor={need}"], text=True,
                          capture_output=True, check=False)
    return None if done.returncode == 0 else \
        (done.stdout + done.stderr).strip() or "the doctor says no"


@functools.lru_cache(None)
def lab_lacks():
    """Why the lab cannot be used here, or None."""
    if not shutil.which("qemu-system-x86_64"):
        return "QEMU is not installed; `make deps` installs it"
    if not os.path.exists(LAB_KERNEL):
        return "the lab is not built; `make lab` builds it"
    return None


def lacks(place, need):
    """Why such a guest cannot run at a place, or None."""
    return lab_lacks() if place == "lab" else host_lacks(need)


def skip(reason):
    raise tap.Skip(reason)


def on_host(need="real16"):
    """Skips the case where this machine's own KVM cannot run such a guest."""
    if host_lacks(need):
        raise tap.Skip(host_lacks(need))


LOADERS = {"real16": "flat", "prot32": "prot32", "paged32": "paged",
           "long64": "long64", "linux": "vmlinux"}


def not_configured(need, images):
    """What this configuration left out of what such guests need, or None."""
    done = subprocess.run([KVM_VMM, "--list"], text=True,
                          capture_output=True, check=False)
    if not re.search(rf"^loader +{LOADERS[need]}\b", done.stdout, re.M):
        return f"kvm-vmm was configured without the loader {LOADERS[need]}"
    for name in images:
        if not glob.glob(os.path.join(tap.IMAGES, name)):
            return f"images/{name} is not configured, or not built by `make`"
    return None


@functools.lru_cache(None)
def has_feature(name, table="feature"):
    """Whether --no-NAME leaves something out that was built in."""
    if not os.path.exists(KVM_VMM):
        return False
    listed = subprocess.run([KVM_VMM, "--list"], text=True,
                            capture_output=True, check=False).stdout
    return re.search(rf"^{table} +{name}\b", listed, re.M) is not None


@functools.lru_cache(None)
def is_configured(symbol):
    """Whether a symbol is on, of those that --list does not show."""
    with open(os.path.join(tap.BUILD, "config", "auto.conf"),
              encoding="utf-8") as file:
        return f"CONFIG_{symbol}=y\n" in file.read()


def has_device(name):
    """The same of a device."""
    return has_feature(name, "device")


def has_loader(name):
    """The same of a loader."""
    return has_feature(name, "loader")


def places(need, *images):
    """Where such guests can run; a skipped case says why not elsewhere."""
    if not os.path.exists(KVM_VMM):
        tap.add("kvm-vmm is built", built)
        return []
    reason = not_configured(need, images)
    if reason:
        tap.add(f"{need} guests", skip, reason)
        return []
    able = []
    for place in ("host", "lab"):
        reason = lacks(place, need)
        if reason:
            tap.add(f"{need} guests ({place})", skip, reason)
        else:
            able.append(place)
    return able


def lab_command(argv, *options):
    """argv as run inside the lab, which also sees the images."""
    return [LAB_RUN, "--share", tap.IMAGES, "--share", tap.BUILD, *options,
            "--", *argv]


SCRIPT = """\
dir=$(mktemp -d)
run() {
	number=$1 limit=$2
	shift 2
	timeout -s KILL "$limit" "$@" <"%(work)s/$number.in" >"$dir/out" \\
		2>"$dir/err"
	echo "@result $number $? $(base64 -w0 "$dir/out")" \\
		"- $(base64 -w0 "$dir/err")"
}
%(calls)s
rm -r "$dir"
"""


def write_script(work, commands):
    """A script that runs the commands and prints an encoded result each."""
    calls = []
    for number, command in enumerate(commands):
        with open(os.path.join(work, f"{number}.in"), "wb") as file:
            file.write(command.stdin)
        calls.append(shlex.join(["run", str(number), str(command.limit),
                                 *command.argv]))
    path = os.path.join(work, "script")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SCRIPT % {"work": work, "calls": "\n".join(calls)})
    return path


def read_results(text, commands):
    results = {}
    for line in text.splitlines():
        words = line.split(" ")
        if words[0] == "@result":
            out, err = " ".join(words[3:]).split("-")
            results[int(words[1])] = Result(int(words[2]),
                                            base64.b64decode(out.strip()),
                                            base64.b64decode(err.strip()))
    tap.check(len(results) == len(commands),
              f"only {len(results)} of {len(commands)} commands ran:",
              text[-2000:])
    return [results[number] for number in range(len(commands))]


PORTS = itertools.count(10000 + os.getpid() % 1250 * 16)


def free_port():
    """A TCP port of 127.0.0.1 for a server that will have it in a while: meanwhile no
    other test program asks for it, nor does the kernel give it to who takes any."""
    for port in PORTS:
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            return port
    raise tap.Failure("there are no free ports")


def time_left():
    """Seconds until the runner ends this test, less those to say where it stood."""
    deadline = float(os.environ.get("MKVM_DEADLINE", "inf"))
    return max(1, deadline - time.monotonic() - TO_SAY)


def stood(late, commands):
    """Where a session was that took too long: a Failure's evidence."""
    text = (late.stdout or b"").decode("utf-8", "replace")
    count = len(re.findall("(?m)^@result ", text))
    return (f"the session took longer than {late.timeout:.0f} s;",
            f"{count} of {len(commands)} commands had ended, and this had not:"
            if count < len(commands) else "it had come to its end:",
            *[shlex.join(command.argv)[:2000]
              for command in commands[count:count + 1]],
            re.sub("(?m)^@result .*\n", "", text)[-2000:])


def batch(place, commands, *options):
    """Runs Commands at a place, in one session; their Results in order."""
    folder = os.path.join(tap.BUILD, "tests")
    os.makedirs(folder, exist_ok=True)
    limit = min(30 + sum(command.limit for command in commands), time_left())
    with tempfile.TemporaryDirectory(dir=folder) as work:
        argv = ["sh", write_script(work, commands)]
        if place == "lab":
            argv = lab_command(argv, *options)
        try:
            done = subprocess.run(argv, cwd=tap.TOP, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, timeout=limit,
                                  stderr=subprocess.STDOUT, text=True,
                                  errors="replace", check=False)
        except subprocess.TimeoutExpired as late:
            raise tap.Failure("\n".join(stood(late, commands))) from None
        return read_results(done.stdout, commands)


class Table:
    """Cases that share one session per place; it runs when first needed."""

    def __init__(self, *options):
        self.options = options
        self.rows = []      # (text, make, judge)
        self.results = {}   # by place

    def add(self, text, make, judge):
        """make(place) gives the Command; judge(result) raises if it fails."""
        self.rows.append((text, make, judge))

    def run_row(self, place, rows, number):
        if place not in self.results:
            # When the session as a whole fails, so does every row, but
            # it is not tried again for each.
            self.results[place] = None
            commands = [row[1](place) for row in rows]
            self.results[place] = batch(place, commands, *self.options)
        tap.check(self.results[place], "the session failed, see above")
        rows[number][2](self.results[place][number])

    def add_cases(self, *places):
        """Makes each row a case at each place, as far as it is wanted."""
        for place in places:
            rows = [row for row in self.rows
                    if tap.wanted(f"{row[0]} ({place})")]
            for number, row in enumerate(rows):
                tap.add(f"{row[0]} ({place})", self.run_row, place, rows,
                        number)
