#!/usr/bin/python3
"""docs/debugging.md lists every rule of the boot doctor, in its words.

`tests/lint/test_rules.py --print` prints the list as it should be.
"""

import re
import sys

import sources
from sources import tap

DOCUMENT = "docs/debugging.md"
FOLDER = "vmm/probes/report/rules/"
STRING = r'"(?:[^"\\]|\\.)*"'


def literal(text, macros):
    """The value of a C expression of string literals and macros of such."""
    parts = re.findall(rf"{STRING}|\b[A-Z_0-9]+\b", text)
    return "".join(part[1:-1].replace('\\"', '"') if part[0] == '"' else
                   literal(macros[part], macros) for part in parts)


def rules_of(path):
    """(name, says, source) of each rule in a file."""
    text = sources.read(path)
    macros = dict(re.findall(r"(?m)^#define[ \t]+([A-Z_0-9]+)\s((?:.*\\\n)*.*)$",
                             text))
    for row in re.findall(r"\{\s*\.name = .*?\.broken = \w+,?\s*\}", text, re.S):
        fields = dict(re.findall(
            rf"\.(name|says|source) =((?:\s*(?:{STRING}|[A-Z_0-9]+))+)", row))
        yield tuple(literal(fields[key], macros)
                    for key in ("name", "says", "source"))


def all_rules():
    found = [rule for path in sources.files(".c") if path.startswith(FOLDER)
             for rule in rules_of(path)]
    return sorted(found)


def table():
    return ["| rule | says | read |", "|---|---|---|"] + [
        f"| `{name}` | {says} | {source} |" for name, says, source in all_rules()]


@tap.case(f"{DOCUMENT} lists every rule in its own words")
def listed():
    have = [line for line in sources.read(DOCUMENT).splitlines()
            if re.match(r"\| `[a-z0-9-]+` \| .* \| .* \|$", line)]
    want = table()[2:]
    tap.none_of([f"missing: {line}" for line in want if line not in have] +
                [f"no such rule: {line}" for line in have if line not in want])


@tap.case("a rule has one name, and names are words with hyphens")
def names():
    all_names = [name for name, _, _ in all_rules()]
    tap.check(len(all_names) > 40, f"only {len(all_names)} rules were found")
    tap.none_of(name for name in all_names if all_names.count(name) > 1 or
                not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name))


if sys.argv[1:] == ["--print"]:
    print("\n".join(table()))
else:
    tap.main()
