#!/usr/bin/python3
"""Where single steps stop: a table of instructions (src/stepping*.S) and of the places
where KVM's steps end, on this host and in the lab. docs/debugging.md explains them.
"""

import functools
import os
import re
import shlex
import subprocess
import sys
import tempfile

import multiboot
import vm
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tools"))
sys.dont_write_bytecode = True
from lockstep import trace      # noqa: E402

# Case: the stops from its first instruction on; numbers are its labels. "host" is
# KVM's instruction emulator (PVM), "lab" the CPU's trap flag (AMD-V).
HANDLER = "0 handler handler_iret 1 2"
FAULT = "0 fault_2 fault_iret 1 2"  # the first in the handler is not seen
SAME = {
    "Rep_outsb": "0 1", "Rep_insb": "0 0 1", "Out": "0 1", "In": "0 1",
    "Cpuid": "0 1 2", "Mov_cr0": "0 1 2 3", "Pushf": "0 1 2",
    "Popf": "0 1 2", "Iret": "0 1 2 3 4 5", "End": "0 1",
}
STOPS = {
    "host": {**SAME, "Mov_ss": "0 1 2", "Sti": "0 1 2",
             "Rep_movsb": "0 0 1", "Rep_stosb": "0 0 1", "Int3": HANDLER,
             "Int": HANDLER, "Div": FAULT, "Ud": FAULT},
    # One stop for an instruction that holds interrupts off and the next; one for
    # a handler and the instruction after it.
    "lab": {**SAME, "Mov_ss": "0 2", "Sti": "0 2", "Rep_movsb": "0 0 0 1",
            "Rep_stosb": "0 0 0 1", "Int3": "0 2", "Int": "0 2", "Div": "0 2",
            "Ud": "0 2"},
}
# In 64-bit mode; this host's KVM has no exceptions there.
SAME_64 = {"Mmio": "0 1 2", "Pushf": "0 1 2", "Popf": "0 1 2", "Wrmsr": "0 1 2",
           "Mov_cr": "0 1 2 3 4 5"}
STOPS_64 = {
    "host": {**SAME_64, "Mov_ss": "0 1 2", "Rep_movsb": "0 0 1", "Int3": "0"},
    "lab": {**SAME_64, "Mov_ss": "0 2", "Rep_movsb": "0 0 0 1", "Int3": "0 2",
            "Int": "0 2", "Ud": "0 2", "Pf": "0 2", "End": "0 1"},
}
# With an interrupt that comes, by --irqchip, in the lab: this host's KVM has no IRET
# in 32 bits. KVM's own chips hide the handler; what the VMM injects stops in it.
MMIO = "0 1 2 3"
SEEN = {"Mmio": MMIO, "Hlt": "1 handler_eoi handler_iret 1 2"}
IRQ_STOPS = {"vmm": SEEN, "split": SEEN, "kernel": {"Mmio": MMIO, "Hlt": "1 2"}}
TF = 0x100


def labels(program):
    """{address: "Case_number", or a place in a handler}."""
    text = subprocess.run(["nm", program], capture_output=True, text=True,
                          check=True).stdout
    return {int(addr, 16): name for addr, _, name in
            map(str.split, text.splitlines())
            if re.search(r"_\d+$|^(handler|fault)", name)}


def real_mode_labels():
    source = os.path.join(vm.SOURCES, "stepping.S")
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "stepping.o")
        subprocess.run(["gcc", "-m32", "-c", "-o", path, source], check=True)
        return labels(path)


@functools.lru_cache(None)
def long_mode():
    """The ELF file of stepping64.S."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "stepping64.elf")
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-o", path,
                    "-Wl,-Ttext=0x100000,-n,--build-id=none,"
                    "--no-warn-rwx-segments",
                    os.path.join(vm.SOURCES, "stepping64.S")], check=True)
    return path


def stops(path, names):
    """Case: where its steps ended. And what `pushf` has pushed."""
    cases, case, pushed = {}, None, None
    with open(path, "rb") as file:
        for step in trace.steps(file):
            if step.regs is None:
                break
            name = names.get(step.regs["rip"])
            if name is None:
                case = None         # between two of them
                continue
            found = re.match(r"([A-Z]\w*)_(\d+)$", name)
            if found:
                case = found.group(1)
            if name == "Pushf_2":
                pushed = step.regs["rbx"] & 0xffff
            if case:
                cases.setdefault(case, []).append(
                    found.group(2) if found else name)
    return {name: " ".join(said) for name, said in cases.items()}, pushed


def same(have, want):
    tap.check(have == want, *[f"{name}: have {have.get(name)}, want "
                              f"{want.get(name)}" for name in {**have, **want}
                              if have.get(name) != want.get(name)])


def judge(path, names, want):
    have, pushed = stops(path, names)
    same(have, want)
    tap.check(pushed is not None and not pushed & TF,
              f"pushf has pushed {pushed:#x}")


def words(path, program):
    return [vm.KVM_VMM, f"--trace-insn={path}", "--timeout", "60", program]


def check_configured():
    vm.built()
    text = subprocess.run([vm.KVM_VMM, "--help"], capture_output=True,
                          text=True, check=False).stdout
    if "--trace-insn" not in text:
        raise tap.Skip("kvm-vmm was configured without a trace of instructions")


def host_lacks(need):
    """Why its stops are not those of the table: there is one for PVM."""
    if not vm.host_lacks("linux"):
        return "this is no emulated KVM; the lab has the stops of AMD-V"
    return vm.lacks("host", need)


@tap.case("on this host, in real mode")
def on_host():
    check_configured()
    lacks = host_lacks("real16")
    if lacks:
        raise tap.Skip(lacks)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace")
        subprocess.run(words(path, vm.assemble("stepping")), check=True,
                       stdin=subprocess.DEVNULL)
        judge(path, real_mode_labels(), STOPS["host"])


@tap.case("on this host, in 64-bit mode, up to an exception")
def on_host_64():
    check_configured()
    lacks = host_lacks("long64")
    if lacks:
        raise tap.Skip(lacks)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace")
        subprocess.run(words(path, long_mode()), stdin=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        judge(path, labels(long_mode()), STOPS_64["host"])


@tap.case("in the lab, and with an interrupt from each kind of controllers")
def in_lab():
    check_configured()
    lacks = vm.lacks("lab", "real16")
    if lacks:
        raise tap.Skip(lacks)
    with tempfile.TemporaryDirectory(dir=os.path.join(
            tap.BUILD, "tests", "guest")) as folder:
        path = os.path.join(folder, "trace")
        program = multiboot.assemble("stepping_irq")
        runs = [words(path, vm.assemble("stepping")),
                words(path + "-64", long_mode())] + [
            [vm.KVM_VMM, f"--trace-insn={path}-{chip}", "--timeout", "60",
             "--mem", "16M", f"--irqchip={chip}", program]
            for chip in IRQ_STOPS]
        subprocess.run([vm.LAB_RUN, "--timeout", "200", "--out", folder, "--",
                        "sh", "-ec", "\n".join(map(shlex.join, runs))],
                       stdin=subprocess.DEVNULL, check=True)
        judge(path, real_mode_labels(), STOPS["lab"])
        judge(path + "-64", labels(long_mode()), STOPS_64["lab"])
        for chip, want in IRQ_STOPS.items():
            same(stops(f"{path}-{chip}", labels(program))[0], want)


tap.main()
