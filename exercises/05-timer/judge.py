"""Ticks that keep their time although timer() comes late."""

from table import Step, clock, deadline, line, read, rises, write

KIND = "device"
LEVEL = 4
FILES = ["timer.c"]

PERIOD, TICKS = 0x530, 0x531
MS = 1000000
TIMER = "board_timer() in vmm/include/device.h"
HERE = "exercises/05-timer/README.md"


def table(rnd):
    start = rnd.randrange(1, 1000) * 7919
    ms = rnd.randrange(5, 40)
    at = [start + n * ms * MS for n in range(20)]
    late = rnd.randrange(1, ms * MS)
    begin = [clock(start), write(PERIOD, ms)]
    return [
        Step("the first tick", "The first tick is due a period after 530h was "
             "written.", TIMER, begin, deadline(at[1]), read(PERIOD, ms),
             read(TICKS, 0), line(0)),
        Step("ticks in time", "Each tick is counted, raises the line, and the "
             "next one is due a period later.", TIMER, begin, clock(at[1]),
             line(1), deadline(at[2]), clock(at[2]), deadline(at[3]),
             rises(1), read(TICKS, 2), line(0), read(TICKS, 0)),
        Step("a late call", "A tick that came late moves none of those behind "
             "it.", HERE + ", \"Tick n is due\"", begin, clock(at[1] + late),
             deadline(at[2]), clock(at[2] + late // 2), deadline(at[3]),
             read(TICKS, 2)),
        Step("several at once", "All ticks whose time has passed count when "
             "timer() is called, and the next deadline lies ahead.", HERE,
             begin, clock(at[4] + late), deadline(at[5]), read(TICKS, 4)),
        Step("just now", "A tick whose time is this very moment has come.",
             HERE, begin, clock(at[3]), deadline(at[4]), read(TICKS, 3)),
        Step("a new period", "Writing 530h begins anew, from now.", HERE, begin,
             clock(at[1]), clock(at[1] + late), write(PERIOD, ms + 1),
             deadline(at[1] + late + (ms + 1) * MS)),
        Step("stopped", "A period of 0 stops the timer: no deadline.", TIMER,
             begin, clock(at[1]), write(PERIOD, 0), deadline(0),
             read(TICKS, 1)),
    ]
