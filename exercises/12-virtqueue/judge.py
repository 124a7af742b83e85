"""A driver that makes chains available, honest ones and others."""

from table import Op, Step, call

KIND = "c"
LEVEL = 7
FILES = ["virtqueue.c"]

PUT, GET, BEGIN, TAKE, HEAD, GPA, BYTES, MAY_WRITE, DONE, TAKEN = range(10)
DESC, AVAIL, USED, SIZE = 0x10000, 0x11000, 0x12000, 8
LARGE = 16          # as many pieces as harness.c has room for
NEXT, WRITE = 1, 2
EMPTY, BROKEN = 0, 0xffffffff


def put(gpa, val, size):
    return Op("CALL", PUT, gpa, val, size=size)


def get(gpa, want, size):
    return Op("CALL", GET, gpa, size=size, want=want, what="get")


def desc(number, gpa, length, flags=0, follows=0):
    at = DESC + 16 * number
    return [put(at, gpa, 8), put(at + 8, length, 4), put(at + 12, flags, 2),
            put(at + 14, follows, 2)]


def avail(index, *heads):
    """The driver makes chains available, of which the first has this index."""
    return [[put(AVAIL + 4 + 2 * ((index + n) % SIZE), head, 2)
             for n, head in enumerate(heads)],
            put(AVAIL + 2, index + len(heads) & 0xffff, 2)]


def count(number):
    return {EMPTY: "0, empty", BROKEN: "-1, broken"}.get(number, str(number))


def take(want):
    return call("take", TAKE, want=want, say=count)


def head(want):
    return call("head", HEAD, want=want, say=str)


def piece(number, gpa, length, write):
    return [call("begins", GPA, number, want=gpa),
            call("bytes", BYTES, number, want=length, say=str),
            call("writable", MAY_WRITE, number, want=int(write),
                 say=lambda so: "yes" if so else "no")]


def taken(want):
    return call("taken", TAKEN, want=want, say=str)


def table(rnd):
    one, two, three = rnd.sample(range(SIZE), 3)
    where = [0x14000 + 64 * n for n in rnd.sample(range(100), 8)]
    size = [rnd.randrange(1, 60) for _ in range(8)]
    simple = desc(one, where[0], size[0])
    broken = [take(BROKEN), taken(0)]
    return [
        Step("nothing", take(EMPTY), taken(0)),
        Step("one piece", simple, avail(0, one), take(1), head(one),
             piece(0, where[0], size[0], False), taken(1), take(EMPTY)),
        Step("a chain", desc(one, where[0], size[0], NEXT, three),
             desc(three, where[1], size[1], NEXT | WRITE, two),
             desc(two, where[2], size[2], WRITE, one), avail(0, one), take(3),
             head(one), piece(0, where[0], size[0], False),
             piece(1, where[1], size[1], True), piece(2, where[2], size[2], True)),
        Step("in order", simple, desc(two, where[1], size[1]), avail(0, two, one),
             take(1), head(two), take(1), head(one), take(EMPTY)),
        Step("around", call("", BEGIN, 0xfffe), simple, desc(two, where[1], size[1]),
             avail(0xfffe, one, two, one), take(1), head(one), take(1), head(two),
             take(1), head(one), take(EMPTY)),
        Step("given back", call("", DONE, one, size[0]), get(USED + 2, 1, 2),
             get(USED + 4, one, 4), get(USED + 8, size[0], 4),
             call("", DONE, two, size[1]), get(USED + 2, 2, 2), get(USED + 12, two, 4),
             get(USED + 16, size[1], 4)),
        Step("given back, around", call("", BEGIN, 0xfff7),
             call("", DONE, one, size[0]), get(USED + 2, 0xfff8, 2),
             get(USED + 4 + 8 * 7, one, 4), call("", DONE, two, size[1]),
             get(USED + 2, 0xfff9, 2), get(USED + 4, two, 4)),
        Step("another size", call("", BEGIN, 0xffff, LARGE),
             desc(LARGE - 1, where[0], size[0]),
             put(AVAIL + 4 + 2 * (LARGE - 1), LARGE - 1, 2), put(AVAIL + 2, 0, 2),
             take(1), head(LARGE - 1), call("", DONE, LARGE - 1, size[0]),
             get(USED + 4 + 8 * (LARGE - 1), LARGE - 1, 4), get(USED + 2, 0, 2)),
        Step("a head that is none", desc(SIZE, where[0], size[0]), avail(0, SIZE),
             broken, avail(0, 0xffff), broken),
        Step("a next that is none", desc(SIZE, where[1], size[1]),
             desc(one, where[0], size[0], NEXT, SIZE), avail(0, one), broken,
             desc(one, where[0], size[0], 0, SIZE), take(1)),
        Step("a circle", desc(one, where[0], 1, NEXT, two),
             desc(two, where[1], 1, NEXT, one), avail(0, one), broken),
        Step("as long as can be",
             [desc(n, where[n], size[n], NEXT if n < 7 else 0, n + 1)
              for n in range(SIZE)],
             avail(0, 0), take(SIZE), piece(7, where[7], size[7], False)),
        Step("not RAM", desc(one, 0x1fff0, 17), avail(0, one), broken, desc(one, 8, 8),
             broken, desc(one, (1 << 64) - 8, 16), broken, desc(one, 0x1fff0, 16),
             take(1)),
        Step("too many", simple, avail(0, *[one] * 8), put(AVAIL + 2, 9, 2), broken,
             put(AVAIL + 2, 8, 2), take(1)),
    ]
