"""Run inside the lab by test_snapshot_virtio.py: Linux guests with a disk, a share and
a network, which are saved and restored in the midst of all three. Prints a line
`@NAME ok` or `@NAME WHY` for each.

    snapvirtiolab.py KVM_VMM VMLINUX INITRAMFS SCRIPT NAME...

A NAME is a transport, and SCRIPT is what the guests do.
"""

import hashlib
import http.server
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

KVM_VMM, VMLINUX, INITRAMFS, SCRIPT = map(os.path.abspath, sys.argv[1:5])
MOMENTS = 5
TERMINATED = 128 + 15   # status of a run that a signal ended
LAST = 150      # seconds, of one run
SERVED = hashlib.sha512(b"served").digest() * 2048
CHIPS = {"mmio": ("kernel", "1"), "pci": ("split", "2")}
LINE = "cd /share; exec sh ./guest.sh"

class Wrong(Exception):
    """What a guest found amiss, or we."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(SERVED)))
        self.end_headers()
        self.wfile.write(SERVED)

    def log_message(self, *_):
        pass


def live(words, nr, moment):
    """Until it has done so many rounds more, and a moment longer."""
    said = b""
    with subprocess.Popen([KVM_VMM, "--timeout", str(LAST), *words,
                           "--save-on-exit", "snap"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        while rounds(said) < nr:
            line = process.stdout.readline()
            if not line:
                break
            said += line
        time.sleep(moment)
        process.terminate()
        out, err = process.communicate()
    said += out
    if process.returncode != TERMINATED or rounds(said) < nr:
        raise Wrong(f"status {process.returncode}: {err[-1500:]!r} "
                    f"{said[-1500:]!r}")
    return said


def last_life(words):
    done = subprocess.run([KVM_VMM, "--timeout", str(LAST), *words], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise Wrong(f"the end: status {done.returncode}: "
                    f"{done.stderr[-1500:]!r} {done.stdout[-1500:]!r}")
    return done.stdout


def prepare():
    os.mkdir("share")
    with open(SCRIPT, "rb") as script, open("share/guest.sh", "wb") as file:
        file.write(script.read())
    for name, text in (("served", hashlib.md5(SERVED).hexdigest() + "\n"),
                       ("lines", "".join(f"line {n}\n" for n in
                                         range(1, 2000))),
                       ("gone", "gone\n"), ("removed", "removed\n")):
        with open(f"share/{name}", "w", encoding="ascii") as file:
            file.write(text)
    with open("disk", "wb") as file:
        file.truncate(1 << 20)


def rounds(said):
    return len(re.findall(rb"^@round ", said, re.M))


def play(name):
    """All that one guest says, in all its lives."""
    chance = random.Random(name)
    chips, cpus = CHIPS[name]
    words = [VMLINUX, "--initrd", INITRAMFS, "--mem", "96M", "--virtio", name,
             "--irqchip", chips, "--smp", cpus, "--disk", "disk",
             "--share", "share", "--net", "user",
             "--cmdline", f'console=ttyS0 quiet run="{LINE}"']
    said = b""
    for moment in range(MOMENTS):
        said += live(words, 1 + moment % 2, chance.random())
        words = ["--restore", "snap"]
        if not moment:
            os.unlink("share/gone")
        print(f"# {name} moment {moment}: {rounds(said)} rounds", flush=True)
    with open("share/over", "wb"):
        pass
    said += last_life(words)
    return said.decode("utf-8", "replace")


def judge(said):
    lines = re.findall(r"^@(\w+) (.*?)\r?$", said, re.M)
    bad = [" ".join(line) for line in lines if line[1].endswith("bad")]
    if bad:
        raise Wrong(f"{bad[:8]}")
    numbers = [int(text) for word, text in lines if word == "round"]
    if numbers != list(range(1, len(numbers) + 1)):
        raise Wrong(f"rounds: {numbers}")
    with open("share/written", encoding="ascii") as file:
        written = file.read().split()
    if written != [str(n) for n in numbers]:
        raise Wrong(f"written to the share: {written}, not {numbers}")
    if int(dict(lines)["carrier"]) < 2:
        raise Wrong("the guest did not see that its cable was pulled")
    return len(numbers)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 7080), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in sys.argv[5:]:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            prepare()
            try:
                verdict = f"ok # {judge(play(name))} rounds"
            except Wrong as why:
                verdict = str(why)
            os.chdir("/")
        print(f"@{name} {verdict}", flush=True)
    server.shutdown()


main()
