"""What src/ide.c expects on its drives."""

import contextlib
import functools
import os
import struct

from vm import tap

SECTORS, BLOCKS = 16384, 1000


def make(name, size, data):
    """The path of a file that stays as it is: others may make it just now, and a
    guest that was saved expects it unchanged."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    path = os.path.join(folder, f"{size}-{name}")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        new = f"{path}.{os.getpid()}"
        with open(new, "wb") as file:
            file.write(data[:size])
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        os.unlink(new)
    return path


@functools.lru_cache(None)
def images():
    """A disk and a CD whose double words count: their paths."""
    data = struct.pack(f"<{SECTORS * 128}I", *range(SECTORS * 128))
    return (make("ide.img", SECTORS * 512, data),
            make("ide.iso", BLOCKS * 2048, data))


@functools.lru_cache(None)
def floppy():
    """And src/floppy.c, in its drive."""
    return make("floppy.img", 1440 << 10,
                struct.pack(f"<{1440 << 8}I", *range(1440 << 8)))
