"""Trends for the terminal: a plot of characters for each series, 80 columns
wide, and where it moved."""

from . import trend as trends_of
from .commits import SHORT
from .text import BOLD, WIDTH, YELLOW, Painter, fit, wrapped

HEIGHT = 7              # lines of a plot
ROOM = 60               # columns of a plot
STEP_MAX = 6            # columns from one commit to the next, if there are few
SERIES_MAX = 6          # plots of one kind
MOVES_MAX = 6           # sentences of one series
POINT, UNCOMMITTED = "*", "o"


def lines(trends, percent, colour=False):
    """All of it, line by line."""
    painter = Painter(colour)
    yield from head(trends)
    for what, series in trends.of.items():
        yield ""
        yield painter.paint(f"{what}: {trends_of.TITLES[what]}", BOLD)
        if not series:
            yield "  " + nothing(what, trends)
        for one in series[:SERIES_MAX]:
            yield ""
            yield from series_lines(one, trends.history, percent, painter)
        if series[SERIES_MAX:]:
            yield ""
            yield from wrapped(
                f"{len(series) - SERIES_MAX} more series, with fewer commits, "
                "are in the HTML page; T=WORD chooses.", "  ", "  ")
    yield from turn_lines(trends, painter)
    rest = list(trends_of.left_out(trends))
    if rest:
        yield ""
        for sentence in rest:
            yield from wrapped(sentence, "Note: ", "  ")


def head(trends):
    commits = trends.history.commits
    measured = {place for series in trends.of.values() for one in series
                for place in one.points}
    yield from wrapped(
        f"{trends_of.amount(len(commits), 'commit')} from "
        f"{commits[0].sha[:SHORT]} to {commits[-1].sha[:SHORT]}, "
        f"{len(measured)} of them measured: the columns, in the order of git "
        "log --first-parent.")


def nothing(what, trends):
    if trends.match:
        return "no result that is called so"
    return {"size": "no result; make trend FILL=10 builds the last ten",
            "exits": "no result; make compare TOGGLE=... counts them",
            "instructions": "no result; make bench T=boot counts them"}[what]


# --- A series -----------------------------------------------------------------

def series_lines(one, history, percent, painter):
    yield from wrapped(one.label, "  ", "    ")
    if one.symbols:
        yield from wrapped("That is the defaults and " +
                           ", ".join(one.symbols), "    ", "    ")
    values = one.values()
    if len(values) == 1:
        place, = one.places()
        yield f"    {values[0]:,} at {history.commits[place].sha[:SHORT]}; " \
            "a second commit makes a trend"
    elif values and min(values) == max(values):
        yield f"    {values[0]:,} at all of " \
            f"{trends_of.amount(len(values), 'commit')}"
    elif values:
        yield from plot(one, history)
        yield from move_lines(one, history, percent, painter)
    yield from uncommitted_lines(one, history)


def plot(one, history):
    """Rows of characters; the newest commits that fit."""
    places = one.places()[-ROOM:]
    values = [one.at(place) for place in places]
    step = max(1, min(STEP_MAX, ROOM // len(places)))
    low, high = min(values), max(values)
    rows = [[" "] * (step * len(places)) for _ in range(HEIGHT)]
    for column, value in enumerate(values):
        row = round((value - low) * (HEIGHT - 1) / ((high - low) or 1))
        rows[HEIGHT - 1 - row][column * step] = POINT
    width = len(f"{high:,}")
    for number, row in enumerate(rows):
        label = {0: f"{high:,}", HEIGHT - 1: f"{low:,}"}.get(number, "")
        yield f"    {label:>{width}} | {''.join(row)}".rstrip()
    yield f"    {'':>{width}} +" + "-" * (step * (len(places) - 1) + 2)
    yield f"    {'':>{width}}   " + under(places, history, step)
    older = len(one.places()) - len(places)
    if older:
        yield f"    and {older} before, in the HTML page"


def under(places, history, step):
    """The ends of the scale: the first and the last commit."""
    first, last = (history.commits[place].sha[:SHORT]
                   for place in (places[0], places[-1]))
    gap = step * (len(places) - 1) + 1 - 2 * SHORT
    return f"{first}{' ' * gap if gap > 0 else ' .. '}{last}"


def move_lines(one, history, percent, painter):
    """Where it moved, the newest first, and how far it went in all."""
    moves = one.moves(percent)
    for move in reversed(moves[-MOVES_MAX:]):
        yield painter.paint(
            f"    {signed(move.percent)}  {move.old:,} to {move.new:,}", YELLOW)
        commit = history.commits[move.after]
        yield "      " + fit(
            f"{commit.sha[:SHORT]} {commit.day} {commit.subject}", WIDTH - 6)
        for line in why(move, history):
            yield from wrapped(line, "      ", "      ")
    if moves[MOVES_MAX:]:
        yield f"    and {len(moves) - MOVES_MAX} more before"
    values = one.values()
    yield f"    {signed(trends_of.change(values[0], values[-1]))} from the " \
        "first to the last" + ("" if moves else
                               f", in steps of at most {percent:g} %")


def why(move, history):
    """What else lies between."""
    apart = move.after - move.before
    if apart > 1:
        old, new = (history.commits[place].sha[:SHORT]
                    for place in (move.before, move.after))
        yield f"or one of {trends_of.amount(apart - 1, 'commit')} before it: " \
            f"git log --first-parent {old}..{new}"
    if move.image:
        yield "the image is another one, too"


def uncommitted_lines(one, history):
    """The newest result with changes beside what it changes."""
    if not one.uncommitted:
        return
    when, value = max(one.uncommitted)
    line = f"{value:,} with what is not committed ({when})"
    place = len(history.commits) - 1
    before = one.at(one.places()[-1]) if one.points else None
    if before is not None:
        at = "HEAD" if place in one.points else \
            history.commits[one.places()[-1]].sha[:SHORT]
        line += f": {signed(trends_of.change(before, value))} against {at}"
    yield from wrapped(line, "    ", "    ")


def turn_lines(trends, painter):
    """Guests that ended otherwise."""
    if trends.turns:
        yield ""
        yield painter.paint("ended otherwise than before", BOLD)
    for sentence in turn_sentences(trends):
        yield from wrapped(sentence, "  ", "    ")


def turn_sentences(trends):
    """The newest first."""
    for turn in sorted(trends.turns, key=lambda turn: -turn.place):
        commit = trends.history.commits[turn.place]
        yield f"{turn.label}: {turn.old} before, {turn.new} at " \
            f"{commit.sha[:SHORT]} {commit.subject}"


def signed(percent):
    return f"{percent:+.1f} %"
