#!/usr/bin/python3
# timeout: 400
"""--trace-insn: what is printed is what the images have, as objdump decodes it, in
the order in which it is executed."""

import atexit
import os
import re
import shutil
import struct
import subprocess
import tempfile

import vm
from vm import tap
import insntrace

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
LISTED = "\n" + subprocess.run([vm.KVM_VMM, "--list"], capture_output=True,
                               text=True, check=False).stdout \
    if os.path.exists(vm.KVM_VMM) else ""

# The same instruction by other names: Zydis' and objdump's.
SAME = {"jz": "je", "jnz": "jne", "jnb": "jae", "jnbe": "ja", "jnl": "jge",
        "jnle": "jg", "setz": "sete", "setnz": "setne",
        "setnb": "setae", "setnbe": "seta", "setnl": "setge", "setnle": "setg",
        "cmovz": "cmove", "cmovnz": "cmovne", "cmovnb": "cmovae",
        "cmovnbe": "cmova", "cmovnl": "cmovge", "cmovnle": "cmovg",
        "movabs": "mov", "pushad": "pusha", "popad": "popa",
        "pushfd": "pushf", "popfd": "popf", "iretd": "iret", "sgdtd": "sgdt", "sidtd": "sidt",
        "lgdtd": "lgdt", "lidtd": "lidt", "sgdtw": "sgdt"}
STRINGS = re.compile(r"(movs|stos|lods|scas|cmps|ins|outs)[bwdq]$")
PREFIXES = ("rep", "repe", "repne", "repz", "repnz", "lock", "bnd")

LINE = re.compile(r"(?P<addr>[0-9a-f]{8}|[0-9a-f]{16})"
                  r"(?: <(?P<symbol>[^>]+)>)? +(?P<code>[0-9a-f]+) +(?P<text>.*)$")


class Line:
    """One instruction of a trace."""

    def __init__(self, found):
        self.addr = int(found["addr"], 16)
        self.symbol = found["symbol"]
        self.code = bytes.fromhex(found["code"])
        self.text = found["text"]

    def mnemonic(self):
        return plain(self.text)


def plain(text):
    """The mnemonic, whoever names it."""
    words = text.split()
    while len(words) > 1 and words[0] in PREFIXES:
        words.pop(0)
    word = STRINGS.sub(r"\1", words[0])
    return SAME.get(word, word)


def lines_of(text):
    return [Line(found) for found in map(LINE.match, text.splitlines()) if found]


def headings_of(text):
    return [line for line in text.splitlines() if line.startswith("-- ")]


def disassemble(*options):
    """objdump's view: address -> (bytes, mnemonic)."""
    done = subprocess.run(["objdump", "-w", "-M", "intel", *options], check=True,
                          capture_output=True, text=True)
    found = re.findall(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$",
                       done.stdout, re.M)
    return {int(addr, 16): (bytes.fromhex(code), plain(text))
            for addr, code, text in found}


def flat(path, start=0):
    return disassemble("-D", "-b", "binary", "-m", "i8086",
                       f"--start-address={start}", path)


def elf(path):
    return disassemble("-d", path)


def command(image, *options):
    return vm.Command(vm.KVM_VMM, "--trace-insn", *options, image, limit=120)


def run(*words, **how):
    done = subprocess.run([vm.KVM_VMM, *words], capture_output=True,
                          check=False, timeout=120, **how)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def trace(image, *options):
    return run("--trace-insn", *options, image)


def goes_straight(line, after):
    """Whether nothing but the next instruction can follow, and no heading says
    that a handler does."""
    return not re.match(r"j|call|ret|iret|loop|int|rep|sys", line.text) \
        and not after.endswith("in its handler")


