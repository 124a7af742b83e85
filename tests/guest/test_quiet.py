#!/usr/bin/python3
# timeout: 240
"""The boot doctor on guests that do not crash: each that breaks a rule is told
which, with every kind of interrupt controllers, and its neighbour is not
accused. They are the cases of src/broken/irq.S, loop.S and poll.S, several
at a time, since all they do is wait.
"""

import atexit
import concurrent.futures
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import badimages
import vm
from vm import tap

SOURCES = [os.path.join(vm.SOURCES, "broken", name)
           for name in ("irq.S", "loop.S", "poll.S")]
FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
LOAD = 0x1000000
AT_ONCE = 10
ALL = ("kernel", "split", "vmm")
APIC = ("kernel", "split")
OURS = ("split", "vmm")
RUNS = {}   # (case, irqchip): a Future
POOL = concurrent.futures.ThreadPoolExecutor(AT_ONCE)


def has_case(source, case):
    with open(source, encoding="ascii") as file:
        return re.search(rf"^{case}:", file.read(), re.M)


# Where a kernel's strings lie in the image, behind the code.
STRINGS = 3584


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
    assert len(code) <= STRINGS
    image = bytearray(badimages.bzimage(code=b"", xloadflags=0))
    start = 2 * badimages.SECTOR
    image[start:start + len(code)] = code
    with open(path, "wb") as file:
        file.write(image)
    return path


BANNER = b"Linux version 9.9.9 (me@here)\0"
PRINTK = b"\1" b"5Kernel command line: %s\n\0"
TTY = b"/dev/tty\0"
TTYS = b"ttyS".ljust(16, b"\0") + (0xffffffff81000000).to_bytes(8, "little")
HVC = b"hvc".ljust(16, b"\0") + (0xc1000000).to_bytes(8, "little")
KERNEL = BANNER + PRINTK + TTY


@functools.lru_cache(None)
def kernel(strings):
    """A kernel, as far as a look into its memory can tell, that does nothing but
    count its timer's interrupts."""
    with open(guest("eoi_8259_right"), "rb") as file:
        image = bytearray(file.read())
    start = 2 * badimages.SECTOR + STRINGS
    image[start:start + len(strings)] = strings
    path = os.path.join(WORK, f"kernel{abs(hash(strings))}")
    with open(path, "wb") as file:
        file.write(image)
    return path


# What a kernel has in memory, its command line, and what is said of that.
SILENT_LINUX = [
    (KERNEL + TTYS, "console=ttyS0", []),
    (KERNEL + TTYS, "quiet", ["linux-console"]),
    (KERNEL + TTYS, "noconsole=ttyS0 xconsole=ttyS0", ["linux-console"]),
    (KERNEL + TTYS, "earlycon=uart,io,0x3f8", []),
    (KERNEL + TTYS, "console=ttyS0 console=tty0", ["linux-console"]),
    (KERNEL + TTYS, "console=ttyS1", ["linux-console-device"]),
    (KERNEL + TTYS, "console=ttyS1 console=ttyS0,115200", []),
    (KERNEL + HVC, "console=hvc0", ["linux-console-device"]),
    (KERNEL, "console=ttyS0", ["linux-console-driver"]),
    (KERNEL + b"ttyS\0", "console=ttyS0", ["linux-console-driver"]),
    (KERNEL + TTYS[:16], "console=ttyS0", ["linux-console-driver"]),
    (KERNEL + HVC, "console=ttyS0", ["linux-console-driver"]),
    (BANNER + PRINTK + TTYS, "console=ttyS0", ["linux-console-driver"]),
    (BANNER + TTY + TTYS, "console=ttyS0", ["linux-console-driver"]),
    (b"", "console=ttyS0", []),     # not unpacked yet
    (KERNEL + b"Kernel panic - not syncing: %s\n\0", "console=ttyS0",
     ["linux-console-driver"]),
    (KERNEL + b"Kernel panic - not syncing: No working init found.\0", "quiet",
     ["linux-panic"]),
]
NAMED = [
    (KERNEL, "CONFIG_SERIAL_8250_CONSOLE"),
    (BANNER + PRINTK + TTYS, "CONFIG_TTY"),
    (BANNER + TTY + TTYS, "CONFIG_PRINTK"),
]


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
    ("storm_8259", "storm-8259", ALL),
    ("mask_loop", "mask-8259", ALL),
    ("running_zeroes", "running-zeroes", ("kernel",)),
    ("loop_for_good", "loop-for-good", ALL),
    ("memory_changes", "memory-changes", ALL),
    ("memory_masked", "mask-8259", ALL),
    ("lock_twice", "memory-changes", ("kernel",)),
    ("cpu_started", "memory-changes", ("kernel",)),
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
    ("storm_8259_right", ALL),
    ("storm_ioapic_right", APIC),
    ("loop_for_good_right", ALL),
    ("memory_changes_right", ALL),
    ("talks_and_waits", ALL),
    ("talks_and_computes", ALL),
]


def command(case, irqchip, seconds=1):
    return [vm.KVM_VMM, "--timeout", str(seconds), "--irqchip", irqchip,
            guest(case)]


