"""make trend: what the history holds, over the commits.

Called by tools/run.mk. From the environment:
  WHAT                      exits, instructions or size; without it, all three
  MATCH                     words that the label of a series has
  SINCE                     a commit or a day (2026-11-29) to begin with
  PERCENT                   a value that moves by more is told; 1
  FILL                      so many commits are measured first
  MKVM_TOP, MKVM_BUILD, MKVM_IMAGES, MKVM_CONFIG, MAKE
  MKVM_HISTORY, MKVM_COMPARE
                            as in __main__.py: for the history, and for the page

Exit status: 0 whatever was found; 64 for what cannot be meant, 70 when it could
not be done.
"""

import os
import re
import sys

from . import commits, fill, kept, results, text, trend, trend_text
from .errors import Failure, Refusal, status_of
from .progress import note

NOTHING = "nothing is in {} yet: make compare TOGGLE=UART_FIFO or make bench " \
    "T=boot measures this commit, make trend FILL=10 the last ten"


class Request:
    """What was asked for, checked."""

    def __init__(self, env):
        self.top, self.build = env["MKVM_TOP"], env["MKVM_BUILD"]
        self.history = kept.folder(env)
        self.folder = env.get("MKVM_COMPARE") or \
            os.path.join(self.build, "compare")
        what = env.get("WHAT", "").strip()
        if what and what not in trend.WHATS:
            raise Refusal(f"WHAT={what}: there is {', '.join(trend.WHATS)}")
        self.whats = (what,) if what else trend.WHATS
        self.match = env.get("MATCH", "").strip()
        self.since = env.get("SINCE", "").strip()
        percent = env.get("PERCENT", "").strip() or f"{trend.PERCENT:g}"
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4})?", percent):
            raise Refusal(f"PERCENT={percent}: give a number, such as 2.5")
        self.percent = float(percent)
        self.images = env.get("MKVM_IMAGES", "")
        self.config = env.get("MKVM_CONFIG", "")
        fill = env.get("FILL", "").strip() or "0"
        if not re.fullmatch(r"\d{1,5}", fill):
            raise Refusal(f"FILL={fill}: give a number of commits")
        self.fill = int(fill)


def shown(path):
    """A path as short as it can be from here."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def draw(request):
    if request.fill:
        history = commits.History(request.top, request.since)
        fill.Fill(request).run(history, request.fill)
    found = results.read(request.history)
    if not found.results and not found.unread and \
            not found.damaged + found.other:
        note(NOTHING.format(shown(request.history)))
        return
    history = commits.History(request.top, request.since)
    trends = trend.Trends(found, history, request.match, request.whats)
    for line in trend_text.lines(trends, request.percent,
                                 text.is_colourful(sys.stdout)):
        print(line)
    path = os.path.join(request.folder, "trend.html")
    if write_html(trends, request.percent, path):
        print(f"\nPage: {shown(path)}")


def write_html(trends, percent, path):
    try:
        from . import trend_html
    except ImportError as error:
        note(f"no HTML page: {error}; run: make deps")
        return False
    try:
        trend_html.write(trends, percent, path)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    return True


def main():
    draw(Request(os.environ))


if __name__ == "__main__":
    sys.exit(status_of(main, "what was measured stays, and the same command goes on"))
