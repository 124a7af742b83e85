"""The tables of the HTML report: variants side by side, the baseline first.

A cell that differs from the baseline's is marked, as in the terminal's table:
what is counted differs when it is not equal, what is measured when it is more
than NOISE apart, as times and memory never repeat exactly. What is no farther
from the baseline's two runs than they are from each other has its own mark.
Each function is given the second run as one more variant, the last; mark()
takes its cell away.
"""

from . import html_charts as charts
from . import html_text as text_of
from .rows import DIFFERS, NOISE, SAME, WAVERS, amount, verdict

NOTHING = "\N{EN DASH}"

# Sign, word and class of each outcome.
OUTCOMES = {
    "shell": ("\N{CHECK MARK}", "shell", "good"),
    "done": ("\N{CHECK MARK}", "done", "good"),
    "silent": ("\N{MIDLINE HORIZONTAL ELLIPSIS}", "silent", "warn"),
    "halted": ("\N{BLACK SQUARE}", "halted", "warn"),
    "crashed": ("\N{BALLOT X}", "crashed", "bad"),
    "refused": ("\N{CIRCLED DIVISION SLASH}", "refused", "bad"),
    "not built": ("\N{EN DASH}", "not built", "none"),
    "missing": ("?", "not measured", "none"),
}


class Cell:
    """What a cell shows, and whether it differs from the baseline's."""

    def __init__(self, text, value=None, small=""):
        self.text, self.value, self.small = text, value, small
        self.differs = self.wavers = False
        self.change = ""
        self.badge = None


class Table:
    """Sections of rows; each row has a title and a cell per variant."""

    def __init__(self, ident, caption, variants):
        self.ident, self.caption, self.variants = ident, caption, variants
        self.sections = []      # (title or "", [(title, key, cells)])

    def section(self, title, rows):
        rows = [row for row in rows
                if any(cell.text != NOTHING for cell in row[2])]
        if rows:
            self.sections.append((title, rows))


def outcome(variant):
    """The badge of a cell: the outcome, and nothing else."""
    sign, word, tone = OUTCOMES.get(variant["outcome"],
                                    ("?", variant["outcome"], "none"))
    if tone == "good" and (variant["input"] is False or
                           variant["outcome"] == "done" and variant["status"]):
        sign, tone = "!", "warn"
    return {"sign": sign, "word": word, "tone": tone}


def badge(variant):
    """The badge of a title, with what spoils a good outcome."""
    made = outcome(variant)
    if variant["outcome"] == "done" and variant["status"]:
        made["word"] = f"done, status {variant['status']}"
    elif made["tone"] == "warn" and variant["outcome"] in ("shell", "done"):
        made["word"] += ", no input"
    return made


def seen(cell):
    """The value as it is seen: of a number that is no count, two digits."""
    return round(cell.value, 2) if isinstance(cell.value, float) \
        else cell.value


def mark(cells, noisy=False):
    """Marks the cells that differ from the first, and takes the last one away:
    the baseline's second run."""
    *cells, again = cells
    base = cells[0]
    for cell in cells[1:]:
        found = verdict(seen(cell), seen(base), seen(again), noisy)
        cell.differs, cell.wavers = found == DIFFERS, found == WAVERS
        have, want = cell.value, base.value
        if found != SAME and want and text_of.is_number(have) and \
                text_of.is_number(want):
            part = noisy or isinstance(have, float)
            cell.change = (text_of.percent if part else
                           text_of.difference)(have, want)
    if any(cell.wavers for cell in cells):
        base.small = ", ".join(filter(None, [base.small,
                                             f"again: {again.text}"]))
    return cells


def words(key, title, texts):
    return title, key, mark([Cell(text or NOTHING, text or None)
                             for text in texts])


def numbers(key, title, values, form=text_of.count, noisy=False):
    return title, key, mark([Cell(NOTHING if value is None else form(value),
                                  value) for value in values], noisy)


def times(key, title, values):
    return numbers(key, title, values, text_of.time, noisy=True)


def stage_of(variant, name):
    return next((stage for stage in variant["stages"]
                 if stage["stage"] == name), None)


def assigned(symbols):
    return ", ".join(f"{name}={value}" for name, value in symbols.items())


def if_counted(variants, key):
    """A number of the run of each variant; None where nothing ran."""
    return [v[key] if charts.counted(v) else None for v in variants]


def raised(variant):
    if not charts.counted(variant):
        return None
    return sum(row["raised"] for row in variant["interrupts"])


def outcome_row(variants):
    cells = [Cell(v["outcome"], v["outcome"]) for v in variants]
    for cell, variant in zip(cells, variants):
        cell.badge = outcome(variant)
    return "Outcome", "outcome", mark(cells)


def behaviour_rows(variants):
    typed = {True: "yes", False: "no", None: "not tried"}
    tried = any(v["input"] is not None for v in variants)
    yield outcome_row(variants)
    yield words("said", "How it went",
                [v["said"] for v in variants])
    yield words("input", "Typed input arrived",
                [typed.get(v["input"], "?") if tried else ""
                 for v in variants])
    yield numbers("cpus", "CPUs that came up",
                  [v.get("cpus") for v in variants])
    yield words("routed", "Interrupts of COM1 by",
                [v.get("routed") or "" for v in variants])
    yield words("off", "Switched off by",
                [v.get("off") or "" for v in variants])
    yield words("where", "Where it stood",
                [v["where"] for v in variants])
    yield numbers("status", "Exit status",
                  [v["status"] for v in variants])


