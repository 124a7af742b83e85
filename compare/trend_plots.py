"""The chart of a series of a trend: values from the bottom up, commits from left
to right, each that was measured as far from the next as any other."""

from . import html_text as text_of
from . import plots
from .plots import FONT, LINES, Canvas, nice_step, rgb

HEIGHT = 190            # pixels
MARGIN = 14             # between the outermost points and the edges
TICKS = 5               # rules, or so
LABEL = 95              # pixels that a commit takes at the scale


def scale(low, high):
    """Round numbers within the values, at least one; whole ones, as counts are."""
    step = max(1, round(nice_step((high - low) / TICKS)))
    first = -(-low // step)
    marks = []
    while first * step <= high:
        marks.append(first * step)
        first += 1
    return marks or [low]


def marked(count, room):
    """Which of so many columns are named, the first and the last among them."""
    most = max(2, int(room / LABEL))
    if count <= most:
        return list(range(count))
    return sorted({round(n * (count - 1) / (most - 1)) for n in range(most)})


def line(names, values, spans, width):
    """values: one for each name; spans: (place, lowest, highest) where results
    of one commit are apart. Returns the chart as an SVG element."""
    low = min([*values, *(span[1] for span in spans)])
    high = max([*values, *(span[2] for span in spans)])
    marks = scale(low, high)
    left = FONT * (1.6 + max(text_of.columns(text_of.tick(mark))
                             for mark in marks))
    canvas = Canvas(width, left, 34)

    def y(value):
        return HEIGHT - MARGIN - (value - low) / ((high - low) or 1) * \
            (HEIGHT - 2 * MARGIN)
    for mark in marks:
        canvas.rule(f"{y(mark):g}")
        canvas.label(text_of.tick(mark), f"graph 0,first {y(mark):g} "
                     "offset -1,0", "right", "muted")
    last = len(values) - 1
    canvas.scale(-0.3, last + 0.3,
                 marked(len(values), width - left - 34),
                 lambda place: names[place])
    colour, point, dash = LINES[0]
    for place, least, most in spans:
        canvas.plot([(place, y(least)), (place, y(most))],
                    f"1:2 with lines lw 1 lc {rgb('muted')}")
    size = 0.85 if last < 60 else 0.4
    canvas.plot([(place, y(value)) for place, value in enumerate(values)],
                f"1:2 with linespoints pt {point} ps {size} dt {dash} lw 1.6 "
                f"lc {rgb(colour)}")
    return canvas.draw(HEIGHT)


WIDTHS = (("wide", plots.WIDE), ("narrow", plots.NARROW))
