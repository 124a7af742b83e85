"""System call 10 of 1K OS: the name of the program that calls."""

KIND = "os"
LEVEL = 4
FILES = ["syscall.c"]
PART = "syscall.c"

SIZE = 32
CALL, POINTER = -1, -2
HERE = "exercises/07-syscall/README.md"
WALK = "docs/os-1k.md, \"One system call\""


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

    def row(step, rule, read, **want):
        for key, value in want.items():
            have = said.get(key)
            if have != value:
                there = f"was {have!r}" if have is not None else \
                    "did not come, the system had ended"
                return (step, False, f"{rule} Here try.c's line \"{key}\" must be "
                        f"{value!r}, and it {there}. Read: {read}.")
        return step, True, ""

    refused = str(POINTER)
    return [
        row("it is there", "Call 10 copies the name of the program and returns its "
            "length.", WALK, own=filled("shell", SIZE)),
        row("whose name", "The name is that of the program which calls.",
            "struct process in os-1k/kernel/kernel.h",
            second=filled(second(rnd), SIZE)),
        row("cut", "A name that does not fit is cut, and a 0 is behind it all the "
            "same, within the buffer.", HERE, exact=filled("shell", 6),
            less=filled("shell", 5), cut=filled("shell", 4),
            one=filled("shell", 1)),
        row("no bytes", "Of a buffer of 0 bytes nothing is written.", HERE,
            zero=filled("shell", 0)),
        row("bad pointers", "A pointer to what the program cannot touch is refused, "
            "the whole buffer counts.", "space_allows() in os-1k/kernel/kernel.h",
            none=refused, nopage=refused, kernel=refused, half=refused,
            huge=refused),
        row("read-only memory", "What the program may only read is not written for "
            "it.", "WRITABLE in os-1k/kernel/kernel.h", readonly=refused,
            text="in what is read-only"),
        row("the others", "All other calls are as they were, and numbers without a "
            "call are refused.", WALK, unknown=f"{CALL} {CALL}",
            others=f"0 {POINTER}"),
    ]