def guest_rows(variants):
    for key, name, title in (
            ("prompt_ns", "prompt", "Time to the prompt"),
            ("end_ns", "end", "Time to the guest's end")):
        found = [stage_of(v, name) for v in variants]
        values = [stage and stage["ns"] for stage in found]
        row = times(key, title, values)
        for cell, variant in zip(row[2], variants):
            if cell.value is None and any(values) and variant["stages"]:
                cell.text = charts.NOT_REACHED
        yield row
    prompts = [stage_of(v, "prompt") for v in variants]
    yield numbers("prompt_exits", "VM exits up to the prompt",
                  [stage and stage["exits"] for stage in prompts])
    for key, title in (("exits", "VM exits in all"), ("accesses", "Accesses"),
                       ("bytes", "Bytes moved"),
                       ("bytes_per_exit", "Bytes per exit")):
        yield numbers(key, title, if_counted(variants, key))
    yield numbers("kernel_exits", "Exits that the host kernel answered",
                  if_counted(variants, "kernel_exits"))
    yield numbers("raised", "Interrupt lines raised",
                  [raised(v) for v in variants])
    yield numbers("injected", "Interrupts injected",
                  [v["injected"] for v in variants])
    for key, title in (("guest_ns", "Time in the guest"),
                       ("answer_ns", "Time to answer")):
        yield times(key, title, if_counted(variants, key))


def host_rows(variants):
    for key, title in (("wall_ns", "Whole run"),
                       ("cpu_ns", "Processor time")):
        yield times(key, title, [v[key] or None for v in variants])
    for key, title in (("resident_kib", "Memory, at most, KiB"),
                       ("beyond_ram_kib", "Memory without guest RAM, KiB")):
        yield numbers(key, title, [v[key] or None
                                             for v in variants], noisy=True)


def program_rows(variants):
    for key, title in (("symbols", "Asked of the configuration"),
                       ("follows", "What follows from that")):
        yield words(key, title, [assigned(v[key])
                                           for v in variants])
    yield words("options", "Options",
                [" ".join(v["options"]) for v in variants])
    for key, title in (("binary_bytes", "Size, bytes"),
                       ("text_bytes", "Code, bytes"),
                       ("lines", "Lines of C")):
        yield numbers(key, title, [v[key] or None
                                             for v in variants])
    yield numbers("files", "Files of C",
                  [len(v["files"]) or None for v in variants])


def side_by_side(ident, variants, again):
    """Everything that is compared."""
    table = Table(ident, "Variants side by side", variants)
    variants = [*variants, again]
    table.section("What happened", behaviour_rows(variants))
    table.section("The guest", guest_rows(variants))
    table.section("The process", host_rows(variants))
    table.section("The program", program_rows(variants))
    return table


# --- The ledger ---------------------------------------------------------------

def stages(ident, variants):
    table = Table(ident, "Stages of the boot: time since the command line was "
                  "read, time since the stage before, VM exits so far",
                  variants[:-1])
    rows = []
    for name, text in charts.stage_rows(variants):
        cells = []
        for variant in variants:
            cells.append(stage_cell(stage_of(variant, name)))
        rows.append((text, "stage:" + name, mark(cells, noisy=True)))
    table.section("", rows)
    return table


def stage_cell(stage):
    if stage is None:
        return Cell(charts.NOT_REACHED)
    small = (f"+{text_of.time(stage['step_ns'])}, "
             f"{amount(stage['exits'], 'exit')}")
    if stage.get("more"):
        small += f", {stage['more']}"
    return Cell(text_of.time(stage["ns"]), stage["ns"], small)


def ledger(ident, caption, variants, rows_of, key, value="exits"):
    """A table of counts, a row for every key that one of the variants has."""
    table = Table(ident, caption, variants[:-1])
    sums = []
    for variant in variants:
        part = {}
        for row in rows_of(variant):
            part[key(row)] = part.get(key(row), 0) + row[value]
        sums.append(part if charts.counted(variant) else None)
    keys = {name: max((part or {}).get(name, 0) for part in sums)
            for part in sums if part for name in part}
    order = sorted(keys, key=lambda name: (-keys[name], name))
    table.section("", [numbers(
        f"{ident.split('-')[0]}:{name}", name,
        [None if part is None else part.get(name, 0) for part in sums])
        for name in order])
    return table


def ledgers(number, variants, again):
    """The tables below the charts, those that have something in them."""
    variants = [*variants, again]
    made = (
        stages(f"stages-{number}", variants),
        ledger(f"reasons-{number}", "VM exits by reason", variants,
               lambda v: v["reasons"], lambda row: row["reason"]),
        ledger(f"ports-{number}", "VM exits by port or address, direction and "
               "device", variants, lambda v: v["ports"], charts.port_name),
        ledger(f"interrupts-{number}", "Interrupt lines: how often raised",
               variants, lambda v: v["interrupts"], lambda row: row["what"],
               "raised"))
    return [table for table in made if table.sections]


def at_a_glance(variants, again):
    """A row per variant, for when there are too many to stand side by side."""
    few, variants = variants, [*variants, again]
    columns = [outcome_row(variants),
               next(row for row in behaviour_rows(variants)
                    if row[1] == "input")]
    columns += [row for row in guest_rows(variants)
                if row[1] in ("prompt_ns", "exits", "bytes_per_exit")]
    columns += [row for row in program_rows(variants)
                if row[1] in ("binary_bytes", "lines")]
    columns = [column for column in columns
               if any(cell.text != NOTHING for cell in column[2])]
    return {"titles": [column[0] for column in columns],
            "rows": [(variant, [(column[1], column[2][at])
                                for column in columns])
                     for at, variant in enumerate(few)]}
