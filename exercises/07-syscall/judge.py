"""System call 10 of 1K OS: the name of the program that calls."""

KIND = "os"
LEVEL = 4
FILES = ["syscall.c"]
PART = "syscall.c"

SIZE = 32
CALL, POINTER = -1, -2


def second(rnd):
    return "".join(rnd.choices("abcdefghijkmnpqrstuvwxyz", k=rnd.randrange(6, 12)))


def given(rnd):
    return {"names.h": f'#define SECOND "{second(rnd)}"\n'}


def programs(rnd):
    return {"shell": "try.c", second(rnd): "try.c"}


def filled(name, size):
    """What must be in the buffer, as try.c shows it."""
    text = (name[:size - 1] + "0") if size else ""
    return f"{len(name)} {text.ljust(SIZE, '#')}"


def judge(rnd, run):
    said = dict(line.split(" ", 1) for line in
                run.out.decode("latin-1").split("\n") if " " in line)

    def row(step, **want):
        for key, value in want.items():
            have = said.get(key)
            if have != value:
                return step, False, {
                    "here": "ended" if have is None else "was", "key": key,
                    "value": value, "have": have}
        return step, True, {}

    refused = str(POINTER)
    return [
        row("it is there", own=filled("shell", SIZE)),
        row("whose name", second=filled(second(rnd), SIZE)),
        row("cut", exact=filled("shell", 6), less=filled("shell", 5),
            cut=filled("shell", 4), one=filled("shell", 1)),
        row("no bytes", zero=filled("shell", 0)),
        row("bad pointers", none=refused, nopage=refused, kernel=refused,
            half=refused, huge=refused),
        row("read-only memory", readonly=refused, text="in what is read-only"),
        row("the others", unknown=f"{CALL} {CALL}", others=f"0 {POINTER}"),
    ]
