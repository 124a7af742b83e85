"""A second look at a Linux that never got to its prompt: `quiet` hides how far
it came, so that it boots once more with the kernel's messages."""

import re

LIMIT = 10              # seconds
LINES = 12
EARLY = "earlycon=uart,io,0x3f8,115200"


def talkative(cmdline):
    """The command line with messages on; "" when they are on already."""
    words = cmdline.split(" ")
    kept = [word for word in words
            if word != "quiet" and not word.startswith("loglevel=")]
    return "" if kept == words else " ".join([EARLY, *kept])


def report(cmdline, output):
    """What it printed last, as a part of the variant's report."""
    lines = output.rstrip().splitlines()[-LINES:]
    if not lines:
        return ""
    return "\n".join([f"Once more with the command line \"{cmdline}\", it "
                      "printed last:", *lines])


def last_message(text):
    """The kernel's last words in such a report, as a place; "" if none."""
    found = re.findall(r"^\[ *[\d.]+\] (.*)$", text, re.M)
    return f"last kernel message: \"{found[-1]}\"" if found else ""
