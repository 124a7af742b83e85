"""Charts of the HTML report, drawn by gnuplot's SVG terminal.

No text of a report reaches gnuplot. It is given numbers and tokens of ours;
what it draws is parsed, each token is replaced by its text, and the XML library
escapes that. On the way identifiers become unique, as several charts share a
page, and colours become CSS variables, so that a page can be dark or light.

A chart is drawn for a width in pixels: on a narrow one the label of a row
stands above its bars instead of beside them.
"""

import collections
import itertools
import math
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from . import html_text as text_of

# A bar: from, to and colour of its segments, and what stands at its end.
Lane = collections.namedtuple("Lane", "segments text")
# Bars that share a label.
Row = collections.namedtuple("Row", "label lanes")
# A line of the timeline: place among the variants, (row, x) of its points.
Line = collections.namedtuple("Line", "place points")

WIDE, NARROW = 840, 380     # pixels
SPLIT = 500                 # narrower than this: labels above the bars
FONT = 13                   # pixels
LABEL_MAX = 19              # ems, beside the bars
LANE, GAP = 17, 9           # pixels: a bar, and between rows
STEP = 8                    # pixels: between the lines of a timeline
BOTTOM, TOP = 26, 6
TICK_HALF = 26              # pixels: a number below the left end of a scale
LIMIT = 60                  # seconds for gnuplot

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
# Names of CSS variables; gnuplot gets the place in this list as a colour.
COLOURS = ("ink", "muted", "rule", "c1", "c2", "c3", "c4", "c5", "c6",
           "l1", "l2", "l3", "l4")
BAR_COLOURS = COLOURS[3:9]
# How the lines of a timeline differ: colour, shape of points, dashes.
LINES = tuple(zip(COLOURS[9:], (7, 4, 9, 12), ("1", "2", "4", "5")))
SERIAL = itertools.count(1)


class PlotError(Exception):
    """gnuplot is missing or failed; the text says what it said."""


def rgb(colour):
    return f"rgb '#0101{COLOURS.index(colour) + 1:02x}'"


