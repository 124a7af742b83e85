"""A client for kvm-vmm --gdb that speaks the protocol byte by byte, and does what
gdb would never do. For real gdb see gdb/... of the tests that have it.

    with Guest(IMAGE, "--smp", "2") as guest:     # --gdb-wait, at a local socket
        client = guest.client()
        client.ask("Z0,10,1")
        stop = client.run("vCont;c")
        stop.signal, stop["thread"], client.console
"""

import os
import re
import socket
import subprocess
import tempfile
import time

LIMIT = 60              # seconds for one answer, on a busy machine


def frame(payload):
    """A payload (bytes) as a packet, escaped."""
    out = bytearray()
    for byte in payload:
        if byte in b"#$}*":
            out += bytes((0x7d, byte ^ 0x20))
        else:
            out.append(byte)
    return b"$" + bytes(out) + b"#%02x" % (sum(out) & 0xff)


class Gone(Exception):
    """The server has closed the connection."""


class Stop(dict):
    """A stop reply: its kind (T, W or X), signal or status, and pairs."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.kind = text[:1]
        self.signal = int(text[1:3], 16) if text[1:3] else None
        for pair in text[3:].split(";"):
            name, _, value = pair.partition(":")
            if name:
                self[name] = value

    @property
    def thread(self):
        return int(self["thread"], 16)


class Client:
    """One connection."""

    def __init__(self, address, quiet=True):
        self.socket = socket.socket(
            socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(LIMIT)
        self.connect(address)
        self.data = b""
        self.acks = True
        self.console = ""       # what O packets said
        if quiet:
            self.must("QStartNoAckMode", "OK")
            self.acks = False

    def connect(self, address):
        """A socket has its place a moment before it listens."""
        for last in [False] * 99 + [True]:
            try:
                self.socket.connect(address)
                return
            except ConnectionRefusedError:
                if last:
                    raise
                time.sleep(0.02)

    def close(self):
        self.socket.close()

    def send(self, payload):
        """One packet, without waiting for its answer."""
        self.raw(frame(payload if isinstance(payload, bytes)
                       else payload.encode()))

    def raw(self, data):
        self.socket.sendall(data)

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Gone(self.data.decode("latin-1"))
        self.data += data

    def receive(self):
        """The next packet's payload, unescaped; acknowledged if need be."""
        while True:
            match = re.match(rb"[^$]*\$([^#]*)#(..)", self.data, re.S)
            if match:
                break
            self.more()
        self.data = self.data[match.end():]
        payload, total = match.groups()
        if sum(payload) & 0xff != int(total, 16):
            raise ValueError(f"a wrong sum: {match.group(0)!r}")
        if self.acks:
            self.raw(b"+")
        payload = re.sub(rb"\}(.)", lambda found: bytes(
            (found.group(1)[0] ^ 0x20,)), payload, flags=re.S)
        return payload.decode("latin-1")

    def ask(self, payload):
        self.send(payload)
        return self.receive()

    def must(self, payload, want):
        have = self.ask(payload)
        if have != want:
            raise AssertionError(f"{payload}: have {have!r}, want {want!r}")

    def wait(self):
        """The stop that the guest comes to."""
        while True:
            text = self.receive()
            if text[:1] != "O" or text == "OK":
                return Stop(text)
            self.console += bytes.fromhex(text[1:]).decode()

    def run(self, payload):
        self.send(payload)
        return self.wait()

    def interrupt(self):
        self.raw(b"\x03")
        return self.wait()

    def document(self, annex="target.xml"):
        text = ""
        while True:
            part = self.ask(f"qXfer:features:read:{annex}:{len(text):x},ffb")
            text += part[1:]
            if part[:1] != "m":
                return text

    def registers(self):
        """The numbers of registers by their names: of the first description."""
        numbers, number = {}, 0
        text = self.document()
        for attributes in re.findall(r"<reg\s+([^>]*)/?>", text):
            named = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
            number = int(named.get("regnum", number))
            numbers[named["name"]] = number
            number += 1
        return numbers

    def reg(self, number):
        """A register's value: its bytes are little-endian."""
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")),
                              "little")

    def set_reg(self, number, value, size):
        self.must(f"P{number:x}={value.to_bytes(size, 'little').hex()}", "OK")

    def memory(self, addr, size):
        return bytes.fromhex(self.ask(f"m{addr:x},{size:x}"))


class Guest:
    """A kvm-vmm that has a server at a local socket."""

    def __init__(self, vmm, *argv, waits=True, limit=60):
        self.folder = tempfile.TemporaryDirectory(prefix="mkvm-gdb-")
        self.path = os.path.join(self.folder.name, "gdb")
        self.process = subprocess.Popen(
            [vmm, f"--gdb=unix:{self.path}", f"--timeout={limit}",
             *(["--gdb-wait"] if waits else []), *map(str, argv)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        while not os.path.exists(self.path) and self.process.poll() is None:
            time.sleep(0.01)

    def __enter__(self):
        return self

    def client(self, nth=0, **more):
        return Client(self.path + (f".{nth}" if nth else ""), **more)

    def warning(self):
        """The first line of stderr, which is about KVM's breakpoints or not."""
        return self.process.stderr.readline().decode("utf-8", "replace")

    def end(self):
        """Waits for it: exit status, stdout, stderr."""
        out, err = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, out, err.decode("utf-8", "replace")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()
