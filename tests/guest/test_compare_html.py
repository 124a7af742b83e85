#!/usr/bin/python3
# timeout: 600
"""The HTML report of `make compare`, opened in a browser.

From made-up reports (comparesample.py), hostile ones among them: that what is
shown is what was counted, that the charts are drawn and true to scale, that the
page fits a phone and a printer, and that no text of a guest becomes more than
text. The pages and a screenshot stay in build/tests/compare/.
"""

import collections
import json
import math
import os
import re
import sys

import browser
import comparesample

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[1:1] = [TESTS, os.path.dirname(TESTS)]
import tap
from compare import html, html_text

FOLDER = os.path.join(tap.BUILD, "tests", "compare")
NAMES = ("ordinary", "hostile", "many", "late", "noisy", "empty")
REPORTS = {name: getattr(comparesample, name)() for name in NAMES}
PHONE, DESKTOP, PAPER = 360, 1200, 680      # CSS pixels
SMALL_PAGES = 3     # sheets that each page but the empty one has at least
WRITTEN = set()     # names of the pages that are there
BROWSER = []        # the one that all cases use

# What of a variant stands in the table of outcomes as it is.
COUNTS = ("exits", "accesses", "bytes", "binary_bytes", "text_bytes", "lines",
          "status", "injected", "resident_kib", "kernel_exits")