class Canvas:
    """A script for gnuplot: x is in units of the data, y in pixels."""

    def __init__(self, width, left, right):
        self.width, self.left, self.right = width, left, right
        self.texts = []
        self.commands = []
        self.blocks = []
        self.plots = []

    def token(self, text):
        self.texts.append(text)
        return f'"t{len(self.texts) - 1}"'

    def label(self, text, where, align="left", colour="ink"):
        self.commands.append(f"set label {self.token(text)} at {where} "
                             f"{align} front textcolor {rgb(colour)}")

    def rule(self, y):
        self.commands.append(f"set arrow from graph 0,first {y} to graph 1,"
                             f"first {y} nohead lw 1 lc {rgb('rule')}")

    def plot(self, rows, how):
        """Draws rows of numbers: `how` is what stands behind `using`."""
        if rows:
            name = f"$d{len(self.blocks)}"
            lines = "\n".join(" ".join(f"{n:.10g}" for n in row)
                              for row in rows)
            self.blocks.append(f"{name} << EOD\n{lines}\nEOD")
            self.plots.append(f"{name} using {how}")

    def ticks(self, low, high, form):
        """A scale below with round numbers; `form` makes texts of them."""
        room = (self.width - self.left - self.right) / 95
        step = nice_step((high - low) / max(room, 2))
        first, last = math.ceil(low / step), math.floor(high / step)
        self.scale(low, high, [n * step for n in range(first, last + 1)],
                   form)

    def log_ticks(self, low, high, form):
        """The same, logarithmic, from a round number on."""
        self.commands.append("set logscale x")
        room = (self.width - self.left - self.right) / 95
        powers = range(math.floor(math.log10(low)),
                       math.ceil(math.log10(high)) + 1)
        many = 3 * math.log10(high / low) <= room
        marks = sorted(n * 10.0 ** power for power in powers
                       for n in ((1, 2, 5) if many else (1,)))
        start = max(mark for mark in marks if mark <= low)
        # A little less, or rounding may lose the first of them.
        self.scale(start * 0.999, high, [mark for mark in marks
                                         if start <= mark <= high], form)

    def scale(self, low, high, marks, form):
        self.commands.append(f"set xrange [{low:.10g}:{high:.10g}]")
        texts = ", ".join(f"{self.token(form(mark))} {mark:.10g}"
                          for mark in marks)
        self.commands.append(f"set xtics scale 0 offset 0,0.4 textcolor "
                             f"{rgb('muted')} ({texts})")

    def script(self, height):
        width, whole = self.width, height + TOP + BOTTOM
        return "\n".join([
            f"set terminal svg size {width},{whole} noenhanced "
            f"font 'sans-serif,{FONT}'",
            "unset key; unset ytics; set border 0",
            f"set lmargin at screen {self.left / width:.6f}",
            f"set rmargin at screen {1 - self.right / width:.6f}",
            f"set tmargin at screen {1 - TOP / whole:.6f}",
            f"set bmargin at screen {BOTTOM / whole:.6f}",
            f"set yrange [{height}:0]",
            f"set grid xtics back lt 1 lw 1 lc {rgb('rule')}",
            f"set style fill solid 1 border lc {rgb('ink')}",
            *self.commands, *self.blocks,
            "plot " + ", ".join(self.plots or ["-1 notitle"]), ""])

    def draw(self, height):
        """The chart as an SVG element."""
        try:
            done = subprocess.run(["gnuplot", "-d"], input=self.script(height),
                                  capture_output=True, text=True,
                                  timeout=LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PlotError(f"gnuplot: {error}") from error
        if done.returncode or not done.stdout:
            raise PlotError("gnuplot: " + text_of.clean(done.stderr).strip())
        return adopt(done.stdout, self.texts)


def nice_step(step):
    """The next step of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1
    return next(power * n for n in (1, 2, 5, 10) if power * n >= step * .999)


# --- Of gnuplot's SVG, what a page can take -----------------------------------

def adopt(svg, texts):
    """The element as text: tokens replaced, no foreign names and colours."""
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag[len(SVG) + 2:] in ("title", "desc", "filter"):
                parent.remove(child)
    prefix = f"p{next(SERIAL)}-"
    wanted = used_names(root)
    for element in root.iter():
        element.tag = element.tag[len(SVG) + 2:]
        element.tail = None
        adopt_names(element, prefix, wanted)
        adopt_colours(element)
        if element.tag == "text":
            element.text = texts[int(element.text[1:])]
        elif element.text and not element.text.strip():
            element.text = None
    prune(root, wanted)
    root.attrib = {"viewBox": root.get("viewBox")}
    return ElementTree.tostring(root, encoding="unicode",
                                short_empty_elements=False)


def used_names(root):
    """Marks that are drawn, and the ones that those are made of."""
    refers = f"{{{XLINK}}}href"
    defined = {e.get("id"): e for d in root.iter(f"{{{SVG}}}defs") for e in d}
    used = {e.get(refers)[1:] for e in root.iter(f"{{{SVG}}}use")
            if e.get("id") not in defined}
    while True:
        more = {defined[name].get(refers)[1:] for name in used
                if name in defined and defined[name].get(refers)} - used
        if not more:
            return used
        used |= more


def adopt_names(element, prefix, wanted):
    name = element.attrib.pop("id", None)
    if name in wanted:
        element.set("id", prefix + name)
    elif name and re.fullmatch(r"gnuplot_plot_\d+", name):
        element.set("class", "marks")
    elif name:
        element.set("data-drop", "")
    target = element.attrib.pop(f"{{{XLINK}}}href", None)
    if target:
        element.set("href", "#" + prefix + target[1:])
    element.attrib.pop("font-family", None)


def adopt_colours(element):
    for key in ("fill", "stroke", "color"):
        value = element.get(key, "")
        found = re.fullmatch(r"rgb\(\s*1,\s*1,\s*(\d+)\)", value)
        if found:
            element.set(key, f"var(--{COLOURS[int(found.group(1)) - 1]})")
        elif value in ("black", "white"):
            element.set(key, "currentColor")


def prune(element, wanted):
    """Removes definitions that nobody uses, and groups around nothing."""
    for child in list(element):
        prune(child, wanted)
        hollow = child.tag in ("g", "defs") and not len(child)
        dropped = "data-drop" in child.attrib and child.tag != "g"
        if hollow or dropped:
            element.remove(child)
        child.attrib.pop("data-drop", None)


# --- Charts -------------------------------------------------------------------

def place_labels(canvas, labels, heights, narrow):
    """Labels of rows; (top of the bars of each row, height of it all)."""
    y, tops = 0, []
    for label, height in zip(labels, heights):
        if y:
            canvas.rule(y)
        y += GAP / 2
        if narrow:
            text = text_of.shorten(label, canvas.width / FONT - 1)
            canvas.label(text, f"graph 0,first {y + FONT / 2 + 1:g}")
            y += FONT + 5
        else:
            text = text_of.shorten(label, LABEL_MAX)
            canvas.label(text, f"graph 0,first {y + height / 2:g} offset -1,0",
                         "right")
        tops.append(y)
        y += height + GAP / 2
    return tops, y


def left_of(labels, narrow):
    """Pixels that labels need beside the bars."""
    if narrow:
        return 8
    widest = max(min(text_of.columns(label), LABEL_MAX) for label in labels)
    return FONT * (widest + 1.6)


def scale_of(lanes, room):
    """(low, high) of a scale that leaves room for the texts at the bars."""
    ends = [(x, lane.text) for lane in lanes for segment in lane.segments
            for x in segment[:2]]
    low = min([x for x, _ in ends] + [0])
    high = max([x for x, _ in ends] + [0])
    if low == high:
        return 0, 1
    text = FONT * max(text_of.columns(lane.text) + 1 for lane in lanes)
    left = text if low < 0 else 0
    right = text if high > 0 else 0
    unit = (high - low) / max(room - left - right, room / 4)
    return low - left * unit, high + right * unit


def bars(rows, form, width):
    """Horizontal bars. `form` makes the texts of the scale."""
    narrow = width < SPLIT
    labels = [row.label for row in rows]
    lanes = [lane for row in rows for lane in row.lanes]
    left = left_of(labels, narrow)
    if any(end < 0 for lane in lanes for _, end, _ in lane.segments):
        left = max(left, TICK_HALF)
    canvas = Canvas(width, left, 12)
    low, high = scale_of(lanes, width - left - 12)
    canvas.ticks(low, high, form)
    tops, height = place_labels(
        canvas, labels, [len(row.lanes) * LANE for row in rows], narrow)
    boxes = collections.defaultdict(list)
    for row, top in zip(rows, tops):
        for number, lane in enumerate(row.lanes):
            y = top + (number + .5) * LANE
            place_bar(canvas, boxes, lane, y)
    for colour in BAR_COLOURS:
        canvas.plot(boxes[colour], "1:2:3:4:5:6 with boxxyerror "
                    f"fillcolor {rgb(colour)}")
    return canvas.draw(height)


def place_bar(canvas, boxes, lane, y):
    """One bar and the text at its outer end."""
    half = LANE / 2 - 2
    for start, end, colour in lane.segments:
        boxes[colour].append((start, y, min(start, end), max(start, end),
                              y - half, y + half))
    ends = [end for _, end, _ in lane.segments] or [0]
    outer = min(ends) if min(ends) < 0 else max(ends)
    colour = "ink" if lane.segments else "muted"
    side, align = ("-0.6", "right") if outer < 0 else ("0.6", "left")
    canvas.label(lane.text, f"first {outer:.10g},{y:g} offset {side},0",
                 align, colour)


def timeline(labels, lines, form, width, is_log=False):
    """Points in time, a row each, from top to bottom, a line per variant."""
    narrow = width < SPLIT
    left = left_of(labels, narrow)
    canvas = Canvas(width, left, 30)
    times = [x for line in lines for _, x in line.points]
    if is_log:
        canvas.log_ticks(min(times), max(times), form)
    else:
        canvas.ticks(0, max(times) or 1, form)
    lane = STEP * len(lines)
    tops, height = place_labels(canvas, labels, [lane + 4] * len(labels),
                                narrow)
    for number, line in enumerate(lines):
        colour, point, dash = LINES[line.place]
        points = [(x, tops[row] + 2 + (number + .5) * STEP)
                  for row, x in line.points]
        canvas.plot(points, f"1:2 with linespoints pt {point} ps 0.85 "
                    f"dt {dash} lw 1.6 lc {rgb(colour)}")
    return canvas.draw(height)