def start(argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def run(case, irqchip):
    return start(command(case, irqchip))


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
    vm.on_host()
    ours, theirs = os.pipe()
    with subprocess.Popen(command("input_over", "kernel"), stdin=ours,
                          stdout=subprocess.DEVNULL, text=True,
                          stderr=subprocess.PIPE) as program:
        os.close(ours)
        err = program.communicate()[1]
        os.close(theirs)
    tap.equal(program.returncode, vm.LIMIT, "status")
    tap.check("broken rule" not in err, err)


def linux_run(strings, words):
    return start([vm.KVM_VMM, "--timeout", "1", "--cmdline", words,
                  kernel(strings)])


@tap.case("Linux that stays silent is told why, and nobody else is")
def silent_linux():
    vm.on_host()
    for strings, _, _ in SILENT_LINUX:
        kernel(strings)
    done = list(POOL.map(lambda row: linux_run(*row[:2]), SILENT_LINUX))
    for result, (strings, words, rules) in zip(done, SILENT_LINUX):
        tap.check(accused(result) == rules, strings, words, f"want {rules}",
                  result.err)


@tap.case("the options are named that a kernel has not for a console")
def options_are_named():
    vm.on_host()
    for strings, option in NAMED:
        result = linux_run(strings, "console=ttyS0")
        tap.check(option in result.err, option, result.err)


@tap.case("a vCPU that nobody started is what a guest waits for")
def unstarted():
    vm.on_host()
    argv = command("cpu_started", "kernel")
    judge(start(argv[:1] + ["--smp", "2"] + argv[1:]), ["cpu-started"])


def is_asleep(pid):
    """Whether it has vCPUs, and every thread waits for something."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        states = [open(f"/proc/{pid}/task/{task}/stat", encoding="ascii")
                  .read().rsplit(") ", 1)[1][0] for task in tasks]
    except FileNotFoundError:
        return False
    return len(states) > 1 and set(states) == {"S"}


def given_up(case):
    """What is said when the user ends a guest that has halted."""
    argv = command(case, "kernel")
    with subprocess.Popen(argv[:1] + argv[3:], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE) as program:
        calm = 0
        while calm < 20 and program.poll() is None:
            calm = calm + 1 if is_asleep(program.pid) else 0
            time.sleep(0.01)
        program.send_signal(signal.SIGINT)
        err = program.communicate()[1]
    tap.equal(program.returncode, 128 + signal.SIGINT, "status")
    return err


@tap.case("who gives up on a guest that has shown nothing is told why, and only "
          "then")
def user_gives_up():
    vm.on_host()
    tap.check("[mask-8259]" in given_up("mask_8259"))
    tap.equal(given_up("mask_8259_right"), "", "stderr")
    tap.equal(given_up("talks_and_waits"), "", "stderr")


@tap.case("every rule has a row in docs/debugging.md and a guest that breaks it")
def every_rule():
    with open(os.path.join(tap.TOP, "vmm", "probes", "report", "rules",
                           "quiet.c"), encoding="utf-8") as file:
        names = re.findall(r"\.name = \"([a-z0-9-]+)\"", file.read())
    with open(os.path.join(tap.TOP, "docs", "debugging.md"),
              encoding="utf-8") as file:
        rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", file.read(), re.M))
    tried = {row[1] for row in BROKEN} | {"cpu-started", "eoi-apic",
                                          "storm-ioapic"}
    tried |= {name for row in SILENT_LINUX for name in row[2]}
    tap.equal(sorted(set(names) - rows), [], "not in the chapter")
    tap.equal(sorted(set(names) - tried), [], "without a guest")


# What this machine's own KVM may not show as it is.
LAB = vm.Table("--share", WORK)
for name, rule, chip in (("eoi_apic", "eoi-apic", "kernel"),
                         ("eoi_apic", "eoi-apic", "split"),
                         ("storm_ioapic", "storm-ioapic", "kernel"),
                         ("storm_ioapic", "storm-ioapic", "split"),
                         ("eoi_8259", "eoi-8259", "kernel"),
                         ("memory_changes", "memory-changes", "kernel"),
                         ("irq_as_exception", "irq-as-exception", "kernel")):
    LAB.add(text_of(name, chip, [rule]),
            lambda place, name=name, chip=chip:
            vm.Command(*command(name, chip, 2)),
            lambda result, rule=rule: judge(result, [rule]))

# Linux itself, with a command line that is wrong. What would run on is looked at when
# it has long come to where it stands, on a busy machine, too.
LINUX = vm.Table("--share", WORK)
for words, seconds, status, rules in (
        ("console=hvc0 rdinit=/bin/busybox -- sleep 1000", 12, vm.LIMIT,
         ["linux-console-device"]),
        ("console=tty0 rdinit=/none", 60, vm.CRASHED, ["linux-panic"]),
        ("console=ttyS0", 12, vm.LIMIT, [])):
    def judge_linux(result, status=status, rules=rules):
        tap.equal(result.status, status, "status")
        tap.check(accused(result) == rules, f"want {rules}", result.err)
    LINUX.add(f"Linux with {words}: {', '.join(rules) or 'a prompt'}",
              lambda place, words=words, seconds=seconds: vm.Command(
                  vm.KVM_VMM, "--timeout", seconds, vm.image("vmlinux"), "--initrd",
                  vm.image("initramfs.cpio"), "--cmdline", words, limit=90),
              judge_linux)

if __name__ == "__main__":
    PLACES = vm.places("prot32")
    if "host" in PLACES:
        ROWS = [row for row in cases() if is_wanted(row)]
        for row in ROWS:
            guest(row[0])   # by one thread
            RUNS[row[0], row[1]] = POOL.submit(run, row[0], row[1])
            tap.add(text_of(*row) + " (host)", on_host, *row)
    if "lab" in PLACES:
        LAB.add_cases("lab")
    if "lab" in vm.places("linux", "vmlinux", "initramfs.cpio"):
        LINUX.add_cases("lab")
    tap.main()
