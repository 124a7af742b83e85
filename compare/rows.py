"""The rows of the terminal's table: what stands in each, taken from the report.

A cell differs from the baseline's when what was counted is not equal, or what
was measured is more than a twentieth apart: times, memory and what the host
kernel counts never repeat to the last digit. The baseline runs twice, and what
is no farther from its two runs than they are from each other is noise.
"""

NOISE = 0.05
PORTS = 6
NOTHING = "-"
SAME, WAVERS, DIFFERS = range(3)
# What happens behind the prompt waits for what is typed.
TYPED = ("end", "finished")
SLOW_NS = 10_000_000_000
# Texts of stages that are longer than the column.
SHORT = {
    "entered": "first instruction",
    "paging": "protected mode, paging",
    "second-cpu": "another vCPU's exit",
    "com1-open": "COM1 open for input",
    "kernel": "\"Linux version\"",
    "memory": "\"Memory:\"",
    "cpus": "\"smp: Brought up\"",
    "unpacking": "initrd being unpacked",
    "unpacked": "initrd unpacked",
    "kernel-done": "kernel done",
    "run-init": "\"Run ... as init\"",
}


class Row:
    """A label and a value for each variant, None where there is none; behind
    them the value of the baseline's second run."""

    def __init__(self, label, values, form=str, noisy=False):
        self.label = label
        if form is ratio:       # what is not seen is no difference
            values = [value and round(value, 2) for value in values]
        *self.values, self.again = values
        self.texts = [NOTHING if value is None else form(value)
                      for value in self.values]
        base = self.values[0]
        found = [verdict(value, base, self.again, noisy)
                 for value in self.values]
        self.differs = [one == DIFFERS for one in found]
        self.wavers = [one == WAVERS for one in found]
        # A number in words of its own, such as a status, is no amount.
        self.changes = [change(value, base)
                        if one != SAME and form is not str else ""
                        for value, one in zip(self.values, found)]


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def differs(value, base, noisy):
    if noisy and is_number(value) and is_number(base):
        return abs(value - base) > NOISE * abs(base)
    return value != base


def verdict(value, base, again, noisy):
    """SAME; DIFFERS; or WAVERS: differs, but so does the baseline from itself.

    again: the value of the baseline's second run.
    """
    if not differs(value, base, noisy):
        return SAME
    if is_number(base) and is_number(again):
        if not is_number(value):
            return DIFFERS
        low, high = sorted((base, again))
        return DIFFERS if max(low - value, value - high) > high - low \
            else WAVERS
    if is_number(base) or is_number(again):
        return WAVERS       # the baseline has one only now and then
    return WAVERS if value == again else DIFFERS


def change(value, base):
    """"+12", "x3.1": how a number stands to the baseline's."""
    if not is_number(value) or not is_number(base) or not base:
        return ""
    if value >= 2 * base:
        return f"x{value / base:.3g}"
    if isinstance(value, int) and abs(value - base) < 10_000:
        return f"{value - base:+,}"
    return f"{100 * (value - base) / base:+.0f}%"


def count(value):
    return f"{value:,}"


def ratio(value):
    return f"{value:.2f}"


def time(ns):
    """In milliseconds, or seconds when there are many."""
    return f"{ns / 1e9:,.1f} s" if ns >= SLOW_NS else f"{ns / 1e6:,.3f} ms"


def yes(value):
    return "yes" if value else "no"


def amount(number, noun, plural=""):
    """"1 line", "1,234 lines"."""
    return f"{count(number)} " + \
        (noun if abs(number) == 1 else plural or noun + "s")


def counted(variant):
    return variant["ledger"] is not None


def numbers(variants, key, label, form=count, noisy=False):
    """A row of a number of the run; none where nothing was counted."""
    return Row(label, [v[key] if counted(v) else None for v in variants],
               form, noisy)


def stage(variant, name):
    for one in variant["stages"]:
        if one["stage"] == name:
            return one
    return None


def stage_names(variants):
    """Every stage that a variant reached, with its text; in the order of the
    times at which the last variant got there."""
    texts, last = {}, {}
    for variant in variants:
        for one in variant["stages"]:
            name = one["stage"]
            texts.setdefault(name, one["text"])
            last[name] = max(last.get(name, 0), one["ns"])
    return [(name, texts[name]) for name in sorted(last, key=last.get)]


def takes_input(variants):
    return any(v["input"] is not None for v in variants)


def stage_rows(variants, steady=True):
    """steady: the clock repeats, so that other times mean something."""
    skipped = ("start", "finished")
    if takes_input(variants):
        skipped += TYPED
    for name, text in stage_names(variants):
        if name not in skipped:
            found = [stage(v, name) for v in variants]
            row = Row(SHORT.get(name, text), [one and one["ns"]
                                              for one in found], time, True)
            yield row if steady else unmarked(row)


