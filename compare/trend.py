"""Trends: what the history holds, as series over the commits.

A series is what one thing was, counted in one way, at one commit after the other.
What was configured otherwise, or counted elsewhere, is another series. At a commit
with several results it is their median, and how far they are apart is noise.
"""

import collections
import re
import statistics

from . import results
from .commits import SHORT

WHATS = ("size", "exits", "instructions")
TITLES = {"size": "bytes of kvm-vmm, stripped", "exits": "VM exits",
          "instructions": "instructions, counted in the lab"}
PLACES = {"lab": "in the lab", "kvm": "on KVM", "pvm": "on PVM"}
# What a label always has; the rest only where it tells series apart.
ALWAYS = ("image", "args", "config", "toggle", "until", "place")
PERCENT = 1.0           # a value that moves by more is told

# From one commit to the next that was measured, numbered as in the history.
Move = collections.namedtuple("Move", "before after old new percent image")
# What ended otherwise than before.
Turn = collections.namedtuple("Turn", "label place old new")


class Series:
    """Values of one thing by the place of their commit."""

    def __init__(self, parts):
        self.parts = parts
        self.label = ""
        self.points = {}        # place: [value]
        self.images = {}        # place: {digest}
        self.symbols = []       # of a configuration that no preset has
        self.uncommitted = []   # (time, value): of HEAD and changes to it

    def add(self, place, value, image):
        self.points.setdefault(place, []).append(value)
        self.images.setdefault(place, set()).add(image)

    def places(self):
        return sorted(self.points)

    def at(self, place):
        """What it was there."""
        return round(statistics.median(self.points[place]))

    def values(self):
        return [self.at(place) for place in self.places()]

    def moves(self, percent=PERCENT):
        """Where it moved by more, and by more than its noise: Moves."""
        places = self.places()
        found = (self.move(*pair) for pair in zip(places, places[1:]))
        return [move for move in found
                if abs(move.percent) > percent and not self.is_noise(move)]

    def move(self, before, after):
        old, new = self.at(before), self.at(after)
        changed = self.images[before].isdisjoint(self.images[after]) and \
            "" not in self.images[before] | self.images[after]
        return Move(before, after, old, new, change(old, new), changed)

    def is_noise(self, move):
        """Results of both commits lie among each other."""
        old, new = self.points[move.before], self.points[move.after]
        return max(old) >= min(new) and max(new) >= min(old)


def change(old, new):
    """Per cent; from nothing to something is all of it."""
    return 100 * (new - old) / old if old else 100.0 * (new != old)


class Trends:
    """All series, and what is in none of them."""

    def __init__(self, found, history, match="", whats=WHATS):
        self.history = history
        self.found = found
        self.match = match
        self.of = {what: [] for what in whats}      # series, longest first
        self.hidden = 0         # series of toggles that nobody asked for
        self.turns = []
        self.missing = collections.Counter()        # commit: results
        self.aside = collections.Counter()
        self.earlier = self.nowhere = self.changed = 0
        placed = [one for one in found.results if self.is_placed(one)]
        self.sort_missing()
        for what in whats:
            self.of[what] = self.series(what, placed)
        if "exits" in whats:
            self.turns = list(self.find_turns(placed))

    def is_placed(self, one):
        """Whether its commit is one of the trend's, which is counted."""
        if not one["commit"]:
            self.nowhere += 1
        elif one["commit"] in self.history.places:
            head = one["commit"] == self.history.commits[-1].sha
            if not one["dirty"] or head:
                return True
            self.changed += 1
        elif one["commit"] in self.history.earlier:
            self.earlier += 1
        else:
            self.missing[one["commit"]] += 1
        return False

    def sort_missing(self):
        """Commits of other branches, and those that are gone."""
        for sha in self.history.known(self.missing):
            self.aside[sha] = self.missing.pop(sha)

    def series(self, what, placed):
        found = {}
        for one in placed:
            if one[what] is None:
                continue
            parts = parts_of(what, one)
            series = found.setdefault(tuple(parts.items()), Series(parts))
            series.symbols = own_symbols(one["config"])
            if one["dirty"]:
                series.uncommitted.append((one["time"], one[what]))
            else:
                series.add(self.history.places[one["commit"]], one[what],
                           one["image"]["digest"])
        chosen = self.chosen(list(found.values()))
        if not self.match:
            self.hidden += len(found) - len(chosen)
        return sorted(chosen, key=lambda one: (
            -len(one.points), -max(one.points, default=-1), one.label))

    def chosen(self, found):
        """Those whose label has all the words; without words, those without
        a toggle."""
        words = self.match.lower().split()
        def fits(one):
            whole = " ".join(one.parts.values()).lower()
            return all(word in whole for word in words) if words else \
                not one.parts["toggle"]
        kept = [one for one in found if fits(one)]
        label(kept)
        return kept

    def find_turns(self, placed):
        """Where a guest began to end otherwise."""
        ends = {}
        for one in sorted(placed, key=lambda one: one["time"]):
            if one["outcome"] and not one["dirty"]:
                parts = parts_of("exits", one)
                parts["until"] = ""
                group = ends.setdefault(tuple(parts.items()),
                                        (Series(parts), {}))
                place = self.history.places[one["commit"]]
                group[1][place] = one["outcome"]
        shown = {id(one) for one in self.chosen([s for s, _ in ends.values()])}
        for series, outcomes in ends.values():
            places = sorted(outcomes) if id(series) in shown else []
            for before, after in zip(places, places[1:]):
                if outcomes[before] != outcomes[after]:
                    yield Turn(series.label, after, outcomes[before],
                               outcomes[after])


