"""The guest's kernel: which function an address of it lies in.

Images are stripped; the symbols are in what they were made of, below build/.
That is believed only when both have the same build ID or, of a flat image, the
same bytes.
"""

import bisect
import os
import re
import struct
import subprocess

ELF64 = b"\x7fELF\x02\x01"
ELF32 = b"\x7fELF\x01\x01"
PT_LOAD, PT_NOTE = 1, 4
NT_GNU_BUILD_ID = 3
FUNCTION_MAX = 1 << 16      # bytes; farther behind one is not in it


def build_id(path):
    """The GNU build ID of an ELF file, b"" if it has none."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or not head.startswith(ELF64):
            return b""
        table, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for number in range(count):
            file.seek(table + number * size)
            entry = file.read(56)
            if len(entry) == 56 and entry[:4] == struct.pack("<I", PT_NOTE):
                offset, = struct.unpack_from("<Q", entry, 8)
                length, = struct.unpack_from("<Q", entry, 32)
                file.seek(offset)
                found = build_id_note(file.read(min(length, 1 << 16)))
                if found:
                    return found
    return b""


def build_id_note(notes):
    at = 0
    while at + 12 <= len(notes):
        name, size, kind = struct.unpack_from("<III", notes, at)
        data = at + 12 + (name + 3) // 4 * 4
        if kind == NT_GNU_BUILD_ID and notes[at + 12:at + 16] == b"GNU\0":
            return notes[data:data + size]
        at = data + (size + 3) // 4 * 4
    return b""


class Symbols:
    """The functions of a kernel, by address."""

    def __init__(self, path):
        done = subprocess.run(["nm", "-n", path], capture_output=True,
                              text=True, check=False)
        found = re.findall(r"^([0-9a-f]+) [tTwW] (\S+)$", done.stdout, re.M)
        self.names = [name for _, name in found]
        self.addresses = [int(address, 16) for address, _ in found]

    def name(self, address):
        """"default_idle+0xb", or "" when it lies in none."""
        at = bisect.bisect_right(self.addresses, address) - 1
        if at < 0 or address - self.addresses[at] >= FUNCTION_MAX:
            return ""
        return f"{self.names[at]}+{address - self.addresses[at]:#x}"


def same_id(image, kernel):
    """Whether two ELF files have the same build ID."""
    own, other = build_id(image), build_id(kernel)
    return own == other != b""


def same_bytes(image, kernel):
    """Whether a flat image is a segment of an ELF file for i386."""
    with open(kernel, "rb") as file:
        elf = file.read()
    with open(image, "rb") as file:
        flat = file.read()
    if len(elf) < 52 or not elf.startswith(ELF32):
        return False
    table, = struct.unpack_from("<I", elf, 28)
    size, count = struct.unpack_from("<HH", elf, 42)
    for at in range(table, table + count * size, size or 1):
        entry = elf[at:at + 20]
        if len(entry) == 20:
            kind, offset, _, _, length = struct.unpack("<5I", entry)
            if kind == PT_LOAD and elf[offset:offset + length] == flat:
                return True
    return False


def is_of(image, kernel):
    """Whether an image was made of this file, which has symbols."""
    try:
        return same_id(image, kernel) or same_bytes(image, kernel)
    except OSError:
        return False


def candidates(image, build):
    """What may have the symbols of an image: (image to compare, file)."""
    yield image, image
    linux = os.path.join(build, "linux", "vmlinux")
    yield image, linux
    yield image, os.path.join(build, "os-1k", "os-1k.elf")
    if os.path.basename(image) == "bzImage":    # made along with this one
        yield os.path.join(os.path.dirname(image), "vmlinux"), linux


def symbols(image, build):
    """The Symbols of an image, None when they are not to be had."""
    for known, kernel in candidates(image, build):
        if kernel == image or is_of(known, kernel):
            found = Symbols(kernel)
            if found.names:
                return found
    return None
