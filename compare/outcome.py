"""The outcome of a boot: in a word, in a sentence, and where it stood."""

import re

from . import boot as boots

OK_MAX = 63             # as in vmm/abi/exit_status.h
USAGE, FAILED, CRASHED, HALTED, LIMIT = 64, 70, 71, 72, 124
CANNOT_RUN = (126, 127)
KILLED = 137

WORDS = {USAGE: "refused", FAILED: "refused", CRASHED: "crashed",
         HALTED: "halted", LIMIT: "silent", KILLED: "silent"}
ENDS = {
    CRASHED: "the guest crashed",
    HALTED: "halted for good: nothing can wake it",
    KILLED: "killed: it did not end by its own limit",
}


def messages(err):
    """What kvm-vmm said, one line each."""
    return [line.removeprefix("kvm-vmm: ") for line in err.splitlines()
            if line.startswith("kvm-vmm: ")]


def ending(status, err, limit, deaf=False):
    """How it ended, as the end of a sentence."""
    if status <= OK_MAX:
        return f"ended by itself, status {status}"
    if status == LIMIT and deaf:
        return f"stopped after {boots.DEAF + boots.LEAVING} s of silence"
    if status == LIMIT:
        return f"stopped by --timeout after {limit:g} s"
    if status in ENDS:
        return ENDS[status]
    said = messages(err) or err.strip().splitlines()
    return said[0] if said else f"status {status}"


def word(boot):
    """The outcome in a word, as the JSON has it."""
    status = boot.result.status
    if status in WORDS and WORDS[status] in ("crashed", "halted", "refused"):
        return WORDS[status]
    if boot.prompted:
        return "shell"
    if status in CANNOT_RUN:
        return "refused"
    return WORDS.get(status, "done")


def judge(boot, dialogue, limit):
    """(outcome, said, input) of a boot that left a result."""
    status, err = boot.result.status, boot.result.err
    outcome = word(boot)
    said = ending(status, err, limit, boot.deaf)
    typed = boot.answered if dialogue and boot.typed else None
    if boot.prompted:
        said = "reached the prompt; " + (
            "typed text came back; " if typed else
            "typed text never came back; " if typed is False else "") + said
    elif dialogue and outcome in ("silent", "done"):
        said += " without a prompt"
    return outcome, said, typed


def machine(output):
    """What Linux has told of its machine: processors that came up, and who
    hands it the interrupts of COM1; None where it did not get to tell."""
    cpus = re.search(r"^typed-42 (\d+) CPUs", output, re.M)
    chip = re.search(r"^ *\d+: .*?([A-Z]+-(?:APIC|PIC))\b.* ttyS0", output,
                     re.M)
    return {"cpus": int(cpus.group(1)) if cpus else None,
            "routed": chip.group(1) if chip else None}


def switched_off(status, ports):
    """How a guest that told us to end it has done that; "" for another."""
    if status is None or status > OK_MAX:
        return ""
    handlers = {row["handler"] for row in ports if row["direction"] == "out"
                and row["where"] in ("0x500", "0x604")}
    return "ACPI" if "pm" in handlers else \
        "hypercall" if "hypercall" in handlers else "otherwise"


def where(err, symbols):
    """Where a vCPU stood, from the report on stderr; "" if nothing says so."""
    head = re.search(r": after \d+ VM exits?, in (.*)$", err, re.M)
    rip = re.search(r"\b[re]?ip (?:0x)?([0-9a-f]+)", err)
    if not rip:
        return ""
    address = int(rip.group(1), 16)
    mode = head.group(1) if head else ""
    name = symbols.name(address) if symbols else ""
    if not name:
        return f"{address:#x}" + (f", {mode}" if mode else "")
    halted = ", halted" if mode.endswith(", halted") else ""
    return f"{name}{halted} ({address:#x})"
