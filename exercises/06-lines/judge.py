"""Lines that rise and fall, and a CPU that takes what they ask for."""

from table import NOTHING, Step, call

KIND = "c"
LEVEL = 4
FILES = ["lines.c"]

MODE, SET, ASK, TAKE, DONE = range(5)


def mode(*lines):
    return call("", MODE, sum(1 << n for n in lines))


def high(n):
    return call("", SET, n, 1)


def low(n):
    return call("", SET, n, 0)


def asks(want):
    return call("asks", ASK, want=int(want),
                say=lambda so: "yes" if so else "no")


def takes(want=None):
    return call("takes", TAKE, want=NOTHING if want is None else want,
                say=lambda n: "none" if n == NOTHING else str(n))


def done():
    return call("", DONE)


def table(rnd):
    first, second, third = sorted(rnd.sample(range(8), 3))
    return [
        Step("an edge", asks(False), high(second), asks(True), takes(second),
             asks(False), done(), asks(False), takes(), low(second), asks(False),
             high(second), takes(second)),
        Step("a short edge", high(second), low(second), asks(True), takes(second),
             done(), asks(False)),
        Step("the first", high(third), high(first), high(second), takes(first), done(),
             takes(second), done(), takes(third)),
        Step("in service", high(second), takes(second), high(third), asks(False),
             takes(), low(second), high(second), asks(False), done(), takes(second),
             done(), takes(third)),
        Step("before it", high(third), takes(third), high(first), asks(True),
             takes(first), high(second), asks(False), done(), takes(second), done(),
             asks(False), done(), low(third), high(third), takes(third)),
        Step("a level", mode(second), high(second), takes(second), asks(False), done(),
             asks(True), takes(second), low(second), done(), asks(False)),
        Step("two devices", mode(second), high(second), takes(second), high(second),
             done(), takes(second), low(second), done(), asks(False)),
        Step("a level that falls", mode(second), high(second), asks(True), low(second),
             asks(False), takes()),
        Step("each its own", mode(first, third), high(first), high(second),
             takes(first), low(first), done(), takes(second), done(), asks(False),
             high(third), takes(third), done(), takes(third)),
        Step("another mode", high(second), takes(second), done(), asks(False),
             mode(second), asks(True), mode(), asks(False)),
    ]
