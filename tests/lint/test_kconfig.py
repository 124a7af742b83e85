#!/usr/bin/python3
"""Kconfig and the code agree: each symbol explained, used, and defined."""

import os
import re

import kconfiglib

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


def kconfig_files():
    return [p for p in sources.files()
            if p.split("/")[-1] in ("Kconfig", "Kconfig.run")]


def menus():
    """All that the Kconfig files say, as kconfiglib reads them."""
    os.environ.update(srctree=tap.TOP, KCONFIG_WARN_UNDEF="y")
    return kconfiglib.Kconfig("Kconfig", warn_to_stderr=False,
                              suppress_traceback=True)


MENUS = menus()


def place(item):
    return f"{item.nodes[0].filename}:{item.nodes[0].linenr}"


def help_of(item):
    """Words of help; the members of a choice share its."""
    items = [item, item.choice] if item.choice else [item]
    return max(len((node.help or "").split())
               for one in items for node in one.nodes)


@tap.case("every Kconfig file is read, and kconfiglib complains about none")
def well_formed():
    tap.equal(sorted(set(MENUS.kconfig_filenames)), sorted(kconfig_files()),
              "files")
    tap.none_of(MENUS.warnings)


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
    return {name: where for name, where in used.items()
            if name not in variables}


@tap.case("every Kconfig symbol has a help text that teaches")
def help_texts():
    tap.none_of(f"{place(item)}: {item.name}: {help_of(item)} words of help"
                for item in MENUS.unique_defined_syms
                if any(node.prompt for node in item.nodes) and
                help_of(item) < HELP_WORDS)


@tap.case("every CONFIG_ symbol that the project names is in Kconfig")
def defined():
    names = {item.name for item in MENUS.unique_defined_syms}
    tap.none_of(f"{where}: CONFIG_{name} is in no Kconfig file"
                for name, where in used_symbols().items()
                if name not in names)


# tools/build.mk gives the values to sources that name a word, and to no others.
@tap.case("no header names a CONFIG_ symbol: its includer would not have the value")
def not_in_headers():
    tap.none_of(f"{path}: CONFIG_{name}" for path in sources.files(".h", ".inc")
                for name in re.findall(rf"\b{NAME}",
                                       sources.bare(sources.read(path))))


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
    names = {item.name: item.nodes[0].filename
             for item in MENUS.unique_defined_syms}
    bad = [f"{where}: {name} belongs into its folder" for name, where in
           names.items() if name.startswith("RUN_") and where == "Kconfig"
           and name not in ("RUN_NOTHING", "RUN_IMAGE", "RUN_ARGS")]
    bad += [f"guests/Kconfig.run: no {name.replace('GUEST_', 'RUN_', 1)}"
            for name in names if name.startswith("GUEST_") and names.get(
                name.replace("GUEST_", "RUN_", 1)) != "guests/Kconfig.run"]
    named = {item.name for _, condition in MENUS.syms["RUN_IMAGE"].defaults
             for item in kconfiglib.expr_items(condition)}
    bad += [f"{where}: RUN_IMAGE does not know {name}" for name, where in
            names.items() if where.endswith(".run") and name not in named]
    tap.none_of(bad)


@tap.case("every Kconfig symbol is used, by the build, the code or another")
def used():
    words, prefixes = all_words()
    bad, spared = [], set()
    for item in MENUS.unique_defined_syms:
        if words & {item.name, "CONFIG_" + item.name} or \
                (prefixes and item.name.startswith(prefixes)):
            continue
        if item.choice and item.choice not in spared:
            spared.add(item.choice)     # one member may stand for none
            continue
        bad.append(f"{place(item)}: nothing uses {item.name}")
    tap.none_of(bad)


tap.main()
