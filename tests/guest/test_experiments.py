#!/usr/bin/python3
"""docs/experiments.md: eleven commands that mean something, and results that look
like what the tool prints; those of the small guests are run again."""

import ast
import os
import re
import shlex

import comparing
import vm
from vm import tap

from compare import kconfig, rows, toggles

PATH = os.path.join(tap.TOP, "docs", "experiments.md")
EXPERIMENTS = 11
COUNTED = ("VM exits", "VM exits by port")  # sections that repeat exactly


class Experiment:
    """A section of the document: its command and what it printed."""

    def __init__(self, title, text):
        self.title = title
        command = re.search(r"^    make compare (.*)$", text, re.M)
        block = re.search(r"^```text\n(.*?)^```$", text, re.M | re.S)
        tap.check(command and block, f"{title}: no command, or no result")
        self.words = dict(word.split("=", 1)
                          for word in shlex.split(command.group(1)))
        self.printed = block.group(1)
        said = text[block.end():].strip()
        tap.check(len(said) > 100, f"{title}: no explanation")


def experiments():
    with open(PATH, encoding="utf-8") as file:
        _, *sections = re.split(r"^## (\d+\. .*)$", file.read(), flags=re.M)
    return [Experiment(title, text)
            for title, text in zip(sections[::2], sections[1::2])]


def variants(experiment):
    given = toggles.Catalogue(tap.TOP, kconfig.resolve(tap.TOP, ""))
    return toggles.parse(given, experiment.words["TOGGLE"])[1]


@tap.case("there are eleven, each with a command, a result, an explanation")
def ten():
    tap.equal(len(experiments()), EXPERIMENTS)


@tap.case("each command can be meant, and its result is about its variants")
def meant():
    for one in experiments():
        ids = [variant.id for variant in variants(one)]
        tap.check(ids, f"{one.title}: nothing is compared")
        tap.none_of(f"{one.title}: nothing about {name}" for name in ids
                    if not re.search(rf"^{re.escape(name)}$", one.printed,
                                     re.M))


@tap.case("each row of a result is one that the tool prints")
def known_rows():
    with open(os.path.join(tap.TOP, "compare", "rows.py"),
              encoding="utf-8") as file:
        labels = {node.value for node in ast.walk(ast.parse(file.read()))
                  if isinstance(node, ast.Constant)}
    titles = {title for title, _ in rows.SECTIONS}
    for one in experiments():
        for line in one.printed.split("\n\n")[0].splitlines():
            found = re.match(r"(\S(?:\S| (?! ))*)", line)
            if found:       # a heading, or a row of the first section
                tap.check(found.group(1) in labels | titles,
                          f"{one.title}: {line}")


def sections_of(printed):
    """{(section, row): its texts} of the first table in what was printed."""
    found, title = {}, ""
    for line in printed.split("\n\n")[0].splitlines():
        if re.match(r"\S[^ ]*( [^ ]+)*$", line):
            title = line
        elif line.startswith("  ") and title:
            label, *cells = re.split(r" {2,}\*? ?", line.strip())
            found[title, label] = cells
    return found


def repeats(one):
    """The counts of the document are those of a run."""
    _, have, err = comparing.run(**one.words)
    tap.check(have, err)
    table = have[have.index("as configured") - 40:]
    new, old = sections_of(table[table.index("outcome"):]), \
        sections_of(one.printed)
    wanted = [key for key in old if key[0] in COUNTED]
    tap.check(wanted, "nothing to look at:", one.printed)
    for key in wanted:
        tap.equal(new.get(key), old[key], " ".join(key))


for experiment in experiments():
    if experiment.words.get("IMG") in ("hello", "multiplication"):
        for place in vm.places("real16", "hello.bin", "multiplication.bin"):
            if place == "host":
                tap.add(f"{experiment.title}: counts as printed", repeats,
                        experiment)
tap.main()
