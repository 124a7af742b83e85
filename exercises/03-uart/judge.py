"""A FIFO of 16 bytes with a trigger level, and a console that waits."""

from table import Step, line, more, offered, read, sent, typed, write

KIND = "device"
LEVEL = 3
FILES = ["uart.c"]

DATA, STATUS, CONTROL = 0x540, 0x541, 0x542


def table(rnd):
    text = [rnd.randrange(1, 255) for _ in range(40)]
    full = [typed(byte) for byte in text[:16]]
    return [
        Step("one byte", read(STATUS, 0), typed(text[0]), read(STATUS, 1),
             read(DATA, text[0]), read(STATUS, 0), read(DATA, 0)),
        Step("sending", write(DATA, text[0]), write(STATUS, 1), sent(text[0]),
             sent(None)),
        Step("in order", full, [read(DATA, byte) for byte in text[:16]]),
        Step("full", full, typed(text[16], 0),
             [read(DATA, byte) for byte in text[:16]], read(STATUS, 0)),
        Step("several at once", offered(text[:5], 5), full[:9], offered(text[5:9], 2),
             more(0), [read(DATA, byte) for byte in text[:5] + text[:9] + text[5:7]],
             read(STATUS, 0), more(1)),
        Step("around the end",
             [[typed(a), typed(b), read(DATA, a), read(DATA, b)]
              for a, b in zip(text[:22:2], text[1:22:2])],
             full, [read(DATA, byte) for byte in text[:16]]),
        Step("room again", full, more(0), typed(text[16], 0), more(0), read(DATA),
             more(1), typed(text[16])),
        Step("the line at power-on", line(0), typed(text[0]), line(1), read(DATA),
             line(0)),
        Step("the trigger level",
             [[write(CONTROL, number << 6 | 2),
               [typed(byte) for byte in text[:level - 1]], line(0),
               typed(text[level]), line(1), read(DATA), line(0)]
              for number, level in enumerate([1, 4, 8, 14])]),
        Step("a new trigger level", typed(1), typed(2), line(1), write(CONTROL, 0x40),
             line(0), write(CONTROL, 0), line(1)),
        Step("emptied", full, typed(text[16], 0), write(CONTROL, 2), read(STATUS, 0),
             line(0), more(1), typed(text[17]), read(DATA, text[17])),
    ]
