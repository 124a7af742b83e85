#!/usr/bin/python3
# timeout: 600
"""Clients of kvm-vmm --gdb that mean harm, at a program that AddressSanitizer
watches: more connections than there are numbers for, packets without an end,
addresses and lengths out of this world, and noise. The guest minds none of it."""

import os
import random
import socket
import struct

import gdbreal
import vm
from gdbclient import Client, Gone, frame
from vm import tap

CONNECTIONS = 3000
ENDLESS = 64 << 20      # bytes of a packet
NOISE = 300             # pieces
LAST = 0xffffffffffffffff
KINDS = ("m", "M", "X", "Z", "z", "p", "P", "vCont", "qRcmd,", "qXfer:features:read:",
         "H", "T", "qThreadExtraInfo,", "Qqemu.PhyMemMode:", "G")


def needs(*kinds):
    def decorate(function):
        def run():
            tap.check(os.path.exists(vm.SAN), "build/san is not built: make san")
            if not vm.has_feature("gdb", "service"):
                raise tap.Skip("this configuration has no --gdb")
            for kind in kinds:
                if vm.lacks("host", kind):
                    raise tap.Skip(vm.lacks("host", kind))
            function()
        return run
    return decorate


class Echo(gdbreal.Guest):
    """A guest that sends back each byte, until it is told to leave."""

    def __init__(self):
        super().__init__(vm.assemble("echo"), wait=False, program=vm.SAN)
        tap.equal(self.process.stdout.read(6), b"ready\n")

    def lives(self):
        self.process.stdin.write(b"a")
        self.process.stdin.flush()
        tap.equal(self.process.stdout.read(1), b"a")

    def leave(self):
        result = self.end(b"\4")
        result.must(vm.OK, b"")
        tap.check("ERROR" not in result.err and "runtime error" not in result.err,
                  result.err)


def connect(where):
    one = socket.socket(socket.AF_UNIX)
    one.connect(where)      # waits while there is no room in the queue
    one.settimeout(gdbreal.LIMIT)
    return one


@tap.case("thousands of connections that come, say a little, and are gone")
@needs("real16")
def connections():
    with Echo() as guest:
        for number in range(CONNECTIONS):
            one = connect(guest.where)
            one.send((b"", b"$", b"\x03", b"$g#67", b"$c#63")[number % 5])
            if number % 3 == 0:     # an end without goodbye
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
            one.close()
        guest.lives()
        held = [connect(guest.where) for _ in range(100)]
        guest.lives()
        for one in held:
            one.close()
        guest.leave()


@tap.case("a packet without an end is dropped as it comes, and the next is answered")
@needs("real16")
def endless():
    with Echo() as guest:
        client = Client(guest.where)
        client.raw(b"$m")
        for _ in range(ENDLESS >> 20):
            client.raw(bytes([0x30]) * (1 << 20))
        client.raw(b"#00")
        tap.equal(client.receive()[:1], "E")
        client.must("qC", "QC1")
        with open(f"/proc/{guest.process.pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * 4096
        tap.check(resident < ENDLESS * 4, f"{resident} bytes of memory")
        client.close()
        guest.lives()
        guest.leave()


@tap.case("breakpoints, memory and registers where there are none, as many as there are")
@needs("real16")
def wild():
    places = [0, 1, 0xffff, 0x10000, 0xfffff, 1 << 20, 1 << 31, (1 << 32) - 1,
              1 << 32, 1 << 47, LAST >> 16, LAST - 15, LAST]
    with Echo() as guest:
        client = Client(guest.where)
        for place in places:
            for kind in range(5):
                client.ask(f"Z{kind},{place:x},1")
                client.ask(f"Z{kind},{place:x},{LAST:x}")
            for length in (1, 4096, LAST - place, LAST):
                client.ask(f"m{place:x},{length:x}")
                client.ask(f"M{place:x},{length:x}:00")
                client.ask(f"qXfer:features:read:target.xml:{place:x},{length:x}")
            client.ask(f"p{place:x}")
            client.ask(f"P{place:x}=00")
        for place in range(2000):
            client.ask(f"Z0,{place * 8 + 0x8000:x},1")
        client.must("D", "OK")
        guest.lives()
        guest.leave()


def noise(draw):
    """A packet that has something of what packets have."""
    words = draw.choice(KINDS).encode()
    for _ in range(draw.randrange(6)):
        words += draw.choice((b",", b":", b";", b"=", b"c", b"s", b"-1", b"0",
                              b"%x" % draw.getrandbits(64), draw.randbytes(3),
                              b"696e666f20" + draw.randbytes(4).hex().encode()))
    return words


@tap.case("noise, with right sums and wrong ones, again and again")
@needs("real16")
def noisy():
    draw = random.Random(4)
    with Echo() as guest:
        for _ in range(NOISE):
            client = Client(guest.where)
            try:
                for _ in range(draw.randrange(20)):
                    words = noise(draw)
                    if words.startswith((b"vCont", b"M", b"X", b"P", b"G")):
                        continue    # the guest is to be the same afterwards
                    client.raw(frame(words) if draw.randrange(4) else words)
                client.raw(b"\x03")
            except (Gone, OSError):
                pass
            client.close()
        guest.lives()
        guest.leave()


if __name__ == "__main__":
    tap.main()
