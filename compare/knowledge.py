"""Why: what is known about each toggle, said only where the numbers of this
comparison show it. Each function takes Facts and returns a text, or ""."""

from . import rows

WHYS = {}
EIO = 5         # what the /init that is built here hands back without a console


def why(name, value):
    """Marks what explains the variant NAME=VALUE."""
    def mark(function):
        WHYS[name, value] = function
        return function
    return mark


def text(facts, variant):
    """What is known about a variant, as far as it can be seen; else ""."""
    (name, value), = variant["symbols"].items()
    found = WHYS.get((name, value)) or WHYS.get((name, ""))
    if not found and name.startswith("DEV_") and value == "n":
        return unused(facts, DEVICES.get(name, name[4:].lower()))
    return found(facts) if found else ""


DEVICES = {"DEV_I8042": "i8042", "DEV_FW_CFG": "fwcfg"}


def unused(facts, device):
    """A device that is gone, or that no one missed."""
    if not facts.is_counted:
        return ""
    used = facts.at(facts.base, device)
    if not used:
        return f"The guest never touches {device}."
    gone = facts.nobody(facts.own)
    if gone and not facts.at(facts.own, device):
        lost = sum(gone.values())
        return (f"In the baseline {device} answers {accesses(used)}; here its "
                "ports read as ones and what is written to them is lost: "
                f"{accesses(lost)}.")
    return ""


def accesses(number):
    return rows.amount(number, "access", "accesses")


def times(number):
    return "once" if number == 1 else rows.amount(number, "time")


@why("UART_IRQ4", "n")
def no_irq4(facts):
    if not facts.is_counted or not facts.raised(facts.base, "IRQ4") or \
            facts.raised(facts.own, "IRQ4"):
        return ""
    said = (f"IRQ 4 was raised {times(facts.raised(facts.base, 'IRQ4'))} in "
            "the baseline and never here.")
    if facts.is_linux and facts.base["input"] and facts.own["input"] is False:
        said += (" Linux's driver looks for typed characters when that "
                 "interrupt tells it to, and only then.")
        if facts.later() > 1:
            said += (" To print, it does not rely on it: it notices that the "
                     "interrupt stays away and looks at the UART by a timer, "
                     "in bursts.")
    return said


@why("UART_FIFO", "n")
def no_fifo(facts):
    raised = [facts.raised(v, "IRQ4") for v in (facts.base, facts.own)]
    verdict = facts.verdict(lambda v: facts.raised(v, "IRQ4"), True)
    if not facts.is_counted or raised[1] <= raised[0] or \
            verdict != rows.DIFFERS:
        return ""
    return ("Without FIFOs a driver can hand over one character at a time: "
            f"IRQ 4 was raised {times(raised[1])} instead of "
            f"{rows.count(raised[0])}.")


@why("IRQCHIP", "none")
def no_irqchip(facts):
    if facts.is_same_end and not facts.is_linux and facts.prints_the_same:
        return "This program does without interrupts."
    if not facts.is_counted or facts.own["injected"]:
        return ""
    said = "No interrupt reached the guest."
    if "refuses reading and writing" in facts.own["report"] + \
            facts.own["output"]:
        said += (" Linux's serial driver got none to wait for, so every "
                 "reading and writing of the console by a program fails, and "
                 "/init has nobody to talk to.")
    return said


@why("IRQCHIP", "vmm")
def modelled(facts):
    chips = facts.at(facts.own, "pic", "pit", "ioapic")
    windows = facts.exits_by(facts.own, "IRQ_WINDOW_OPEN")
    if not facts.is_counted or chips <= facts.at(facts.base, "pic", "pit",
                                                 "ioapic"):
        return ""
    said = (f"{talk(chips)} with the interrupt controllers and the timer, "
            "which kvm-vmm models here")
    if windows:
        said += (f"; {times(windows)} an interrupt had to wait until the guest "
                 "would take it")
    return said + "."


@why("IRQCHIP", "split")
def split(facts):
    chips = facts.at(facts.own, "pic", "pit", "ioapic")
    if not facts.is_counted or not chips or \
            facts.at(facts.base, "pic", "pit", "ioapic"):
        return ""
    return (f"{talk(chips)} with PICs, PIT and I/O APIC, which kvm-vmm models "
            "here; the local APICs stay in the host kernel.")


def talk(exits):
    return rows.amount(exits, "VM exit is", "VM exits are") + \
        " the guest's talk"


@why("KVMCLOCK", "n")
def no_kvmclock(facts):
    if not facts.is_linux or facts.later() <= 1:
        return ""
    return ("Without KVM's clock Linux has to measure the speed of its time "
            "stamp counter when it boots.")


