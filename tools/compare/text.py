"""The report for the terminal: variants side by side in 80 columns, what differs
marked with a star and, on a terminal, in colour; then what it means."""

import os
import textwrap

from . import rows

WIDTH = 80
LABEL = 26
PER_PAGE = 3            # columns, the baseline among them
PAGES_MAX = 4           # with more variants there is a line for each instead
BOLD, YELLOW, PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[0m"
SUMMARY = "{:<22}{:<10}{:<6}{:>12}{:>9}{:>10}{:>9}"


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
    """A value, starred when it differs, with the change if that fits."""
    text = ("* " if row.differs[at] else "  ") + row.texts[at]
    longer = f"{text} {row.changes[at]}"
    return fit(longer if row.changes[at] and len(longer) < width else text,
               width - 1)


def page_lines(variants, painter, steady):
    width = (WIDTH - LABEL) // len(variants)
    head = "".join("  " + fit(v["title"], width - 3).ljust(width - 2)
                   for v in variants)
    yield painter.paint((" " * LABEL + head).rstrip(), BOLD)
    for title, found in rows.sections(variants, steady):
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


def summary_lines(variants, painter):
    """A line for each variant, when there are too many for columns."""
    yield painter.paint(SUMMARY.format(
        "", "outcome", "typed", "to prompt", "exits", "bytes", "lines"), BOLD)
    base = variants[0]
    for variant in variants:
        line = summary(variant, base)
        yield painter.paint(line, YELLOW) if line.startswith("*") else line


def summary(variant, base):
    prompt = rows.stage(variant, "prompt")
    shown = {True: "yes", False: "no", None: "-"}[variant["input"]]
    other = variant["outcome"] != base["outcome"] or \
        variant["input"] != base["input"]
    return SUMMARY.format(
        ("* " if other else "  ") + fit(variant["title"], 19),
        variant["outcome"], shown, rows.time(prompt["ns"]) if prompt else "-",
        rows.count(variant["exits"]) if rows.counted(variant) else "-",
        rows.count(variant["binary_bytes"]), rows.count(variant["lines"]))


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


def table_lines(report, painter):
    variants = report["variants"]
    parts = pages(variants)
    if len(parts) > PAGES_MAX:
        yield from summary_lines(variants, painter)
        return
    for part in parts:
        yield from page_lines(part, painter, report["place"] == "lab")
        yield ""


def sentence_lines(report, painter):
    for sentence in report["sentences"]:
        yield painter.paint(sentence["variant"], BOLD)
        yield from wrapped(sentence["text"], "  ", "  ")
    for note in report["notes"]:
        yield from wrapped(note, "Note: ", "  ")


def lines(report, colour=False):
    """All of it, line by line."""
    painter = Painter(colour)
    yield from head_lines(report)
    yield ""
    yield from table_lines(report, painter)
    yield from sentence_lines(report, painter)
