"""A client of gdb's remote serial protocol, as small as this needs it (gdb
manual, "Remote Protocol")."""

import socket
import time

from .errors import Failure

TRIES, PAUSE = 400, 0.025       # for a server that is about to listen


class Client:
    """A connection to the server at a Unix socket; `who` is for messages."""

    def __init__(self, path, who, is_there):
        self.who = who
        self.read = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        for _ in range(TRIES):
            try:
                self.socket.connect(path)
                return
            except OSError:
                if not is_there():
                    break
                time.sleep(PAUSE)
        raise Failure(f"{who} does not let itself be asked at {path}")

    def close(self):
        self.socket.close()

    def send(self, text):
        data = text.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))

    def receive(self):
        while True:
            start = self.read.find(b"$")
            end = self.read.find(b"#", start + 1)
            if 0 <= start < end and len(self.read) >= end + 3:
                packet = self.read[start + 1:end]
                self.read = self.read[end + 3:]
                self.socket.sendall(b"+")
                return packet
            try:
                data = self.socket.recv(65536)
            except OSError as err:
                raise Failure(f"{self.who} does not answer: {err}") from err
            if not data:
                raise Failure(f"{self.who} has ended")
            self.read += data

    def ask(self, text):
        self.send(text)
        return self.receive()

    def must(self, text):
        """Its answer, which is no error."""
        answer = self.ask(text)
        if not answer or answer[:1] == b"E":
            raise Failure(f"{self.who} says {answer.decode() or 'nothing'} "
                          f"to {text[:60]}")
        return answer

    def memory(self, addr, count):
        """Those bytes, or fewer where there are no more."""
        answer = self.ask(f"m{addr:x},{count:x}")
        return b"" if answer[:1] == b"E" else bytes.fromhex(answer.decode())

    def put_memory(self, addr, data):
        self.must(f"M{addr:x},{len(data):x}:{data.hex()}")
