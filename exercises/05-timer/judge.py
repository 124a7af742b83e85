"""Ticks that keep their time although timer() comes late."""

from table import Step, clock, deadline, line, read, rises, write

KIND = "device"
LEVEL = 4
FILES = ["timer.c"]

PERIOD, TICKS = 0x530, 0x531
MS = 1000000


def table(rnd):
    start = rnd.randrange(1, 1000) * 7919
    ms = rnd.randrange(5, 40)
    at = [start + n * ms * MS for n in range(20)]
    late = rnd.randrange(1, ms * MS)
    begin = [clock(start), write(PERIOD, ms)]
    return [
        Step("the first tick", begin, deadline(at[1]), read(PERIOD, ms),
             read(TICKS, 0), line(0)),
        Step("ticks in time", begin, clock(at[1]), line(1), deadline(at[2]),
             clock(at[2]), deadline(at[3]), rises(1), read(TICKS, 2), line(0),
             read(TICKS, 0)),
        Step("a late call", begin, clock(at[1] + late), deadline(at[2]),
             clock(at[2] + late // 2), deadline(at[3]), read(TICKS, 2)),
        Step("several at once", begin, clock(at[4] + late), deadline(at[5]),
             read(TICKS, 4)),
        Step("just now", begin, clock(at[3]), deadline(at[4]), read(TICKS, 3)),
        Step("a new period", begin, clock(at[1]), clock(at[1] + late),
             write(PERIOD, ms + 1), deadline(at[1] + late + (ms + 1) * MS)),
        Step("stopped", begin, clock(at[1]), write(PERIOD, 0), deadline(0),
             read(TICKS, 1)),
    ]
