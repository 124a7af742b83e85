"""Trends as a page: one file, nothing fetched, no script, as html.py has it for
a comparison. What a commit is called is anybody's text: the template escapes it."""

import os

import jinja2

from . import html_text as text_of
from . import plots, trend_plots, trend_text
from . import trend as trends_of
from .commits import SHORT

FOLDER = os.path.dirname(os.path.abspath(__file__))
TEMPLATE = "trend.html.j2"
SERIES_MAX = 40         # charts of one kind


class Figure:
    """A series: its chart in both widths, its moves, its table."""

    def __init__(self, ident, series, history, percent):
        self.ident, self.label = ident, series.label
        self.symbols = series.symbols
        self.places, self.values = series.places(), series.values()
        self.series, self.history = series, history
        self.moves = series.moves(percent)
        self.whole = trend_text.signed(trends_of.change(
            self.values[0], self.values[-1])) if self.values else ""
        self.uncommitted = " ".join(
            line.strip() for line in
            trend_text.uncommitted_lines(series, history))
        self.charts, self.nothing = [], ""
        if len(set(self.values)) > 1:
            self.draw()

    def draw(self):
        names = [self.short(place) for place in self.places]
        spans = [(column, min(found), max(found)) for column, found in
                 enumerate(self.series.points[place] for place in self.places)
                 if min(found) < max(found)]
        try:
            self.charts = [(name, trend_plots.line(names, self.values, spans,
                                                   width))
                           for name, width in trend_plots.WIDTHS]
        except plots.PlotError as error:
            self.nothing = f"not drawn: {error}"

    def short(self, place):
        return self.history.commits[place].sha[:SHORT]

    def rows(self):
        """Of the table, the newest first: commit, value, how far it is from
        the one before, how many results, and what they lie between."""
        before = [None, *self.values]
        found = []
        for place, value, old in zip(self.places, self.values, before):
            results = self.series.points[place]
            found.append({
                "commit": self.history.commits[place], "value": value,
                "change": "" if old in (None, value) else
                trend_text.signed(trends_of.change(old, value)),
                "moved": any(move.after == place for move in self.moves),
                "count": len(results),
                "span": (min(results), max(results))
                if min(results) < max(results) else None})
        return found[::-1]

    def told(self):
        """The moves, the newest first: (move, commit, what else to say)."""
        return [(move, self.history.commits[move.after],
                 list(trend_text.why(move, self.history)))
                for move in reversed(self.moves)]


def render(trends, percent):
    """The page as text."""
    history = trends.history
    groups = []
    for what, series in trends.of.items():
        figures = [Figure(f"{what}-{number}", one, history, percent)
                   for number, one in enumerate(series[:SERIES_MAX], 1)]
        groups.append({"what": what, "title": trends_of.TITLES[what],
                       "figures": figures,
                       "more": len(series) - len(figures),
                       "nothing": trend_text.nothing(what, trends)})
    env = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER),
                             autoescape=True, undefined=jinja2.StrictUndefined,
                             trim_blocks=True, lstrip_blocks=True)
    env.filters.update(count=text_of.count, signed=trend_text.signed,
                       short=lambda commit: commit.sha[:SHORT])
    return env.get_template(TEMPLATE).render(
        head=" ".join(trend_text.head(trends)), groups=groups,
        first=history.commits[0], last=history.commits[-1], percent=percent,
        match=text_of.clean(trends.match),
        turns=list(trend_text.turn_sentences(trends)),
        notes=list(trends_of.left_out(trends)))


def write(trends, percent, path):
    """Writes the page to `path`; an older one goes at the end."""
    page = render(trends, percent)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(page)
    os.replace(f"{path}.new", path)
