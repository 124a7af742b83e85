"""Facts about a variant beside the baseline: what sentences may be made of."""

from . import rows

# What Linux does where it stands, by the beginning of a function's name.
WAITS = (
    (("default_idle", "native_safe_halt", "pv_native_safe_halt",
      "default_enter_idle", "acpi_idle", "arch_cpu_idle"),
     "Linux has nothing left to run there and waits for an interrupt"),
    (("calibrate_delay", "timer_irq_works", "calibration_delay",
      "__loop_delay", "delay_tsc", "delay_loop", "__delay", "__const_udelay",
      "pit_calibrate", "quick_pit", "native_calibrate",
      "pit_hpet_ptimer_calibrate"),
     "Linux measures a clock there, or waits for a time to pass"),
    (("panic",), "Linux has panicked and goes round there for ever"),
    (("native_machine_halt", "stop_this_cpu"),
     "There Linux stops a processor that is needed no more"),
    (("io_serial_in", "io_serial_out", "serial8250", "wait_for", "serial_in",
      "uart_"), "Linux waits for the serial port there"),
    (("i8042",), "Linux waits for the keyboard controller there"),
)


class Facts:
    """One variant (`own`) and the baseline (`base`), as in report.json."""

    def __init__(self, report, base, own):
        self.report = report
        self.base, self.own = base, own
        self.again = report.get("again") or base    # the baseline once more

    @property
    def is_linux(self):
        return bool(self.report["cmdline"])

    @property
    def is_counted(self):
        return rows.counted(self.base) and rows.counted(self.own)

    @property
    def is_same_end(self):
        """Both went the same way, as far as it can be seen."""
        return all(self.base[key] == self.own[key]
                   for key in ("outcome", "input", "status"))

    @property
    def is_alike(self):
        """Nothing that was counted differs, as far as it says something: what
        the guest prints of Linux may have times in it."""
        outputs = [v["output"] for v in (self.base, self.own)]
        if self.is_linux:
            outputs = [bool(text) for text in outputs]
        is_later = self.report["place"] == "lab" and self.later() != 1
        return self.is_same_end and self.is_counted and not is_later and \
            outputs[0] == outputs[1] and \
            self.exits_verdict() != rows.DIFFERS

    def verdict(self, number, noisy=False):
        """How a number of `own` stands to that of `base`: as rows.verdict().
        number: a function that takes it from a variant."""
        return rows.verdict(number(self.own), number(self.base),
                            number(self.again), noisy)

    def stage_verdict(self, name, key="ns"):
        """The same of a stage that both reached."""
        def number(variant):
            stage = rows.stage(variant, name)
            return stage and stage[key]
        return self.verdict(number, key == "ns")

    @property
    def prints_the_same(self):
        return self.base["output"] == self.own["output"]

    def stage(self, name, key="ns"):
        """(baseline's, own) of a stage that both reached, else None."""
        found = [rows.stage(v, name) for v in (self.base, self.own)]
        return tuple(one[key] for one in found) if all(found) else None

    def later(self, name="prompt"):
        """How many times as late the stage comes; 1 within the noise."""
        times = self.stage(name)
        if not times or self.stage_verdict(name) != rows.DIFFERS:
            return 1
        return times[1] / times[0] if times[0] else 1

    def exits_verdict(self):
        """VM exits up to the prompt or, without one, in all."""
        if self.prompt_exits():
            return self.stage_verdict("prompt", "exits")
        return self.verdict(lambda variant: variant["exits"])

    def prompt_exits(self):
        return self.stage("prompt", "exits")

    def at(self, who, *handlers):
        """VM exits that these devices answered."""
        return sum(row["exits"] for row in who["ports"]
                   if row["handler"] in handlers)

    def nobody(self, who):
        """Accesses that no device answered: {where: exits}."""
        found = {}
        for row in who["ports"]:
            if row["handler"] == "":
                found[row["where"]] = found.get(row["where"], 0) + row["exits"]
        return found

    def raised(self, who, what):
        return sum(row["raised"] for row in who["interrupts"]
                   if row["what"] == what)

    def exits_by(self, who, reason):
        return sum(row["exits"] for row in who["reasons"]
                   if row["reason"] == reason)

    def vcpus(self, who):
        guests = (who["ledger"] or {}).get("guests") or [{}]
        return guests[0].get("vcpus")


def waiting(where):
    """What Linux does at such a place, "" if that cannot be told."""
    for names, text in WAITS:
        if where.startswith(names):
            return text
    return ""
