"""Page tables made by chance, and what must be found in them."""

from table import NOTHING, Step, call

KIND = "c"
LEVEL = 5
FILES = ["walk.c"]

PUT, CR3, WALK, ERROR, ASTRAY = range(5)
WRITE, USER, FETCH = 1, 2, 4
P, RW, US, PS, NX = 1, 2, 4, 0x80, 1 << 63
ALL = P | RW | US
PAGING = "SDM 3A, \"4-Level Paging\""
RIGHTS = "SDM 3A, \"Determination of Access Rights\""
FAULTS = "SDM 3A, \"Page-Fault Exceptions\""
SHIFTS = [39, 30, 21, 12]


def place(where):
    return "a page fault" if where == NOTHING else hex(where)


def error(code):
    return "no fault" if code == NOTHING else f"error code {code:#x}"


def walk(va, pa, access=0):
    return call("where the address leads must be", WALK, va, access, want=pa,
                say=place)


def faults(va, code, access=0):
    return [walk(va, NOTHING, access),
            call("what the fault says must be", ERROR, want=code, say=error)]


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
            call("reads outside of the tables must be", ASTRAY, want=0, say=str)]


def bad(rnd, access, code, *flags):
    tables = Tables(rnd, *flags)
    return [tables.ops, faults(tables.va, code, access)]


def allowed(rnd, access, *flags):
    tables = Tables(rnd, *flags)
    return [tables.ops, walk(tables.va, tables.pa, access)]


def table(rnd):
    return [
        Step("4 KiB", "Four tables lead to a page of 4 KiB.", PAGING,
             good(rnd, ALL, ALL, ALL, ALL), good(rnd, P, P, P, P)),
        Step("not the address", "Only bits 51 to 12 of an entry, and of CR3, are an "
             "address.", PAGING, good(rnd, ALL, ALL, ALL, ALL, entry_bits=NX |
                                      0x7ff << 52 | 0xe60, cr3_bits=0x18)),
        Step("bit 7 of the last", "In the last table bit 7 is the PAT's.", PAGING,
             good(rnd, ALL, ALL, ALL, ALL | PS)),
        Step("2 MiB", "An entry of the third table with bit 7 is a page of 2 MiB, and "
             "its bit 12 is no address.", PAGING,
             good(rnd, ALL, ALL, ALL | PS), good(rnd, ALL, ALL, ALL | PS | 0x1000)),
        Step("1 GiB", "An entry of the second table with bit 7 is a page of 1 GiB.",
             PAGING, good(rnd, ALL, ALL | PS)),
        Step("not present", "An entry without bit 0 ends the walk, whatever else is in "
             "it, and the error code says so.", FAULTS,
             bad(rnd, 0, 0, ALL ^ P, ALL, ALL, ALL),
             bad(rnd, 0, 0, ALL, ALL, (ALL | PS) ^ P),
             bad(rnd, 0, 0, ALL, ALL, ALL, ALL ^ P)),
        Step("writing", "Writing needs bit 1 at every level.", RIGHTS,
             allowed(rnd, WRITE, ALL, ALL, ALL, ALL),
             allowed(rnd, 0, ALL, P | US, ALL, ALL),
             bad(rnd, WRITE, 3, ALL, P | US, ALL, ALL),
             bad(rnd, WRITE, 3, ALL, ALL, P | US | PS)),
        Step("ring 3", "Ring 3 needs bit 2 at every level.", RIGHTS,
             allowed(rnd, USER, ALL, ALL, ALL, P | US),
             bad(rnd, USER, 5, P | RW, ALL, ALL, ALL),
             bad(rnd, USER | WRITE, 7, ALL, ALL, ALL, P | US)),
        Step("instructions", "Bit 63 at any level forbids to fetch instructions.",
             RIGHTS, allowed(rnd, FETCH, ALL, ALL, ALL, P),
             allowed(rnd, WRITE, ALL, ALL | NX, ALL, ALL),
             bad(rnd, FETCH, 0x11, ALL, ALL | NX, ALL, ALL),
             bad(rnd, FETCH, 0x11, ALL, ALL | NX | PS)),
        Step("what was wanted", "The error code says what the access was, present or "
             "not.", FAULTS, bad(rnd, WRITE | USER, 6, ALL, P ^ P, ALL, ALL),
             bad(rnd, WRITE, 2, ALL, P | US, 0, 0),
             bad(rnd, FETCH, 0x10, ALL, ALL, 0, 0)),
    ]
