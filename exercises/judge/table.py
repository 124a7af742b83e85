"""The table of steps of an exercise in C, and how it is compared.

A step is a rule that the student's code must keep, and operations which try it.
Those go into the guest as C (ops_source()); what must come of them stays here,
and judge() lays it beside what the guest has printed.
"""

import re

NOTHING = 0xffffffff


class Op:
    """One operation, what must come of it (None: whatever), and how to say so."""

    def __init__(self, kind, at=0, val=0, more=0, size=1, want=None, say=hex):
        self.kind, self.at, self.val, self.more = kind, at, val, more
        self.size, self.want, self.say = size, want, say
        self.what = ""

    def source(self):
        tell = "true" if self.want is not None else "false"
        return (f"\t{{ OP_{self.kind}, {self.size}, {tell}, {self.at:#x}u, "
                f"{self.val & (1 << 64) - 1:#x}ull, "
                f"{self.more & (1 << 64) - 1:#x}ull }},\n")


def flat(ops):
    """The operations in lists, and lists of lists, as one list."""
    return [one for op in ops for one in
            (flat(op) if isinstance(op, (list, tuple)) else [op])]


class Step:
    """A rule in a sentence, where it is written down, and what tries it."""

    def __init__(self, name, rule, read, *ops):
        self.name, self.rule, self.read = name, rule, read
        self.ops = flat(ops)


def write(port, val, size=1):
    """The guest writes to a port."""
    return Op("OUT", port, val, size=size)


def read(port, want=None, size=1):
    """The guest reads a port; reading may have an effect, so it can be plain."""
    op = Op("IN", port, size=size, want=want)
    op.what = f"port {port:#x} must read"
    return op


def clock(now):
    """It is @now ns; a timer that is due is called, perhaps late."""
    return Op("CLOCK", val=now)


def deadline(want):
    """When the timer is due, in ns, 0 for never."""
    op = Op("DEADLINE", want=want, say=lambda ns: f"{ns} ns" if ns else "never")
    op.what = "the timer must be due at"
    return op


def line(want, pin=0):
    """The level of an interrupt line."""
    op = Op("IRQ", pin, want=int(want), say=lambda on: "high" if on else "low")
    op.what = "the interrupt line must be"
    return op


def rises(want, pin=0):
    """How often the line has risen."""
    op = Op("RISES", pin, want=want, say=str)
    op.what = "so often must the interrupt line have risen:"
    return op


def typed(byte, want=1):
    """A byte is offered as console input."""
    op = Op("TYPE", val=byte, want=want, say=str)
    op.what = "of one byte that is offered as input, so many must be taken:"
    return op


def offered(several, want):
    """At most 8 bytes are offered as console input at once."""
    op = Op("TYPE", val=int.from_bytes(bytes(several), "little"),
            size=len(several), want=want, say=str)
    op.what = f"of {len(several)} bytes that are offered at once, so many must be " \
        "taken:"
    return op


def sent(byte):
    """The next byte it has sent; None: no more."""
    op = Op("SENT", want=NOTHING if byte is None else byte, say=lambda come:
            "nothing" if come == NOTHING else hex(come))
    op.what = "what it sends next must be"
    return op


def more(want):
    """Whether it has called board_rx_more() in this step."""
    op = Op("MORE", want=want, say=lambda told: "yes" if told else "no")
    op.what = "whether it has called board_rx_more() must be"
    return op


def odd(want):
    """How many oddities it has named."""
    op = Op("ODD", want=want, say=str)
    op.what = "so many times must it have called board_oddity():"
    return op


def call(what, at, val=0, more=0, want=None, say=hex):
    """An operation of the exercise's own; @what is its result, for a sentence."""
    op = Op("CALL", at, val, more, want=want, say=say)
    op.what = what
    return op


def ops_source(steps):
    """The C source of the operations alone."""
    text = '#include "judge.h"\n\nconst struct op judge_ops[] = {\n'
    for number, step in enumerate(steps):
        text += Op("STEP", val=number).source()
        text += "".join(op.source() for op in step.ops)
    return text + "\t{ .kind = OP_END },\n};\n"


def read_log(text):
    """{step: [number, ...]} of what the guest printed, and whether it ended;
    None where it printed anything else."""
    seen, here, ended = {}, None, False
    for text_line in text.split("\n"):
        if ended and text_line:
            return None, False
        if re.fullmatch("=[0-9a-f]{1,4}", text_line):
            here = seen.setdefault(int(text_line[1:], 16), [])
        elif re.fullmatch("[0-9a-f]{1,16}", text_line) and here is not None:
            here.append(int(text_line, 16))
        elif text_line == ".":
            ended = True
        elif text_line:
            return None, False
    return seen, ended


def first_difference(step, came):
    """What is wrong with a step, or None; @came are its results so far."""
    told = [op for op in step.ops if op.want is not None]
    for number, op in enumerate(told):
        if number >= len(came):
            return "It did not come back from the next access."
        if came[number] != op.want:
            about = f" (result {number + 1} of {len(told)})" \
                if len(told) > 1 else ""
            return (f"Here {op.what} {op.say(op.want)}, and it was "
                    f"{op.say(came[number])}{about}.")
    return "It printed more than it was asked." if len(came) > len(told) \
        else None


def judge(steps, text, how_ended):
    """[(name, passed, sentence), ...]: a row for each step. @how_ended says in
    a sentence why a guest ended that did not come to its end."""
    seen, ended = read_log(text)
    rows = []
    for number, step in enumerate(steps):
        if seen is None:
            wrong = "Something printed into the judge's lines."
        elif number not in seen:
            wrong = "It was not reached. " + how_ended
        else:
            wrong = first_difference(step, seen[number])
            if not ended and number == max(seen):
                wrong = wrong if wrong and wrong.startswith("Here") \
                    else how_ended
        rows.append((step.name, not wrong, wrong and
                     f"{step.rule} {wrong} Read: {step.read}."))
    return rows
