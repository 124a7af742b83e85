"""What `make compare` prints without TOGGLE=: its use, and what can be toggled."""

from . import forms

USAGE = """\
make compare TOGGLE=NAME          the image as configured, and with NAME flipped
make compare TOGGLE='NAME NAME'   several, a variant for each
make compare TOGGLE=NAME=A,B      a variant for each value
make compare TOGGLE=all           every switch, one after another
  IMG=, RUN=, ARGS=   as for make run
  HOW=run             options of one kvm-vmm instead of building each variant
  TIMEOUT=20          seconds until a variant that says nothing is stopped
"""
LINE = "{:<22} {:<8} {:<15} {}"


def value(catalogue, symbol):
    text = catalogue.value(symbol.name)
    return text if len(text) <= 8 else text[:6] + ".."


def lines(catalogue):
    yield from USAGE.splitlines()
    yield ""
    yield LINE.format("NAME", "is", "HOW=run", "what")
    for symbol in catalogue.ours():
        if symbol.choice:
            continue    # IRQCHIP=KIND is the way
        what = symbol.prompt
        yield LINE.format(symbol.name, value(catalogue, symbol),
                          forms.shown(symbol.name), what)[:80].rstrip()