TIMES = ("guest_ns", "answer_ns", "wall_ns", "cpu_ns")
UNITS = {"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1}

CELLS = """[...document.querySelectorAll('td[data-key]')].map(cell => ({
	key: cell.dataset.key, variant: cell.dataset.variant,
	value: cell.dataset.value, differs: cell.classList.contains('differs'),
	sign: cell.innerText.includes('≠'),
	text: cell.querySelector('.value').textContent}))"""
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


def path_of(name):
    return os.path.join(FOLDER, name + ".html")


def write(name):
    os.makedirs(FOLDER, exist_ok=True)
    html.write(REPORTS[name], path_of(name))
    WRITTEN.add(name)


def chromium():
    """The browser, started when the first case needs it."""
    if not browser.CHROMIUM:
        raise tap.Skip("chromium is not installed")
    if not BROWSER:
        BROWSER.append(browser.Browser())
    return BROWSER[0]


def opened(name, width=DESKTOP, media="", scheme="light"):
    """A page, as wide as a phone, a screen or a sheet of paper."""
    page = chromium()
    if name not in WRITTEN:
        write(name)
    page.size(width, phone=width == PHONE)
    page.media(media, scheme)
    page.open(path_of(name))
    return page


def for_each(text, names=NAMES):
    """A case for each of the pages."""
    def mark(function):
        for name in names:
            tap.add(f"{text}: {name}", function, name)
        return function
    return mark


@tap.case("the reports are written, and nothing else is")
def written():
    for name in NAMES:
        write(name)
    tap.check(not os.path.exists("HACKED"), "gnuplot took text for a command")
    tap.equal([n for n in os.listdir(FOLDER) if n.endswith(".new")], [])


@for_each("no complaint on the console, no request leaves the file")
def silent(name):
    page = opened(name)
    page.evaluate(OPEN_ALL)
    tap.none_of(page.complaints())
    tap.equal(page.requests(), ["file://" + path_of(name)], "requests")


@for_each("every chart is drawn, or says that there is no data")
def drawn(name):
    for width in (DESKTOP, PHONE):
        figures = opened(name, width).evaluate("""
            [...document.querySelectorAll('figure')].map(figure => ({
                id: figure.id, words: figure.innerText,
                shown: [...figure.querySelectorAll('.plot svg')].filter(
                    svg => svg.getBoundingClientRect().width > 0).map(svg =>
                    [...svg.querySelectorAll('.marks polygon, .marks path,'
                        + '.marks use')].filter(mark => {
                        const box = mark.getBoundingClientRect();
                        return box.width + box.height > 0;}).length)}))""")
        tap.check(len(figures) >= 6, figures)
        for figure in figures:
            if figure["shown"]:
                tap.equal(len(figure["shown"]), 1, "charts at this width")
                tap.check(figure["shown"][0] > 0, "nothing drawn:", figure)
            else:
                tap.check(re.search(r"no data|in every variant",
                                    figure["words"]), figure)
        lacking = [f["id"] for f in figures if not f["shown"]]
        tap.check(name == "empty" or len(lacking) <= 3, lacking)
        tap.check(name != "empty" or len(lacking) == len(figures), lacking)


def scale(page, ident):
    """x of a value, as the numbers below a wide chart have it."""
    ticks = page.evaluate(f"""
        [...document.querySelectorAll(
            '#{ident} .wide g[text-anchor=middle]')].map(g =>
            [g.transform.baseVal.consolidate().matrix.e, g.textContent])""")
    is_log = page.evaluate("document.getElementById("
                           f"'{ident}').dataset.scale") == "log"
    form = math.log10 if is_log else float
    places = [(x, form(number(text)[0])) for x, text in ticks]
    (low, first), *_, (high, last) = places
    unit = (high - low) / (last - first)
    for x, value in places:
        tap.check(abs(x - low - (value - first) * unit) < 0.5, ticks)
    return lambda value: low + (form(value) - first) * unit


@tap.case("the bars of VM exits by reason are as long as the numbers say")
def bars_true():
    for name in ("ordinary", "many"):
        page = opened(name)
        place = scale(page, "plot-reasons")
        rows = page.evaluate("""
            [...document.querySelectorAll('#plot-reasons .wide .marks polygon')]
            .map(bar => bar.getBBox()).map(b => [b.y, b.x, b.x + b.width])""")
        ends, area = {}, {}
        for top, left, right in rows:
            ends[top] = max(ends.get(top, 0), right)
            area[top] = area.get(top, 0) + right - left
        exits = [v["exits"] for v in REPORTS[name]["variants"]]
        tap.equal(len(ends), len(exits), "bars")
        for top, want in zip(sorted(ends), exits):
            tap.check(abs(ends[top] - place(want)) < 1 and
                      abs(area[top] - place(want) + place(0)) < 2,
                      ends[top], place(want), want)


@for_each("the points of the timeline stand where the times say",
          ("ordinary", "late"))
def timeline_true(name):
    page = opened(name)
    place = scale(page, "plot-stages-1")
    lines = page.evaluate("""
        [...document.querySelectorAll('#plot-stages-1 .wide .marks')].map(
            line => [...line.querySelectorAll('use')].map(use =>
                use.transform.baseVal.consolidate().matrix.e))""")
    variants = REPORTS[name]["variants"]
    tap.equal(len(lines), len(variants), "lines")
    for variant, line in zip(variants, lines):
        times = [s["ns"] for s in variant["stages"]
                 if s["stage"] not in ("start", "end", "finished")]
        tap.equal(len(line), len(times), "points")
        for have, ns in zip(line, times):
            tap.check(abs(have - place(ns)) < 1, have, place(ns), ns)


def number(text):
    """What a number on the page says, in nanoseconds if it is a time."""
    found = re.fullmatch(r"([−\d.,]+)(?:\s(s|ms|µs|ns))?", text)
    tap.check(found, f"no number: {text!r}")
    digits = found.group(1).replace(",", "").replace("−", "-")
    places = len(digits.partition(".")[2])
    unit = UNITS.get(found.group(2), 1)
    return float(digits) * unit, 0.5001 * unit * 10 ** -places


def same_number(cell, want):
    """Fails unless the cell shows that number, as exactly as it claims."""
    tap.equal(float(cell["value"]), float(want), cell)
    shown, error = number(cell["text"])
    error = error if isinstance(want, float) or cell["key"].startswith(
        "stage:") or cell["key"].endswith("_ns") else 0
    tap.check(abs(shown - want) <= error, cell, want)


def wanted_cells(variant):
    """(key, number) of what must stand in the tables for a variant."""
    ran = variant["ledger"] is not None
    for key in COUNTS + TIMES + ("bytes_per_exit",):
        counted = key in ("exits", "accesses", "bytes", "bytes_per_exit",
                          "guest_ns", "answer_ns")
        if variant.get(key) is not None and (ran or not counted) and \
                (variant[key] or counted or key in ("status", "injected",
                                                    "kernel_exits")):
            yield key, variant[key]
    for stage in variant["stages"]:
        yield "stage:" + stage["stage"], stage["ns"]
    sums = collections.Counter()
    for row in variant["reasons"]:
        sums["reasons:" + row["reason"]] += row["exits"]
    for row in variant["ports"]:
        sums[" ".join(("ports:" + row["where"], row["direction"],
                       row["handler"] or "(nobody)"))] += row["exits"]
    for row in variant["interrupts"]:
        sums["interrupts:" + row["what"]] += row["raised"]
    for key, value in sums.items():
        yield html_text.clean(key), value


@for_each("the numbers on the page are those of the JSON")
def numbers(name):
    cells = {}
    for cell in opened(name).evaluate(CELLS):
        cells.setdefault((cell["key"], cell["variant"]), []).append(cell)
    for at, variant in enumerate(REPORTS[name]["variants"]):
        for key, want in wanted_cells(variant):
            found = cells.get((key, f"variant-{at}"))
            tap.check(found, f"not shown: {key} of {variant['id']}")
            for cell in found:
                same_number(cell, want)
        if variant["ledger"] is None:   # zeros would be a lie
            tap.none_of(cell for (key, who), found in cells.items()
                        for cell in found if who == f"variant-{at}"
                        and "value" in cell and key.startswith((
                            "exits", "bytes", "reasons:", "ports:")))


@for_each("the JSON in the page is the report")
def raw(name):
    page = opened(name)
    want = json.loads(json.dumps(REPORTS[name]))
    for where in ("script#report", "pre.raw"):
        text = page.evaluate(f"document.querySelector('{where}').textContent")
        tap.check(json.loads(text) == want, f"{where}: not the same")


@for_each("what differs is marked, and not by colour alone",
          ("ordinary", "hostile"))
def differing(name):
    variants = REPORTS[name]["variants"]
    cells = opened(name).evaluate(CELLS)
    opened(name).evaluate(OPEN_ALL)
    cells = chromium().evaluate(CELLS)
    for cell in cells:
        tap.equal(cell["sign"], cell["differs"], cell)
    marked = {(c["key"], c["variant"]): c["differs"] for c in cells}
    for at, variant in enumerate(variants):
        for key in ("outcome", "status", "lines"):
            tap.equal(marked.get((key, f"variant-{at}")),
                      variant[key] != variants[0][key], f"{key} of {at}")


@tap.case("noise has a mark of its own, and says what the second run had")
def wavering():
    cells = {(c["key"], c["variant"]): c for c in opened("noisy").evaluate("""
	[...document.querySelectorAll('td[data-key]')].map(cell => ({
	key: cell.dataset.key, variant: cell.dataset.variant,
	name: cell.className, text: cell.innerText}))""")}
    for key, again in (("end_ns", "649.568"), ("exits", "7,432")):
        base, near, far = (cells[key, f"variant-{at}"] for at in range(3))
        tap.equal((near["name"], far["name"]), ("wavers", "differs"), key)
        tap.check("≈" in near["text"] and "≠" in far["text"], near, far)
        tap.check(f"again: {again}" in base["text"], base["text"])


@tap.case("no good outcome is shown where typed input did not arrive")
def no_input():
    tones = opened("ordinary").evaluate("""
	[...document.querySelectorAll('td[data-key=outcome]')].map(cell => [
	cell.innerText.includes('✓'), !!cell.querySelector('.good')])""")
    wanted = [v["input"] is not False for v in REPORTS["ordinary"]["variants"]]
    tap.equal(tones, [[want, want] for want in wanted])


@for_each("one of a thing is no plural")
def singular(name):
    opened(name).evaluate(OPEN_ALL)
    text = chromium().evaluate("document.body.innerText + [...document"
                               ".querySelectorAll('[aria-label]')].map(e => "
                               "e.ariaLabel).join()")
    tap.none_of(re.findall(r"(?<![\d.,])1 (?:exits|files|lines|stages|bytes|"
                           r"accesses|times)\b.*", text))


@tap.case("no text of a guest becomes markup, script or a reference")
def harmless():
    page = opened("hostile")
    tap.check("PWNED" not in page.evaluate("document.title").split("'")[0],
              "the title was set")
    found = page.evaluate("""({
        scripts: [...document.scripts].map(s => s.id + ' ' + s.type),
        foreign: [...document.querySelectorAll(
            'img, iframe, object, embed, link, base, form, b, video, audio')]
            .map(e => e.outerHTML),
        handlers: [...document.querySelectorAll('*')].filter(e =>
            [...e.attributes].some(a => /^on/i.test(a.name)))
            .map(e => e.outerHTML),
        references: [...document.querySelectorAll('[href], [src]')].map(
            e => e.getAttribute('href') || e.getAttribute('src')).filter(
            r => !r.startsWith('#')),
        broken: [...document.querySelectorAll('[href]')].map(
            e => e.getAttribute('href')).filter(r => r.startsWith('#')
                && !document.getElementById(r.slice(1))),
        twice: [...document.querySelectorAll('[id]')].map(e => e.id).filter(
            (id, at, all) => all.indexOf(id) != at)})""")
    tap.equal(found, {"scripts": ["report application/json"], "foreign": [],
                      "handlers": [], "references": [], "broken": [],
                      "twice": []})
    with open(path_of("hostile"), encoding="utf-8") as file:
        text = file.read()
    tap.none_of(f"U+{ord(c):04X}" for c in set(text)
                if html_text.CONTROLS.fullmatch(c))


@tap.case("what a guest printed is shown as it is, without terminal commands")
def shown():
    page = opened("hostile")
    texts = page.evaluate(
        "[...document.querySelectorAll('pre')].map(e => e.textContent)")
    want = html_text.clean(comparesample.HOSTILE)
    tap.check(want in texts, want, *texts[:3])
    for piece in ("<script>document", "]]>", "red", "한국어", "日本語", "🙂",
                  "{{ 7*7 }}", "\ufffd", "&lt;b&gt;"):
        tap.check(piece in want, piece)
    tap.check("\x1b" not in want and "[31m" not in want, want)
    labels = page.evaluate("[...document.querySelectorAll('svg text')].map("
                           "e => e.textContent)")
    tap.check(any(label.startswith('a"; system(') for label in labels),
              *labels)
    tap.none_of(label for label in labels if re.fullmatch(r"t\d+", label))


@for_each("a phone shows all of it without scrolling sideways")
def phone(name):
    page = opened(name, PHONE)
    page.evaluate(OPEN_ALL)
    tap.equal(page.evaluate("document.documentElement.scrollWidth"), PHONE,
              "width")
    tap.none_of(page.evaluate("""
        [...document.querySelectorAll('body *')].filter(e => !e.closest('svg')
            && !e.closest('.hidden, thead')
            && e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 200))"""))


@for_each("no number is broken or leaves its cell", ("ordinary", "many"))
def whole_numbers(name):
    for width in (PHONE, 641, 769, DESKTOP):
        page = opened(name, width)
        page.evaluate(OPEN_ALL)
        tap.none_of(page.evaluate("""
            [...document.querySelectorAll('td .number')].filter(e =>
                e.getClientRects().length != 1 ||
                e.getBoundingClientRect().right >
                e.closest('td').getBoundingClientRect().right)
            .map(e => innerWidth + ': ' + e.textContent)"""))


@tap.case("text on a phone is large enough, in charts as well")
def legible():
    sizes = opened("ordinary", PHONE).evaluate("""
        [...document.querySelectorAll('.narrow svg')].filter(
            svg => svg.getBoundingClientRect().width > 0).map(svg =>
            13 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)
        """)
    tap.check(sizes and min(sizes) > 10.5, sizes)


@for_each("print: nothing is hidden or wider than the paper")
def printed(name):
    page = opened(name, PAPER, "print")
    found = page.evaluate("""({
        closed: [...document.querySelectorAll('details:not(.screen) .inside')]
            .filter(e => !e.checkVisibility())
            .map(e => e.outerHTML.slice(0, 200)),
        wide: [...document.querySelectorAll('table, figure, pre, p')].filter(
            e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 200))})""")
    tap.equal(found, {"closed": [], "wide": []})
    pdf = page.pdf()
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    tap.check(pdf.startswith(b"%PDF-"), pdf[:20])
    tap.check(pages >= (1 if name == "empty" else SMALL_PAGES),
              f"{pages} pages")


@for_each("headings, tables and charts can be read aloud")
def readable(name):
    found = opened(name).evaluate("""({
        lang: document.documentElement.lang,
        h1: document.querySelectorAll('h1').length,
        levels: [...document.querySelectorAll('h1, h2, h3, h4')].map(
            h => Number(h.tagName[1])),
        scopes: [...document.querySelectorAll('th:not([scope])')].length,
        captions: [...document.querySelectorAll('table')].filter(
            t => !t.caption || !t.caption.textContent.trim()).length,
        plots: [...document.querySelectorAll('.plot')].filter(p =>
            p.getAttribute('role') != 'img' ||
            !/^Chart: .+\\. .+/s.test(p.getAttribute('aria-label'))).length,
        swatches: [...document.querySelectorAll('svg.swatch')].filter(s =>
            s.getAttribute('aria-hidden') != 'true').length})""")
    levels = found.pop("levels")
    tap.equal(found, {"lang": "en", "h1": 1, "scopes": 0, "captions": 0,
                      "plots": 0, "swatches": 0})
    tap.none_of(f"h{before} is followed by h{after}" for before, after
                in zip(levels, levels[1:]) if after > before + 1)


def luminance(colour):
    """Relative luminance of #rgb or #rrggbb (WCAG 2.1)."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    parts = [int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else
                        ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@tap.case("light and dark: text has contrast, bars differ in grey as well")
def colours():
    for scheme in ("light", "dark"):
        page = opened("ordinary", scheme=scheme)
        names = ("bg panel mark ink muted link good warn bad "
                 "c1 c2 c3 c4 c5 c6 l1 l2 l3 l4").split()
        style = dict(zip(names, page.evaluate(
            f"{names}.map(n => getComputedStyle(document.documentElement)"
            ".getPropertyValue('--' + n).trim())")))
        for ground in ("bg", "panel", "mark"):
            for text in ("ink", "muted", "link", "good", "warn", "bad"):
                ratio = contrast(style[text], style[ground])
                tap.check(ratio >= 4.5, f"{scheme}: {text} on {ground}: "
                          f"{ratio:.2f}")
        for line in ("l1", "l2", "l3", "l4"):
            ratio = contrast(style[line], style["bg"])
            tap.check(ratio >= 3, f"{scheme}: {line}: {ratio:.2f}")
        for one, other in zip(names[9:14], names[10:15]):
            ratio = contrast(style[one], style[other])
            tap.check(ratio >= 1.25, f"{scheme}: {one}, {other}: {ratio:.2f}")


@tap.case("without gnuplot the report comes all the same, and says so")
def without_gnuplot():
    os.makedirs(FOLDER, exist_ok=True)
    path, before = path_of("undrawn"), os.environ["PATH"]
    os.environ["PATH"] = FOLDER
    try:
        html.write(REPORTS["ordinary"], path)
    finally:
        os.environ["PATH"] = before
    with open(path, encoding="utf-8") as file:
        text = file.read()
    tap.check("not drawn: gnuplot: " in text and "</html>" in text, text[-300:])


@tap.case("screenshots are kept")
def screenshots():
    for name, width, scheme in (("compare", DESKTOP, "light"),
                                ("compare-dark", DESKTOP, "dark"),
                                ("compare-phone", PHONE, "light")):
        path = os.path.join(tap.BUILD, "tests", name + ".png")
        opened("ordinary", width, scheme=scheme).screenshot(path)
        tap.check(os.path.getsize(path) > 20000, path)


try:
    tap.main()
finally:
    for running in BROWSER:
        running.close()
