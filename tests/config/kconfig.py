"""The menus of kvm-vmm, and what a wish gives, as kconfiglib sees both.

A switch is a bool that can be set by hand. What counts is what Debian's
kconfig-conf makes of a wish. kconfiglib is asked because a test wants to know
which switches there are, what their help says, and which of the 2^40
configurations are worth asking for.
"""

import functools
import os
import re
import subprocess

import kconfiglib

import tree
from tree import tap

FOLDER = "vmm/"
YES = 2         # kconfiglib's y

os.environ["srctree"] = tap.TOP     # where kconfiglib looks for it
MENUS = kconfiglib.Kconfig("Kconfig", warn=False, suppress_traceback=True)
del os.environ["srctree"]
ITEMS = [item for item in MENUS.unique_defined_syms
         if item.nodes[0].filename.startswith(FOLDER)]


def words(text):
    """The symbols in an expression, in their order."""
    return re.findall(r"[A-Z]\w+", text)


def terms(expression):
    """The operands of && in an expression, each as a text."""
    if isinstance(expression, tuple) and expression[0] is kconfiglib.AND:
        return [term for part in expression[1:] for term in terms(part)]
    if isinstance(expression, kconfiglib.Choice):
        return []       # the choice has its own
    return [] if expression is MENUS.y else [kconfiglib.expr_str(expression)]


class Symbol:
    """One `config`."""

    def __init__(self, item):
        node = item.nodes[0]
        self.name = item.name
        self.place = f"{node.filename}:{node.linenr}"
        self.type = kconfiglib.TYPE_TO_STR[item.orig_type]
        self.prompt = node.prompt and node.prompt[0]
        self.choice = item.choice
        self.help = node.help or ""
        self.depends = terms(node.dep)
        if item.choice:
            self.depends += terms(item.choice.nodes[0].dep)
        self.selects = [target.name for target, _ in item.selects]
        # All that it hangs on, and what hangs on it.
        parts = [part for pair in item.defaults + item.selects
                 for part in pair]
        if node.prompt:
            parts.append(node.prompt[1])
        self.around = {name for part in parts
                       for name in words(kconfiglib.expr_str(part))}
        self.around.update(self.needs())

    def is_switch(self):
        return self.type == "bool" and self.prompt is not None

    def needs(self):
        """The names of the symbols that it depends on."""
        return {name for text in self.depends for name in words(text)}


class Result:
    """What comes of a wish, {name: bool}; defaults for the rest."""

    def __init__(self, wish):
        for choice in MENUS.unique_choices:
            choice.unset_value()
        for item in ITEMS:
            if item.name in wish:
                item.set_value(YES if wish[item.name] else 0)
            else:
                item.unset_value()
        switches = [item for item in ITEMS
                    if item.orig_type is kconfiglib.BOOL]
        self.values = {item.name: item.tri_value == YES for item in switches}
        self.open = {item.name for item in switches if item.visibility}

    def is_open(self, name):
        """Whether it can be set by hand."""
        return name in self.open


def read():
    """All symbols of kvm-vmm's menus, {name: Symbol}."""
    return {item.name: Symbol(item) for item in ITEMS}


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


@functools.lru_cache(None)
def ccache():
    """What every make would find out anew: whether there is one that works."""
    return "CCACHE=" + subprocess.run(
        ["tools/ccache"], cwd=tap.TOP, capture_output=True, text=True,
        check=True).stdout.strip()


class Tree(tree.Named):
    """One whose .config is written by a test."""

    def where(self):
        return [*super().where(), ccache()]

    def configure(self, values):
        """Replaces .config: these bools, and no image to run."""
        with open(self.at(".config"), "w", encoding="utf-8") as file:
            file.write("\n".join([*lines(values), "CONFIG_RUN_NOTHING=y", ""]))

    def judge(self):
        """What Kconfig says of .config, without make around it: (exit status of
        tools/kconfig, everything it printed)."""
        done = subprocess.run(
            ["tools/kconfig", "olddefconfig"], cwd=tap.TOP,
            env={**os.environ, "MKVM_TOP": tap.TOP,
                 "MKVM_BUILD": self.at("build"),
                 "MKVM_CONFIG": self.at(".config")},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout
