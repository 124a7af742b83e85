#!/usr/bin/python3
# timeout: 600
"""Numbers of a run: --stats, --stages, --trace and --expect-exits.

That they agree with each other and with --verbose, whatever ends the guests,
and that a guest cannot tell whether it is counted.
"""

import base64
import gzip
import json
import os
import re
import signal

import vm
from vm import tap

BUDGET = 65     # vmm/abi/exit_status.h


def missing():
    """Which of the probes this configuration left out, or None."""
    vm.built()
    have = vm.subprocess.run([vm.KVM_VMM, "--list"], capture_output=True,
                             text=True, check=False).stdout
    lacks = [name for name in ("stats", "stages", "trace-file", "budget",
                               "trace")
             if not re.search(rf"^probe +{name} ", have, re.M)]
    return ", ".join(lacks) or None


if missing():
    tap.add("numbers of a run", vm.skip,
            f"kvm-vmm was configured without {missing()}")
    tap.main()

# Each run leaves files, which follow its own output, or do not exist.
FILES = ("plain", "stats", "trace", "words", "status")
# The trace comes packed: the way out of the lab is narrow.
SCRIPT = """
cd "$(mktemp -d)"
%s
if [ -f trace ]; then gzip -1 <trace | base64 -w0 >packed; mv packed trace; fi
for file in plain stats trace words status; do
	printf '\\0'
	cat "$file" 2>/dev/null || :
done
"""
TABLE = vm.Table()


class Run:
    """What a script printed, and its files by name."""

    def __init__(self, result):
        result.must(vm.OK)
        parts = result.out.split(b"\0")
        tap.equal(len(parts), 1 + len(FILES), "files")
        self.out = parts[0]
        self.err = result.err
        for name, text in zip(FILES, parts[1:]):
            setattr(self, name, text)
        self.counted = json.loads(self.stats) if self.stats else None
        self.events = json.loads(gzip.decompress(base64.b64decode(
            self.trace))) if self.trace else []

    def exits(self, guest_id=None):
        """The events that are VM exits."""
        return [event for event in self.events if event.get("cat") == "exit"
                and guest_id in (None, event["pid"] - 1)]


def row(text, script, judge, **words):
    """A script for the shell; {vmm} and other words stand for files."""
    def make(place):
        paths = {word: value() if callable(value) else value
                 for word, value in words.items()}
        text = script.format(vmm=vm.KVM_VMM, place=place, **paths)
        return vm.Command("sh", "-c", SCRIPT % text, limit=60)
    TABLE.add(text, make, lambda result: judge(Run(result)))


def equal_sums(whole, parts):
    """Fails unless the sums of the parts are those of the whole."""
    for key in ("exits", "accesses", "bytes", "guest_ns", "answer_ns"):
        tap.equal(sum(part[key] for part in parts), whole[key], key)
    tap.equal(max([part["worst_answer_ns"] for part in parts], default=0),
              whole["worst_answer_ns"], "worst_answer_ns")


def check_unseen(whole, parts):
    """What no exit shows; the sum is known where all of the parts are."""
    for key in ("injected", "kernel_exits"):
        known = all(key in part for part in parts)
        tap.equal(key in whole, known, key)
        if known:
            tap.equal(whole[key], sum(part[key] for part in parts), key)
    for key in parts[0].get("kvm", ()):
        tap.equal(sum(part["kvm"][key] for part in parts),
                  whole["kvm"][key], key)
    for part in parts:
        if "exits" in part.get("kvm", ()):
            tap.equal(part["kernel_exits"],
                      max(part["kvm"]["exits"] - part["exits"], 0))


def check_ends(counted):
    """Each guest has its place, an end and its memory."""
    for number, guest in enumerate(counted["guests"]):
        tap.equal((guest["id"], len(guest["cpus"])),
                  (number, guest["vcpus"]), guest["name"])
        tap.check(guest["name"] and guest["status"] in range(256), guest)
        check_unseen(guest, guest["cpus"])
        if "guest_resident_kib" in guest:
            tap.check(0 < guest["guest_resident_kib"] * 1024 <=
                      guest["memory_bytes"], guest)
    if "guest_resident_kib" in counted:
        tap.equal(counted["guest_resident_kib"],
                  sum(g["guest_resident_kib"] for g in counted["guests"]))