def unmarked(row):
    """The row, its numbers all alike; a missing one still differs."""
    for at, value in enumerate(row.values):
        if is_number(value) and is_number(row.values[0]):
            row.differs[at] = row.wavers[at] = False
            row.changes[at] = ""
    return row


def outcome_rows(variants):
    yield Row("outcome", [v["outcome"] for v in variants])
    if takes_input(variants):
        yield Row("typed input arrived", [v["input"] for v in variants], yes)
    yield Row("exit status", [v["status"] for v in variants])
    yield Row("CPUs that came up", [v.get("cpus") for v in variants])
    yield Row("interrupts of COM1 by", [v.get("routed") for v in variants])
    yield Row("switched off by", [v.get("off") or None for v in variants])


def exit_rows(variants):
    if takes_input(variants):
        found = [stage(v, "prompt") for v in variants]
        yield Row("up to the prompt", [one and one["exits"] for one in found],
                  count)
    yield numbers(variants, "exits", "in all")
    for reason in ordered(variants, "reasons", lambda row: row["reason"]):
        yield Row("  " + reason, [
            summed(v, "reasons", "exits", reason=reason) for v in variants],
            count)
    yield per_frame(variants, "exits", "per frame")
    if any(v["kernel_exits"] is not None for v in variants):
        yield numbers(variants, "kernel_exits", "in the host kernel only",
                      count, True)


def ordered(variants, table, key):
    """The keys of a table's rows, the one with most exits anywhere first."""
    most = {}
    for variant in variants:
        for row in variant[table]:
            most[key(row)] = max(most.get(key(row), 0), row["exits"])
    return sorted(most, key=lambda name: -most[name])


def summed(variant, table, number, **want):
    """The sum over the rows that are like that; None if nothing was counted."""
    if not counted(variant):
        return None
    return sum(row[number] for row in variant[table]
               if all(row[name] == value for name, value in want.items()))


def port_rows(variants):
    def key(row):
        return row["where"], row["direction"]

    for where, direction in ordered(variants, "ports", key)[:PORTS]:
        handler = next((row["handler"] for v in variants for row in v["ports"]
                        if key(row) == (where, direction) and row["handler"]),
                       "")
        yield Row(f"{where} {direction} {handler}".rstrip(), [
            summed(v, "ports", "exits", where=where, direction=direction)
            for v in variants], count)


def per_frame(variants, key, label):
    """A row of what a picture takes; none where no guest draws any."""
    return Row(label, [v[key] / v["frames"] if counted(v) and v.get("frames")
                       else None for v in variants], ratio)


def byte_rows(variants):
    yield numbers(variants, "accesses", "accesses")
    yield numbers(variants, "bytes", "bytes moved")
    yield numbers(variants, "bytes_per_exit", "bytes per exit", ratio)
    yield per_frame(variants, "bytes", "bytes per frame")


def interrupt_rows(variants):
    names = {row["what"] for v in variants for row in v["interrupts"]}
    for name in sorted(names, key=lambda text: (len(text), text)):
        yield Row(f"{name} raised", [
            sum(row["raised"] for row in v["interrupts"]
                if row["what"] == name) if counted(v) else None
            for v in variants], count)
    if any(v["injected"] is not None for v in variants):
        yield numbers(variants, "injected", "injected", count, True)


def queue_rows(variants):
    for key, label in (("requests", "requests"), ("kicks", "kicks that came"),
                       ("kicks_saved", "requests without"),
                       ("interrupts", "interrupts asked for"),
                       ("interrupts_saved", "requests without one")):
        yield Row(label, [(v.get("queues") or {}).get(key) for v in variants],
                  count, True)


def program_rows(variants):
    def built(key):
        return [v[key] if v["binary_bytes"] else None for v in variants]

    yield Row("bytes, stripped", built("binary_bytes"), count)
    yield Row("code and constants", built("text_bytes"), count)
    yield Row("C files", [len(v["files"]) or None for v in variants], count)
    yield Row("lines in them", [v["lines"] or None for v in variants], count)


def memory_rows(variants):
    yield Row("resident KiB, with RAM", [
        v["resident_kib"] or None for v in variants], count, True)
    if any(v["beyond_ram_kib"] is not None for v in variants):
        yield numbers(variants, "beyond_ram_kib", "beyond guest RAM", count,
                      True)


SECTIONS = (
    ("", outcome_rows),
    ("Time to", stage_rows),
    ("VM exits", exit_rows),
    ("VM exits by port", port_rows),
    ("Bytes", byte_rows),
    ("Interrupts", interrupt_rows),
    ("virtio queues", queue_rows),
    ("kvm-vmm", program_rows),
    ("Memory", memory_rows),
)


def sections(variants, again=None, steady=True):
    """(title, rows) of everything that any variant has a value for.

    again: the baseline's second run, if there was one.
    """
    variants = [*variants, again or variants[0]]
    for title, make in SECTIONS:
        made = make(variants, steady) if make is stage_rows else make(variants)
        rows = [row for row in made
                if any(value is not None for value in row.values)]
        if rows:
            yield title, rows
