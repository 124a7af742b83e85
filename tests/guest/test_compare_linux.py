#!/usr/bin/python3
"""make compare with guests that have a prompt, in the lab: Linux without IRQ 4
and without interrupt controllers, 1K OS without its keyboard."""

# timeout: 900

import comparing
import vm
from comparing import Report
from vm import tap

from compare import outcome

FOUND = {}


SAID = ("~ # echo typed-$((6*7)) $(nproc) CPUs; sed -n /ttyS0/p /proc/...\n"
        "typed-42 4 CPUs\n   4:    33    0  IO-APIC   4-edge      ttyS0\n")


@tap.case("what Linux says of its machine, and how it switches it off")
def machine():
    tap.equal(outcome.machine(SAID), {"cpus": 4, "routed": "IO-APIC"})
    tap.equal(outcome.machine(SAID.replace("IO-APIC   4-edge", "XT-PIC")),
              {"cpus": 4, "routed": "XT-PIC"})
    tap.equal(outcome.machine(SAID.splitlines()[0]),
              {"cpus": None, "routed": None})
    ports = [{"handler": "pm", "direction": "in", "where": "0x604"},
             {"handler": "hypercall", "direction": "out", "where": "0x500"}]
    tap.equal(outcome.switched_off(0, ports), "hypercall")
    tap.equal(outcome.switched_off(0, [{**ports[0], "direction": "out"}]),
              "ACPI")
    tap.equal(outcome.switched_off(0, []), "otherwise")
    tap.equal(outcome.switched_off(vm.HALTED, ports), "")


def report(name, **words):
    """The comparison of that name; it runs once."""
    if name not in FOUND:
        FOUND[name] = None      # a failure is not tried again
        FOUND[name] = Report(name, RUN="lab", **words)
    tap.check(FOUND[name], "the comparison failed, see above")
    return FOUND[name]


def linux():
    return report("linux", IMG="vmlinux", TOGGLE="UART_IRQ4 IRQCHIP=none",
                  TIMEOUT="15")


def linux_numbers():
    comparing.check(linux())
    tap.equal(linux().json["place"], "lab")
    tap.check("counted" in linux().json["clock"], linux().json["clock"])
    tap.check("console=ttyS0" in linux().json["cmdline"])


def linux_baseline():
    base = linux().variants[0]
    tap.equal((base["outcome"], base["input"], base["status"], base["where"]),
              ("shell", True, 0, ""), base["report"])
    tap.check("typed-42" in base["output"], base["output"])
    tap.equal((base["cpus"], base["routed"], base["off"]),
              (1, "XT-PIC", "hypercall"), "what it makes of its machine")
    again = linux().json["again"]
    tap.equal((again["outcome"], again["input"], again["status"]),
              ("shell", True, 0), again["report"])


def without_irq4():
    own = linux().variant("UART_IRQ4=n")
    tap.equal((own["outcome"], own["input"], own["status"]),
              ("shell", False, vm.LIMIT), own["report"])
    tap.check("after 5 s of silence" in own["said"], own["said"])
    tap.check("SIGALRM" in own["report"], own["report"])
    tap.equal([row["raised"] for row in own["interrupts"]
               if row["what"] == "IRQ4" and row["raised"]], [])
    tap.check("typed-42" not in own["output"], own["output"])
    tap.check("~ # " in own["output"] + " ", own["output"])
    said = linux().sentence("UART_IRQ4=n")
    tap.check("what is typed never arrives" in said and "IRQ 4" in said, said)


def where_it_stood():
    """The function is known where the kernel's symbols are."""
    own = linux().variant("UART_IRQ4=n")
    tap.check("0x" in own["where"], own["where"], own["report"])
    tap.check("+0x" in own["where"] or not own["where"].startswith("0xffff")
              or not comparing.has_symbols(), own["where"])


def without_irqchip():
    own = linux().variant("IRQCHIP=none")
    tap.check(own["outcome"] in ("done", "silent", "halted"), own["outcome"])
    tap.check(own["input"] is not True, own["input"])
    tap.check(own["where"], "no place", own["report"])
    tap.equal(own["follows"]["UART_IRQ4"], "n")
    tap.check("vmm/irqchip/kernel.c" in own["files_out"],
              own["files_out"])
    tap.equal([row for row in own["interrupts"] if row["raised"]], [])
    said = linux().sentence("IRQCHIP=none")
    tap.check("prompt never comes" in said and own["where"] in said, said)


def os1k():
    """Without an i8042 its keyboard is the UART; without either, nothing."""
    found = report("os-1k", IMG="os-1k.bin", TOGGLE="DEV_SERIAL DEV_CMOS",
                   TIMEOUT="5")
    comparing.check(found)
    base, cmos = found.variants[0], found.variant("DEV_CMOS=n")
    for one in (base, cmos):
        tap.equal((one["outcome"], one["input"], one["status"]),
                  ("shell", True, 0), one["id"] + one["report"])
        tap.check("377" in one["output"], one["output"])
    own = found.variant("DEV_SERIAL=n")
    tap.check(own["input"] is not True, own["said"])
    tap.equal(own["output"], "")


PLACES = vm.places("linux", "vmlinux", "initramfs.cpio*")
LACKING = comparing.lacks("DEV_SERIAL", "DEV_CMOS", "UART_IRQ4", "IRQCHIP",
                          *comparing.COUNTED)
if LACKING:
    tap.add("comparisons", vm.skip, LACKING)
    PLACES = []
if "lab" in PLACES:
    for text, case in (
            ("Linux: the table is the JSON, the JSON is the ledger",
             linux_numbers),
            ("Linux as configured: a prompt, and typed text comes back",
             linux_baseline),
            ("Linux without IRQ 4: a prompt, and typed text never arrives",
             without_irq4),
            ("Linux without IRQ 4: where the limit found it", where_it_stood),
            ("Linux without interrupt controllers stops, and where is told",
             without_irqchip)):
        tap.add(text, case)
if not LACKING and "lab" in vm.places("paged32", "os-1k.bin"):
    tap.add("1K OS: a menu's answer, and no console at all", os1k)
tap.main()
