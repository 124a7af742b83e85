"""Sentences: what the difference of a variant means, made of what was measured.

First what the guest did, then what that took, then what is built in or out,
then why, where that is known and the numbers agree.
"""

import re

from . import knowledge, rows
from .facts import Facts, waiting

TAIL = 160              # characters of a message that a sentence may quote


def all_of(report):
    base, *others = report["variants"]
    return [{"variant": variant["id"],
             "text": " ".join(part for part in parts(
                 Facts(report, base, variant), variant) if part)}
            for variant in others]


def parts(facts, variant):
    yield behaviour(facts)
    if variant["outcome"] == "missing":
        return
    if variant["outcome"] not in ("not built", "refused"):
        yield cost(facts)
    yield program(facts, variant)
    yield knowledge.text(facts, variant)


# --- What it did ---------------------------------------------------------

def behaviour(facts):
    own, base = facts.own, facts.base
    if own["outcome"] == "missing":
        return f"It was not measured: {own['said']}."
    if own["outcome"] == "not built":
        return f"It cannot be built: {quoted(last_line(own['report']))}."
    if own["outcome"] == "refused":
        return f"kvm-vmm does not run the image: {quoted(own['said'])}."
    if own["outcome"] in ("crashed", "halted"):
        what = f"crashes{at(own)}{likely(own)}" \
            if own["outcome"] == "crashed" else f"halts for good{at(own)}"
        why = waiting(own["where"])
        return f"{so_far(own)} {what}." + (f" {why}." if why else "")
    if base["outcome"] == "shell" and own["outcome"] != "shell":
        return no_prompt(own)
    if own["outcome"] == "silent":
        return f"It runs on until its limit{at(own)}."
    if facts.is_same_end:
        return same(facts)
    if own["outcome"] == "shell":
        return prompt(facts)
    return f"The guest {how(own)}; the baseline {how(base)}."


def so_far(own):
    """What went well before the guest ended badly."""
    if own["input"]:
        return "The prompt comes, and what is typed arrives; then the guest"
    if own["input"] is False and rows.stage(own, "prompt"):
        return "The prompt comes, but nothing that is typed arrives: the guest"
    if rows.stage(own, "prompt"):
        return "The prompt comes; then the guest"
    return "The guest"


def how(variant):
    """How a guest that has no prompt went, as the end of a sentence."""
    if variant["outcome"] == "done":
        return f"ends by itself with status {variant['status']}"
    if variant["outcome"] == "silent":
        return "runs on until its limit"
    return f"is {variant['outcome']}: {quoted(variant['said'])}"


def same(facts):
    own, printed = facts.own, facts.base["output"]
    if own["outcome"] == "shell":
        typed = {True: ", and what is typed arrives",
                 False: ", and nothing that is typed arrives",
                 None: ""}[own["input"]]
        return f"Like the baseline: the prompt comes{typed}."
    said = f"Like the baseline, the guest {how(own)}"
    if printed and not own["output"]:
        return f"{said}, but it prints nothing; the baseline prints " \
            f"\"{quoted(printed)}\"."
    if facts.is_linux or not printed:
        return said + "."
    return said + (" and prints the same." if facts.prints_the_same else
                   ", but it prints something else.")


def prompt(facts):
    own, base = facts.own, facts.base
    said = "The prompt comes"
    if base["outcome"] != "shell":
        said += ", unlike the baseline's"
    if own["input"] is False and base["input"]:
        said += ", but what is typed never arrives"
    if own["status"] != base["status"]:
        said += f"; {ending(own)}"
    return said + "."


def ending(own):
    return own["said"].split("; ")[-1]


def no_prompt(own):
    end = "the guest ends by itself with status " \
        f"{own['status']}" if own["outcome"] == "done" else \
        "it runs on until its limit"
    if own["status"] is None:
        end = own["said"]
    why = waiting(own["where"])
    return f"The prompt never comes: {end}{at(own)}." + \
        (f" {why}." if why else "")


def at(own):
    if not own["where"]:
        return ""
    if own["where"].startswith("last kernel message"):
        return f"; {own['where']}"
    return ", at " + own["where"].replace(", halted", "")


def likely(own):
    found = re.search(r"likely cause: ((?:.|\n(?=    ))*)", own["report"])
    return f"; likely cause: {quoted(found.group(1))}" if found else ""


def quoted(text):
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= TAIL else text[:TAIL - 3] + "..."


def last_line(text):
    """The line of a failed build that says most."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(
        r"\berror:|undefined reference|^mini-kvm:", line)]
    return (errors or lines or ["it does not say why"])[0].strip()


# --- What it took ----------------------------------------------------------

def cost(facts):
    if not facts.is_counted:
        return ""
    said = [text for text in (times(facts), exits(facts)) if text]
    return " ".join(said)


def times(facts):
    name, what = ("prompt", "It comes") if facts.stage("prompt") else \
        ("end", "The guest ends")
    if facts.report["place"] == "host" or not facts.stage(name) or \
            name == "end" and rows.takes_input([facts.base, facts.own]):
        return ""       # a clock that varies is for the table only
    base, own = facts.stage(name)
    verdict = facts.stage_verdict(name)
    if verdict == rows.SAME:
        return ""
    said = f"{what} after {rows.time(own)} instead of {rows.time(base)}"
    if verdict == rows.WAVERS:
        again = rows.stage(facts.again, name)
        return said + noise(rows.time(base), again and rows.time(again["ns"]))
    return f"{said} ({factor(own, base)})."


def exits(facts):
    up_to = facts.prompt_exits()
    if rows.takes_input([facts.base, facts.own]) and not up_to:
        return ""
    base, own = up_to or (facts.base["exits"], facts.own["exits"])
    where = " up to the prompt" if up_to else ""
    if own == base:
        return f"VM exits{where}: {rows.count(own)}, as many."
    said = f"VM exits{where}: {rows.count(own)} instead of {rows.count(base)}"
    if facts.exits_verdict() == rows.WAVERS:
        again = rows.stage(facts.again, "prompt") if up_to else facts.again
        return said + noise(rows.count(base),
                            again and rows.count(again["exits"]))
    return f"{said} ({factor(own, base)})."


def noise(first, second):
    """The end of a sentence about what the baseline does by itself."""
    return f", which is noise: the baseline has {first}, and the next time " \
        f"{second or 'none'}."


def factor(own, base):
    """"x3.1" or "-12%"."""
    if not base:
        return f"+{own}"
    if own >= 2 * base:
        return f"x{own / base:.3g}"
    return f"{100 * (own - base) / base:+.1f}%"


# --- What is built ---------------------------------------------------------

def program(facts, own):
    base = facts.base
    if facts.report["how"] == "run" or not own["binary_bytes"]:
        return ""
    code = own["text_bytes"] - base["text_bytes"]
    if not code and own["files"] == base["files"]:
        return "kvm-vmm has as much code, of the same files."
    said = f"kvm-vmm has {rows.amount(abs(code), 'byte')} of code " \
        f"and constants {'less' if code < 0 else 'more'}" if code else \
        "kvm-vmm has as much code"
    if own["lines"] and base["lines"]:
        said += ", and " + lines_text(own["lines"] - base["lines"]) + \
            files_text(own)
    return said + "."


def lines_text(lines):
    if not lines:
        return "as many lines of C"
    return f"{rows.amount(abs(lines), 'line')} of C " + \
        ("less" if lines < 0 else "more")


def files_text(own):
    moved = [f"{len(own[key])} {word}" for key, word in
             (("files_out", "out"), ("files_in", "in")) if own[key]]
    return f" (files: {', '.join(moved)})" if moved else ""
