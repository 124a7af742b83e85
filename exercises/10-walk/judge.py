"""Page tables made by chance, and what must be found in them."""

from table import NOTHING, Step, call

KIND = "c"
LEVEL = 5
FILES = ["walk.c"]

PUT, CR3, WALK, ERROR, ASTRAY = range(5)
WRITE, USER, FETCH = 1, 2, 4
P, RW, US, PS, NX = 1, 2, 4, 0x80, 1 << 63
ALL = P | RW | US
SHIFTS = [39, 30, 21, 12]


def place(where):
    return "a page fault" if where == NOTHING else hex(where)


def error(code):
    return "no fault" if code == NOTHING else \
        (f"error code {code:#x}", f"오류 코드 {code:#x}")


def walk(va, pa, access=0):
    return call("leads", WALK, va, access, want=pa, say=place)


def faults(va, code, access=0):
    return [walk(va, NOTHING, access),
            call("fault", ERROR, want=code, say=error)]


class Tables:
    """Tables for one address, whose entries are @flags; the last is a page."""

    def __init__(self, rnd, *flags, entry_bits=0, cr3_bits=0):
        self.va = rnd.getrandbits(46) & ~0x1fff | rnd.randrange(8, 0xfff)
        pages = [0x1000 * n for n in rnd.sample(range(1, 15), 4)]
        shift = SHIFTS[len(flags) - 1]
        self.page = (rnd.getrandbits(48) | 1 << 47) >> shift << shift
        self.ops = [call("", CR3, pages[0] | cr3_bits)]
        for level, flag in enumerate(flags):
            to = self.page if level == len(flags) - 1 else pages[level + 1]
            index = self.va >> SHIFTS[level] & 511
            self.ops.append(call("", PUT, pages[level] + 8 * index,
                                 to | flag | entry_bits))
        self.pa = self.page | self.va & (1 << shift) - 1


def good(rnd, *flags, **more):
    tables = Tables(rnd, *flags, **more)
    return [tables.ops, walk(tables.va, tables.pa),
            call("astray", ASTRAY, want=0, say=str)]


def bad(rnd, access, code, *flags):
    tables = Tables(rnd, *flags)
    return [tables.ops, faults(tables.va, code, access)]


def allowed(rnd, access, *flags):
    tables = Tables(rnd, *flags)
    return [tables.ops, walk(tables.va, tables.pa, access)]


def table(rnd):
    return [
        Step("4 KiB", good(rnd, ALL, ALL, ALL, ALL), good(rnd, P, P, P, P)),
        Step("not the address",
             good(rnd, ALL, ALL, ALL, ALL, entry_bits=NX | 0x7ff << 52 | 0xe60,
                  cr3_bits=0x18)),
        Step("bit 7 of the last", good(rnd, ALL, ALL, ALL, ALL | PS)),
        Step("2 MiB", good(rnd, ALL, ALL, ALL | PS),
             good(rnd, ALL, ALL, ALL | PS | 0x1000)),
        Step("1 GiB", good(rnd, ALL, ALL | PS)),
        Step("not present", bad(rnd, 0, 0, ALL ^ P, ALL, ALL, ALL),
             bad(rnd, 0, 0, ALL, ALL, (ALL | PS) ^ P),
             bad(rnd, 0, 0, ALL, ALL, ALL, ALL ^ P)),
        Step("writing", allowed(rnd, WRITE, ALL, ALL, ALL, ALL),
             allowed(rnd, 0, ALL, P | US, ALL, ALL),
             bad(rnd, WRITE, 3, ALL, P | US, ALL, ALL),
             bad(rnd, WRITE, 3, ALL, ALL, P | US | PS)),
        Step("ring 3", allowed(rnd, USER, ALL, ALL, ALL, P | US),
             bad(rnd, USER, 5, P | RW, ALL, ALL, ALL),
             bad(rnd, USER | WRITE, 7, ALL, ALL, ALL, P | US)),
        Step("instructions", allowed(rnd, FETCH, ALL, ALL, ALL, P),
             allowed(rnd, WRITE, ALL, ALL | NX, ALL, ALL),
             bad(rnd, FETCH, 0x11, ALL, ALL | NX, ALL, ALL),
             bad(rnd, FETCH, 0x11, ALL, ALL | NX | PS)),
        Step("what was wanted", bad(rnd, WRITE | USER, 6, ALL, P ^ P, ALL, ALL),
             bad(rnd, WRITE, 2, ALL, P | US, 0, 0),
             bad(rnd, FETCH, 0x10, ALL, ALL, 0, 0)),
    ]