def agrees(text, listing, known=lambda addr: True):
    """Every line is what the image has at its address; what follows is what
    comes next there, unless it is a branch."""
    rows = text.splitlines()
    found = [(Line(match), rows[i + 1] if i + 1 < len(rows) else "")
             for i, match in enumerate(map(LINE.match, rows)) if match]
    tap.check(found, "nothing was traced", text)
    for line, _ in found:
        code, name = listing.get(line.addr, (b"", "nothing"))
        tap.check(code == line.code and name == line.mnemonic()
                  or not known(line.addr),
                  f"{line.addr:#x}: {line.code.hex()} {line.text}",
                  f"objdump: {code.hex()} {name}")
    for (line, after), (following, _) in zip(found, found[1:]):
        if goes_straight(line, after):
            tap.equal(following.addr, line.addr + len(line.code),
                      f"behind {line.addr:#x} {line.text}")


def need(place):
    """Skips on a host whose KVM cannot run such guests."""
    if vm.host_lacks(place):
        vm.skip(vm.host_lacks(place))


def image_case(name, listing, kind):
    @tap.case(f"{name}: each instruction is the one that the image has there")
    def case():
        need(kind)
        path = vm.image(name)
        result = trace(path)
        result.must(vm.OK, run(path).out)
        agrees(result.err, listing(path))
    return case


for image in ("hello.bin", "counter.bin", "multiplication.bin"):
    image_case(image, flat, "real16")
image_case("hello32.elf", elf, "prot32")
image_case("hello64.elf", elf, "long64")
image_case("walk64.elf", elf, "long64")

@tap.case("--step waits for keys; a script of them can come by a pipe")
def step():
    need("real16")
    result = run("--step", vm.image("hello.bin"), input=b" 2\nq")
    result.must(vm.OK, b"")
    tap.equal([line.addr for line in lines_of(result.err)], [0, 3, 6, 7],
              "instructions: three are done, one would be next")


@tap.case("--trace-from, --trace-count: so many from there on, and then full speed")
def filters():
    need("prot32")
    path = vm.image("hello32.elf")
    whole = lines_of(trace(path).err)
    result = trace(path, "--trace-from", "print", "--trace-count", "5")
    result.must(vm.OK)
    first = next(i for i, line in enumerate(whole) if line.symbol == "print")
    tap.equal([line.text for line in lines_of(result.err)],
              [line.text for line in whole[first:first + 5]], "traced")


@tap.case("--step goes on by itself when no more keys can come, or by t and c")
def step_on():
    need("real16")
    path = vm.image("counter.bin")
    plain = run(path)
    whole = len(lines_of(trace(path).err))
    # What would be next is shown, too, behind the HLT that ends it.
    for keys, lines in ((b"", whole + 1), (b"3\nt", whole + 1), (b"3\nc", 4)):
        result = run("--step", path, input=keys)
        result.must(vm.OK, plain.out)
        tap.equal(len(lines_of(result.err)), lines, f"lines with {keys!r}")


def in_file(*words):
    """What --trace-insn=FILE writes."""
    path = os.path.join(WORK, "insn.trace")
    result = run(f"--trace-insn={path}", *words)
    result.must(vm.OK)
    tap.equal(result.err, "", "stderr")
    with open(path, "rb") as file:
        return file.read()


def show(data):
    path = os.path.join(WORK, "shown.trace")
    with open(path, "wb") as file:
        file.write(data)
    return run("--show-trace", path)


@tap.case("--trace-insn=FILE and --show-trace FILE: the same text")
def file():
    need("real16")
    data = in_file(vm.image("counter.bin"))
    result = show(data)
    result.must(vm.OK, trace(vm.image("counter.bin")).err.encode())
    tap.check(len(data) < 8 * 60, f"{len(data)} bytes for 45 instructions")


@tap.case("several guests: each line below the heading of its own")
def several():
    need("real16")
    paths = [vm.image("hello.bin"), vm.image("counter.bin")]
    shown = show(in_file(*paths)).out.decode()
    for path in paths:
        name = os.path.basename(path)
        own, mine = [], False
        for line in shown.splitlines():
            if line.startswith("-- "):
                mine = line.startswith(f"-- {name}")
            elif mine:
                own.append(line)
        alone = lines_of(trace(path).err)
        tap.equal(len(own), len(alone), f"lines of {name}")
    only = run("--trace-insn", "--trace-only", "guest=1", *paths)
    tap.check("counter" in only.err, only.err)
    tap.none_of(line for line in headings_of(only.err) if "hello" in line)


