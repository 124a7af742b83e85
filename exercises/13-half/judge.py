"""Numbers and their sum, with half of the VM exits of the skeleton."""

KIND = "real16"
LEVEL = 7
FILES = ["half.S"]


def numbers(rnd):
    return [rnd.randrange(100, 1400) for _ in range(40)]


def text(rnd):
    values = numbers(rnd)
    return "".join(f"{value}\n" for value in values + [sum(values)]).encode()


def given(rnd):
    values = ", ".join(str(value) for value in numbers(rnd))
    return {"numbers.inc": f"\t.set\tNUMBERS, 40\nnumbers:\t.word\t{values}\n"}


def judge(rnd, run):
    want = text(rnd)
    before = 2 * len(want) + 1
    lines, wanted = run.out.split(b"\n"), want.split(b"\n")
    return [
        ("the numbers", lines[:40] == wanted[:40],
         f"There must be a line for each of the 40 numbers, the first is "
         f"{wanted[0].decode()}; {len(lines) - 1} lines came, the first is "
         f"{lines[0][:20]!r}. Read: exercises/13-half/README.md."),
        ("the sum", run.out == want,
         f"After the numbers comes one line with their sum, {wanted[40].decode()}, "
         f"and nothing more; the output ends {run.out[-12:]!r}. Read: "
         "exercises/13-half/README.md."),
        ("it ends", run.status == 0,
         f"The guest must end with status 0, and it was {run.status}. Read: "
         "docs/guide.md, \"How a guest ends\"."),
        ("half of the exits", (run.exits.total or 0) <= before // 2,
         f"The skeleton needs {before} VM exits, at most {before // 2} are allowed, "
         f"and these were {run.exits.total}. Read: vmm/abi/hypercall.h, and "
         "docs/stats.md, \"The ledger\"."),
        ("no work left out", run.exits.total is not None
         and run.exits.total > 41,
         "A line needs a VM exit at least. Read: docs/guide.md, \"The life of a VM "
         "exit\"."),
    ]
