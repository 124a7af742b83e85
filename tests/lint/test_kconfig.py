#!/usr/bin/python3
"""Kconfig and the code agree: each symbol explained, used, and defined."""

import re

import sources
from sources import tap

# Files that name our symbols. Kernel and BusyBox fragments have their own.
USERS = (".c", ".h", ".S", ".mk", "Makefile", "_defconfig")
HELP_WORDS = 8      # fewer cannot teach anybody anything


class Symbol:
    def __init__(self, name, place):
        self.name = name
        self.place = place
        self.visible = False
        self.help = None    # words


def kconfig_files():
    return [p for p in sources.files() if p.split("/")[-1] == "Kconfig"]


def read_symbols():
    """Every symbol of every Kconfig file, by name."""
    symbols = {}
    for path in kconfig_files():
        symbol = None
        for number, line in sources.lines(path):
            found = re.match(r"\s*(?:menu)?config\s+(\w+)", line)
            if found:
                symbol = symbols[found.group(1)] = Symbol(
                    found.group(1), f"{path}:{number}")
            elif re.match(r"(menu|end|if|choice|source|comment)\b", line):
                symbol = None
            elif symbol and symbol.help is None:
                if re.match(r'\s*(bool|int|hex|string|prompt)\s+"', line):
                    symbol.visible = True
                if line.strip() == "help":
                    symbol.help = 0
            elif symbol:
                symbol.help += len(line.split())
    tap.check(symbols, "found no Kconfig symbol at all")
    return symbols


def used_symbols():
    """Where each CONFIG_ symbol is named, outside Kconfig."""
    used = {}
    paths = [p for p in sources.files(*USERS)
             if not p.startswith("kernel-configs/")]
    paths += sources.scripts("sh", "bash")
    for path in paths:
        for number, line in sources.lines(path):
            for name in re.findall(r"\bCONFIG_([A-Z0-9_]*[A-Z0-9])\b", line):
                used.setdefault(name, f"{path}:{number}")
    return used


@tap.case("every Kconfig symbol has a help text that teaches")
def help_texts():
    tap.none_of(f"{s.place}: {s.name}: {s.help or 0} words of help"
                for s in read_symbols().values()
                if s.visible and (s.help or 0) < HELP_WORDS)


@tap.case("every CONFIG_ symbol that the project names is in Kconfig")
def defined():
    symbols = read_symbols()
    tap.none_of(f"{place}: CONFIG_{name} is in no Kconfig file"
                for name, place in used_symbols().items()
                if name not in symbols)


@tap.case("every Kconfig symbol is used, by the build, the code or another")
def used():
    named = used_symbols()
    text = "\n".join(sources.read(p) for p in kconfig_files())
    bad = []
    for symbol in read_symbols().values():
        inside = re.findall(r"^\s*(?:depends on|select|imply|default|if|"
                            r"visible if|range|def_bool|bool|int|string)\b.*"
                            rf"\b{symbol.name}\b", text, re.M)
        if symbol.name not in named and not inside:
            bad.append(f"{symbol.place}: nothing uses {symbol.name}")
    tap.none_of(bad)


tap.main()