def parts_of(what, one):
    """What tells a result's series from others: {name: text}."""
    host = one["host"]
    parts = {"config": one["config"]["name"], "toggle": one["toggle"]}
    if what != "exits":
        parts["cc"] = one["cc"]
    if what == "size":
        return {**parts, "cpu": host["cpu"]}
    image = one["image"]
    name = image["name"]
    if image["from"] != "tree":
        name = f"{image['from']} {image['digest'][:SHORT]}"
    until = one[f"{what}_until"]
    return {"image": name, "args": one["args"], **parts,
            "until": until and f"up to {until}",
            "place": PLACES[host["place"]], "cpu": host["cpu"],
            "made by": host["lab"] if host["place"] == "lab"
            else f"Linux {host['kernel']}"}


def own_symbols(config):
    """What a configuration has that is no preset; [] of one that is."""
    if not config["name"].startswith("own-"):
        return []
    return [re.sub(r"^# CONFIG_(\w+) is not set$", r"\1=n", line)
            .removeprefix("CONFIG_") for line in config["symbols"]]


def label(series):
    """Gives each of them a label: what it always has, and what tells it from
    the others."""
    values = collections.defaultdict(collections.Counter)
    for one in series:
        for name, text in one.parts.items():
            values[name][text] += 1
    for one in series:
        words = [text for name, text in one.parts.items() if text and (
            name in ALWAYS or values[name][text] < len(series))]
        one.label = ", ".join(words)


def left_out(trends, schema=results.SCHEMA):
    """Sentences on what no series has."""
    found = trends.found
    if trends.hidden:
        yield f"{trends.hidden} series of toggles: not drawn; T=NAME draws " \
            "those that have NAME in their label."
    for commits, why in ((trends.missing, "this repository does not have (rebased "
                          "away, of another clone, or cut off in a shallow one)"),
                         (trends.aside, "the first parents of HEAD are not "
                          "among, though the repository has them")):
        if commits:
            yield f"{amount(sum(commits.values()), 'result')} of " \
                f"{amount(len(commits), 'commit')} that {why}: " \
                + names(commits) + "."
    for number, why in ((trends.earlier, "of commits before SINCE"),
                        (trends.nowhere, "of no commit"),
                        (trends.changed, "of changes to an earlier commit "
                         "that were not committed")):
        if number:
            yield f"{amount(number, 'result')} {why}."
    if found.damaged:
        yield f"{amount(found.damaged, 'line')} torn or damaged: skipped."
    if found.other:
        yield f"{amount(found.other, 'line')} of another schema than " \
            f"{schema}: skipped."
    for one in found.unread:
        yield f"Not read: {one}."


def amount(number, what):
    return f"{number:,} {what}" + "s" * (number != 1)


def names(commits, most=6):
    """The first of them, and how many more."""
    shown = [sha[:SHORT] for sha in sorted(commits)]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
