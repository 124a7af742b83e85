"""A kernel's header by chance, and the zero page that must come of it."""

from table import Op, Step, call

KIND = "c"
LEVEL = 5
FILES = ["boot.c"]

IMAGE, CMDLINE, INITRD, RANGE, RESERVED, FILL, GET = range(7)


def image(at, val, size):
    return Op("CALL", IMAGE, at, val, size=size)


def get(at, want, size):
    return Op("CALL", GET, at, size=size, want=want, what="get")


def fill(want=0):
    return call("fill", FILL, want=want, say=lambda came:
                {0: "0", 0xffffffff: "-1"}.get(came, hex(came)))


def kernel(rnd, **other):
    fields = {"flag": 0xaa55, "magic": 0x53726448, "version": 0x20f,
              "jump": 0x6a, **other}
    return [image(0x1f1, rnd.randrange(1, 40), 1),
            image(0x1fe, fields["flag"], 2), image(0x200, 0xeb, 1),
            image(0x201, fields["jump"], 1), image(0x202, fields["magic"], 4),
            image(0x206, fields["version"], 2), image(0x211, 1, 1),
            image(0x1e0, 0xee, 1)]


def table(rnd):
    cmdline = rnd.randrange(0x10000, 0x90000)
    initrd, size = rnd.randrange(1 << 24, 1 << 30), rnd.randrange(1, 1 << 24)
    init, jump = rnd.getrandbits(32), rnd.randrange(0x63, 0x78)
    ram = [(0, 0x9fc00), (0x100000, rnd.randrange(1, 64) << 20),
           (1 << 32, rnd.randrange(1, 64) << 30)]
    ranges = [call("", RANGE, *ram[0]), call("", RESERVED, 0x9fc00, 0x400),
              call("", RANGE, *ram[1]), call("", RANGE, *ram[2])]
    good = kernel(rnd)
    return [
        Step("the header", kernel(rnd, jump=jump), image(0x260, init, 4),
             image(0x202 + jump - 1, 0x77, 1), image(0x202 + jump, 0x88, 1), fill(),
             get(0x202, 0x53726448, 4), get(0x206, 0x20f, 2), get(0x260, init, 4),
             get(0x202 + jump - 1, 0x77, 1)),
        Step("zeros", kernel(rnd, jump=jump), image(0x202 + jump, 0x88, 1), fill(),
             get(0, 0, 8), get(0x1e0, 0, 1), get(0x202 + jump, 0, 1), get(0xff8, 0, 8)),
        Step("the loader", good, fill(), get(0x210, 0xff, 1), get(0x211, 0x81, 1),
             get(0x224, 0xfe00, 2)),
        Step("the command line", good, call("", CMDLINE, cmdline), fill(),
             get(0x228, cmdline, 4)),
        Step("the initrd", good, call("", INITRD, initrd, size), fill(),
             get(0x218, initrd, 4), get(0x21c, size, 4)),
        Step("one range", good, ranges[0], fill(), get(0x1e8, 1, 1), get(0x2d0, 0, 8),
             get(0x2d8, 0x9fc00, 8), get(0x2e0, 1, 4)),
        Step("the map", good, ranges, fill(), get(0x1e8, 4, 1),
             get(0x2d0 + 20, 0x9fc00, 8), get(0x2d0 + 36, 2, 4),
             get(0x2d0 + 40, 0x100000, 8), get(0x2d0 + 48, ram[1][1], 8),
             get(0x2d0 + 60, 1 << 32, 8), get(0x2d0 + 76, 1, 4)),
        Step("no kernel", kernel(rnd, flag=0xaa54), fill(0xffffffff),
             kernel(rnd, magic=0x53726449), fill(0xffffffff),
             kernel(rnd, version=0x205), fill(0xffffffff), kernel(rnd), fill()),
    ]
