"""The inputs that the fuzz programs start from, and those worth keeping.

corpus/NAME.txt has one input a line, as base 85 of its bytes deflated.
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

import seeds

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(tap.BUILD, "tests", "fuzz")
KEPT_BYTES = 24 * 1024      # of a file in corpus/


def folder(name, *parts):
    """A folder of this program's in the build directory; made."""
    path = os.path.join(tap.BUILD, "fuzz", name, *parts)
    os.makedirs(path, exist_ok=True)
    return path


def kept(name):
    """The inputs in corpus/NAME.txt."""
    path = os.path.join(HERE, "corpus", name + ".txt")
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        return [zlib.decompress(base64.b85decode(line.strip()))
                for line in file if not line.startswith("# ")]


def unpack(name):
    """A folder with all seeds and kept inputs as files."""
    path = folder(name, "seeds")
    for data in seeds.of(name) + kept(name):
        with open(os.path.join(path, hashlib.sha1(data).hexdigest()),
                  "wb") as file:
            file.write(data)
    return path


def keep(name):
    """Writes corpus/NAME.txt from what was found: the fewest and shortest
    inputs that reach all of the code, as many as there is room for."""
    with tempfile.TemporaryDirectory() as merged:
        subprocess.run([os.path.join(PROGRAMS, name), "-merge=1",
                        "-close_fd_mask=3", merged, folder(name, "found"),
                        folder(name, "seeds")], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        inputs = []
        for entry in os.listdir(merged):
            with open(os.path.join(merged, entry), "rb") as file:
                inputs.append(file.read())
    made = seeds.of(name)
    lines, room = [], KEPT_BYTES
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        line = base64.b85encode(zlib.compress(data, 9)).decode()
        if data and data not in made and len(line) < room:
            room -= len(line) + 1
            lines.append(line)
    path = os.path.join(HERE, "corpus", name + ".txt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write("# Kept by tests/fuzz/run --keep; see corpus.py.\n")
        file.writelines(line + "\n" for line in lines)
    return len(lines)


def summary(text):
    """What libFuzzer's last lines say, in one."""
    rounds = re.search(r"number_of_executed_units: +(\d+)", text)
    memory = re.search(r"peak_rss_mb: +(\d+)", text)
    cover = re.findall(r"\bcov: (\d+)", text)
    return (f"{rounds.group(1) if rounds else '?'} inputs, "
            f"{cover[-1] if cover else '?'} places in the code, "
            f"{memory.group(1) if memory else '?'} MiB")
