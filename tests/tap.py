"""TAP for the tests written in Python.

A test is a function marked @case("what must be true"). It returns, or raises
Failure with the evidence, or Skip with the reason. main() prints the plan,
runs the cases in order and prints a result for each.
"""

import fnmatch
import os
import sys
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("MKVM_BUILD",
                                       os.path.join(TOP, "build")))
IMAGES = os.environ.get("MKVM_IMAGES",
                        os.path.join(os.path.dirname(BUILD), "images"))
CASES = []


class Failure(Exception):
    """The thing tested is not as it must be; the text is the evidence."""


class Skip(Exception):
    """The test cannot run here; the text is the reason."""


def add(text, function, *args):
    """Adds a case that calls function(*args); for tables of cases."""
    CASES.append((text, function, args))


def case(text):
    """Marks a function as a case."""
    def mark(function):
        add(text, function)
        return function
    return mark


def check(true, *evidence):
    """Fails with the evidence, one piece a line, unless the first holds."""
    if not true:
        raise Failure("\n".join(str(piece) for piece in evidence))


def none_of(offenders):
    """Fails and names the offenders, unless there are none."""
    offenders = list(offenders)
    check(not offenders, *offenders)


def equal(have, want, what="value"):
    """Fails unless both are equal."""
    check(have == want, f"{what}: have {have!r}", f"{what}: want {want!r}")


def wanted(text):
    """True unless the runner was asked for other results only."""
    patterns = os.environ.get("MKVM_TEXTS", "").lower().split("\n")
    return patterns == [""] or any(
        fnmatch.fnmatchcase(text.lower(), f"*{p}*") for p in patterns)


def run_case(function, args):
    """(word, directive, evidence) of one case."""
    try:
        function(*args)
    except Skip as skip:
        return "ok", f" # SKIP {skip}", ""
    except Failure as failure:
        return "not ok", "", str(failure)
    except Exception:   # the test itself broke: as bad, and needs the place
        return "not ok", "", traceback.format_exc()
    return "ok", "", ""


def main():
    """Runs the cases and leaves: status 1 when one failed."""
    cases = [c for c in CASES if wanted(c[0])]
    failed = False
    print(f"1..{len(cases)}", flush=True)
    for number, (text, function, args) in enumerate(cases, 1):
        word, directive, evidence = run_case(function, args)
        failed = failed or word != "ok"
        print(f"{word} {number} - {text}{directive}")
        for line in evidence.splitlines():
            print("#   " + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
