"""The menus of kvm-vmm, as Kconfig reads them, and what a wish gives.

A switch is a bool that can be set by hand. Kconfig is asked by running it;
this reader exists because a test wants to know which switches there are, what
their help says, and which of the 2^40 configurations are worth asking for. It
knows the statements that vmm/ uses and fails on any other.
"""

import functools
import os
import re
import shutil

import tree
from tree import tap

FOLDERS = ("vmm", "vmm/devices", "vmm/boot", "vmm/probes")
TYPES = ("bool", "int", "string")
SILENT = ("mainmenu", "comment", "range", "source")     # no value hangs on it


class Symbol:
    """One `config`."""

    def __init__(self, name, place, around, choice):
        self.name = name
        self.place = place
        self.type = None
        self.prompt = None
        self.depends = list(around)     # expressions, all of which must hold
        self.visible = []               # likewise, for the prompt only
        self.defaults = []              # (value, expression)
        self.selects = []               # (name, expression)
        self.choice = choice
        self.help = ""

    def is_switch(self):
        return self.type == "bool" and self.prompt is not None

    def needs(self):
        """The names of the symbols that it depends on."""
        return {name for text in self.depends for name in words(text)}


class Choice:
    """One `choice`: the first member is the default."""

    def __init__(self, around):
        self.depends = list(around)
        self.members = []


@functools.lru_cache(None)
def words(expression):
    """The symbols in an expression."""
    return tuple(re.findall(r"[A-Z]\w+", expression))


@functools.lru_cache(None)
def compiled(expression):
    """An expression of symbols, y, n, !, && and ||; the empty one holds."""
    tap.check(re.fullmatch(r"[\w\s!&|()]*", expression),
              f"{expression}: more than this reader understands")
    text = expression.replace("&&", " and ").replace("||", " or ")
    text = text.replace("!", " not ").strip()
    return compile(text or "y", expression, "eval")


def split_if(rest):
    """`X if Y` as (X, Y); without condition Y is empty."""
    value, _, condition = rest.partition(" if ")
    return value.strip(), condition.strip()


class Reader:
    """Reads the files of FOLDERS into self.symbols, in order."""

    def __init__(self):
        self.symbols = {}
        self.blocks = []    # one list of expressions for each open block
        self.choice = self.entry = None
        for folder in FOLDERS:
            self.read(os.path.join(folder, "Kconfig"))

    def read(self, path):
        with open(os.path.join(tap.TOP, path), encoding="utf-8") as file:
            lines = file.read().replace("\\\n", " ").splitlines()
        is_help = False
        for number, line in enumerate(lines, 1):
            if is_help and (line[:1] in ("\t", " ", "")):
                self.entry.help += line.strip() + "\n"
                continue
            is_help = line.strip() == "help"
            text = re.sub(r"(^|\s)#.*", "", line).strip()
            if is_help and self.entry is None:
                self.entry = Symbol("choice", "", [], None)     # not kept
            elif text and not is_help:
                self.statement(f"{path}:{number}", *text.partition(" ")[::2])

    def around(self):
        return [text for block in self.blocks for text in block]

    def statement(self, place, key, rest):
        rest = rest.strip()
        if key in ("config", "menuconfig"):
            self.entry = Symbol(rest, place, self.around(), self.choice)
            tap.check(rest not in self.symbols, f"{place}: {rest} again")
            self.symbols[rest] = self.entry
            if self.choice:
                self.choice.members.append(rest)
        elif key in ("menu", "if", "choice"):
            self.blocks.append([rest] if key == "if" else [])
            self.entry = None
            if key == "choice":
                self.choice = Choice(self.around())
        elif key in ("endmenu", "endif", "endchoice"):
            self.blocks.pop()
            self.entry = None
            if key == "endchoice":
                self.choice = None
        elif self.entry is None:
            self.frame(place, key, rest)
        else:
            self.property(place, key, rest)

    def frame(self, place, key, rest):
        """A line of a menu or a choice."""
        if key == "depends":
            text = rest.removeprefix("on ")
            self.blocks[-1].append(text)
            if self.choice:
                self.choice.depends.append(text)
        else:
            tap.check(key in SILENT + ("prompt",), f"{place}: {key}?")

    def property(self, place, key, rest):
        entry = self.entry
        if key in TYPES:
            entry.type = key
            self.ask(rest)
        elif key == "prompt":
            self.ask(rest)
        elif key == "def_bool":
            entry.type = "bool"
            entry.defaults.append(split_if(rest))
        elif key == "depends":
            entry.depends.append(rest.removeprefix("on "))
        elif key == "default":
            entry.defaults.append(split_if(rest))
        elif key == "select":
            entry.selects.append(split_if(rest))
        else:
            tap.check(key in SILENT, f"{place}: {key}?")

    def ask(self, rest):
        """A prompt, which the type may be without."""
        found = re.match(r'"(.*)"\s*(?:if\s+(.*))?$', rest)
        if found:
            self.entry.prompt = found.group(1)
            if found.group(2):
                self.entry.visible.append(found.group(2))


