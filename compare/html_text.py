"""Words and numbers of the HTML report: what a guest printed is made harmless,
and what was counted is made readable.

Escaping is not done here: the template's autoescape and the XML library do it
at the last moment, once.
"""

import re
import unicodedata

from . import rows

NO_DATA = "no data"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"

# Escape sequences of a terminal (ECMA-48): CSI, strings such as OSC, others.
ESCAPES = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]"
                     "|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
                     "|\x1b[ -/]*[0-~]?"
                     "|\x9b[0-?]*[ -/]*[@-~]")
# Control characters, marks that reorder what follows, and halves of pairs.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff"
                      "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HALVES = re.compile("[\ud800-\udfff\ufffe\uffff]")

UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "\N{MICRO SIGN}s"), (1, "ns"))


def clean(text):
    """A text without what is not text; ends of lines and tabs stay."""
    text = str(text).replace("\r\n", "\n")
    return HALVES.sub("\ufffd", CONTROLS.sub("", ESCAPES.sub("", text)))


def clean_all(value):
    """Clean texts in everything that JSON can hold; keys as well."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_all(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean_all(item) for key, item in value.items()}
    return value


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def signed(text):
    """A number as Python prints it, with the sign for a minus."""
    return text.replace("-", MINUS)


def count(value):
    """1,234, or 1.00 of what need not be whole."""
    return number(value, 2 if isinstance(value, float) else 0)


def time(ns):
    """A time as the terminal's table and the sentences have it."""
    return signed(rows.time(ns)).replace(" ", NO_BREAK)


def tick(value):
    """A count at a scale, where numbers are round."""
    return signed(f"{value:,.15g}")


def time_tick(ns):
    """A time at a scale."""
    size, name = next((unit for unit in UNITS if ns >= unit[0]), UNITS[-1])
    return f"{ns / size:,.6g}" + NO_BREAK + name if ns else "0"


def number(value, digits):
    return signed(f"{value:,.{digits}f}")


def percent(value, base):
    """How far a value is from its base: +3.1 %, or a factor from 2 on."""
    ratio = value / base
    if ratio >= 2:
        return f"{TIMES}{THIN}{ratio:,.3g}" if ratio < 1000 else \
            f"{TIMES}{THIN}{ratio:,.0f}"
    return signed(f"{(ratio - 1) * 100:+.1f}%")


def difference(value, base):
    """How far a count is from its base: +12, or a factor from 2 on."""
    if base > 0 and value >= 2 * base and value >= 1000:
        return percent(value, base)
    sign = "+" if value >= base else ""
    return sign + count(value - base)


def columns(text):
    """Width of a text in ems of a usual sans-serif typeface, roughly."""
    width = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in "WF":
            width += 1.05
        elif unicodedata.combining(char):
            continue
        elif char in "iljtfr.,:;|!'()[] ":
            width += 0.36
        elif char.isupper() or char in "_=@%mwMW":
            width += 0.72
        else:
            width += 0.58
    return width


def shorten(text, limit):
    """A text of one line that is at most so many ems wide."""
    text = " ".join(text.split())
    if columns(text) <= limit:
        return text
    while text and columns(text) + 0.9 > limit:
        text = text[:-1]
    return text.rstrip() + "\N{HORIZONTAL ELLIPSIS}"
