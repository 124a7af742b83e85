"""A client of kvm-web's that is no browser: requests as they are written, and a
WebSocket (RFC 6455) whose frames may be wrong."""

import base64
import os
import re
import socket
import struct

LIMIT = 30


class Place:
    """Where a run's page is: host, port, and the path with its word."""

    def __init__(self, url):
        self.url = url
        self.host, self.port, self.path = re.fullmatch(
            r"http://([^:/]+):(\d+)(/[0-9a-f]{32}/)", url).groups()
        self.port = int(self.port)

    def connect(self):
        return socket.create_connection((self.host, self.port), LIMIT)

    def request(self, path=None, method="GET", **headers):
        """(status, {header: value}, body) of an answer."""
        lines = [f"{method} {self.path if path is None else path} HTTP/1.1"]
        headers = {"Host": f"{self.host}:{self.port}", "Connection": "close",
                   **{name.replace("_", "-"): value
                      for name, value in headers.items()}}
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        with self.connect() as sock:
            sock.sendall("\r\n".join(lines + ["", ""]).encode())
            data = b""
            while piece := sock.recv(1 << 16):
                data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in rest)
        return int(first.split()[1]) if first else 0, fields, body

    def socket(self, path=None, **headers):
        return WebSocket(self, path, headers)


class WebSocket:
    """An open page; `status` is 101 where it is one."""

    def __init__(self, place, path=None, headers=None):
        self.sock = place.connect()
        self.data = b""
        fields = {"Host": f"{place.host}:{place.port}",
                  "Origin": f"http://{place.host}:{place.port}",
                  "Connection": "Upgrade", "Upgrade": "websocket",
                  "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Protocol": "screen",
                  "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
                  **(headers or {})}
        path = place.path + "screen" if path is None else path
        self.sock.sendall("\r\n".join(
            [f"GET {path} HTTP/1.1"] +
            [f"{name}: {value}" for name, value in fields.items() if value] +
            ["", ""]).encode())
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                break
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        self.status = int(head.split()[1]) if head else 0

    def more(self):
        """Reads on; False at the end."""
        try:
            piece = self.sock.recv(1 << 16)
        except ConnectionError:
            piece = b""
        self.data += piece
        return bool(piece)

    def take(self, size):
        while len(self.data) < size:
            if not self.more():
                return None
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    def receive(self):
        """The next message; None: it is closed."""
        head = self.take(2)
        if not head or head[0] & 15 == 8:
            return None
        size = head[1] & 127
        if size == 126:
            size, = struct.unpack(">H", self.take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.take(8))
        body = self.take(size)
        if head[0] & 0x80 or body is None:
            return body
        rest = self.receive()
        return None if rest is None else body + rest

    def send(self, body, first=0x82):
        size = (bytes([0x80 | len(body)]) if len(body) < 126 else
                b"\xfe" + struct.pack(">H", len(body)))
        self.sock.sendall(bytes([first]) + size + bytes(4) + body)

    def wait(self, kind):
        """The next message of a kind, its first byte; pictures are answered."""
        while (message := self.receive()) is not None:
            if message[0] == 1:
                self.send(b"a")
            if message[0] == kind:
                return message
        return None

    def is_closed(self):
        while (message := self.receive()) is not None:
            if message[0] == 1:
                self.send(b"a")
        return True

    def close(self):
        self.sock.close()
