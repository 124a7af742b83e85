"""The Kconfig files: which symbols there are, and what Kconfig makes of them.

Only names, kinds and prompts are read here. What depends on what, Debian's
kconfig-conf decides, as it does for every build.
"""

import os
import re
import subprocess
import tempfile

from .errors import Refusal

KINDS = ("bool", "int", "string", "hex")
LINE = re.compile(r"^(?:CONFIG_(\w+)=(.*)|# CONFIG_(\w+) is not set)$")


class Symbol:
    """One `config` entry."""

    def __init__(self, name, folder, menu, choice):
        self.name = name
        self.folder = folder    # "vmm": which Kconfig file has it
        self.menu = menu        # title of the innermost menu, or ""
        self.choice = choice    # number of the choice it is one of, or None
        self.kind = ""
        self.prompt = ""        # "": nobody can set it by hand


class Reader:
    """Reads Kconfig files from the top one on; `symbols` has what was there."""

    def __init__(self, top):
        self.top = top
        self.symbols = {}
        self.menus = []
        self.choice = None
        self.choices = 0
        self.entry = None       # the symbol that the lines belong to
        self.read("Kconfig")

    def read(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8") as file:
            lines = file.read().replace("\\\n", " ").splitlines()
        for line in without_help(lines):
            words = line.split(None, 1)
            if words:
                self.statement(path, words[0], "".join(words[1:]))

    def statement(self, path, word, rest):
        text = re.match(r'"((?:[^"\\]|\\.)*)"', rest)
        text = text.group(1) if text else ""
        if word in ("config", "menuconfig"):
            self.entry = self.symbols.setdefault(rest, Symbol(
                rest, path.split("/", maxsplit=1)[0],
                self.menus[-1] if self.menus else "", self.choice))
        elif word == "source":
            self.read(text)
        elif word == "menu":
            self.entry = None
            self.menus.append(text)
        elif word == "endmenu":
            self.menus.pop()
        elif word == "choice":
            self.entry = None
            self.choices += 1
            self.choice = self.choices
        elif word == "endchoice":
            self.choice = None
        elif self.entry and word in KINDS:
            self.entry.kind = word
            self.entry.prompt = text or self.entry.prompt
        elif self.entry and word.startswith("def_"):
            self.entry.kind = word[4:]
        elif self.entry and word == "prompt":
            self.entry.prompt = text


def without_help(lines):
    """The lines that are no help text: that is indented deeper than `help`."""
    depth = None
    for line in lines:
        plain = line.expandtabs()
        indent = len(plain) - len(plain.lstrip())
        if depth is not None and (not plain.strip() or indent > depth):
            continue
        depth = indent if plain.strip() in ("help", "---help---") else None
        if depth is None and not plain.lstrip().startswith("#"):
            yield line.strip()


def load(path):
    """{symbol: value} of a .config; "n" for what is not set, strings bare."""
    with open(path, encoding="utf-8") as file:
        return parse(file.read())


def parse(text):
    values = {}
    for line in text.splitlines():
        found = LINE.match(line)
        if found and found.group(3):
            values[found.group(3)] = "n"
        elif found:
            values[found.group(1)] = bare(found.group(2))
    return values


def bare(value):
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def line_of(symbol, value):
    """The line of a .config that gives a symbol this value."""
    if symbol.kind == "bool" and value == "n":
        return f"# CONFIG_{symbol.name} is not set\n"
    if symbol.kind == "string":
        value = '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    return f"CONFIG_{symbol.name}={value}\n"


def changed(text, symbols, changes):
    """The text of a .config, in which {symbol: value} is asked for as well.

    The text may still have what these values exclude: see resolve().
    """
    kept = []
    for line in text.splitlines(keepends=True):
        found = LINE.match(line.rstrip("\n"))
        if not found or (found.group(1) or found.group(3)) not in changes:
            kept.append(line)
    kept += [line_of(symbols[name], value) for name, value in changes.items()]
    return "".join(kept)


def resolve(top, text):
    """What Kconfig makes of the text of a .config: another such text.

    It drops what does not fit without a word; the caller looks for what it
    asked for. Raises Refusal with Kconfig's own words for anything it
    complains about.
    """
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "config")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        env = dict(os.environ, srctree=top, KCONFIG_CONFIG=path)
        done = subprocess.run(["kconfig-conf", "--olddefconfig", "Kconfig"],
                              cwd=work, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode or done.stderr.strip():
            complaint = " ".join(done.stderr.replace(work + "/", "").split())
            raise Refusal(f"Kconfig refuses it: {complaint}")
        check_values(top, path)
        with open(path, encoding="utf-8") as file:
            return file.read()


def check_values(top, path):
    """What Kconfig takes for text and the build cannot use is refused."""
    done = subprocess.run([os.path.join(top, "tools", "check-values"), path],
                          env=dict(os.environ, MKVM_TOP=top), text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise Refusal(done.stderr.strip().removeprefix(
            "mini-kvm: configuration: "))


def why_not(top, text, name, value):
    """Why a symbol did not get a value, in the words of tools/kconfig-why."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as result:
        result.write(text)
        result.flush()
        asked = f"{name}\t{name}\t{value}\n"
        done = subprocess.run(
            [os.path.join(top, "tools", "kconfig-why"), top, "Kconfig",
             result.name], input=asked, capture_output=True, text=True,
            check=False)
    said = done.stdout.strip().removeprefix(f"{name}: CONFIG_{name}={value}: ")
    return said or "Kconfig does not say why"
