#!/usr/bin/python3
"""kvm-net alone, on this host: a guest that is made of frames here, by the stream of
QEMU and passt. No lab, no root."""

import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import time

import vm
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tests", "fuzz"))
import packets
from packets import GUEST, HOST, MAC, NAMES

PROGRAM = os.path.join(tap.IMAGES, "kvm-net")
LIMIT = 20      # seconds
UDP, TCP, ICMP = 17, 6, 1
SYN, RST = 2, 4
ELSEWHERE = bytes((10, 0, 2, 77))


class Net:
    """One, and its guest's end of the cable."""

    def __init__(self, *words, listener=None):
        self.end, theirs = socket.socketpair()
        self.end.settimeout(LIMIT)
        fds = [theirs.fileno()]
        if listener:
            fds.append(listener.fileno())
            words += (f"tcp={listener.fileno()}:22",)
        self.process = subprocess.Popen(
            [PROGRAM, str(theirs.fileno()), *words], pass_fds=fds,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        theirs.close()
        self.stream = self.end.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end.close()
        self.process.kill()
        self.process.communicate()

    def send(self, *frames):
        self.end.sendall(b"".join(struct.pack(">L", len(frame)) + frame
                                  for frame in frames))

    def receive(self, fits):
        """The next frame that does."""
        while True:
            length, = struct.unpack(">L", self.stream.read(4))
            frame = self.stream.read(length)
            tap.check(len(frame) >= 60, f"a frame of {len(frame)} bytes")
            if fits(frame):
                return frame

    def lease(self):
        for kind in 1, 3:
            self.send(packets.ether(0x800, packets.udp(
                bytes(4), b"\xff" * 4, (68, 67), packets.dhcp(1, kind))))
            frame = self.receive(lambda frame: protocol(frame) == UDP)
        tap.equal(frame[42 + 16:42 + 20], GUEST, "address")


def protocol(frame):
    return frame[23] if frame[12:14] == b"\x08\0" else None


def tcp(source, target, ports, flags):
    body = struct.pack(">HHLLBBHHH", *ports, 1000, 0, 0x50, flags, 65535, 0, 0)
    pseudo = source + target + struct.pack(">HH", TCP, len(body))
    body = body[:16] + struct.pack(">H", packets.checksum(pseudo + body)) + \
        body[18:]
    return packets.ether(0x800, packets.ip_packet(TCP, source, target, body))


@contextlib.contextmanager
def closed_port(kind):
    """One that nobody has and nobody gets meanwhile: a socket that does not listen, or
    that hears one other alone, is none for whoever asks."""
    with socket.socket(socket.AF_INET, kind) as held:
        held.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_DGRAM:
            held.connect(held.getsockname())
        yield held.getsockname()[1]


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


@tap.case("a closed UDP port is refused by whom the guest asked, sums right")
def refused_udp():
    with closed_port(socket.SOCK_DGRAM) as port, Net() as net:
        net.lease()
        net.send(packets.ether(0x800, packets.udp(GUEST, HOST, (4000, port),
                                                  b"?")))
        frame = net.receive(lambda frame: protocol(frame) == ICMP)
    head, body = frame[14:34], frame[34:14 + int.from_bytes(frame[16:18], "big")]
    tap.equal(head[12:16], HOST, "who refuses")
    tap.equal(body[:2], b"\3\3", "type")
    tap.equal(body[8 + 16:8 + 20], HOST, "whom was asked")
    for what, data in ("IP", head), ("ICMP", body), ("quoted", body[8:28]):
        tap.equal(packets.checksum(data), 0, f"{what} sum")


@tap.case("so is a name server that is not there")
def refused_names():
    with Net("dns=127.0.0.1") as net:
        net.lease()
        net.send(packets.ether(0x800, packets.udp(GUEST, NAMES, (4000, 53),
                                                  b"?")))
        frame = net.receive(lambda frame: protocol(frame) in (ICMP, UDP))
    tap.equal(frame[26:30], NAMES, "who answers or refuses")


@tap.case("a closed TCP port is refused")
def refused_tcp():
    with closed_port(socket.SOCK_STREAM) as port, Net() as net:
        net.lease()
        net.send(tcp(GUEST, HOST, (4000, port), SYN))
        frame = net.receive(lambda frame: protocol(frame) == TCP)
    tap.check(frame[47] & RST, f"flags {frame[47]:#x}")


@tap.case("a forward waits for a lease, and then for where the guest is")
def forwards():
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            Net(listener=listener) as net:
        with socket.create_connection(listener.getsockname()):
            net.lease()
            frame = net.receive(lambda frame: protocol(frame) == TCP)
            tap.equal(frame[30:34], GUEST, "leads to")
            tap.equal(frame[36:38], b"\0\x16", "port")
        net.send(packets.arp(ELSEWHERE))
        net.receive(lambda frame: frame[12:14] == b"\x08\6")
        with socket.create_connection(listener.getsockname()):
            frame = net.receive(lambda frame: protocol(frame) == TCP and
                                frame[30:34] == ELSEWHERE)
            tap.equal(frame[:6], MAC, "whose address")


@tap.case("the jail: no files, no rights, no core, few descriptors")
def jailed():
    with Net() as net:
        net.lease()
        pid = net.process.pid
        status = status_of(pid)
        tap.equal(status["NoNewPrivs"], "1", "no new privileges")
        tap.equal(status["Seccomp"], "2", "a filter")
        tap.equal(int(status["CapEff"], 16), 0, "capabilities")
        if os.geteuid() == 0 and \
                os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"):
            tap.equal(os.listdir(f"/proc/{pid}/root/"), [], "files")
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            limits = file.read()
        for what, most in ("core file", 0), ("open files", 1024):
            tap.check(any(re.split("  +", line)[1] == str(most)
                          for line in limits.splitlines()
                          if line.startswith("Max " + what)),
                      limits)


def statuses(last, wanted):
    with Net() as net:
        net.send(packets.arp())
        net.end.sendall(last)
        if not last:
            net.end.close()
            net.stream.close()
        tap.equal(net.process.wait(LIMIT), wanted, "exit status")


tap.add("it ends with 0 when the guest's end is closed", statuses, b"", 0)
tap.add("a length that no frame has ends it with 1", statuses,
        b"\xff\xff\xff\xff", 1)


@tap.case("it sleeps while there is nothing to do, also with forwards")
def sleeps():
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            Net(listener=listener) as net:
        net.lease()

        def switches():
            return int(status_of(net.process.pid)["voluntary_ctxt_switches"])
        before = switches()
        time.sleep(1.3)  # its clock would tick twice
        tap.check(switches() - before <= 1,
                  f"woke {switches() - before} times")


@tap.case("by hand it says what it is for")
def by_hand():
    done = subprocess.run([PROGRAM], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    tap.equal(done.returncode, 64, "exit status")
    tap.check("--net user" in done.stderr, done.stderr)


if not os.path.exists(PROGRAM):
    tap.CASES.clear()
    tap.add("kvm-net", vm.skip, "not configured, or not built by `make`")
tap.main()
