"""What the lint tests look at: the project's files, as git knows them."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap


def git(*args):
    """Lines that a git command prints about the tree."""
    command = ["git", "-c", "safe.directory=*", "-C", tap.TOP, *args]
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False)
    except FileNotFoundError:
        raise tap.Skip("git is not installed") from None
    if done.returncode:
        raise tap.Skip("not a git tree: " + done.stderr.strip())
    return done.stdout.splitlines()


def files(*endings):
    """Paths of the tracked files that end so; of all without an ending."""
    return [path for path in git("ls-files")
            if os.path.isfile(os.path.join(tap.TOP, path))
            and (not endings or path.endswith(endings))]


def read(path):
    with open(os.path.join(tap.TOP, path), encoding="utf-8",
              errors="replace") as file:
        return file.read()


def lines(path):
    """(number, line) of each line of a file."""
    return enumerate(read(path).splitlines(), 1)


def scripts(*interpreters):
    """Tracked files whose first line names one of the interpreters."""
    for path in files():
        first = read(path).split("\n", 1)[0]
        if first.startswith("#!") and first.split("/")[-1].split(" ")[-1] \
                in interpreters:
            yield path


def bare(code):
    """C code with comments and string contents blanked, lines kept."""
    def blank(found):
        text = found.group(0)
        if text[0] == '"':
            return '""'
        return "\n" * text.count("\n") if text[0] == "/" else text
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'])'",
                  blank, code, flags=re.S)
