"""PNG files as Python sees them: any depth and palette, no interlace, and filters only
where they are expected; what is not so, or not whole, is not accepted."""

import struct
import zlib

from vm import tap

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CELL = 9, 16    # a character of a text screen


def nearest(left, above, corner):
    """Paeth's predictor."""
    guess = left + above - corner
    return min((abs(guess - value), place, value) for place, value in
               enumerate((left, above, corner)))[2]


def unfiltered(raw, size, step):
    """Lines of @size bytes, the first of which is their filter, without one."""
    above, out = bytes(size), bytearray()
    for at in range(0, len(raw), size):
        line = bytearray(raw[at:at + size])
        for x in range(1, size):
            left, corner = (row[x - step] if x > step else 0
                            for row in (line, above))
            line[x] = line[x] + (0, left, above[x], (left + above[x]) // 2,
                                 nearest(left, above[x], corner))[raw[at]] & 255
        line[0] = 0
        above = line
        out += line
    return out


class Picture:
    """width, height, and rows of (red, green, blue)."""

    def __init__(self, data, filtered=False):
        tap.check(data.startswith(SIGNATURE), "no PNG:", data[:16])
        chunks = dict(self.chunks(data))
        self.width, self.height, depth, kind, *rest = struct.unpack(
            ">IIBBBBB", chunks[b"IHDR"])
        tap.equal(rest, [0, 0, 0], "compression, filters, interlace")
        palette = chunks.get(b"PLTE", b"")
        bits = depth * (1 if kind == 3 else 3)
        size = 1 + (self.width * bits + 7) // 8
        raw = zlib.decompress(chunks[b"IDAT"])
        tap.equal(len(raw), size * self.height, "bytes")
        if filtered:
            raw = unfiltered(raw, size, max(1, bits // 8))
        self.rows = []
        for at in range(0, len(raw), size):
            tap.equal(raw[at], 0, "filter")
            line = raw[at + 1:at + size]
            if kind != 3:
                self.rows.append([tuple(line[x:x + 3])
                                  for x in range(0, len(line), 3)])
                continue
            per = 8 // depth
            row = [line[x // per] >> (per - 1 - x % per) * depth &
                   (1 << depth) - 1 for x in range(self.width)]
            self.rows.append([tuple(palette[3 * i:3 * i + 3]) for i in row])

    @staticmethod
    def chunks(data):
        at = len(SIGNATURE)
        while at < len(data):
            size, name = struct.unpack_from(">I4s", data, at)
            body = data[at + 8:at + 8 + size]
            crc, = struct.unpack_from(">I", data, at + 8 + size)
            tap.equal(zlib.crc32(name + body), crc, f"sum of {name}")
            at += 12 + size
            yield name, body
        tap.equal(name, b"IEND", "the last")

    def cell(self, column, row):
        """The shape of a character: True where it is not the ground."""
        width, height = CELL
        rows = [line[column * width:(column + 1) * width - 1]
                for line in self.rows[row * height:(row + 1) * height]]
        ground = self.rows[row * height][column * width + width - 1]
        return tuple(tuple(pixel != ground for pixel in line)
                     for line in rows)

    def text(self, row, font):
        """What is written in a row, by the shapes of @font, {shape: character}."""
        return "".join(font.get(self.cell(column, row), "?")
                       for column in range(self.width // CELL[0])).rstrip()


def read(path):
    with open(path, "rb") as file:
        return Picture(file.read())
