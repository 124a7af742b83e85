"""The table of steps of an exercise in C, and how it is compared.

A step is a rule that the student's code must keep, and operations which try it.
Those go into the guest as C (ops_source()); what must come of them stays here,
and judge() lays it beside what the guest has printed. What is said then stands in
the says.py of the exercise, see say.py.
"""

import re

import say

NOTHING = 0xffffffff


class Op:
    """One operation, what must come of it (None: whatever), and how to say so: @say
    makes a word of a number, or a pair, and @what is a key of WHAT."""

    def __init__(self, kind, at=0, val=0, more=0, size=1, want=None, say=hex,
                 what=""):
        self.kind, self.at, self.val, self.more = kind, at, val, more
        self.size, self.want, self.say = size, want, say
        self.what = what or kind

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
    """A rule that says.py has under this name, and what tries it."""

    def __init__(self, name, *ops):
        self.name, self.ops = name, flat(ops)


def write(port, val, size=1):
    """The guest writes to a port."""
    return Op("OUT", port, val, size=size)


def read(port, want=None, size=1):
    """The guest reads a port; reading may have an effect, so it can be plain."""
    return Op("IN", port, size=size, want=want)


def clock(now):
    """It is @now ns; a timer that is due is called, perhaps late."""
    return Op("CLOCK", val=now)


def deadline(want):
    """When the timer is due, in ns, 0 for never."""
    return Op("DEADLINE", want=want, say=lambda ns: f"{ns} ns" if ns else "never")


def line(want, pin=0):
    """The level of an interrupt line."""
    return Op("IRQ", pin, want=int(want), say=lambda on: "high" if on else "low")


def rises(want, pin=0):
    """How often the line has risen."""
    return Op("RISES", pin, want=want, say=str)


def typed(byte, want=1):
    """A byte is offered as console input."""
    return Op("TYPE", val=byte, want=want, say=str)


def offered(several, want):
    """At most 8 bytes are offered as console input at once."""
    return Op("TYPE", val=int.from_bytes(bytes(several), "little"),
              size=len(several), want=want, say=str)


def sent(byte):
    """The next byte it has sent; None: no more."""
    return Op("SENT", want=NOTHING if byte is None else byte, say=lambda come:
              "nothing" if come == NOTHING else hex(come))


def more(want):
    """Whether it has called board_rx_more() in this step."""
    return Op("MORE", want=want, say=lambda told: "yes" if told else "no")


def odd(want):
    """How many oddities it has named."""
    return Op("ODD", want=want, say=str)


def call(what, at, val=0, more=0, want=None, say=hex):
    """An operation of the exercise's own; WHAT[@what] is its result, in words."""
    return Op("CALL", at, val, more, want=want, say=say, what=what)


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


STOPPED = ("It did not come back from the next access.",
           "그다음 접근에서 돌아오지 않았습니다.")
TOO_MUCH = ("It printed more than it was asked.", "시킨 것보다 많이 출력했습니다.")
PRINTED = ("Something printed into the judge's lines.",
           "채점기가 쓰는 줄 사이에 다른 것이 출력되었습니다.")
NOT_REACHED = ("It was not reached.", "이 단계까지 오지 못했습니다.")
DIFFERS = ("Here {what} {want}, and it was {came}{about}.",
           "{what}: 기대한 값은 {want}, 실제 값은 {came}입니다{about}.")
ABOUT = (" (result {number} of {all})", "(결과 {all}개 가운데 {number}번째)")


def values_of(op):
    """What a text about an operation can name."""
    count = ("one byte that is offered as input", "입력으로 준 1바이트") \
        if op.size == 1 else \
        (f"{op.size} bytes that are offered at once", f"한꺼번에 준 {op.size}바이트")
    return {"at": op.at, "val": op.val, "size": op.size, "count": count}


def first_difference(step, came, says):
    """The first result that is another than it must be, in words, or None; @came are
    its results so far."""
    told = [op for op in step.ops if op.want is not None]
    for number, (op, value) in enumerate(zip(told, came)):
        if value != op.want:
            about = ("", "") if len(told) == 1 else \
                say.fill(ABOUT, {"number": number + 1, "all": len(told)})
            return say.fill(DIFFERS, {
                "what": says.what(op.what, values_of(op)), "about": about,
                "want": says.word(op.say(op.want)),
                "came": says.word(op.say(value))})
    return None


def other_length(step, came):
    """What is wrong with how many results there are, or None."""
    told = sum(op.want is not None for op in step.ops)
    if len(came) == told:
        return None
    return STOPPED if len(came) < told else TOO_MUCH


def judge(steps, text, how_ended, says):
    """[(name, passed, sentence), ...]: a row for each step. @how_ended says why a
    guest ended that did not come to its end; sentences are pairs, see say.py."""
    seen, ended = read_log(text)
    rows = []
    for number, step in enumerate(steps):
        if seen is None:
            wrong = PRINTED
        elif number not in seen:
            wrong = say.join(NOT_REACHED, how_ended)
        else:
            wrong = first_difference(step, seen[number], says)
            if not wrong and not ended and number == max(seen):
                wrong = how_ended
            wrong = wrong or other_length(step, seen[number])
        rows.append((step.name, not wrong,
                     wrong and says.told(step.name, wrong)))
    return rows
