"""The guest's kernel: which function an address of it lies in.

Images are stripped; the symbols are in the kernel that was built here, and only
believed when both have the same build ID.
"""

import bisect
import re
import struct
import subprocess

ELF64 = b"\x7fELF\x02\x01"
PT_NOTE = 4
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


def is_of(image, kernel):
    """Whether an image was made of this kernel with symbols."""
    try:
        own, other = build_id(image), build_id(kernel)
    except OSError:
        return False
    return own == other != b""


def symbols(image, kernel):
    """The Symbols of an image, None when they are not to be had."""
    if not is_of(image, kernel):
        return None
    found = Symbols(kernel)
    return found if found.names else None