@tap.case("a file that is cut off is good up to there, wherever that is")
def cut():
    whole = insntrace.sample()
    text = show(whole).out
    for size in range(whole.index(b"\n\n") + 2, len(whole), 7):
        result = show(whole[:size])
        result.must(vm.OK)
        said = result.out.splitlines()
        tap.equal(said[:-1], text.splitlines()[:len(said[:-1])],
                  f"{size} bytes of {len(whole)}")
        tap.check("cut off" in result.err, result.err)


@tap.case("one that is damaged is refused where it is, and what is none is told so")
def damaged():
    good = insntrace.sample()
    start = good.index(b"\n\n") + 2
    head = insntrace.head((1, "guest"))
    for what, data, says in (
            ("a block of no bytes", good + bytes(16), f"byte {len(good)}"),
            ("a block too long", good[:start] + b"\xff\xff\xff\xff" +
             good[start + 4:], f"byte {start}"),
            ("a block that cuts off", good[:start] +
             struct.pack("<I", len(good) - start - 17) + good[start + 4:],
             "cuts off"),
            ("a vCPU too many", head + insntrace.block(b"\0\0", cpu=1),
             "vCPU"),
            ("a guest too many", head + insntrace.block(b"\0\0", guest=7),
             "vCPU"),
            ("a record of no kind", head + insntrace.block(b"\x1f"), "record"),
            ("nothing", b"", "no trace"),
            ("a head without end", head[:-1], "no trace"),
            ("another version", good.replace(b" 1: ", b" 2: ", 1), "no trace"),
            ("an ELF file", b"\x7fELF" + bytes(100), "no trace")):
        result = show(data)
        result.must(vm.USAGE)
        tap.check(says in result.err, f"{what}: {result.err!r}")


@tap.case("code that another line takes the place of is shown all the same")
def place():
    far = 0x1000 + 64 * 4096
    data = insntrace.head((1, "a")) + insntrace.block(
        insntrace.system(insntrace.MODES["prot"]) +
        insntrace.line(0x1000, b"\xe9\xfb\xff\x03\x00") +
        insntrace.record(insntrace.SYMBOL, 0, 0, 4, data=b"near") +
        insntrace.step(0x1000) + insntrace.line(far, b"\xf4") +
        insntrace.step(far - 0x1000) +
        insntrace.record(insntrace.EVENT, insntrace.LEFT, 0))
    result = show(data)
    result.must(vm.OK)
    tap.equal([(line.symbol, line.text) for line in
               lines_of(result.out.decode())],
              [("near", "jmp 0x41000"), (None, "hlt")], "lines")


@tap.case("names in a file show no control characters")
def names():
    data = insntrace.head((1, "a\x1b[31mb")) + insntrace.block(
        insntrace.line(0x1000, b"\xf4") +
        insntrace.record(insntrace.SYMBOL, 0, 0, 5, data=b"\x1b[2J\n") +
        insntrace.step(0x1000))
    result = show(data)
    result.must(vm.OK)
    tap.check(b"\x1b" not in result.out, result.out)


