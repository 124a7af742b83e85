"""Run inside the lab by bench/fork: copies of a Linux at its prompt, and as many that
are restored from a file; how long until the last one answers, and what memory is
theirs alone.

    fork_inside.py KVM_VMM VMLINUX INITRAMFS COPIES NS_PER_INSTRUCTION
"""

import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time

KVM_VMM, VMLINUX, INITRAMFS = map(os.path.abspath, sys.argv[1:4])
COPIES, NS = int(sys.argv[4]), int(sys.argv[5])
SOCKETS = "/run/mini-kvm"
QUESTION, ANSWER = b"echo $((6 * 7))x\n", re.compile(rb"\n42x\r?\n")


def ctl(*words):
    done = subprocess.run([KVM_VMM, "ctl", "--json", *words], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    answer = json.loads(done.stdout)
    assert answer["ok"], answer
    return answer


def connect(name):
    sock = socket.socket(socket.AF_UNIX)
    while sock.connect_ex(f"{SOCKETS}/{name}"):
        time.sleep(0.01)
    sock.sendall(b"console\n")
    return sock


def wait_for(names, pattern, question=b""):
    """Until all have printed what fits."""
    waiting = selectors.DefaultSelector()
    seen = {}
    for name in names:
        sock = connect(name)
        sock.sendall(question)
        seen[sock] = b""
        waiting.register(sock, selectors.EVENT_READ)
    while waiting.get_map():
        for key, _ in waiting.select():
            more = key.fileobj.recv(65536)
            assert more, "a guest has ended"
            seen[key.fileobj] += more
            if pattern.search(seen[key.fileobj]):
                waiting.unregister(key.fileobj)
                key.fileobj.close()
                print(f"{len(waiting.get_map())} to answer", file=sys.stderr,
                      flush=True)


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return sum(int(n) for n in re.findall(r"Private_Dirty: +(\d+) kB",
                                              file.read()))


def brokers():
    """Each by the kvm-vmm that it belongs to."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            name, _, rest = file.read().partition("(")[2].rpartition(")")
        if name == "kvm-vmm-broker":
            found[int(rest.split()[1])] = int(pid)
    return found


def since(begun):
    ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begun
    return f"{ns / NS / 1e6:,.0f} M instructions"


def start(name, *words):
    # It ends when it is told to. pylint: disable=consider-using-with
    subprocess.Popen([KVM_VMM, "--detached", "--name", name, *words],
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def stop_all():
    ctl("stop", "--all", "0")
    while ctl("list")["runs"]:
        time.sleep(0.1)


def spread(values):
    return f"{min(values)} to {max(values)} KiB"


def main():
    os.environ["XDG_RUNTIME_DIR"] = os.path.dirname(SOCKETS)
    os.chmod("/run", 0o700)
    start("lx", "--mem", "128M", VMLINUX, "--initrd", INITRAMFS, "--cmdline",
          "console=ttyS0 quiet")
    wait_for(["lx"], re.compile(rb"# $"))
    ctl("lx", "save", "/tmp/snapshot")

    begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    copies = ctl("lx", "fork", str(COPIES))["copies"]
    print(f"fork {COPIES}: all run after {since(begun)}")
    wait_for([copy["name"] for copy in copies], ANSWER, QUESTION)
    print(f"fork {COPIES}: the last one answers after {since(begun)}")
    stop_all()

    begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    names = [f"r-{n}" for n in range(COPIES)]
    for name in names:
        start(name, "--restore", "/tmp/snapshot")
    wait_for(names, ANSWER, QUESTION)
    print(f"{COPIES} x --restore: the last one answers after {since(begun)}")

    copies = ctl(names[0], "fork", str(COPIES))["copies"]
    time.sleep(2) # until each has stirred its random numbers
    of_run = brokers()
    own = [private_kib(copy["pid"]) for copy in copies]
    print(f"private memory of a copy at its prompt: kvm-vmm {spread(own)}, "
          "its broker "
          f"{spread([private_kib(of_run[copy['pid']]) for copy in copies])}")
    stop_all()


main()
