#!/usr/bin/python3
# timeout: 300
"""The lab: bytes, terminal, exit status and the end of everything pass."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

import terminal
import vm
from vm import tap


LIMIT = 60      # seconds, for what hangs


def lab(*words, stdin=b"", env=None, limit=LIMIT):
    """lab/run with these words; (status, stdout, stderr)."""
    if not os.path.exists(vm.LAB_KERNEL):
        raise tap.Skip("the lab is not built; run `make lab`")
    done = subprocess.run([vm.LAB_RUN, "--timeout", str(limit), *words],
                          input=stdin, capture_output=True, check=False,
                          env=dict(os.environ, **(env or {})))
    return done.returncode, done.stdout, done.stderr.decode()


def shell(script, *args, **options):
    return lab("--", "/bin/sh", "-c", script, "sh", *args, **options)


@tap.case("stdout, stderr and status are the command's own")
def streams():
    status, out, err = shell("echo out; echo err >&2; exit 7")
    tap.equal((status, out, err), (7, b"out\n", "err\n"))


@tap.case("a signal that ends the command is 128 + its number")
def signals():
    tap.equal(shell("kill -TERM $$")[0], 143)


@tap.case("every byte of stdin arrives, and then its end")
def input_bytes():
    data = bytes(range(256)) * 4096
    status, out, err = shell("md5sum", stdin=data)
    want = hashlib.md5(data).hexdigest().encode() + b"  -\n"
    tap.equal((status, out, err), (0, want, ""))


@tap.case("every byte of stdout arrives, no CR among them")
def output_bytes():
    want = b"".join(b"%d\n" % n for n in range(1, 200001))
    status, out, _ = shell("seq 200000")
    tap.equal((status, hashlib.md5(out).digest()),
              (0, hashlib.md5(want).digest()))


@tap.case("arguments, environment and directory arrive as they are")
def order():
    odd = "a b\n'c' \"d\" $e \\ *"
    status, out, err = shell('printf "%s|%s|" "$1" "$MKVM_ODD"; pwd', odd,
                             env={"MKVM_ODD": odd})
    tap.equal((status, out.decode(), err),
              (0, f"{odd}|{odd}|{os.getcwd()}\n", ""))


@tap.case("there is /dev/kvm, and a /tmp to write in")
def devices():
    status, _, err = shell("test -w /dev/kvm && echo x >/tmp/x && cat /tmp/x")
    tap.equal((status, err), (0, ""))


@tap.case("the host's files are read-only, a shared directory of /tmp too")
def shared():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with open(os.path.join(folder, "file"), "w", encoding="ascii") as f:
            f.write("text")
        status, out, err = lab(
            "--share", folder, "--", "/bin/sh", "-c",
            'cat "$1/file"; ! touch "$1/new" && ! touch "$2/new"', "sh",
            folder, tap.TOP)
        tap.equal((status, out), (0, b"text"), err)
        tap.equal(os.listdir(folder), ["file"])


KEEP = """
for dir; do
	cat "$dir/was" && echo text >"$dir/new" &&
	mkdir "$dir/sub" && head -c 300000 /dev/zero >"$dir/sub/big" &&
	mv "$dir/was" "$dir/is" || exit 1
