"""Which charts a comparison has, and what is in them."""

from . import html_text as text_of
from . import plots
from .plots import BAR_COLOURS, Lane, Line, Row
from .rows import NOISE, amount

BESIDE = 4          # variants side by side, in a chart and in a table
SERIES = 5          # parts of a bar before the rest is one part
PORTS = 12          # rows of the chart of ports
FAR = 3             # times as late as the baseline: the scale is logarithmic
NOT_REACHED = "not reached"


class Figure:
    """A chart in both widths, or the reason why there is none."""

    def __init__(self, ident, title, caption, half=False):
        self.ident, self.title, self.caption = ident, title, caption
        self.half = half
        self.is_log = False
        self.legend = []        # (text, kind of mark, colour or place)
        self.words = ""         # what a screen reader says
        self.nothing = ""       # why nothing is drawn
        self.constant = ""      # what is said instead of drawing it
        self.wide = self.narrow = ""

    def draw(self, make):
        """`make` draws for a width; what goes wrong is said in its place."""
        try:
            self.narrow = make(plots.NARROW)
            if not self.half:
                self.wide = make(plots.WIDE)
        except plots.PlotError as error:
            self.nothing = f"not drawn: {error}"
        return self

    def without(self):
        self.nothing = text_of.NO_DATA
        return self

    def same(self, words):
        """No picture of what does not vary."""
        self.constant = words
        return self


