"""A byte and a counter at two ports."""

from table import Step, read, write

KIND = "device"
LEVEL = 2
FILES = ["port.c"]

BYTE, COUNT = 0x520, 0x521


def table(rnd):
    first, second = rnd.sample(range(1, 255), 2)
    times = rnd.randrange(3, 9)
    return [
        Step("power-on", read(BYTE, 0x42), read(COUNT, 0)),
        Step("a byte is kept", write(BYTE, first), read(BYTE, first),
             write(BYTE, second), read(BYTE, second), read(BYTE, second)),
        Step("writes are counted", [write(BYTE, n) for n in range(times)],
             read(COUNT, times)),
        Step("reading the counter clears it", write(BYTE, first), write(BYTE, first),
             read(COUNT, 2), read(COUNT, 0), write(BYTE, second), read(COUNT, 1)),
        Step("the counter is not written", write(BYTE, first), write(COUNT, second),
             read(BYTE, first), read(COUNT, 1)),
        Step("256 is 0", [write(BYTE, first)] * 257, read(COUNT, 1)),
    ]
