"""Snapshots taken apart and put together again, as service/snapshot/format.h draws
them: for tests that change something in one and have its sums right all the same."""

import struct

MASK = (1 << 64) - 1
ODD = 0x9e3779b97f4a7c15
HEAD = struct.Struct("<8sII48sQQQQQQIIIIIIQ")
RUN = struct.Struct("<QQ")
PART = struct.Struct("<32sIIQQQ")
PAGE = 4096
TEXTS = 5   # before the words


def mix(lane, word):
    lane = (lane ^ word) * ODD & MASK
    return (lane << 29 | lane >> 35) & MASK


def checksum(data, start=0):
    """As util/checksum.c."""
    lanes = [start, ~start & MASK, start + ODD & MASK, start ^ len(data)]
    words = struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8])
    whole = len(words) // 4 * 4
    for at in range(0, whole, 4):
        for lane in range(4):
            lanes[lane] = mix(lanes[lane], words[at + lane])
    for word in words[whole:]:
        lanes[0] = mix(lanes[0], word)
    if len(data) % 8:
        lanes[1] = mix(lanes[1], int.from_bytes(data[len(data) // 8 * 8:],
                                                "little"))
    for lane in lanes[1:]:
        lanes[0] = mix(lanes[0], lane)
    return lanes[0]


class Snapshot:
    """One in memory. texts: image, loader, folder, CPU, base and the
    words; parts: lists
    of name, number, version and bytes."""

    def __init__(self, data):
        (self.magic, self.format, head_len, self.build, _, ram_at, ram_size,
         self.ram_sum, self.nr_pages, self.saved_ns, self.nr_cpus, nr_words,
         nr_parts, texts_len, nr_runs, _, self.base_sum) = \
            HEAD.unpack_from(data)
        texts = data[HEAD.size:HEAD.size + texts_len].split(b"\0")
        self.texts = texts[:TEXTS + nr_words]
        self.parts = []
        for i in range(nr_parts):
            name, nr, version, at, size, _ = PART.unpack_from(
                data, HEAD.size + texts_len + i * PART.size)
            self.parts.append([name.rstrip(b"\0"), nr, version,
                               data[at:at + size]])
        at = HEAD.size + texts_len + nr_parts * PART.size
        self.runs = [RUN.unpack_from(data, at + i * RUN.size)
                     for i in range(nr_runs)]
        assert head_len == at + nr_runs * RUN.size
        self.ram = data[ram_at:ram_at + ram_size]

    def pack(self, **wrong):
        """Its bytes, with right sums. wrong: fields of the head that lie."""
        texts = b"".join(text + b"\0" for text in self.texts)
        texts += bytes(-len(texts) % 8)
        runs = b"".join(RUN.pack(*run) for run in self.runs)
        head_len = HEAD.size + len(texts) + len(self.parts) * PART.size + \
            len(runs)
        at, table, bodies = head_len, b"", b""
        for name, nr, version, body in self.parts:
            table += PART.pack(name, nr, version, at, len(body),
                               checksum(body))
            bodies += body
            at += len(body)
        field = {"format": self.format, "head_len": head_len,
                 "ram_at": at + -at % PAGE, "ram_size": len(self.ram),
                 "nr_words": len(self.texts) - TEXTS, "nr_parts": len(self.parts),
                 "texts_len": len(texts), "nr_cpus": self.nr_cpus,
                 "nr_runs": len(self.runs)}
        gap = bytes(-at % PAGE)
        field.update(wrong)

        def head(total):
            return HEAD.pack(
                self.magic, field["format"], field["head_len"], self.build,
                total, field["ram_at"], field["ram_size"], self.ram_sum,
                self.nr_pages, self.saved_ns, field["nr_cpus"],
                field["nr_words"], field["nr_parts"], field["texts_len"],
                field["nr_runs"], 0, self.base_sum)
        front = texts + table + runs
        return head(checksum(head(0) + front)) + front + bodies + gap + \
            self.ram


def seeds():
    """Small good ones, whose RAM is cut off: what it would have are zeroes."""
    file = object.__new__(Snapshot)
    file.magic, file.format, file.build = b"mkvmsnap", 1, b"0.1"
    file.ram_sum = file.nr_pages = file.saved_ns = 0
    file.nr_cpus = 1
    file.texts = [b"hello.bin", b"flat", b"/tmp", b"a CPU", b"",
                  b"--mem=1024K", b"--no-serial", b"--edu"]
    file.parts = [[b"vcpu", 0, 1, bytes(456)], [b"time", 0, 1, bytes(16)]]
    file.runs = [(0, PAGE), (3 * PAGE, 2 * PAGE)]
    file.ram = bytes(1 << 20)
    made = []
    for base_sum in (0, 1):
        file.base_sum = base_sum
        file.texts[4] = b"7" if base_sum else b""
        data = file.pack()
        made.append(data[:len(data) - (1 << 20) + PAGE])
    return made