def groups(variants):
    """Variants in portions that fit side by side, the baseline in each."""
    base, others = variants[:1], variants[1:]
    parts = max(1, -(-len(others) // (BESIDE - 1)))
    size = -(-len(others) // parts) or 1
    return [base + others[at:at + size]
            for at in range(0, len(others), size)] or [base]


def counted(variant):
    """Whether there are numbers of a run."""
    return variant["ledger"] is not None


# --- Time ---------------------------------------------------------------------

def merged(lists):
    """Keys of all lists: in the order of the first, others where they fit."""
    order = []
    for keys in lists:
        at = 0
        for key in keys:
            if key in order:
                at = max(at, order.index(key) + 1)
            else:
                order.insert(at, key)
                at += 1
    return order


def stage_key(stage):
    return stage["stage"]


def stage_rows(variants):
    """[(name, text)] of every stage that one of the variants reached."""
    texts = {}
    for variant in variants:
        for stage in variant["stages"]:
            texts.setdefault(stage_key(stage), stage["text"])
    keys = merged([[stage_key(s) for s in v["stages"]] for v in variants])
    return [(key, texts[key]) for key in keys]


def takes_input(variants):
    return any(v["input"] is not None for v in variants)


def landmarks(variant, typed):
    """The stages that tell how fast it was.

    Where text is typed, what comes behind the prompt tells how fast that was;
    where only a limit ended the run, its end tells the limit.
    """
    names = {stage["stage"] for stage in variant["stages"]}
    left_out = {"start"}
    if typed:
        left_out |= {"end", "finished"}
    if "end" not in names:
        left_out.add("finished")
    return [s for s in variant["stages"] if s["stage"] not in left_out]


def timelines(variants):
    parts = groups(variants)
    for at, part in enumerate(parts, 1):
        of = f", {at} of {len(parts)}" if len(parts) > 1 else ""
        yield timeline(f"plot-stages-{at}", "Time to each stage of the boot"
                       + of, part)


def timeline(ident, title, variants):
    figure = Figure(ident, title, "Since kvm-vmm read its command line, from "
                    "top to bottom. A line ends where its variant got to.")
    typed = takes_input(variants)
    reached_by = [landmarks(variant, typed) for variant in variants]
    seen = {stage["stage"] for stages in reached_by for stage in stages}
    rows = [row for row in stage_rows(variants) if row[0] in seen]
    places = {name: row for row, (name, _) in enumerate(rows)}
    lines = []
    for place, (variant, stages) in enumerate(zip(variants, reached_by)):
        figure.legend.append((variant["title"] + (
            "" if stages else f" ({text_of.NO_DATA})"), "line", place))
        lines.append(Line(place, sorted((places[s["stage"]], s["ns"])
                                        for s in stages)))
    times = [ns for line in lines for _, ns in line.points]
    if not times:
        return figure.without()
    figure.words = "; ".join(
        f"{v['title']}: " + (
            amount(len(line.points), "stage") + ", the last after " +
            text_of.time(max(ns for _, ns in line.points))
            if line.points else text_of.NO_DATA)
        for v, line in zip(variants, lines))
    first = max([ns for _, ns in lines[0].points] or times)
    figure.is_log = max(times) > FAR * first and min(times) > 0
    if figure.is_log:
        figure.caption += " Mind the scale: it is logarithmic."
    return figure.draw(lambda width: plots.timeline(
        [text for _, text in rows], lines, text_of.time_tick, width,
        figure.is_log))


def reached(variants):
    """One bar each: the time to the prompt. For many variants at once."""
    key = "prompt" if any(stage["stage"] == "prompt" for variant in variants
                          for stage in variant["stages"]) else "end"
    what = "the prompt" if key == "prompt" else "the guest's own end"
    times = [next((s["ns"] for s in v["stages"] if s["stage"] == key), None)
             for v in variants]
    figure = Figure("plot-reached", f"Time to {what}",
                    "Since kvm-vmm read its command line.")
    return simple_bars(figure, variants, times, text_of.time_tick, [
        NOT_REACHED if ns is None else text_of.time(ns) for ns in times])


# --- Exits --------------------------------------------------------------------

def top(sums, limit=SERIES):
    """The keys with the largest sums, and those that share the rest."""
    order = sorted(sums, key=lambda key: (-sums[key], key))
    if len(order) <= limit + 1:
        return order, []
    return order[:limit], order[limit:]


def by_key(rows, key):
    """Exits by key(row), summed up."""
    sums = {}
    for row in rows:
        sums[key(row)] = sums.get(key(row), 0) + row["exits"]
    return sums


def stacked(figure, variants, counts):
    """A bar per variant, made of the parts in its dictionary."""
    sums = {}
    for part in counts:
        for key, exits in (part or {}).items():
            sums[key] = sums.get(key, 0) + exits
    shown, rest = top({key: n for key, n in sums.items() if n})
    if not shown:
        return figure.without()
    rows, words = [], []
    for variant, part in zip(variants, counts):
        values = [(part or {}).get(key, 0) for key in shown]
        if rest:
            values.append(sum((part or {}).get(key, 0) for key in rest))
        segments, x = [], 0
        for value, colour in zip(values, BAR_COLOURS):
            if value:
                segments.append((x, x + value, colour))
                x += value
        text = text_of.count(x) if part is not None else text_of.NO_DATA
        rows.append(Row(variant["title"], [Lane(segments, text)]))
        words.append(f"{variant['title']}: {text}")
    names = shown + ([f"{len(rest)} others"] if rest else [])
    figure.legend = [(n, "box", c) for n, c in zip(names, BAR_COLOURS)]
    figure.words = "; ".join(words)
    return figure.draw(lambda width: plots.bars(rows, text_of.tick, width))


def exits_by_reason(variants):
    figure = Figure("plot-reasons", "VM exits by reason",
                    "The number at a bar is the sum of its parts.")
    return stacked(figure, variants, [
        by_key(v["reasons"], lambda row: row["reason"])
        if counted(v) else None for v in variants])


def port_name(row):
    return " ".join(part for part in (row["where"], row["direction"],
                                      row["handler"] or "(nobody)") if part)


def exits_by_port(variants):
    counts = [by_key(v["ports"], port_name) if counted(v) else None
              for v in variants]
    figure = Figure("plot-ports", "VM exits by port", "")
    if len(variants) > BESIDE:
        figure.caption = ("Port or address, direction as the guest sees it, "
                          "and the device that answers.")
        return stacked(figure, variants, counts)
    return grouped_ports(figure, variants, counts)


def grouped_ports(figure, variants, counts):
    """A row per port, a bar per variant."""
    most = {}
    for part in counts:
        for key, exits in (part or {}).items():
            most[key] = max(most.get(key, 0), exits)
    shown, rest = top({key: n for key, n in most.items() if n}, PORTS)
    if not shown:
        return figure.without()
    figure.caption = "Port or address, direction, and who answers."
    if rest:
        figure.caption += (f" The {len(shown)} with the most exits; "
                           f"{len(rest)} more are in the table.")
    rows = [Row(key, [port_lane(part, key, colour) for part, colour
                      in zip(counts, BAR_COLOURS)]) for key in shown]
    figure.legend = [(v["title"] + (f" ({text_of.NO_DATA})" if part is None
                                    else ""), "box", colour)
                     for v, part, colour in zip(variants, counts,
                                                BAR_COLOURS)]
    figure.words = "; ".join(f"{row.label}: " + ", ".join(
        lane.text for lane in row.lanes) for row in rows)
    return figure.draw(lambda width: plots.bars(rows, text_of.tick, width))


def port_lane(part, key, colour):
    if part is None:
        return Lane([], text_of.NO_DATA)
    exits = part.get(key, 0)
    return Lane([(0, exits, colour)] if exits else [], text_of.count(exits))


# --- Size and memory ----------------------------------------------------------

def simple_bars(figure, variants, values, form, texts):
    """One bar each, with a text at its end."""
    if not any(values):
        return figure.without()
    rows = [Row(variant["title"], [Lane(
        [(0, value, BAR_COLOURS[variant["place"]])] if value else [], text)])
        for variant, value, text in zip(variants, values, texts)]
    figure.words = "; ".join(f"{row.label}: {row.lanes[0].text}"
                             for row in rows)
    return figure.draw(lambda width: plots.bars(rows, form, width))


def beside_base(values):
    """Numbers as texts, with the difference from the first."""
    base = values[0]
    for value in values:
        if value is None:
            yield text_of.NO_DATA
        elif base and value != base:
            yield (f"{text_of.count(value)} "
                   f"({text_of.difference(value, base)})")
        else:
            yield text_of.count(value)


def sizes(variants, key, title, unit):
    """Size of the program: as it is, or for many what changes against it."""
    figure = Figure(f"plot-{key}", title, unit.capitalize(), half=True)
    values = [v[key] or None for v in variants]
    base = values[0]
    known = [value for value in values if value]
    if len(known) > 1 and len(set(known)) == 1:
        built = "" if known == values else " that was built"
        return figure.same(f"{amount(known[0], unit[:-1])} in every "
                           f"variant{built}.")
    if len(variants) == 2 or not base:
        return simple_bars(figure, variants, values, text_of.tick,
                           beside_base(values))
    figure.caption = (f"{unit.capitalize()} more or less than the "
                      f"{text_of.count(base)} of “{variants[0]['title']}”")
    changes = [None if v is None else v - base for v in values]
    texts = [text_of.NO_DATA if n is None else
             "the same" if n == 0 else text_of.difference(base + n, base)
             for n in changes]
    return simple_bars(figure, variants[1:], changes[1:], text_of.tick,
                       texts[1:])


def memory(variants):
    """Resident memory, if it varies."""
    key = "beyond_ram_kib"
    what = "without the guest RAM that was touched"
    if not any(v[key] for v in variants):
        key, what = "resident_kib", "guest RAM included"
    figure = Figure("plot-memory", "Memory, at most",
                    f"KiB of the process, {what}", half=True)
    values = [v[key] or None for v in variants]
    known = [value for value in values if value]
    if len(known) > 1 and max(known) <= (1 + NOISE) * min(known):
        ran = "" if known == values else " that ran"
        return figure.same(f"{text_of.count(max(known))} KiB in every "
                           f"variant{ran}, within {NOISE:.0%}; {what}.")
    return simple_bars(figure, variants, values, text_of.tick,
                       beside_base(values))


def figures(variants):
    """All charts of a comparison, in the order of the page."""
    many = len(variants) > BESIDE
    if many:
        yield reached(variants)
    else:
        yield from timelines(variants)
    yield exits_by_reason(variants)
    yield exits_by_port(variants)
    yield sizes(variants, "binary_bytes", "Size of kvm-vmm", "bytes")
    yield sizes(variants, "lines", "Lines of C compiled in", "lines")
    yield memory(variants)
    if many:
        yield from timelines(variants)
