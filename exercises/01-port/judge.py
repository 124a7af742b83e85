"""A byte and a counter at two ports."""

from table import Step, read, write

KIND = "device"
LEVEL = 2
FILES = ["port.c"]

BYTE, COUNT = 0x520, 0x521
CONTRACT = "vmm/include/device.h, read() and write()"


def table(rnd):
    first, second = rnd.sample(range(1, 255), 2)
    times = rnd.randrange(3, 9)
    return [
        Step("power-on", "At power-on 520h reads as the table of README.md says.",
             "exercises/01-port/README.md and init() in vmm/include/device.h",
             read(BYTE, 0x42), read(COUNT, 0)),
        Step("a byte is kept", "520h keeps what was written last.",
             CONTRACT, write(BYTE, first), read(BYTE, first),
             write(BYTE, second), read(BYTE, second), read(BYTE, second)),
        Step("writes are counted", "521h counts writes to 520h.", CONTRACT,
             [write(BYTE, n) for n in range(times)], read(COUNT, times)),
        Step("reading the counter clears it",
             "521h counts from its own last reading on.",
             "exercises/01-port/README.md, the table",
             write(BYTE, first), write(BYTE, first), read(COUNT, 2),
             read(COUNT, 0), write(BYTE, second), read(COUNT, 1)),
        Step("the counter is not written",
             "A write to 521h does nothing to either port.",
             "@off in vmm/include/device.h: which register is meant",
             write(BYTE, first), write(COUNT, second), read(BYTE, first),
             read(COUNT, 1)),
        Step("256 is 0", "The counter has one byte.",
             "exercises/01-port/README.md, the table",
             [write(BYTE, first)] * 257, read(COUNT, 1)),
    ]
