"""The Kconfig files: which symbols there are, and what Kconfig makes of them.

kconfiglib reads them, for names, kinds and prompts. What comes of a wish,
Debian's kconfig-conf decides, as it does for every build.
"""

import os
import re
import subprocess
import tempfile

import kconfiglib

from .errors import Refusal

LINE = re.compile(r"^(?:CONFIG_(\w+)=(.*)|# CONFIG_(\w+) is not set)$")


class Symbol:
    """One `config` entry."""

    def __init__(self, item):
        node = item.nodes[0]
        prompts = [node.prompt[0] for node in item.nodes if node.prompt]
        self.name = item.name
        self.folder = node.filename.split("/", maxsplit=1)[0]  # of its Kconfig
        self.choice = item.choice   # that it is one of, or None
        self.kind = kconfiglib.TYPE_TO_STR[item.orig_type]
        self.prompt = prompts[0] if prompts else ""     # "": none by hand


def symbols(top):
    """{name: Symbol}, in the order of the menus."""
    os.environ["srctree"] = top     # where kconfiglib looks for it
    menus = kconfiglib.Kconfig("Kconfig", warn=False, suppress_traceback=True)
    del os.environ["srctree"]
    return {item.name: Symbol(item) for item in menus.unique_defined_syms}


def parse(text):
    """{symbol: value} of a .config; "n" for what is not set, strings bare."""
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


def changed(text, known, changes):
    """The text of a .config, in which {symbol: value} is asked for as well.
    known: {name: Symbol}.

    The text may still have what these values exclude: see resolve().
    """
    kept = []
    for line in text.splitlines(keepends=True):
        found = LINE.match(line.rstrip("\n"))
        if not found or (found.group(1) or found.group(3)) not in changes:
            kept.append(line)
    kept += [line_of(known[name], value) for name, value in changes.items()]
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
