"""What guests and programs have printed, as text that can be shown."""

import re

LINES_KEPT = 40
LINE_MAX = 1000
OUTPUT_KEPT = 1 << 18
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[^\n\t -~\u00a0-\U0010ffff]")


def text_of(data):
    """What was printed, without control characters."""
    if isinstance(data, bytes):
        data = data.decode("utf-8", "replace")
    return CONTROL.sub("", data.replace("\r\n", "\n").replace("\r", "\n"))


def last_lines(output):
    lines = text_of(output[-OUTPUT_KEPT:]).rstrip().splitlines()
    return "\n".join(line[:LINE_MAX] for line in lines[-LINES_KEPT:])
