#!/usr/bin/python3
"""Run inside the lab, as the host of a Linux guest behind --net user:

    netuserhost.py KVM_VMM KERNEL INITRAMFS

Serves what the guest asks for, types commands into its shell, and prints a line for
each thing that was to be seen: "@ NAME ok", or "@ NAME" and what was seen instead.
"""

import glob
import hashlib
import os
import re
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

LIMIT = 150             # seconds for one thing, on a busy machine
BYTES = 32 << 20
LESS = 4 << 20          # by passt, in frames of 1,500 bytes
CONNECTIONS = 64
FORWARDED = 8           # as many as BusyBox's httpd lets wait
PORT = 8080             # leads to the guest's 80
DOWN, UP, MANY, CLOSED, LITTLE = 7001, 7002, 7003, 7004, 7005
ANSWER = "10.1.2.3"     # to whatever name
VMM, KERNEL, INITRD = sys.argv[1:]
USER = f"user,dns=127.0.0.1,hostfwd=tcp:{PORT}:80"
NOBODY = 65534          # passt does not run as root,
FOLDER = "/tmp/passt"   # and makes its socket here
# What passt shows its guest is made from an interface with a default route.
ROUTE = """ip link add passt0 type dummy
ip addr add 192.0.2.2/24 dev passt0
ip link set lo up
ip link set passt0 up
ip route add default via 192.0.2.1 dev passt0"""

RECEIVED, WAITING = [], []