@tap.case("without kvm-insn: what is missing and what to do, and FILE all the same")
def missing():
    need("real16")
    alone = os.path.join(WORK, "kvm-vmm")
    shutil.copy(vm.KVM_VMM, alone)
    for words in (["--trace-insn", vm.image("hello.bin")],
                  ["--step", vm.image("hello.bin")],
                  ["--show-trace", alone]):
        done = subprocess.run([alone, *words], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        tap.check(done.returncode in (vm.USAGE, vm.FAILED) and
                  "kvm-insn" in done.stderr and "make" in done.stderr,
                  f"{words}: {done.returncode} {done.stderr}")
    path = os.path.join(WORK, "alone.trace")
    done = subprocess.run([alone, f"--trace-insn={path}",
                           vm.image("hello.bin")], check=False)
    tap.equal(done.returncode, vm.OK, "exit status")


@tap.case("a full disk, a reader that goes: said once, the guest goes on, status 70")
def lost():
    need("real16")
    path = vm.image("multiplication.bin")
    plain = run(path)
    result = run("--trace-insn=/dev/full", path)
    result.must(vm.FAILED, plain.out)
    tap.equal(result.err.count("the trace ends here"), 1, result.err)
    done = subprocess.run(["sh", "-c", '"$0" --trace-insn "$1" 2>&1 >/dev/null '
                           '| head -n 3', vm.KVM_VMM, path], check=True,
                          capture_output=True)
    tap.equal(done.stdout.count(b"\n"), 3, "lines")


@tap.case("words that are none are refused before a guest runs")
def refused():
    vm.on_host()    # first comes what the machine lacks
    path = vm.image("hello.bin")
    for words in (["--trace-count", "5"], ["--trace-insn", "--trace-count", "0"],
                  ["--trace-insn", "--trace-count", "x"],
                  ["--trace-insn", "--trace-only", "ring=4"],
                  ["--trace-insn", "--trace-only", "cpu=0,"],
                  ["--trace-insn", "--trace-only", ""],
                  ["--trace-insn", "--trace-only", "guest=1"],
                  ["--trace-insn", "--trace-only", "cpu=1"],
                  ["--trace-insn", "--trace-from", "0x"],
                  ["--trace-insn", "--trace-from", "nothing"],
                  ["--step", f"--trace-insn={WORK}/both"],
                  [f"--trace-insn={path}"]):
        result = run(*words, path)
        result.must(vm.USAGE, b"")
        tap.equal(len(result.err.splitlines()), 1, f"lines of {result.err}")


# --- In the lab: what a CPU makes of steps ------------------------------------

TABLE = vm.Table()
STEPS = vm.assemble("steps")


def shows_all(result):
    """Each instruction of the program once, whatever a step is; handlers, and the
    one that is tried again, are looked away from."""
    result.must(5)
    listing = flat(STEPS, 0x100)
    last = max(addr for addr in listing if listing[addr][1] == "out")
    have = [line.addr for line in lines_of(result.err)]
    have = [addr for addr, after in zip(have, have[1:] + [None])
            if addr <= last and addr != after]
    want = [0] + [addr for addr in sorted(listing) if addr <= last]
    tap.equal([hex(addr) for addr in have], [hex(addr) for addr in want],
              "addresses")
    tap.check("3 times" in result.err and "0 times" in result.err, result.err)


def in_image(name, known=lambda addr: True):
    def judge(result):
        result.must(vm.OK)
        agrees(result.err, elf(vm.image(name)), known)
    return judge


def in_ring_3(result):
    result.must(vm.OK)
    headings = [line for line in headings_of(result.err) if " ring " in line]
    tap.check(headings, result.err)
    tap.none_of(line for line in headings if not line.endswith("ring 3"))
    tap.equal(len(lines_of(result.err)), 300, "lines")


TABLE.add("MOV SS, INT n, exceptions, REP: each instruction is shown once",
          lambda place: command(STEPS), shows_all)
if "\nloader  paged " in LISTED:
    OS = ["--symbols", vm.image("os-1k.elf"), vm.image("os-1k.bin")]
    TABLE.add("1K OS from kernel_main on",
              lambda place: vm.Command(
                  vm.KVM_VMM, "--trace-insn", "--trace-from", "kernel_main",
                  "--trace-count", 8000, *OS, stdin=b"0\n", limit=60),
              in_image("os-1k.elf", lambda addr: addr >> 31))
    TABLE.add("1K OS: its programs alone, by their ring",
              lambda place: vm.Command(
                  vm.KVM_VMM, "--trace-insn", "--trace-only", "ring=3",
                  "--trace-count", 300, *OS, stdin=b"0\n", limit=60), in_ring_3)
TABLE.add("pae32.elf: paging is turned on between two instructions",
          lambda place: command(vm.image("pae32.elf")), in_image("pae32.elf"))
TABLE.add_cases("lab")

tap.main()
