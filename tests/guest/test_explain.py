#!/usr/bin/python3
# timeout: 200
"""What --explain says, and the report of a guest that ends badly."""

import atexit
import functools
import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)

# How long something took is no matter here.
TIME = r" +[\d.]+(ns|us|ms|s)"


@functools.lru_cache(None)
def probes():
    done = subprocess.run([vm.KVM_VMM, "--list"], text=True,
                          capture_output=True, check=False)
    return re.findall(r"^probe +(\S+)", done.stdout, re.M)


@functools.lru_cache(None)
def link64(name):
    """The ELF file of src/NAME.S, linked as the 64-bit guests are."""
    path = os.path.join(WORK, name + ".elf")
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Ivmm",
                    "-Wl,--build-id=none,-n,--no-warn-rwx-segments",
                    "-Wl,-T,guests/long64.ld", "-o", path,
                    os.path.join(vm.SOURCES, name + ".S")],
                   cwd=tap.TOP, check=True)
    return path


def lines_of(result):
    """The lines of --explain, without times, their spaces as one."""
    text = re.sub(rf"{TIME}({TIME})? ", " ", result.err)
    return [" ".join(line.split()) for line in text.splitlines()]


def says(lines, *wanted):
    """The lines are there, one after the other, with others between."""
    rest = iter(lines)
    for want in wanted:
        tap.check(want in rest, f"not there, or not in this order: {want!r}",
                  *lines[-60:])


def row(table, text, probe, options, image, judge, stdin=b""):
    """A guest; image(place) is its file, judge(result) looks at the end."""
    def judged(result):
        if probe not in probes():
            raise tap.Skip(f"kvm-vmm was configured without {probe}")
        judge(result)
    table.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, *image(place), stdin=stdin), judged)


def real(name):
    return lambda place: [vm.assemble(name)]


def finished(*names):
    return lambda place: [vm.image(name) for name in names]


# --- --explain ---------------------------------------------------------------

REAL = vm.Table()
SERIAL = "THR: serial prints it PC16550D"


def hello(result):
    result.must(vm.OK, b"Hello, KVM!\n")
    lines = lines_of(result)
    says(lines, f"1 OUT 0x3f8 <- 'H' {SERIAL}",
         '"Transmitter Holding Register": what COM1 has to send',
         f"3 OUT 0x3f8 <- 'l' {SERIAL}", f"12 OUT 0x3f8 <- '\\n' {SERIAL}",
         "13 HLT it stops, interrupts off SDM 2A",
         '"HLT": the CPU stops until an interrupt comes')
    tap.equal(len(lines), 1 + 13 + 2, "lines")
    tap.equal(len(re.findall(rf"{TIME}{TIME} PC16550D$", result.err, re.M)),
              12, "lines with both times")
    tap.none_of(line for line in result.err.splitlines() if len(line) > 80)


def uart(result):
    result.must(vm.OK, b"x")
    says(lines_of(result), "1 OUT 0x3fb <- 0x83 LCR: 8N1, DLAB on PC16550D",
         "2 OUT 0x3f8 <- 0x01 DLL: low byte of the divisor PC16550D",
         "3 OUT 0x3fb <- 0x03 LCR: 8N1, DLAB off PC16550D",
         "4 IN 0x3fd -> 0x60 LSR: THRE TEMT PC16550D",
         '"Line Status Register": DR: a byte came; THRE: may send',
         f"5 OUT 0x3f8 <- 'x' {SERIAL}",
         "6 IN 0x2fd -> 0xff COM2: nobody there, ones PC16550D",
         "7 OUT 0x500 <- 0x08 HC_EXIT_STATUS: ends, status 0 hypercall.h")


def unclaimed(result):
    result.must(vm.OK, b"")
    says(lines_of(result),
         "1 OUT 0x1234 <- 0x00000000 nobody there, dropped guide.md",
         "2 IN 0x1234 -> 0xff nobody there, ones guide.md",
         "4 IN 0x1234 -> 0xffffffff nobody there, ones guide.md")
    tap.check(re.search(r" READ 0x20002 -> 0xffff +nobody there, ones",
                        result.err), result.err)