@why("SYNC_REGS", "n")
def no_sync_regs(facts):
    exits = facts.prompt_exits() or (facts.base["exits"], facts.own["exits"])
    if not facts.is_counted or rows.differs(exits[1], exits[0], True) and \
            facts.exits_verdict() == rows.DIFFERS:
        return ""
    return ("The VM exits are as many; after each of them kvm-vmm asks for "
            "the registers by a system call of its own.")


@why("DEV_SERIAL", "n")
def no_serial(facts):
    gone = facts.nobody(facts.own).get("0x3f8", 0)
    if not facts.is_counted or not gone or \
            not facts.at(facts.base, "serial"):
        return ""
    said = f"Nobody answers at 0x3f8: {accesses(gone)} went nowhere."
    if facts.is_linux and facts.own["status"] == EIO:
        said += " /init has no console, and ends with the status of that error."
    return said


@why("DEV_HYPERCALL", "n")
def no_hypercall(facts):
    said = unused(facts, "hypercall")
    if facts.is_linux and facts.own["outcome"] == "halted" and \
            facts.own["where"].startswith("stop_this_cpu"):
        said += (" Linux switches this machine off by a hypercall that nobody "
                 "hears now.")
    return said


@why("CONSOLE_BATCH", "n")
def no_batching(facts):
    if facts.report["place"] != "lab" or facts.later() <= 1:
        return ""
    return ("Each character that the guest prints wakes the thread that writes "
            "it to the terminal.")


@why("SMP", "n")
def no_smp(facts):
    if facts.is_counted and facts.vcpus(facts.base) == 1:
        return "The guest has one vCPU in both."
    return ""


@why("ACPI", "n")
def no_acpi(facts):
    return told_less(facts, "ACPI's tables", "an MP table is all there is")


@why("MPTABLE", "n")
def no_mptable(facts):
    return told_less(facts, "the MP table", "what there is beside it, this "
                     "kernel was not built to read")


@why("DEV_PM", "n")
def no_pm(facts):
    said = no_acpi(facts)
    if facts.base.get("off") == "ACPI" and facts.own.get("off") != "ACPI":
        said += " There is no register to switch the power off by."
    return said.strip()


def told_less(facts, what, rest):
    """Without a description, Linux finds less of the machine."""
    cpus = [v.get("cpus") or 0 for v in (facts.base, facts.own)]
    chips = [v.get("routed") for v in (facts.base, facts.own)]
    said = []
    if 0 < cpus[1] < cpus[0]:
        said.append(f"of {cpus[0]} processors it finds {cpus[1]}")
    if None not in chips and chips[0] != chips[1]:
        said.append(f"its interrupts come by {chips[1]} instead of {chips[0]}")
    if not said:
        return ""
    return (f"Linux learns of its machine from {what}; without, "
            f"{' and '.join(said)}: {rest}.")


@why("DEFAULT_MEM", "")
def memory(facts):
    if not facts.is_linux or facts.later("prompt") == 1:
        return ""
    later = facts.later("prompt") > 1
    sizes = [(v["ledger"] or {}).get("guests", [{}])[0].get("memory_bytes", 0)
             for v in (facts.base, facts.own)]
    if (sizes[1] > sizes[0]) != later:
        return ""
    return ("Linux initialises a descriptor for each page of memory when it "
            "boots.")


@why("DEFAULT_CPUS", "")
def processors(facts):
    count = [facts.vcpus(v) or 0 for v in (facts.base, facts.own)]
    if facts.later("prompt") <= 1 or count[1] <= count[0]:
        return ""
    said = "Linux wakes its processors one after another when it boots"
    if facts.report["place"] == "lab":
        said += "; here one thread emulates all of them in turn"
    return said + "."


@why("DBG_STATS", "n")
def no_stats(facts):
    if facts.own["ledger"] is None and facts.base["ledger"] is not None:
        return "The ledger is what counts VM exits: here nobody did."
    return ""


@why("DBG_STAGES", "n")
def no_stages(facts):
    if facts.base["stages"] and not facts.own["stages"]:
        return "The stages are what shows when the guest got where."
    return ""


@why("JUDGE", "n")
def no_judge(facts):
    if not facts.is_same_end or \
            facts.own.get("text_bytes", 0) >= \
            facts.base.get("text_bytes", 0):
        return ""
    return ("Who is judged, --judge says: a guest that nobody judges does not "
            "notice.")


@why("VMM_STATIC", "n")
def dynamic(facts):
    base, own = facts.base["beyond_ram_kib"], facts.own["beyond_ram_kib"]
    verdict = facts.verdict(lambda v: v["beyond_ram_kib"], True)
    if not base or not own or own <= base or verdict != rows.DIFFERS:
        return ""
    return (f"Beyond guest RAM kvm-vmm takes {rows.count(own)} KiB instead of "
            f"{rows.count(base)}: the C library and what it needs are part of "
            "the process.")