class Result:
    """What Kconfig makes of a wish, {name: bool}; defaults for the rest."""

    def __init__(self, symbols, wish):
        self.symbols = symbols
        self.wish = wish
        self.known = {}
        self.selectors = {}     # by what they select: (selector, condition)
        for symbol in symbols.values():
            for name, condition in symbol.selects:
                self.selectors.setdefault(name, []).append(
                    (symbol.name, condition))
        self.values = {name: self.value(name) for name in symbols
                       if symbols[name].type == "bool"}

    def holds(self, expression):
        names = {name: self.value(name) for name in words(expression)}
        return eval(compiled(expression), {"y": True, "n": False}, names)

    def all_hold(self, expressions):
        return all(self.holds(text) for text in expressions)

    def is_open(self, name):
        """Whether it can be set by hand."""
        symbol = self.symbols[name]
        return symbol.is_switch() and \
            self.all_hold(symbol.depends + symbol.visible)

    def value(self, name):
        if name not in self.known:
            self.known[name] = self.find(self.symbols[name])
        return self.known[name]

    def find(self, symbol):
        if symbol.choice:
            return self.all_hold(symbol.choice.depends) and \
                self.chosen(symbol.choice) == symbol.name
        if any(self.value(selector) and self.holds(condition) for
               selector, condition in self.selectors.get(symbol.name, ())):
            return True
        if not self.all_hold(symbol.depends):
            return False
        if self.all_hold(symbol.visible) and symbol.is_switch() and \
                symbol.name in self.wish:
            return self.wish[symbol.name]
        for value, condition in symbol.defaults:
            if self.holds(condition):
                return self.holds(value)
        return False

    def chosen(self, choice):
        for name in choice.members:
            if self.wish.get(name):
                return name
        return choice.members[0]


def read():
    """All symbols of kvm-vmm's menus, {name: Symbol}."""
    return Reader().symbols


def lines(values):
    """Values of bools as lines of a .config."""
    return [f"CONFIG_{name}=y" if value else f"# CONFIG_{name} is not set"
            for name, value in values.items()]


def parse(text):
    """The lines of a .config, {name: "y", "n", or what else it says}."""
    values = {}
    for line in text.splitlines():
        found = re.match(r"(?:# )?CONFIG_(\w+)(?:=(.*)| is not set)$", line)
        if found:
            values[found.group(1)] = found.group(2) or "n"
    return values


class Tree(tree.Tree):
    """An output tree that keeps its name, so that ccache knows it again."""

    def __init__(self, name):
        self.path = os.path.join(tap.BUILD, "tests", "config-" + name)

    def __enter__(self):
        self.remove()
        os.makedirs(self.path)
        return self

    def __exit__(self, *unused):
        self.remove()

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def configure(self, values):
        """Replaces .config: these bools, and no image to run."""
        with open(self.at(".config"), "w", encoding="utf-8") as file:
            file.write("\n".join([*lines(values), "CONFIG_RUN_NOTHING=y", ""]))