def hypercalls(result):
    result.must(42, b"[Z]\n")
    says(lines_of(result),
         "1 OUT 0x500 <- 0x01 HC_PUTCHAR: prints BL, '[' hypercall.h")
    for want in ("HC_GETCHAR: an IN fetches it", "HC_EXIT_STATUS: ends, status 42",
                 "hypercall: no such function"):
        tap.check(want in result.err, f"no {want!r} in:", result.err)


def named(result):
    result.must(vm.OK)
    for name in ("hello.bin", "minimal.bin"):
        tap.check(re.search(rf"^{name} +1 \S", result.err, re.M), result.err)


row(REAL, "--explain: hello.bin, character by character", "explain",
    ["--explain"], finished("hello.bin"), hello)
row(REAL, "--explain knows the registers behind the DLAB, LSR bits, COM2",
    "explain", ["--explain"], real("explain_uart"), uart)
row(REAL, "--explain says where nobody answers", "explain",
    ["--mem", "64K", "--explain"], real("unclaimed"), unclaimed)
row(REAL, "--explain names hypercalls and their arguments", "explain",
    ["--explain"], real("hypercall"), hypercalls, stdin=b"Z")
row(REAL, "--explain names the guest when there are several", "explain",
    ["--explain"], finished("hello.bin", "minimal.bin"), named)

# --- Reports -----------------------------------------------------------------


def reported(result, status, *wanted):
    """A report of at most 30 lines in which each of wanted is found."""
    result.must(status)
    tap.check("after " in result.err, "no report:", result.err)
    for want in wanted:
        tap.check(re.search(want, result.err, re.M), f"no {want!r} in:",
                  result.err)
    report = result.err[result.err.rindex("\nkvm-vmm: ") + 1:]
    tap.check(len(report.splitlines()) <= 30, "longer than 30 lines:", report)


def xrstor(result):
    if result.status == 6:
        tap.equal(result.err, "", "stderr")
        return
    reported(result, vm.CRASHED, "internal error 1",
             r"^  code at .*<0f> ae 2e 00 20 ",
             "^  likely cause: KVM ran this code in its emulator, which "
             "cannot do `xrstor`; ")


row(REAL, "a triple fault in protected mode: no room in the IDT", "report", [],
    real("triple"), lambda result: reported(
        result, vm.CRASHED, r"^kvm-vmm: triple.bin: crashed: ",
        r"-bit protected mode, paging off, ring 0$", r"^  eax 00000011 ",
        r"idt base 0x0 limit 0x0$", r"^  cr0 11 PE ET ",
        r"^  likely cause: .*the IDT has no room for .*\(limit 0x0\)$"))
row(REAL, "a crash behind an instruction that KVM emulates is found again",
    "report", ["--explain"], real("replay"), lambda result: reported(
        result, vm.CRASHED, r"^  eip 00000018 ", r"idt base 0x0 limit 0x0$",
        r"^  eax 00000011  ebx 00001234  ecx 00005678 ",
        r"^  likely cause: `int3` raised #BP, .*\(limit 0x0\)$",
        *([r"^  it crashes after 9 instructions, in this state:$"]
          if "AMD-V leaves" in result.err else [])))
row(REAL, "an instruction that an emulator does not know is named", "report",
    [], real("xrstor"), xrstor)
row(REAL, "--timeout shows where a guest spins", "report", ["--timeout", "1"],
    real("loop"), lambda result: reported(
        result, vm.LIMIT, "--timeout ran out",
        "^kvm-vmm: loop.bin: after 0 VM exits, in real mode$",
        r"^  eip 00000000 ", r"^  cr0 10 ET ", r"^  code at 0x0: <eb> fe "))
