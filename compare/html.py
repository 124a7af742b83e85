"""The HTML report of a comparison: one file, nothing fetched, no script.

What a guest prints may be made to harm whoever reads it: control characters
are taken out, the template escapes all text, and the page forbids itself
scripts and requests by a Content-Security-Policy.
"""

import json
import os

import jinja2
import markupsafe

from . import html_charts as charts
from . import html_tables as tables
from . import html_text as text_of
from . import rows
from .command import command

FOLDER = os.path.dirname(os.path.abspath(__file__))
TEMPLATE = "report.html.j2"

# What a variant has when nothing is known about it.
EMPTY = {"id": "", "title": "", "symbols": {}, "follows": {}, "options": [],
         "outcome": "", "said": "", "status": None, "input": None,
         "where": "", "report": "", "output": "", "stages": [], "exits": 0,
         "accesses": 0, "bytes": 0, "guest_ns": 0, "answer_ns": 0,
         "bytes_per_exit": None, "reasons": [], "ports": [],
         "interrupts": [], "injected": None, "kernel_exits": None,
         "wall_ns": 0, "cpu_ns": 0,
         "resident_kib": 0, "beyond_ram_kib": None, "binary_bytes": 0,
         "text_bytes": 0, "files": [], "lines": 0, "files_out": [],
         "files_in": [], "ledger": None}


def complete(variant):
    """A variant without a hole."""
    whole = dict(EMPTY)
    whole.update((key, value) for key, value in variant.items()
                 if value is not None)
    return whole


def prepared(report):
    """The variants: clean, complete, with an anchor and a colour each."""
    variants = []
    few = len(report["variants"]) <= charts.BESIDE
    for number, variant in enumerate(text_of.clean_all(report["variants"])):
        whole = complete(variant)
        whole.update(anchor=f"variant-{number}", place=number if few else
                     min(number, 1), badge=tables.badge(whole))
        variants.append(whole)
    return variants


def add_files(variants):
    """What went out and came in, with its lines of code."""
    base = {file["path"]: file["lines"] for file in variants[0]["files"]}
    variants[0]["all"] = sorted(base.items())
    for variant in variants:
        own = {file["path"]: file["lines"] for file in variant["files"]}
        variant["gone"] = [(path, base.get(path))
                           for path in variant["files_out"]]
        variant["new"] = [(path, own.get(path))
                          for path in variant["files_in"]]


def breakable(text):
    """A name that may be broken behind each underscore."""
    return markupsafe.Markup("_<wbr>").join(text.split("_"))


def embedded(report, **layout):
    """JSON that can stand in a script element: nothing in it ends one."""
    text = json.dumps(report, ensure_ascii=True, **layout)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def render(report):
    """The page as text."""
    variants = prepared(report)
    add_files(variants)
    again = complete(text_of.clean_all(report.get("again") or
                                       report["variants"][0]))
    parts = charts.groups(variants)
    titles = {variant["id"]: variant for variant in variants}
    sentences = [(titles.get(text_of.clean(sentence["variant"])),
                  text_of.clean(sentence["text"]))
                 for sentence in report.get("sentences", [])]
    folder = jinja2.FileSystemLoader(FOLDER)
    env = jinja2.Environment(loader=folder, autoescape=True,
                             undefined=jinja2.StrictUndefined,
                             trim_blocks=True, lstrip_blocks=True)
    env.filters.update(count=text_of.count, amount=rows.amount,
                       breakable=breakable)
    return env.get_template(TEMPLATE).render(
        facts=text_of.clean_all({key: value for key, value in report.items()
                                 if key not in ("variants", "again")}),
        is_twice=bool(report.get("again")),
        variants=variants, sentences=sentences, parts=parts,
        noise=round(100 * tables.NOISE),
        glance=tables.at_a_glance(variants, again) if len(parts) > 1 else None,
        outcomes=[tables.side_by_side(f"outcome-{number}", part, again)
                  for number, part in enumerate(parts, 1)],
        ledgers=[tables.ledgers(number, part, again)
                 for number, part in enumerate(parts, 1)],
        figures=list(charts.figures(variants)), command=command(report),
        script=embedded(report, separators=(",", ":")),
        pretty=json.dumps(report, indent=1, ensure_ascii=True))


def write(report, path):
    """Writes the report as HTML to `path`; an older one goes at the end."""
    new = f"{path}.new"
    with open(new, "w", encoding="utf-8") as file:
        file.write(render(report))
    os.replace(new, path)
