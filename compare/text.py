"""The report for the terminal: variants side by side in 80 columns, what
differs marked with a star and, on a terminal, in colour, what is noise with a
tilde; then what it means."""

import os
import textwrap

from . import rows
from .facts import Facts

WIDTH = 80
LABEL = 26
PER_PAGE = 3            # columns, the baseline among them
PAGES_MAX = 4           # with more variants there is a line for each instead
BOLD, YELLOW, PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[0m"
SUMMARY = "{:<24}{:<10}{:<6}{:>13}{:>9}{:>10}{:>8}"


class Painter:
    """Colour, or none."""

    def __init__(self, colour):
        self.colour = colour

    def paint(self, text, code):
        return f"{code}{text}{PLAIN}" if self.colour else text


def is_colourful(stream):
    return stream.isatty() and "NO_COLOR" not in os.environ and \
        os.environ.get("TERM", "dumb") != "dumb"


def pages(variants):
    """The baseline with two others at a time."""
    base, others = variants[0], variants[1:]
    step = PER_PAGE - 1
    return [[base, *others[at:at + step]]
            for at in range(0, len(others), step)]


def fit(text, width):
    return text if len(text) <= width else text[:width - 2] + ".."


def cell(row, at, width):
    """A value, marked when it differs, with the change if that fits."""
    text = ("* " if row.differs[at] else "~ " if row.wavers[at] else "  ") + \
        row.texts[at]
    longer = f"{text} {row.changes[at]}"
    return fit(longer if row.changes[at] and len(longer) < width else text,
               width - 1)


def page_lines(variants, painter, again, steady):
    width = (WIDTH - LABEL) // len(variants)
    head = "".join("  " + fit(v["title"], width - 3).ljust(width - 2)
                   for v in variants)
    yield painter.paint((" " * LABEL + head).rstrip(), BOLD)
    for title, found in rows.sections(variants, again, steady):
        if title:
            yield painter.paint(title, BOLD)
        for row in found:
            yield row_line(row, "  " if title else "", width, painter)


def row_line(row, indent, width, painter):
    line = fit(indent + row.label, LABEL - 1).ljust(LABEL)
    for at in range(len(row.values)):
        text = cell(row, at, width).ljust(width)
        line += painter.paint(text, YELLOW) if row.differs[at] else text
    return line.rstrip() if not painter.colour else line


def goal_of(variants):
    """The stage whose time says most about a run."""
    return "prompt" if rows.takes_input(variants) else "end"


def summary_lines(variants, painter, again):
    """A line for each variant, when there are too many for columns."""
    goal = goal_of(variants)
    yield painter.paint(SUMMARY.format(
        "", "outcome", "typed", f"to the {goal}", "exits", "code", "lines"),
        BOLD)
    base = variants[0]
    for variant in variants:
        line = summary(variant, base, again or base, goal)
        yield painter.paint(line, YELLOW) if line.startswith("*") else line


def summary(variant, base, again, goal):
    stage = rows.stage(variant, goal)
    shown = {True: "yes", False: "no", None: "-"}[variant["input"]]
    other = any(rows.verdict(variant[key], base[key], again[key], False)
                == rows.DIFFERS for key in ("outcome", "input"))
    exits = stage["exits"] if stage else variant["exits"]
    return SUMMARY.format(
        ("* " if other else "  ") + fit(variant["title"], 21),
        variant["outcome"], shown, rows.time(stage["ns"]) if stage else "-",
        rows.count(exits) if rows.counted(variant) else "-",
        rows.count(variant["text_bytes"]), rows.count(variant["lines"]))


def head_lines(report):
    where = "on this host" if report["place"] == "host" else "in the lab"
    yield from wrapped(f"{report['image']}, {where}: {report['why']}")
    how = "a kvm-vmm built for each" if report["how"] == "build" else \
        "one kvm-vmm, options at run time"
    yield from wrapped(f"Variants: {how}. Clock: {report['clock']}.")
    if report["cmdline"]:
        yield from wrapped(f"Command line: {report['cmdline']}")


def wrapped(text, first="", later=""):
    return textwrap.wrap(text, WIDTH, initial_indent=first,
                         subsequent_indent=later, break_on_hyphens=False)


def is_long(report):
    return len(pages(report["variants"])) > PAGES_MAX


def table_lines(report, painter):
    variants = report["variants"]
    if is_long(report):
        yield from summary_lines(variants, painter, report.get("again"))
        yield ""
        return
    for part in pages(variants):
        yield from page_lines(part, painter, report.get("again"),
                              report["place"] == "lab")
        yield ""


def alike(report):
    """Ids of the variants that nothing can be said about but their size."""
    base, *others = report["variants"]
    return [v["id"] for v in others if Facts(report, base, v).is_alike]


def sentence_lines(report, painter):
    quiet = alike(report) if is_long(report) else []
    for sentence in report["sentences"]:
        if sentence["variant"] not in quiet:
            yield painter.paint(sentence["variant"], BOLD)
            yield from wrapped(sentence["text"], "  ", "  ")
    if quiet:
        yield painter.paint("Like the baseline, exit for exit", BOLD)
        yield from wrapped(", ".join(quiet), "  ", "  ")
    for note in report["notes"]:
        yield from wrapped(note, "Note: ", "  ")


def lines(report, colour=False):
    """All of it, line by line."""
    painter = Painter(colour)
    yield from head_lines(report)
    yield ""
    yield from table_lines(report, painter)
    yield from sentence_lines(report, painter)
