#!/usr/bin/python3
# timeout: 240
"""The boot doctor on guests that do not crash: each that breaks a rule is told
which, with every kind of interrupt controllers, and its neighbour is not
accused. They are the cases of src/broken/irq.S and poll.S, several at a time,
since all they do is wait.
"""

import atexit
import concurrent.futures
import functools
import os
import re
import shutil
import subprocess
import tempfile

import badimages
import vm
from vm import tap

SOURCES = [os.path.join(vm.SOURCES, "broken", name)
           for name in ("irq.S", "poll.S")]
FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
LOAD = 0x1000000
AT_ONCE = 6
ALL = ("kernel", "split", "vmm")
APIC = ("kernel", "split")
OURS = ("split", "vmm")
RUNS = {}   # (case, irqchip): a Future


def has_case(source, case):
    with open(source, encoding="ascii") as file:
        return re.search(rf"^{case}:", file.read(), re.M)


@functools.lru_cache(None)
def guest(case):
    """A bzImage that is entered at a case, in 32-bit mode."""
    path = os.path.join(WORK, case)
    source = next(name for name in SOURCES if has_case(name, case))
    for command in (
            ["gcc", "-m32", "-c", f"-DCASE={case}", "-o", path + ".o", source],
            ["ld", "-m", "elf_i386", "-e", "0", "-Ttext", hex(LOAD),
             "--oformat", "binary", "-o", path + ".bin", path + ".o"]):
        subprocess.run(command, check=True)
    with open(path + ".bin", "rb") as file:
        code = file.read()
    assert len(code) <= badimages.PAYLOAD
    image = bytearray(badimages.bzimage(code=b"", xloadflags=0))
    start = 2 * badimages.SECTOR
    image[start:start + len(code)] = code
    with open(path, "wb") as file:
        file.write(image)
    return path


# Cases, what they are accused of, and with which controllers they are tried;
# `kernel` has the timer where no VM exit shows that it is polled.
BROKEN = [
    ("hlt_if_off", "hlt-if-off", ALL),
    ("irq_as_exception", "irq-as-exception", ALL),
    ("eoi_8259", "eoi-8259", ALL),
    ("eoi_second", "eoi-8259", ALL),
    ("cascade", "cascade", ALL),
    ("mask_8259", "mask-8259", ALL),
    ("timer_set", "timer-set", ALL),
    ("timer_once", "timer-set", ALL),
    ("device_interrupts", "device-interrupts", ALL),
    ("keyboard_off", "device-interrupts", ALL),
    ("edge_lost", "edge-lost", ALL),
    ("icw", "icw", OURS),
    ("nothing_comes", "nothing-comes", ALL),
    ("apic_enabled", "apic-enabled", APIC),
    ("apic_lint0", "apic-lint0", APIC),
    ("apic_timer", "apic-timer", APIC),
    ("apic_timer_once", "apic-timer", APIC),
    ("apic_timer", "apic-there", ("vmm",)),
    ("apic_priority", "apic-priority", APIC),
    ("mask_ioapic", "mask-ioapic", APIC),
    ("vector_apic", "vector-apic", APIC),
    ("device_port", "device-port", ALL),
    ("device_pci", "device-port", ("kernel",)),
    ("device_address", "device-address", ALL),
    ("input_over", "input-over", ALL),
    ("key_over", "keys-elsewhere", ALL),
    ("timer_gate", "timer-gate", OURS),
    ("status_same", "status-same", ALL),
    ("output_port", "output-port", ("kernel",)),
    ("output_frame", "output-frame", ("kernel",)),
    ("output_screen", "output-screen", ("kernel",)),
    ("hlt_no_controller", "hlt-no-controller", ("none",)),
]
RIGHT = [
    ("eoi_8259_right", ALL),
    ("eoi_second_right", ALL),
    ("mask_8259_right", ALL),
    ("mask_loop_right", ALL),
    ("device_interrupts_right", ALL),
    ("edge_lost_right", ALL),
    ("apic_lint0_right", APIC),
    ("eoi_apic_right", APIC),
    ("mask_ioapic_right", APIC),
    ("device_port_right", ALL),
    ("timer_gate_right", OURS),
    ("output_port_right", ALL),
    ("talks_and_waits", ALL),
    ("talks_and_computes", ALL),
]


def command(case, irqchip, seconds=1):
    return [vm.KVM_VMM, "--timeout", str(seconds), "--irqchip", irqchip,
            guest(case)]


def run(case, irqchip):
    done = subprocess.run(command(case, irqchip), stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def accused(result):
    return re.findall(r"\[([a-z0-9-]+)\]$", result.err, re.M)


def judge(result, rules):
    tap.check(result.status in (vm.LIMIT, vm.HALTED), f"{result.status}",
              result.err)
    tap.check(accused(result) == rules, f"want {rules}", result.err)


def on_host(case, irqchip, rules):
    judge(RUNS[case, irqchip].result(), rules)


def cases():
    for case, rule, irqchips in BROKEN:
        for irqchip in irqchips:
            yield case, irqchip, [rule]
    for case, irqchips in RIGHT:
        for irqchip in irqchips:
            yield case, irqchip, []


def text_of(case, irqchip, rules):
    return f"{case}, {irqchip}: {', '.join(rules) or 'nothing to accuse'}"


def is_wanted(row):
    return tap.wanted(text_of(*row) + " (host)")


@tap.case("nobody has to type for a guest that may still be typed at")
def open_stdin():
    ours, theirs = os.pipe()
    with subprocess.Popen(command("input_over", "kernel"), stdin=ours,
                          stdout=subprocess.DEVNULL, text=True,
                          stderr=subprocess.PIPE) as program:
        os.close(ours)
        err = program.communicate()[1]
        os.close(theirs)
    tap.equal(program.returncode, vm.LIMIT, "status")
    tap.check("broken rule" not in err, err)


# What this machine's own KVM may not show as it is.
LAB = vm.Table("--share", WORK)
for name, rule, chip in (("eoi_apic", "eoi-apic", "kernel"),
                         ("eoi_apic", "eoi-apic", "split"),
                         ("eoi_8259", "eoi-8259", "kernel"),
                         ("irq_as_exception", "irq-as-exception", "kernel")):
    LAB.add(text_of(name, chip, [rule]),
            lambda place, name=name, chip=chip:
            vm.Command(*command(name, chip, 2)),
            lambda result, rule=rule: judge(result, [rule]))

if __name__ == "__main__":
    PLACES = vm.places("prot32")
    if "host" in PLACES:
        ROWS = [row for row in cases() if is_wanted(row)]
        POOL = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        for row in ROWS:
            guest(row[0])   # by one thread
            RUNS[row[0], row[1]] = POOL.submit(run, row[0], row[1])
            tap.add(text_of(*row) + " (host)", on_host, *row)
    if "lab" in PLACES:
        LAB.add_cases("lab")
    tap.main()