def check_sums(counted):
    tap.equal((counted["program"], counted["schema"]), ("kvm-vmm", 1))
    check_ends(counted)
    tap.check(counted["peak_resident_kib"] > 0 and counted["wall_ns"] > 0,
              counted)
    equal_sums(counted, counted["guests"])
    for guest in counted["guests"]:
        for parts in ("rows", "reasons", "cpus"):
            equal_sums(guest, guest[parts])
        check_stages(guest)


def check_stages(guest):
    """Time and exits only ever grow, and steps make up the whole."""
    stages = guest.get("stages")
    if not stages:
        return
    for key in ("ns", "exits"):
        values = [stage[key] for stage in stages]
        tap.equal(sorted(values), values, key)
    tap.equal(sum(stage["step_ns"] for stage in stages), stages[-1]["ns"])
    tap.equal(stages[0]["stage"], "start")
    tap.equal((stages[-1]["stage"], stages[-1]["exits"]),
              ("finished", guest["exits"]))


def check_trace(run):
    """An event for each exit, in order, and none overlaps the one before."""
    tap.equal(len(run.exits()), run.counted["exits"], "exits in the trace")
    ends = {}
    for event in run.events:
        if event["ph"] != "X":
            continue
        key = event["pid"], event["tid"]
        tap.check(event["ts"] > ends.get(key, 0) - 0.0015, event, ends)
        ends[key] = event["ts"] + event["dur"]
    for guest in run.counted["guests"]:
        numbers = [event["args"]["exit"] for event in run.exits(guest["id"])]
        tap.equal(sorted(numbers), list(range(1, guest["exits"] + 1)))


# --- The small guests -------------------------------------------------------

ALL = "--stats=json:stats --stages --trace=trace --expect-exits 'ALL>=0'"
COUNT = f"""
{{vmm}} {{image}} >plain
{{vmm}} {ALL} {{image}}
echo $? >status
{{vmm}} --verbose {{image}} 2>&1 >/dev/null | grep -a ': exit ' >words"""


def counted_as_told(run):
    tap.equal(run.out, run.plain, "output")
    tap.equal(run.status, b"0\n", "status")
    check_sums(run.counted)
    check_trace(run)
    words = run.words.decode().splitlines()
    tap.equal(run.counted["exits"], len(words), "exits")
    tap.equal(run.counted["guests"][0]["stages"][-2]["stage"], "end")
    told = {}
    for line in words:
        found = re.search(r"port (out|in)put: (0x\w+) \((\w+)\)", line)
        key = found.groups() if found else None
        told[key] = told.get(key, 0) + 1
    for place in run.counted["guests"][0]["rows"]:
        key = (place["direction"], place["port"], place["handler"]) \
            if "port" in place else None
        tap.equal(place["exits"], told[key], key)
    tap.equal(len(run.counted["guests"][0]["rows"]), len(told), "rows")


for name in ("hello", "counter", "multiplication", "hctest"):
    row(f"{name}.bin: all numbers are those of --verbose", COUNT,
        counted_as_told, image=lambda name=name: vm.image(f"{name}.bin"))


def strings_counted(run):
    check_sums(run.counted)
    check_trace(run)
    string = max(run.counted["guests"][0]["rows"],
                 key=lambda place: place["accesses"])
    tap.equal((string["bytes"], string["accesses"]), (4004, 1002), "REP INS")
    tap.check(string["exits"] < 20, string)
    tap.equal(sum(event["args"].get("count", 1) for event in run.exits()
                  if "value" in event["args"]),
              run.counted["accesses"], "accesses in the trace")


row("string instructions: few exits, many bytes",
    "{vmm} --stats=json:stats --trace trace {image}", strings_counted,
    image=lambda: vm.assemble("insb"))


def several_counted(run):
    check_sums(run.counted)
    check_trace(run)
    tap.equal([guest["name"] for guest in run.counted["guests"]],
              ["hello.bin", "counter.bin", "hello.bin#2", "minimal.bin"])
    names = {event["pid"]: event["args"]["name"] for event in run.events
             if event["name"] == "process_name"}
    tap.equal(names, {guest["id"] + 1: guest["name"]
                      for guest in run.counted["guests"]})


