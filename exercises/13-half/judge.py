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
    exits = run.exits.total
    return [
        ("the numbers", lines[:40] == wanted[:40],
         {"first": wanted[0].decode(), "lines": len(lines) - 1,
          "have": lines[0][:20]}),
        ("the sum", run.out == want,
         {"sum": wanted[40].decode(), "have": run.out[-12:]}),
        ("it ends", run.status == 0, {"status": run.status}),
        ("half of the exits", (exits or 0) <= before // 2,
         {"before": before, "most": before // 2, "exits": exits}),
        ("no work left out", exits is not None and exits > 41, {}),
    ]
