"""The report as one page of HTML, for a screen of any width and for paper.

All words of students and of what they have handed in go through text(). The page
has no other script than its own, which its Content-Security-Policy names by its
sum, and loads nothing.
"""

import base64
import hashlib
import html
import re

from . import verdicts

# Controls, and marks that reorder what follows them.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028"
                      "\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
MARKS = {verdicts.PASSED: ("yes", "passed"), verdicts.FAILED: ("no", "not passed"),
         verdicts.REFUSED: ("refused", "refused"),
         verdicts.UNJUDGED: ("?", "not judged")}
CLASSES = {verdicts.PASSED: "good", verdicts.FAILED: "bad",
           verdicts.REFUSED: "odd", verdicts.UNJUDGED: "odd"}
SAID_MAX = 3        # different sentences for one step

STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #167a3a; --bad: #b3261e;
  --odd: #7a5b00; --head: #8882; }
@media (prefers-color-scheme: dark) {
  :root { --good: #6fdc8c; --bad: #ff8a80; --odd: #f1c40f; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem;
  padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
tr:last-child > td, tr:last-child > th { border-bottom: 0; }
thead th { background: var(--head); white-space: nowrap; overflow-wrap: normal; }
td { min-width: 5rem; } .number { text-align: right; min-width: 3rem;
  font-variant-numeric: tabular-nums; }
thead button { font: inherit; font-weight: 600; color: inherit; background: none;
  border: 0; padding: .3rem 0; cursor: pointer; text-align: left; min-height: 1.5rem; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
.said { min-width: 14rem; } .good { color: var(--good); } .bad { color: var(--bad); }
.odd { color: var(--odd); }
td a { color: inherit; }
@media (max-width: 40rem) { #steps td { display: block; border: 0; padding-block: .1rem;
  text-align: left; } #steps tbody tr { display: block; padding: .3rem 0;
  border-bottom: 1px solid var(--line); } #steps thead tr { display: flex;
  flex-wrap: wrap; background: var(--head); } #steps thead th { background: none;
  border: 0; } #steps tbody, #steps thead { display: block; }
  #steps td.number::after { content: " \\D7"; } }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
summary { cursor: pointer; } li { margin: .2rem 0; }
@media print { body { max-width: none; font-size: 10pt; padding: 0; }
  .wide { overflow: visible; border: 0; } tr, li { break-inside: avoid; }
  thead { display: table-header-group; } thead button { padding: 0; }
  th, td, .number { min-width: 0; } }
"""

SCRIPT = """
"use strict";
const order = new Intl.Collator(undefined, { numeric: true });
for (const button of document.querySelectorAll("thead button"))
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const up = head.getAttribute("aria-sort") !== "ascending";
    const at = head.cellIndex;
    const body = head.closest("table").tBodies[0];
    for (const other of head.parentNode.cells)
      other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = Array.from(body.rows);
    rows.sort((a, b) => (up ? 1 : -1) *
      order.compare(a.cells[at].textContent, b.cells[at].textContent));
    body.append(...rows);
  });
function show() {
  const part = document.getElementById(location.hash.slice(1));
  if (!part || part.tagName !== "DETAILS")
    return;
  part.open = true;
  part.scrollIntoView();
  part.firstElementChild.focus();
}
addEventListener("hashchange", show);
show();
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details"))
    part.open = true;
});
"""


def text(value):
    """Anybody's words, harmless and on one line."""
    clean = CONTROLS.sub("\ufffd", " ".join(str(value).split()))
    return f"<bdi>{html.escape(clean)}</bdi>"


def sum_of(part):
    digest = hashlib.sha256(part.encode()).digest()
    return "'sha256-" + base64.b64encode(digest).decode() + "'"


def policy():
    return ("default-src 'none'; base-uri 'none'; form-action 'none'; "
            f"style-src {sum_of(STYLE)}; script-src {sum_of(SCRIPT)}")