row("four guests: each its own numbers, one trace",
    f"{{vmm}} {ALL} {{hello}} {{counter}} {{hello}} {{minimal}}",
    several_counted, hello=lambda: vm.image("hello.bin"),
    counter=lambda: vm.image("counter.bin"),
    minimal=lambda: vm.image("minimal.bin"))


# --- Whatever ends them -----------------------------------------------------

def ended_by(status, of_guest=None, least=1):
    def judge(run):
        tap.equal(run.status, b"%d\n" % status, "status")
        tap.equal([guest["status"] for guest in run.counted["guests"]],
                  [of_guest or status] * 2, "status of the guests")
        check_sums(run.counted)
        check_trace(run)
        tap.check(run.counted["exits"] >= least, run.counted["exits"])
        for guest in run.counted["guests"]:
            tap.check("end" not in [s["stage"] for s in guest["stages"]],
                      guest["stages"])
    return judge


for text, options, few in (("--timeout", "--timeout 0.3", 1),
                           ("--max-exits", "--max-exits 2000", 2000)):
    row(f"ended by {text}: numbers and trace are complete",
        f"{{vmm}} {options} {ALL} {{loop}} {{loop}}\necho $? >status",
        ended_by(vm.LIMIT, least=few), loop=lambda: vm.assemble("exits"))
row("ended by a signal: numbers and trace are complete", f"""
{{vmm}} {ALL} {{loop}} {{loop}} >plain &
until [ "$(grep -c '[.]$' plain)" = 2 ]; do kill -0 $!; sleep 0.02; done
kill $!
wait $! || echo $? >status""", ended_by(128 + signal.SIGTERM, least=400),
    loop=lambda: vm.assemble("exits_told"))


def no_exit_counted(run):
    tap.equal(run.status, b"%d\n" % vm.LIMIT, "status")
    check_sums(run.counted)
    loop, hello = run.counted["guests"]
    tap.equal((loop["name"], loop["status"], loop["exits"], loop["rows"]),
              ("loop.bin", vm.LIMIT, 0, []))
    tap.equal((hello["status"], hello["exits"]), (0, 13))
    tap.equal((loop["injected"], hello["injected"]), (0, 0))
    tap.equal(run.words.count(b"\ninterrupts injected: 0\n"), 1, run.words)


row("a guest without an exit is there, with its status", f"""
{{vmm}} --timeout 0.5 {ALL} {{loop}} {{hello}}
echo $? >status
{{vmm}} --timeout 0.5 --stats {{loop}} 2>words""", no_exit_counted,
    loop=lambda: vm.assemble("loop"), hello=lambda: vm.image("hello.bin"))


def crash_counted(run):
    tap.equal(run.status, b"%d\n" % vm.CRASHED, "status")
    tap.equal(run.counted["guests"][0]["status"], vm.CRASHED)
    check_sums(run.counted)
    check_trace(run)
    end = [stage for stage in run.counted["guests"][0]["stages"]
           if stage["stage"] == "end"]
    tap.check([stage["more"] for stage in end] in (
        ["triple fault"], ["KVM internal error"]), end)


row("a crash is counted, and its status stands",
    f"{{vmm}} {ALL} --expect-exits 'ALL==0' {{image}}\necho $? >status",
    crash_counted, image=lambda: vm.assemble("triple"))


def full(run):
    tap.equal(run.out, b"Hello, KVM!\n" * 2)
    tap.equal(run.status, b"70\n70\n")
    errors = [line for line in run.err.splitlines() if "No space" in line]
    tap.equal(len(errors), 2, run.err)


row("a full disk: one message, the guest goes on, status 70", """
{vmm} --trace /dev/full {image}; echo $? >>status
{vmm} --stats=json:/dev/full {image}; echo $? >>status""", full,
    image=lambda: vm.image("hello.bin"))


def shared(run):
    tap.equal(run.out, b"", "stdout, which goes to the files")
    first, second = run.status.split(b"@")
    tap.check(first.startswith(b"Hello, KVM!\n"), first)
    tap.equal(json.loads(first[len("Hello, KVM!\n"):])["program"], "kvm-vmm")
    tap.equal(second.count(b"Hello, KVM!\n"), 1, second)
    json.loads(second.replace(b"Hello, KVM!\n", b""))


