"""The command line that makes a comparison once more."""

import shlex

from . import html_text as text_of

TIMEOUT = 20            # seconds; what `make compare` takes without the word


def command(report):
    """What to type for the same comparison."""
    words = ["make", "compare"]
    timeout = report.get("timeout", TIMEOUT)
    for name, value in (("TOGGLE", shlex.join(report["toggles"])),
                        ("IMG", report.get("img") or report["image"]),
                        ("RUN", report.get("run")),
                        ("ARGS", report.get("args")),
                        ("HOW", "run" if report["how"] == "run" else ""),
                        ("TIMEOUT", "" if timeout == TIMEOUT
                         else f"{timeout:g}")):
        if value:
            words.append(f"{name}={shlex.quote(text_of.clean(value))}")
    return " ".join(words)