done
exit 7"""


@tap.case("the lab has lo, TAP, network name spaces, loop devices, attributes, "
          "io_uring and locks; --forward leads to its own 127.0.0.1")
def as_host():
    if not os.path.exists(vm.LAB_KERNEL):
        raise tap.Skip("the lab is not built; run `make lab`")
    port = vm.free_port()
    command = [vm.LAB_RUN, "--timeout", "60", "--forward", str(port), "--",
               os.path.join(tap.TOP, "tests/guest/labhost.py"), str(port)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as inside:
        found = []
        for line in inside.stdout:
            if line == "ready\n":
                break
            found.append(line)
        data = os.urandom(300000)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as said:
                back = said.read()
        tap.equal((found, back == data[::-1], inside.wait(LIMIT)),
                  ([], True, 0))


@tap.case("what COMMAND writes below --out DIR is there when it has ended")
def kept():
    with tempfile.TemporaryDirectory(dir="/tmp") as one, \
            tempfile.TemporaryDirectory(dir=tap.BUILD) as two:
        for folder in (one, two):
            with open(os.path.join(folder, "was"), "w",
                      encoding="ascii") as file:
                file.write("before\n")
        have = lab("--out", one, "--out", two, "--", "/bin/sh", "-c", KEEP,
                   "sh", one, two)
        tap.equal(have, (7, b"before\n" * 2, ""))
        for folder in (one, two):
            tap.equal(sorted(os.listdir(folder)), ["is", "new", "sub"])
            tap.equal(os.path.getsize(os.path.join(folder, "sub", "big")),
                      300000)


@tap.case("a file that COMMAND's words name and the lab takes with it is told")
def told():
    for words in (["cp", "/etc/passwd", "/tmp/lost"],
                  ["dd", "status=none", "count=1", "if=/etc/passwd",
                   "of=/tmp/lost"]):
        status, out, err = lab("--", *words)
        tap.equal((status, out), (0, b""), words)
        tap.check("/tmp/lost" in err and "--out" in err, words, err)


@tap.case("make run brings home what --trace and --stats write in the lab")
def run_brings():
    if not os.path.exists(vm.LAB_KERNEL):
        raise tap.Skip("the lab is not built; run `make lab`")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        words = f"--trace {folder}/a.json --stats=json:{folder}/b.json"
        done = subprocess.run(
            [os.path.join(tap.TOP, "tools", "run")], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            env=dict(os.environ, IMG="hello", RUN="lab", ARGS=words))
        tap.equal((done.returncode, done.stdout), (0, "Hello, KVM!\n"),
                  done.stderr)
        for name in ("a.json", "b.json"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                tap.check(json.load(file), name)


@tap.case("a command that is not there is 127 and says so")
def missing():
    status, out, err = lab("--", "/no/such/command")
    tap.equal((status, out), (127, b""))
    tap.check("/no/such/command" in err and "--share" in err, err)


@tap.case("--timeout ends it with 124")
def timeout():
    status, _, err = lab("--", "/bin/sleep", "100", limit=4)
    tap.equal(status, 124)
    tap.check("--timeout" in err, err)


@tap.case("wrong words are 64, a missing part is 70, each with a next step")
def refusals():
    for words, env, want, hint in (
            (["--what", "--", "true"], {}, 64, "--"),
            (["--cpus", "0", "--", "true"], {}, 64, "--cpus"),
            (["--count", "--cpus", "2", "--", "true"], {}, 64, "--count"),
            (["--mem", "much", "--", "true"], {}, 64, "--mem"),
            (["--share", "/no/such", "--", "true"], {}, 64, "/no/such"),
            (["--out", "/no/such", "--", "true"], {}, 64, "/no/such"),
            (["--out", "/proc", "--", "true"], {}, 64, "/proc"),
            (["--forward", "65536", "--", "true"], {}, 64, "--forward"),
            (["--forward", "ssh", "--", "true"], {}, 64, "--forward"),
            (["--"], {}, 64, "--help"),
            (["--", "true"], {"MKVM_LAB_KERNEL": "/no/such"}, 70, "make lab"),
            (["--", "true"], {"MKVM_LAB_QEMU": "/no/such"}, 70, "make deps"),
    ):
        status, out, err = lab(*words, env=env)
        tap.equal((status, out), (want, b""), f"{words}: {err}")
        tap.check(hint in err, f"{words}: no '{hint}' in: {err}")


@tap.case("a lab that breaks is 70 and shows its log")
def broken():
    with tempfile.NamedTemporaryFile() as empty:
        status, out, err = lab("--", "true",
                               env={"MKVM_LAB_INITRD": empty.name})
    tap.equal((status, out), (70, b""), err)
    tap.check("panic" in err, err)


def processes(mark):
    """The processes that have this word in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if mark.encode() in f.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def ends_with(signo, delay):
    mark = f"MKVM_MARK={os.getpid()}-{signo}-{delay}"
    name, value = mark.split("=")
    with subprocess.Popen([vm.LAB_RUN, "--", "/bin/sleep", "100"],
                          stdin=subprocess.DEVNULL,
                          env=dict(os.environ, **{name: value})) as lab_run:
        time.sleep(delay)
        lab_run.send_signal(signo)
        status = lab_run.wait(LIMIT)
    tap.equal(status, -signo)
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if not processes(mark):
            return
        time.sleep(0.05)
    left = processes(mark)
    for pid in left:
        os.kill(int(pid), signal.SIGKILL)
    tap.check(not left, f"left behind: {left}")


for signal_name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"):
    for seconds in (0.3, 3):
        tap.add(f"{signal_name} after {seconds} s leaves no QEMU behind",
                ends_with, getattr(signal, signal_name), seconds)


@tap.case("Linux's low RAM is a large page there, which takes a first write "
          "(Linux 6.12 forgives a first read)")
def low_ram():
    program = os.path.join(tap.BUILD, "tests/unit/test_linux_boot")
    if not os.path.exists(program):
        raise tap.Skip("not built; run `make unit`")
    status, out, err = lab("--", program)
    text = out.decode() + err
    tap.check(status == 0 and "SKIPPED" not in text, text)


@tap.case("a terminal has its size, job control and Ctrl-C inside")
def terminals():
    with terminal.Terminal([vm.LAB_RUN, "--", "/bin/sh"]) as term:
        term.expect("[#$] ")
        term.send("tty; sleep 100\r")
        term.expect("/dev/pts/0")
        time.sleep(0.5)
        term.send(terminal.CTRL_C)
        term.expect("[#$] ")
        term.send("exit 9\r")
        term.ends(9)


@tap.case("Ctrl-] three times ends a stuck lab")
def escape():
    with terminal.Terminal([vm.LAB_RUN, "--", "/bin/sh"]) as term:
        term.expect("[#$] ")
        term.send("\x1d\x1d\x1d")
        term.expect("ended by")
        term.ends(143)


tap.main()