row(REAL, "--max-exits shows where a guest was", "report",
    ["--max-exits", "100"], real("exits"), lambda result: reported(
        result, vm.LIMIT, "--max-exits 100 used up",
        "^kvm-vmm: exits.bin: after 100 VM exits, in real mode$",
        r"^  code at 0x0: .*e6>? 80 "))
REAL.add_cases(*vm.places("real16", "hello.bin", "minimal.bin"))

PAGED = vm.Table()
LOST = (r"AMD-V leaves no registers after a triple fault.*\n"
        r".*--explain finds the crash itself:$")
UNMAPPED = (r"^  likely cause: RIP is 0x40000000, which is not mapped \(PDE "
            r"256 is not present\), and no IDT has been loaded$")


def paged(result):
    if re.search(LOST, result.err, re.M):
        reported(result, vm.CRASHED, "triple fault on vCPU 0 .last seen at "
                 r"exit 1, rip 0x8000100[89]\)$", r"^  eip 8000100[89] ",
                 "^  likely cause: .*no IDT has been loaded$")
    else:
        reported(result, vm.CRASHED, UNMAPPED)


def handler(result):
    """AMD-V: the last step is the INT 0x21. Elsewhere the handler's own end."""
    reported(result, vm.CRASHED)
    if "AMD-V leaves" in result.err:
        reported(result, vm.CRASHED, r"^  it crashes after at least [67] "
                 r"instructions, in this state or in a\n  handler that was entered from it, ")


row(PAGED, "RIP is not mapped: with --explain the crash itself is shown",
    "report", ["--paging", "--explain"], real("paged_unmapped"),
    lambda result: reported(
        result, vm.CRASHED, UNMAPPED, r"^  eax 40000000 ",
        r"^  eip 40000000 ", r"^  cr0 80000011 PE ET PG ",
        r"^  code at 0x3ffffff8: (\?\? ){8}<\?\?>( \?\?){15}$",
        r"^  page walk of rip, 0x40000000\n"
        r"    PDE    256 at 0x100400: 0x0 not present$"))
row(PAGED, "RIP is not mapped: the crash, or the exit before it", "report",
    ["--paging"], real("paged_unmapped"), paged)
row(PAGED, "a halt for good shows where", "report", ["--paging"],
    real("paged_halt"), lambda result: reported(
        result, vm.HALTED, "paged_halt.bin: after ", r"^  code at .* fa f4"))
row(PAGED, "a crash in a handler: the report says that it may be in one",
    "report", ["--explain"], real("handler"), handler)
PAGED.add_cases(*vm.places("paged32"))

LONG = vm.Table()
row(LONG, "RIP is not mapped in long mode: the walk says where it ends",
    "report", ["--verbose"], lambda place: [link64("long_unmapped")],
    lambda result: reported(
        result, vm.CRASHED, "in 64-bit mode, paging on, ring 0",
        r"^  rsp \w+  rip 0000123456789000  flags ",
        r"^  cr4 20 PAE   efer 500 LME LMA$",
        r"^  page walk of rip, 0x123456789000\n"
        r"    PML4E   36 at 0x1120: 0x0 not present$",
        r"^  likely cause: RIP is 0x123456789000, which is not mapped "
        r"\(PML4E 36 is not present\), and no IDT has been loaded$"))
LONG.add_cases(*vm.places("long64"))

LINUX = vm.Table()


def processors(result):
    result.must(vm.LIMIT)
    for want in (r"^vCPU 0 +1 \S", "vCPU 0: after 5 VM exits, in 64-bit mode",
                 "^kvm-vmm: vmlinux: vCPU 1: never started$"):
        tap.check(re.search(want, result.err, re.M), f"no {want!r} in:",
                  result.err)


row(LINUX, "each vCPU has its name in --explain and its own report", "explain",
    ["--smp", "2", "--max-exits", "5", "--explain"], finished("vmlinux"),
    processors)
LINUX.add_cases(*vm.places("linux", "vmlinux"))

tap.main()
