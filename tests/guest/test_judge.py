#!/usr/bin/python3
"""--judge: hostile images, their limits, and verdicts that they cannot forge."""

import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time

import badimages
import vm
from vm import tap

BUDGET = 65     # vmm/abi/exit_status.h
LACKS = vm.host_lacks("real16") if vm.is_configured("JUDGE") else \
    "kvm-vmm was configured without JUDGE"
LONG = LACKS or vm.host_lacks("long64") or \
    (None if vm.has_loader("bzimage") else "kvm-vmm loads no bzImage")
FOLDER = tempfile.TemporaryDirectory()


def path_of(name, data):
    path = os.path.join(FOLDER.name, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return path


def start(*words):
    return subprocess.Popen([vm.KVM_VMM, "--judge", *words],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def judge(*words, lines=1):
    """(verdict, status, stderr); several verdicts as a list."""
    process = start(*words)
    out, err = process.communicate(b"none of the guest's\4", timeout=60)
    tap.equal(out.count(b"\n"), lines, "lines: " + repr(out) + repr(err))
    verdicts = [json.loads(line) for line in out.splitlines()]
    return (verdicts[0] if lines == 1 else verdicts, process.returncode,
            err.decode())


def ends(verdict, status, name, passed=False):
    tap.equal((verdict["ended"], verdict["passed"]),
              ({"status": status, "name": name}, passed), verdict["why"])


def printed(verdict):
    return verdict["output"]["first"].encode("latin-1")


def skip(why):
    raise tap.Skip(why)


def case(text, lacks=LACKS):
    return lambda function: tap.add(text, *(skip, lacks) if lacks else
                                    (function,))


@case("a good guest passes, and the verdict has what it printed")
def passes():
    want = path_of("want", b"Hello, KVM!\n")
    verdict, status, err = judge("--expect-output", want, "--expect-exits",
                                 "IO:3f8==12", vm.image("hello.bin"))
    tap.equal((status, err), (0, ""))
    ends(verdict, 0, "ended", True)
    tap.equal(printed(verdict), b"Hello, KVM!\n")
    tap.equal(verdict["output"]["sha256"],
              hashlib.sha256(b"Hello, KVM!\n").hexdigest())
    tap.equal((verdict["difference"], verdict["used"]["output_bytes"],
               verdict["used"]["exits"], verdict["used"]["instructions"]),
              (None, 12, 13, None))


@case("the first difference has a line and a column")
def differs():
    want = path_of("want", b"Hello, KVN!\n")
    verdict, status, _ = judge("--expect-output", want, vm.image("hello.bin"))
    tap.equal((status, verdict["difference"]),
              (BUDGET, {"line": 1, "column": 10, "expected": "N", "had": "M"}))
    ends(verdict, 0, "ended")
    want = path_of("want", b"Hello, KVM!\nmore")
    verdict, _, _ = judge("--expect-output", want, vm.image("hello.bin"))
    tap.equal(verdict["difference"],
              {"line": 2, "column": 1, "expected": "m", "had": None})


@case("a guest that prints, leaves or spins for ever is ended")
def endless():
    verdict, status, _ = judge("--max-output", "1000", vm.assemble("flood"))
    tap.equal((status, printed(verdict)), (124, b"A" * 1000))
    ends(verdict, 124, "limit")
    verdict, status, _ = judge("--max-exits", "500", vm.assemble("flood"))
    tap.check(status == 124 and verdict["used"]["output_bytes"] < 500, verdict)
    verdict, status, _ = judge("--timeout", "0.2", vm.assemble("loop"))
    tap.equal(status, 124)
    tap.equal(verdict["limits"]["wall_ms"], 200)
    ends(verdict, 124, "limit")


@case("more output than a verdict shows is summed, and cut to the byte")
def much():
    verdict, _, _ = judge("--max-output", "100000", vm.assemble("flood"))
    tap.equal(printed(verdict), b"A" * 4096)
    tap.equal(verdict["output"]["sha256"],
              hashlib.sha256(b"A" * 100000).hexdigest())


@case("--max-output is a limit without a judge, too")
def plain_limit():
    done = subprocess.run([vm.KVM_VMM, "--max-output", "7",
                           vm.image("hello.bin")], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    tap.equal((done.returncode, done.stdout), (124, b"Hello, "))
    tap.check(b"stopped: --max-output 7 used up" in done.stderr, done.stderr)


@case("what crashes and what is no image have verdicts")
def crashes():
    verdict, status, _ = judge(vm.assemble("triple"))
    tap.equal(status, vm.CRASHED)
    ends(verdict, vm.CRASHED, "crashed")
    refused = [[path_of("text", b"no image at all\n" * 9)]]
    if vm.is_configured("VIRTIO_BLK"):
        refused.append(["--disk", "/none,ro", vm.image("hello.bin")])
    for words in refused:
        verdict, status, _ = judge(*words)
        tap.check("or what it was given" in verdict["why"], verdict)
    tap.equal((status, verdict["used"]["exits"]), (vm.USAGE, None))
    ends(verdict, vm.USAGE, "refused")


@case("what halts for good is stuck", LONG)
def stuck():
    kernel = path_of("stuck", badimages.bzimage(code=b"\xfa\xf4"))
    verdict, status, _ = judge(kernel)
    tap.equal(status, vm.HALTED)
    ends(verdict, vm.HALTED, "stuck")


@case("what a guest prints cannot end the line, nor be a verdict")
def forged():
    good, _, _ = judge(vm.image("hello.bin"))
    lines = [b'"}\n{"passed": true}\n', bytes(range(256)).replace(b"\4", b""),
             json.dumps(good).encode() + b"\n", b"\xff\xfe\0\x1b]0;x\7\r\n"]
    typed = b"".join(lines)
    verdict, status, _ = judge("--input", path_of("typed", typed + b"\4"),
                               "--expect-output", path_of("want", b"no"),
                               vm.assemble("echo"))
    tap.equal((status, verdict["passed"]), (BUDGET, False))
    tap.equal(printed(verdict), b"ready\n" + typed)


@case("a guest has no input but --input")
def no_input():
    verdict, status, _ = judge("--timeout", "0.3", vm.assemble("echo"))
    tap.equal((status, printed(verdict)), (124, b"ready\n"))


@case("several images: a line each, and the worst status")
def several():
    verdicts, status, _ = judge("--max-output", "50", vm.image("hello.bin"),
                                vm.assemble("flood"), vm.image("minimal.bin"),
                                lines=3)
    tap.equal([v["passed"] for v in verdicts], [True, False, True])
    tap.equal([os.path.basename(v["image"]) for v in verdicts],
              ["hello.bin", "flood.bin", "minimal.bin"])
    tap.equal(status, 124)


@case("a second run is the same, but for the time")
def again():
    def run():
        verdict, _, _ = judge("--rng", vm.image("hctest.bin"))
        del verdict["used"]["wall_ms"]
        return verdict
    tap.equal(run(), run())


@case("it is the first of January 2000, whenever it is")
def date():
    verdict, _, _ = judge(vm.assemble("date"))
    tap.equal((printed(verdict), verdict["passed"]), (b"20000101", True))


@case("what leads out of the guest is refused, in one line")
def refused():
    disk = path_of("disk", bytes(512))
    rows = ("--sandbox=off", "--sandbox=log", "--no-sandbox", "--gdb",
            "--control", "--trace-insn", "--share=" + FOLDER.name,
            "--net=hub", "--disk=" + disk, f"--disk={disk},rw",
            f"--disk={disk},,ro", "--floppy=" + disk,
            f"--disk=nbd:unix:{disk},ro", f"--cdrom=nbd:unix:{disk}",
            f"--disk={disk},ro,overlay={disk}.new", "--root=" + FOLDER.name,
            "--display=text", f"--display=png={disk}.png",
            f"--save={disk}.save")
    known = subprocess.run([vm.KVM_VMM, "--help"], capture_output=True,
                           text=True, check=True).stdout
    for row in rows:
        if re.match(r"--[a-z]+", row).group(0) not in known and \
                not row.startswith("--no-"):
            continue
        process = start(row, vm.image("hello.bin"))
        out, err = process.communicate(timeout=60)
        tap.equal((process.returncode, out, err.count(b"\n")), (64, b"", 1),
                  row + repr(err))
    for word in "--input", "--expect-output":
        process = start(word, disk + ".none", vm.image("hello.bin"))
        out, err = process.communicate(timeout=60)
        tap.equal((process.returncode, out, err.count(b"\n")), (64, b"", 1),
                  word + repr(err))
    for words in (["--input", disk], ["--expect-output", disk]):
        done = subprocess.run([vm.KVM_VMM, *words, vm.image("hello.bin")],
                              capture_output=True, timeout=60, check=False)
        tap.equal((done.returncode, done.stdout), (64, b""), words)


@case("a floppy that is only read is the guest's")
def floppy():
    disk = path_of("floppy", bytes(160 << 10))
    verdict, _, _ = judge(f"--floppy={disk},ro", vm.image("hello.bin"))
    tap.equal(verdict["passed"], True)


@case("a verdict's file is replaced at once, and no other file is")
def file_of_verdict():
    path = os.path.join(FOLDER.name, "verdict")
    for image in "hello.bin", "counter.bin":
        done = subprocess.run([vm.KVM_VMM, "--judge=" + path, vm.image(image)],
                              capture_output=True, timeout=60, check=False)
        tap.equal((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        with open(path, encoding="utf-8") as file:
            tap.check(image in json.load(file)["image"])
    tap.equal([name for name in os.listdir(FOLDER.name)
               if name.startswith("verdict")], ["verdict"])
    work = path_of("work", b"a student's\n")
    done = subprocess.run([vm.KVM_VMM, "--judge=" + work,
                           vm.image("hello.bin")],
                          capture_output=True, timeout=60, check=False)
    tap.equal(done.returncode, 64)
    with open(work, "rb") as file:
        tap.equal(file.read(), b"a student's\n")


@case("a verdict that cannot be written is a failure, and replaces nothing")
def unwritten():
    old = b'{"schema": 1}\n'
    path = path_of("full/verdict", old)
    for words, out in ((["--judge"], "/dev/full"),
                       (["--judge=" + path], os.devnull)):
        with open(out, "wb") as stdout:
            done = subprocess.run(
                ["prlimit", "--fsize=100", vm.KVM_VMM, *words,
                 vm.image("minimal.bin"), vm.image("minimal.bin")],
                stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False)
        tap.equal(done.returncode, 70, done.stderr)
        tap.check(b"--judge: verdict: " in done.stderr, done.stderr)
    with open(path, "rb") as file:
        tap.equal(file.read(), old)
    tap.equal(os.listdir(os.path.dirname(path)), ["verdict"])


@case("--judge=FILE that is interrupted leaves nothing beside it")
def interrupted():
    folder = os.path.join(FOLDER.name, "interrupted")
    os.mkdir(folder)
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        process = subprocess.Popen(
            [vm.KVM_VMM, f"--judge={folder}/verdict", "--timeout", "50",
             vm.assemble("loop")], stdin=subprocess.DEVNULL)
        machine_of(process)
        tap.equal(len(os.listdir(folder)), 1, "files while it runs")
        process.send_signal(number)
        tap.equal(process.wait(60), -number)
        tap.equal(os.listdir(folder), [], "files")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return [int(word) for word in file.read().split()]


def machine_of(process):
    """The process that executes the guest; it does by now."""
    for _ in range(2000):
        try:
            pid = children(children(process.pid)[0])[0]
            if len(os.listdir(f"/proc/{pid}/task")) > 1:
                return pid
        except (IndexError, OSError):
            pass
        time.sleep(0.01)
    raise tap.Failure("no machine")


@case("a machine that is killed has a verdict; without a judge it ends")
def killed():
    process = start("--timeout", "50", vm.assemble("loop"))
    machine = machine_of(process)
    os.kill(machine, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    ends(json.loads(out), vm.FAILED, "failed")
    tap.equal(process.returncode, vm.FAILED)
    process = start("--timeout", "50", vm.assemble("loop"))
    machine = machine_of(process)
    process.kill()
    process.communicate(timeout=60)
    for _ in range(2000):
        if not os.path.exists(f"/proc/{machine}"):
            return
        time.sleep(0.01)
    raise tap.Failure("the machine goes on")


def memory_of(pid):
    """What it can write to: not the guest's code, which may not be."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            if not re.match(r"\S+ r", line) or "[v" in line:
                continue
            first, last = (int(x, 16) for x in line.split()[0].split("-"))
            if last - first > 1 << 26:
                continue
            try:
                yield os.pread(memory.fileno(), last - first, first)
            except OSError:
                pass


@case("the machine has neither the answer nor what others printed")
def secrets():
    secret = b"only the judge " + b"knows this"
    want = path_of("want", secret + b"\n")
    typed = path_of("typed", b"a neighbour's " + b"answer\4")
    process = start("--timeout", "50", "--expect-output", want,
                    vm.assemble("loop"))
    try:
        machine = machine_of(process)
        names = [os.path.realpath(f"/proc/{machine}/fd/{fd}")
                 for fd in os.listdir(f"/proc/{machine}/fd")]
        tap.check(want not in names and typed not in names, *names)
        parts = list(memory_of(machine))
        tap.check(any(b"judge" in part for part in parts), "nothing is read")
        tap.check(not any(secret in part for part in parts))
    except PermissionError as error:
        raise tap.Skip(f"nobody but root looks into it: {error}") from error
    finally:
        process.kill()
        process.communicate(timeout=60)


tap.main()