row("figures and a trace into the file that stdout goes to", """
{vmm} --stats=json:/dev/stdout {image} >status; echo @ >>status
{vmm} --trace /dev/stdout {image} >>status""", shared,
    image=lambda: vm.image("hello.bin"))


# --- The budget -------------------------------------------------------------

BUDGETS = (
    ("IO:3f8<=12", 0), ("IO:3f8<=11", BUDGET), ("io:3f8-3ff==12", 0),
    ("IO:3f8==13", BUDGET), ("HLT>=1,ALL==13", 0), ("HLT>=2,ALL==13", BUDGET),
    ("MMIO==0", 0), ("MMIO>=1", BUDGET), ("IO:3f9>=1", BUDGET))


def kept_or_not(run):
    statuses = run.status.split()
    for (budget, want), have in zip(BUDGETS, statuses):
        tap.equal(int(have), want, budget)
    tap.equal(len(statuses), len(BUDGETS))
    tap.equal(run.err.count(": expected "),
              sum(status != 0 for _, status in BUDGETS), run.err)
    tap.check("hello.bin: expected IO:3f8<=11, had 12\n" in run.err, run.err)


row("budgets are kept, or one line and status 65",
    "\n".join(f"{{vmm}} --expect-exits '{budget}' {{image}}; echo $? >>status"
              for budget, _ in BUDGETS), kept_or_not,
    image=lambda: vm.image("hello.bin"))


def each_guest(run):
    tap.equal(run.status, b"65\n")
    tap.equal(run.err.count(": expected "), 1, run.err)
    tap.check("counter.bin: expected IO==12, had 11\n" in run.err, run.err)


row("each guest has to keep the budget",
    "{vmm} --expect-exits IO==12 {hello} {counter}\necho $? >status",
    each_guest, hello=lambda: vm.image("hello.bin"),
    counter=lambda: vm.image("counter.bin"))


@tap.case("every reason of core/exit.c can have a budget")
def reasons():
    with open(os.path.join(tap.TOP, "vmm", "core", "exit.c"),
              encoding="utf-8") as file:
        names = re.findall(r'^\t\[KVM_EXIT_\w+\] = { "(\w+)"', file.read(),
                           re.M)
    tap.check(len(names) > 10, names)
    budget = ",".join(f"{name}<=1" for name in names)
    done = vm.subprocess.run([vm.KVM_VMM, "--expect-exits", budget, "--list"],
                             capture_output=True, text=True, check=False)
    tap.equal((done.returncode, done.stderr), (0, ""))


WRONG = (["--expect-exits", "IO:3f8=2"], ["--expect-exits", "IOS<=2"],
         ["--expect-exits", ",".join(["IO<=1"] * 33)], ["--stats=xml"],
         ["--stats=json:"], ["--stats=tables"],
         ["--stats=json:/nowhere/at/all"], ["--trace=/nowhere/at/all"],
         ["--trace=/dev/null", "--trace=/dev/null"])


@tap.case("what cannot be meant is one message and status 64")
def refused():
    for options in WRONG:
        done = vm.subprocess.run([vm.KVM_VMM, *options, "none.bin"],
                                 capture_output=True, text=True, check=False)
        tap.equal(done.returncode, vm.USAGE, options)
        tap.equal(done.stderr.count("\n"), 1, done.stderr)
        option = options[0].split("=")[0]
        tap.check(done.stderr.startswith(f"kvm-vmm: {option}"), done.stderr)


# --- Memory -----------------------------------------------------------------

MEMORY = """
{vmm} --max-exits 100 {all} {image} >/dev/null; mv stats plain
{vmm} --max-exits 1000000 {all} {image} >/dev/null"""


def bounded(run):
    few = json.loads(run.plain)
    tap.equal((few["exits"], run.counted["exits"]), (100, 1000000), "exits")
    grown = run.counted["peak_resident_kib"] - few["peak_resident_kib"]
    tap.check(grown < 256, f"{grown} KiB more for a million exits than for "
              f"a hundred, which had {few['peak_resident_kib']} KiB")


