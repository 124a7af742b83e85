#!/usr/bin/python3
"""Kconfig and the code agree: each symbol explained, used, and defined."""

import re

import sources
from sources import tap

HELP_WORDS = 5      # fewer cannot teach anybody anything
NAME = r"CONFIG_([A-Z0-9_]*[A-Z0-9])\b"
# How each kind of file names our symbols. Kernel and BusyBox fragments, and
# the scripts that handle them, name those of other programs.
USES = [
    ((".c", ".h", ".S"), r"\b" + NAME),
    (("Makefile", ".mk"), r"\$[({]" + NAME),
    (("_defconfig",), r"^(?:# )?" + NAME),
]


class Symbol:
    def __init__(self, name, place, choice):
        self.name = name
        self.place = place
        self.choice = choice    # of which it is a member, or None
        self.visible = False
        self.help = None        # words


class Choice:
    """The members share a help text, and one of them may stand for none."""

    def __init__(self):
        self.help = 0
        self.unused = 0


class Reader:
    """Reads one Kconfig file, as far as the tests want to know."""

    def __init__(self, path):
        self.symbols = []
        self.choice = self.entry = None
        for number, line in sources.lines(path):
            self.read_line(f"{path}:{number}", line)

    def read_line(self, place, line):
        found = re.match(r"\s*(?:menu)?config\s+(\w+)", line)
        if found:
            self.entry = Symbol(found.group(1), place, self.choice)
            self.symbols.append(self.entry)
        elif re.match(r"choice\b", line):
            self.entry = self.choice = Choice()
            self.choice.help = None
        elif re.match(r"(menu|endmenu|if|endif|endchoice|source|comment)\b",
                      line):
            self.entry = None
            if line.startswith("endchoice"):
                self.choice = None
        elif self.entry and self.entry.help is not None:
            self.entry.help += len(line.split())
        elif self.entry and line.strip() == "help":
            self.entry.help = 0
        elif self.entry and re.match(r'\s*(bool|int|hex|string|prompt)\s+"',
                                     line):
            self.entry.visible = True


def kconfig_files():
    return [p for p in sources.files()
            if p.split("/")[-1] in ("Kconfig", "Kconfig.run")]


def read_symbols():
    """Every symbol of every Kconfig file."""
    symbols = [symbol for path in kconfig_files()
               for symbol in Reader(path).symbols]
    tap.check(symbols, "found no Kconfig symbol at all")
    return symbols


def help_of(symbol):
    words = symbol.help or 0
    if symbol.choice:
        words = max(words, symbol.choice.help or 0)
    return words


def used_symbols():
    """Where each CONFIG_ symbol is named, outside Kconfig."""
    used, variables = {}, set()
    for endings, pattern in USES:
        for path in sources.files(*endings):
            text = sources.read(path)
            if path.endswith((".c", ".h")):
                text = sources.bare(text)
            variables.update(re.findall(r"^CONFIG_(\w+) *[:+?]?=(?!y|\"|[0-9])",
                                        text, re.M))
            for number, line in enumerate(text.splitlines(), 1):
                for name in re.findall(pattern, line):
                    used.setdefault(name, f"{path}:{number}")
    return {name: place for name, place in used.items()
            if name not in variables}


@tap.case("every Kconfig symbol has a help text that teaches")
def help_texts():
    tap.none_of(f"{s.place}: {s.name}: {help_of(s)} words of help"
                for s in read_symbols()
                if s.visible and help_of(s) < HELP_WORDS)


@tap.case("every CONFIG_ symbol that the project names is in Kconfig")
def defined():
    names = {symbol.name for symbol in read_symbols()}
    tap.none_of(f"{place}: CONFIG_{name} is in no Kconfig file"
                for name, place in used_symbols().items()
                if name not in names)


def all_words():
    """Words of everything that can use a symbol, and of CONFIG_NAME_$x."""
    paths = [p for p in sources.files(".c", ".h", ".S", ".mk", "Makefile")]
    paths += sources.scripts("sh", "bash", "python3")
    text = "\n".join(sources.read(p) for p in paths
                     if not p.startswith("tests/lint/"))
    kconfig = "\n".join(re.sub(r"^\s*(menu)?config .*", "", line)
                        for p in kconfig_files()
                        for line in sources.read(p).splitlines())
    words = set(re.findall(r"\w+", text + kconfig))
    return words, tuple(re.findall(r"CONFIG_([A-Z0-9_]+_)\$", text))


@tap.case("the images that `make run` offers stand in their folders' Kconfig")
def images_to_run():
    names = {symbol.name: symbol.place.split(":")[0]
             for symbol in read_symbols()}
    bad = [f"{place}: {name} belongs into its folder" for name, place in
           names.items() if name.startswith("RUN_") and place == "Kconfig"
           and name not in ("RUN_NOTHING", "RUN_IMAGE")]
    bad += [f"guests/Kconfig.run: no {name.replace('GUEST_', 'RUN_', 1)}"
            for name in names if name.startswith("GUEST_") and names.get(
                name.replace("GUEST_", "RUN_", 1)) != "guests/Kconfig.run"]
    named = re.findall(r'default ".+" if (RUN_\w+)', "".join(
        sources.read(path) for path in kconfig_files()))
    bad += [f"{place}: RUN_IMAGE does not know {name}" for name, place in
            names.items() if place.endswith(".run") and name not in named]
    tap.none_of(bad)


@tap.case("every Kconfig symbol is used, by the build, the code or another")
def used():
    words, prefixes = all_words()
    bad = []
    for symbol in read_symbols():
        if words & {symbol.name, "CONFIG_" + symbol.name} or \
                (prefixes and symbol.name.startswith(prefixes)):
            continue
        if symbol.choice:
            symbol.choice.unused += 1
            if symbol.choice.unused == 1:
                continue
        bad.append(f"{symbol.place}: nothing uses {symbol.name}")
    tap.none_of(bad)


tap.main()