def pattern():
    block = hashlib.sha512(b"kvm-net").digest() * 1024
    return block * (BYTES // len(block))


def serve(port, answer):
    server = socket.create_server(("127.0.0.1", port), backlog=CONNECTIONS)

    def loop():
        while True:
            answer(server.accept()[0])
    threading.Thread(target=loop, daemon=True).start()


def send_down(peer):
    with peer:
        peer.sendall(pattern())


def send_little(peer):
    with peer:
        peer.sendall(pattern()[:LESS])


def take_up(peer):
    found = hashlib.sha256()
    with peer:
        while data := peer.recv(1 << 16):
            found.update(data)
    RECEIVED.append(found.hexdigest())


def wait_for_all(peer):
    WAITING.append(peer)
    if len(WAITING) == CONNECTIONS:
        for number, one in enumerate(WAITING):
            with one:
                one.sendall(b"%d\n" % number)


def resolve():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        while True:
            asked, peer = server.recvfrom(512)
            kind = asked[-4:-2]
            answers = [b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" +
                       socket.inet_aton(ANSWER)] if kind == b"\0\1" else []
            server.sendto(asked[:2] + b"\x81\x80\0\1" +
                          struct.pack(">HHH", len(answers), 0, 0) +
                          asked[12:] + b"".join(answers), peer)


def processes():
    """Those of kvm-net that have not ended."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii") as file:
                words = file.read().split()
        except OSError:
            continue
        if words[1] == "(kvm-net)" and words[2] != "Z":
            found.append(int(words[0]))
    return found


def await_true(what, *args):
    end = time.monotonic() + LIMIT
    while not what(*args):
        if time.monotonic() > end:
            raise AssertionError(f"not after {LIMIT} s")
        time.sleep(0.05)


class Guest:
    """A shell at the serial port of one."""

    def __init__(self, net=USER):
        self.process = subprocess.Popen(
            [VMM, "--mem", "128M", "--net", net, KERNEL, "--initrd", INITRD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.out = ""
        self.number = 0
        self.select = selectors.DefaultSelector()
        self.select.register(self.process.stdout, selectors.EVENT_READ)

    def until(self, expression):
        end = time.monotonic() + LIMIT
        while not (found := re.search(expression, self.out)):
            if time.monotonic() > end or not self.select.select(LIMIT):
                raise AssertionError(f"no {expression}: {self.out[-1500:]}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise AssertionError(f"it has ended: {self.out[-1500:]}")
            self.out += data.decode("utf-8", "replace").replace("\r", "")
        before = self.out[:found.start()]
        self.out = self.out[found.end():]
        return before

    def run(self, line):
        """What a command prints, and its status."""
        self.number += 1
        self.process.stdin.write(
            f"{line}; echo @{self.number} $?\n".encode())
        self.process.stdin.flush()
        out = self.until(rf"@{self.number} \$\?\n") and ""
        out = self.until(rf"@{self.number} (?=\d+\n)")
        return out, int(self.until("\n"))


def check(found, wanted):
    if wanted not in found:
        raise AssertionError(f"{wanted!r} is not in {found!r}")


def lease(guest):
    guest.run("ip link set eth0 up; udhcpc -n -q -i eth0 >/dev/null 2>&1")
    check(guest.run("ip -o -4 addr show eth0")[0], "10.0.2.15/")


def names(guest):
    check(guest.run("nslookup some.where.example 10.0.2.3")[0], ANSWER)


def down(guest):
    wanted = hashlib.sha256(pattern()).hexdigest()
    check(guest.run(f"nc 10.0.2.2 {DOWN} </dev/null | sha256sum")[0], wanted)


def up(guest):
    wanted = hashlib.sha256(pattern()).hexdigest()
    guest.run(f"nc 10.0.2.2 {DOWN} </dev/null | nc 10.0.2.2 {UP}")
    await_true(lambda: RECEIVED)
    check(RECEIVED[0], wanted)


def refused(guest):
    out, status = guest.run(f"nc 10.0.2.2 {CLOSED} 2>&1")
    check(out, "refused")
    check(str(status), "1")


def many(guest):
    """At once: none is answered before all are there."""
    out, _ = guest.run(
        f"i=0; while [ $i -lt {CONNECTIONS} ]; do i=$((i + 1)); "
        f"nc 10.0.2.2 {MANY} </dev/null >>/tmp/lines & done; wait; "
        "sort /tmp/lines | uniq | wc -l")
    check(out, f"{CONNECTIONS}\n")


def forward(guest):
    guest.run("echo it is here >/tmp/page; httpd -p 80 -h /tmp")
    peers = [socket.create_connection(("127.0.0.1", PORT), LIMIT)
             for _ in range(FORWARDED)]
    for peer in peers:
        peer.sendall(b"GET /page HTTP/1.0\r\n\r\n")
    for number, peer in enumerate(peers):
        with peer, peer.makefile("rb") as file:
            check(f"{number}: {file.read()!r}", "it is here")


def gone(guest):
    for pid in processes():
        os.kill(pid, signal.SIGKILL)
    guest.run("while [ \"$(cat /sys/class/net/eth0/carrier)\" != 0 ]; "
              "do sleep 0.1; done")
    check(guest.run("echo still here")[0], "still here")
    check(guest.run("cat /proc/interrupts | grep -c virtio")[0], "1")


def ends(guest):
    guest.process.stdin.write(b"poweroff -f\n")
    guest.process.stdin.flush()
    _, err = guest.process.communicate(timeout=LIMIT)
    check(str(guest.process.returncode), "0")
    check(err.decode(), "the network has gone")
    check(str(err.count(b"\n")), "1")
    await_true(lambda: not processes())


def dies(_guest):
    guest = Guest()
    await_true(processes)
    guest.process.kill()
    guest.process.communicate()
    await_true(lambda: not processes())


def by_passt(guest):
    """The gateway's address leads to this host's loopback. Nothing is read from a
    connection that the guest has half closed: this passt would send twice."""
    guest.until(r"[#$] $")
    guest.run("ip link set eth0 up; udhcpc -n -q -i eth0 >/dev/null 2>&1")
    check(guest.run("ip -o -4 addr show eth0")[0], "192.0.2.2/")
    wanted = hashlib.sha256(pattern()[:LESS]).hexdigest()
    check(guest.run(f"{{ sleep {2 * LIMIT} & }} | nc 192.0.2.1 {LITTLE} >/tmp/data; "
                    "wc -c </tmp/data; sha256sum </tmp/data")[0], wanted)
    RECEIVED.clear()
    guest.run(f"nc 192.0.2.1 {UP} </tmp/data")
    await_true(lambda: RECEIVED)
    check(RECEIVED[0], wanted)


def passt(_guest):
    subprocess.run(["sh", "-ec", ROUTE], check=True)
    os.mkdir(FOLDER)
    os.chown(FOLDER, NOBODY, NOBODY)
    path = os.path.join(FOLDER, "cable")
    with open(os.path.join(FOLDER, "log"), "wb") as log, subprocess.Popen(
            ["passt", "-4", "-f", "-s", path], user=NOBODY, group=NOBODY,
            extra_groups=[], stdout=log, stderr=log) as process:
        try:
            await_true(os.path.exists, path)
            guest = Guest(f"socket={path}")
            try:
                by_passt(guest)
            finally:
                guest.process.kill()
        finally:
            process.kill()


def main():
    serve(DOWN, send_down)
    serve(LITTLE, send_little)
    serve(UP, take_up)
    serve(MANY, wait_for_all)
    threading.Thread(target=resolve, daemon=True).start()
    guest = Guest()
    guest.until(r"[#$] $")
    for name in lease, names, down, up, refused, many, forward, gone, ends, dies, \
            passt:
        try:
            name(guest)
            print(f"@ {name.__name__} ok", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError) as why:
            print(f"@ {name.__name__} {str(why)!r}", flush=True)
    guest.process.kill()


main()
