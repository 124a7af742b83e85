"""Lines that rise and fall, and a CPU that takes what they ask for."""

from table import NOTHING, Step, call

KIND = "c"
LEVEL = 4
FILES = ["lines.c"]

MODE, SET, ASK, TAKE, DONE = range(5)
HERE = "exercises/06-lines/lines.h"
SEQUENCE = "8259A data sheet, \"Interrupt Sequence\""
MODES = "8259A data sheet, \"Edge and Level Triggered Modes\""


def mode(*lines):
    return call("", MODE, sum(1 << n for n in lines))


def high(n):
    return call("", SET, n, 1)


def low(n):
    return call("", SET, n, 0)


def asks(want):
    return call("whether the CPU is asked must be", ASK, want=int(want),
                say=lambda so: "yes" if so else "no")


def takes(want=None):
    return call("the line that is taken must be", TAKE,
                want=NOTHING if want is None else want, say=lambda n:
                "none" if n == NOTHING else str(n))


def done():
    return call("", DONE)


def table(rnd):
    first, second, third = sorted(rnd.sample(range(8), 3))
    return [
        Step("an edge", "A line that rises asks once.", MODES, asks(False),
             high(second), asks(True), takes(second), asks(False), done(),
             asks(False), takes(), low(second), asks(False), high(second),
             takes(second)),
        Step("a short edge", "An edge is remembered even if the line falls.", HERE,
             high(second), low(second), asks(True), takes(second), done(),
             asks(False)),
        Step("the first", "Of those that ask the lowest number is first.", SEQUENCE,
             high(third), high(first), high(second), takes(first), done(),
             takes(second), done(), takes(third)),
        Step("in service", "While a line is in service, it and those behind it "
             "wait.", SEQUENCE, high(second), takes(second), high(third),
             asks(False), takes(), low(second), high(second), asks(False), done(),
             takes(second), done(), takes(third)),
        Step("before it", "Those before the line in service do not wait, and are "
             "done first.", SEQUENCE, high(third), takes(third), high(first),
             asks(True), takes(first), high(second), asks(False), done(),
             takes(second), done(), asks(False), done(), low(third), high(third),
             takes(third)),
        Step("a level", "A level asks again, for as long as it is high.", MODES,
             mode(second), high(second), takes(second), asks(False), done(),
             asks(True), takes(second), low(second), done(), asks(False)),
        Step("two devices", "A device that raises what is high already is not "
             "lost, if the line is a level.", MODES, mode(second), high(second),
             takes(second), high(second), done(), takes(second), low(second),
             done(), asks(False)),
        Step("a level that falls", "A level that falls before it is taken asks no "
             "more.", MODES, mode(second), high(second), asks(True), low(second),
             asks(False), takes()),
        Step("each its own", "Each line has its own mode.", MODES, mode(first, third),
             high(first), high(second), takes(first), low(first), done(),
             takes(second), done(), asks(False), high(third), takes(third), done(),
             takes(third)),
        Step("another mode", "The mode counts from when it is set: a line that is high "
             "asks as soon as it is a level.", HERE, high(second), takes(second),
             done(), asks(False), mode(second), asks(True), mode(), asks(False)),
    ]