MILLION = vm.Table()


def million(place):
    script = MEMORY.format(vmm=vm.KVM_VMM, image=vm.assemble("exits"),
                           all=ALL.replace("=trace", "=/dev/null"))
    return vm.Command("sh", "-c", SCRIPT % script, limit=200)


MILLION.add("a million exits need no more memory than a hundred", million,
            lambda result: bounded(Run(result)))
PLACES = vm.places("real16", "hello.bin", "counter.bin", "minimal.bin",
                   "multiplication.bin", "hctest.bin")
MILLION.add_cases(*[place for place in PLACES if place == "host"])
TABLE.add_cases(*PLACES)


# --- Linux ------------------------------------------------------------------

LINUX = vm.Table()


def boot(text, options, slugs, absent=(), stdin=b""):
    """A Linux whose stages must be those, in that order."""
    def make(place):
        script = (f"echo {place} >words\n"
                  f"{vm.KVM_VMM} --stats=json:stats --stages {options} "
                  f"{vm.image('vmlinux')} "
                  f"--initrd {vm.image('initramfs.cpio*')}")
        return vm.Command("sh", "-c", SCRIPT % script, stdin=stdin, limit=100)

    def judge(result):
        run = Run(result)
        check_sums(run.counted)
        guest = run.counted["guests"][0]
        have = [stage["stage"] for stage in guest["stages"]]
        tap.equal([slug for slug in have if slug in slugs], slugs, have)
        tap.none_of(slug for slug in absent if slug in have)
        raised = {line["irq"]: line["raised"] for line in guest["interrupts"]}
        tap.check(raised[4] > 0, raised)
        if run.words == b"lab\n":  # elsewhere the CPU itself may deliver
            for cpu in guest["cpus"]:
                tap.check(cpu["injected"] > 0 and cpu["kernel_exits"] > 0 and
                          cpu["kvm"]["irq_injections"] == cpu["injected"],
                          cpu)
        if run.events:
            check_trace(run)
            ups = [e for e in run.events if e["name"] == "IRQ4 up"]
            tap.equal(len(ups), raised[4], "IRQ4")
            # The second one need not leave: its APIC is in the kernel.
            tap.check({event["tid"] for event in run.exits()} <= {1, 2})
    LINUX.add(text, make, judge)


KERNEL = ["kernel", "memory", "cpus", "unpacking", "unpacked", "kernel-done",
          "run-init"]
boot("Linux that prints: every landmark, in order",
     "--cmdline 'console=ttyS0 -- true'",
     ["start", "entered", "first-exit", "console-byte", *KERNEL[:5],
      "com1-open", *KERNEL[5:], "init", "end", "finished"], ["prompt"])
boot("quiet Linux: no landmark is invented, not even from /proc/version",
     "--cmdline 'console=ttyS0 quiet'",
     ["com1-open", "console-byte", "init", "prompt", "end"], KERNEL,
     b"read -r line </proc/version; echo; echo $line; exit\n")
boot("Linux on two vCPUs: one trace of both",
     "--smp 2 --trace trace --cmdline 'console=ttyS0 quiet -- true'",
     ["entered", "com1-open", "init", "end"], KERNEL)


def injected(result):
    run = Run(result)
    check_trace(run)
    check_sums(run.counted)
    vectors = [event["args"]["vector"] for event in run.events
               if event.get("cat") == "interrupt"]
    tap.equal(len(vectors), run.counted["guests"][0]["injected"], "injected")
    ups = [event for event in run.events if event["name"] == "IRQ0 up"]
    tap.check(ups and vectors and max(vectors) > 0x1f, vectors, len(ups))


OS1K = vm.Table()
OS1K.add("1K OS: interrupts that the VMM injects are in the trace",
         lambda place: vm.Command(
             "sh", "-c", SCRIPT % f"{vm.KVM_VMM} --irqchip=vmm "
             f"--stats=json:stats --trace trace {vm.image('os-1k.bin')}",
             stdin=b"2\n0\n", limit=60), injected)
OS1K.add_cases(*vm.places("paged32", "os-1k.bin"))
LINUX.add_cases(*vm.places("linux", "vmlinux", "initramfs.cpio*"))
tap.main()