def table(name, heads, rows):
    """A table that can be sorted; cells are (class, HTML)."""
    kinds = [kind if kind == "number" else "" for kind, _ in rows[0]] \
        if rows else [""] * len(heads)
    head = "".join(f'<th scope="col" class="{kind}"><button type="button">'
                   f"{title}</button></th>" for kind, title in zip(kinds, heads))
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{cell}</td>'
                         for kind, cell in row) + "</tr>\n" for row in rows)
    return (f'<div class="wide" role="region" aria-label="{name}" tabindex="0">'
            f'<table id="{name}"><thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}</tbody></table></div>\n")


def number(value):
    return "number", str(value)


def exercises(found):
    rows = []
    for exercise, entry in found.items():
        outcomes = entry["outcomes"]
        step, times = verdicts.most(entry["steps"])
        rows.append([("", text(exercise)), number(sum(outcomes.values())),
                     *(number(outcomes[kind]) for kind in MARKS),
                     ("said", f"{text(step)} ({times})" if times else "")])
    return table("exercises", ("Exercise", "Handed in", "Passed", "Not passed",
                               "Refused", "Not judged", "Failed most often"),
                 rows)


def mark(row, places):
    """One student, one exercise, in a table's cell; it leads to what was said."""
    if not row:
        return "", "&ndash;"
    failed = verdicts.failed_steps(row)
    short, _ = MARKS[row["outcome"]]
    if failed:
        short += f" ({len(failed)})"
    if id(row) in places:
        short = f'<a href="#{places[id(row)]}">{short}</a>'
    return CLASSES[row["outcome"]], short


def lost(rows, places):
    """What a student has handed in that belongs to no exercise."""
    return "".join(f' <a class="odd" href="#{places[id(row)]}">refused</a>'
                   for row in rows)


def students(rows, names, places):
    by_student = {}
    for row in rows:
        by_student.setdefault(row["student"], []).append(row)
    lines = []
    for student, own in by_student.items():
        handed = {row["exercise"]: row for row in own}
        passed = sum(row["outcome"] == verdicts.PASSED for row in own)
        astray = [row for row in own if not row["exercise"]]
        lines.append([("", text(student) + lost(astray, places)), number(passed),
                      *(mark(handed.get(name), places) for name in names)])
    return table("students", ("Student", "Passed", *map(text, names)), lines)


def failures(found):
    """What failed most often, and what was said about it."""
    rows = []
    for exercise, entry in found.items():
        for step, times in sorted(entry["steps"].items(),
                                  key=lambda item: (-item[1], item[0])):
            said = sorted(entry["said"][step].items(),
                          key=lambda item: (-item[1], item[0]))
            rows.append([("", text(exercise)), ("said", text(step)),
                         number(times),
                         ("said", "<br>".join(text(sentence) for sentence, _
                                              in said[:SAID_MAX]))])
    return table("steps", ("Exercise", "Step", "Failed", "What was said"), rows)


def places_of(rows):
    """{id of a row: the name of its place in details()}."""
    return {id(row): f"told-{n}" for n, row in enumerate(rows)
            if row["outcome"] != verdicts.PASSED}


def details(rows, places):
    """What each submission that has not passed was told."""
    parts = []
    for row in rows:
        if id(row) not in places:
            continue
        told = [f"<li>{text(step['step'])}: {text(step['said'])}</li>"
                for step in verdicts.failed_steps(row)] or \
            [f"<li>{text(row['said'])}</li>"]
        parts.append(
            f'<details id="{places[id(row)]}"><summary>{text(row["student"])}, '
            f"{text(row['exercise']) if row['exercise'] else 'no exercise'}: "
            f'<span class="{CLASSES[row["outcome"]]}">'
            f"{MARKS[row['outcome']][1]}</span></summary>"
            f"<ul>{''.join(told)}</ul></details>\n")
    return "".join(parts) or "<p>Nobody: all have passed.</p>\n"


def same(rows):
    groups = verdicts.alike(rows)
    if not groups:
        return ""
    items = "".join(f"<li>{text(exercise)}: "
                    f"{', '.join(map(text, names))}</li>\n"
                    for exercise, names in groups)
    return ("<h2>Handed in byte for byte alike</h2>\n<p>An unchanged skeleton "
            f"is the usual reason.</p>\n<ul>{items}</ul>\n")


def page(rows):
    """The whole report of the rows of verdicts.row_of()."""
    found = verdicts.by_exercise(rows)
    names, places = list(found), places_of(rows)
    outcomes = ", ".join(
        f"{sum(row['outcome'] == kind for row in rows)} {words}"
        for kind, (_, words) in MARKS.items())
    people = len({row["student"] for row in rows})
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grading report</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Grading report</h1>
<p>{len(rows)} submissions of {people} students: {outcomes}.</p>
<h2>Exercises</h2>
{exercises(found)}<h2>Students</h2>
<p>In brackets: steps that failed.</p>
{students(rows, names, places)}<h2>What failed most often</h2>
{failures(found)}<h2>Who was told what</h2>
{details(rows, places)}{same(rows)}<script>{SCRIPT}</script>
</body>
</html>
"""
