"""A VNC client (RFC 6143) that has the screen in raw pixels, and sends what it likes."""

import socket
import struct

from vm import tap
import pngfile

LIMIT = 30


class Client:
    def __init__(self, port, host="127.0.0.1", waits=False):
        """One that waits has not said yet what it understands: see begin()."""
        self.sock = socket.create_connection((host, port), LIMIT)
        tap.equal(self.take(12), b"RFB 003.008\n", "version")
        self.sock.sendall(b"RFB 003.008\n")
        tap.check(1 in self.take(self.take(1)[0]), "a password is asked for")
        self.sock.sendall(b"\1")
        tap.equal(self.take(4), bytes(4), "security")
        self.sock.sendall(b"\1")
        self.width, self.height = struct.unpack(">HH", self.take(4))
        self.take(16)
        self.name = self.take(struct.unpack(">I", self.take(4))[0])
        self.pixels = {}
        if not waits:
            self.begin()

    def begin(self):
        # 32 bits of a pixel, 24 of colour, little-endian: XRGB.
        self.sock.sendall(b"\0\0\0\0" + struct.pack(
            ">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.sock.sendall(struct.pack(">BxHii", 2, 2, 0, -223))
        self.ask(False)

    def take(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            tap.check(piece, "kvm-vnc has closed")
            data += piece
        return data

    def ask(self, more=True):
        self.sock.sendall(struct.pack(">BBHHHH", 3, more, 0, 0, self.width,
                                      self.height))

    def key(self, keysym, *downs):
        for down in downs or (1, 0):
            self.sock.sendall(struct.pack(">BBxxI", 4, down, keysym))

    def pointer(self, buttons, x, y):
        self.sock.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def update(self):
        """Takes what comes until a part of the screen does, and asks for more."""
        while (kind := self.take(1)[0]) != 0:
            tap.check(kind in (2, 3), "message", kind)
            if kind == 3:
                self.take(struct.unpack(">xxxI", self.take(7))[0])
        nr, = struct.unpack(">xH", self.take(3))
        for _ in range(nr):
            x, y, width, height, kind = struct.unpack(">HHHHi", self.take(12))
            if kind == -223:
                self.width, self.height = width, height
                self.pixels.clear()
                continue
            tap.equal(kind, 0, "encoding")
            for row in range(height):
                line = self.take(4 * width)
                for at in range(width):
                    self.pixels[x + at, y + row] = \
                        tuple(line[4 * at + 2::-1] if not at else
                              line[4 * at + 2:4 * at - 1:-1])
        self.ask()

    def picture(self):
        return Screen(self)

    def close(self):
        self.sock.close()


class Screen(pngfile.Picture):
    """What a client has."""

    def __init__(self, client):     # pylint: disable=super-init-not-called
        self.width, self.height = client.width, client.height
        self.rows = [[client.pixels.get((x, y), (0, 0, 0))
                      for x in range(self.width)] for y in range(self.height)]
