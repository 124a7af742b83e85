#!/usr/bin/python3
# timeout: 500
"""64- and 32-bit ELF programs: the finished ones, ring 3, and bad files."""

import atexit
import functools
import os
import shutil
import struct
import subprocess
import tempfile

import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)

# --- The finished programs -------------------------------------------------

HELLO32 = b"""\
Hello, protected mode!
CS 0x0008: base 0x00000000, limit 0xffffffff, ring 0, code
DS 0x0010: base 0x00000000, limit 0xffffffff, ring 0, data
CR0 0x00000011: PE is on, PG is off
"""
PAE32 = b"""\
Paging with PAE is on, CR3 0x00104000
Pointer 0: directory at 0x00102000, whose first entry is 0x000000e3
Pointer 2: directory at 0x00103000, whose first entry is 0x00400083
Wrote 1111 at 0x00400000; 0x80000000 reads 1111
Wrote 2222 at 0x80000000; 0x00400000 reads 2222
"""
HELLO64 = b"""\
Hello, long mode!
CR0.PG   1  paging is on
CR4.PAE  1  page-table entries have 64 bits
EFER.LMA 1  long mode is active
CS.L     1  this code segment is a 64-bit one
2 to the 40th is 1099511627776
"""
WALK64 = b"""\
Walks begin at the table in CR3, 0x0000000000001000

0x0000000000100000, the first instruction of this program
  PML4 entry 0: 0x0000000000002027 writable user accessed
  PDPT entry 0: 0x0000000000003027 writable user accessed
  PD   entry 0: 0x00000000000000e3 writable supervisor accessed dirty large
  is physical 0x0000000000100000, in a page of 2 MiB

0x0000000000200000, a word in a segment for ring 3
  PML4 entry 0: 0x0000000000002027 writable user accessed
  PDPT entry 0: 0x0000000000003027 writable user accessed
  PD   entry 1: 0x00000000002000a7 writable user accessed large
  is physical 0x0000000000200000, in a page of 2 MiB

0x00000000fee00000, mapped, although no RAM is there
  PML4 entry 0: 0x0000000000002027 writable user accessed
  PDPT entry 3: 0x0000000000006007 writable user
  PD   entry 503: 0x00000000fee00083 writable supervisor large
  is physical 0x00000000fee00000, in a page of 2 MiB

0x0000000100000000, 4 GiB, where the loader's tables end
  PML4 entry 0: 0x0000000000002027 writable user accessed
  PDPT entry 4: 0x0000000000000000 not present
  is nowhere: using it is a page fault

0xffff800000000000, the upper half
  PML4 entry 256: 0x0000000000000000 not present
  is nowhere: using it is a page fault

0x0000008000000000, three tables later
  PML4 entry 1: 0x0000000000102003 writable supervisor
  PDPT entry 0: 0x0000000000103003 writable supervisor
  PD   entry 0: 0x0000000000104003 writable supervisor
  PT   entry 0: 0x0000000000105003 writable supervisor
  is physical 0x0000000000105000, in a page of 4 KiB
Wrote 1111 at the old address; the new one reads 1111
Wrote 2222 at the new address; the old one reads 2222

0x0000008000000000, after it was used
  PML4 entry 1: 0x0000000000102023 writable supervisor accessed
  PDPT entry 0: 0x0000000000103023 writable supervisor accessed
  PD   entry 0: 0x0000000000104023 writable supervisor accessed
  PT   entry 0: 0x0000000000105063 writable supervisor accessed dirty
  is physical 0x0000000000105000, in a page of 4 KiB
Made its last entry another page's; now it reads 3333
"""

# --- What compute must find, computed again --------------------------------

SIZE = 32
SIGNS = 0x5a3c96e1
MASK = (1 << 64) - 1


def product(a, b, add, zero):
    """The sums run over the columns of a in order: doubles round."""
    columns = list(zip(*b))
    result = []
    for row in a:
        result.append([])
        for column in columns:
            total = zero
            for left, right in zip(row, column):
                total = add(total, left * right)
            result[-1].append(total)
    return result


def first_integers():
    """A and B, drawn in turn from the generator of Knuth's MMIX."""
    a, b, state = [], [], 1
    for index in range(SIZE * SIZE):
        for matrix in (a, b):
            state = (state * 6364136223846793005 + 1442695040888963407) & MASK
            matrix.append(state)
        row, column = divmod(index, SIZE)
        if row == column:
            b[-1] |= 1
        elif row > column:
            b[-1] &= ~1
    return a, b


def first_doubles():
    a, b = [], []
    for index in range(SIZE * SIZE):
        row, column = divmod(index, SIZE)
        a.append((7 * row + 13 * column) % 16 - 7.5)
        row = (row + 1) % SIZE
        same = (SIGNS >> row ^ ~SIGNS >> column) & 1
        b.append((row == column) - (0.0625 if same else -0.0625))
    return a, b


def checksum(values):
    total = 0
    for value in values:
        total = ((total << 7 | total >> 57) + value) & MASK
    return total


def rows_of(values):
    return [values[at:at + SIZE] for at in range(0, SIZE * SIZE, SIZE)]


@functools.lru_cache(None)
def compute(rounds):
    """What images/compute.elf prints."""
    a, b = map(rows_of, first_integers())
    c, d = map(rows_of, first_doubles())
    for _ in range(rounds):
        a = [[value & MASK for value in row]
             for row in product(a, b, int.__add__, 0)]
        c = product(c, d, float.__add__, 0.0)
    bits = [struct.unpack("<Q", struct.pack("<d", value))[0]
            for row in c for value in row]
    return (f"compute: ring 3, rounds {rounds}, matrices of 32 x 32\n"
            f"integers 0x{checksum(sum(a, [])):016x} every product checked\n"
            f"doubles  0x{checksum(bits):016x} length kept\n").encode()


# --- Running them ----------------------------------------------------------

TABLES = {need: vm.Table() for need in ("long64", "prot32", "paged32")}


def row(need, text, name, out, *options, status=vm.OK, note=""):
    """An image and its options, and what must come of it."""
    def judge(result):
        result.must(status, out() if callable(out) else out)
        tap.check(note in result.err and (note or not result.err),
                  f"stderr: have {result.err!r}",
                  f"stderr: want {note or 'nothing'!r}")
    TABLES[need].add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, name() if callable(name) else vm.image(name)),
        judge)


def program(need, name, out, *options):
    """One that prints out by UART: its exits are counted, too.

    Each character is one exit, and the halt or the exit call another.
    """
    with_options = " ".join((name, *options))
    row(need, f"{with_options}: what it prints", name, out, *options)
    for exits, status, note in (len(out) + 1, vm.OK, ""), \
            (len(out), vm.LIMIT, "--max-exits"):
        row(need, f"{with_options}: {len(out) + 1} exits, at most {exits}",
            name, out, "--max-exits", str(exits), *options, status=status,
            note=note)


program("prot32", "hello32.elf", HELLO32)
program("paged32", "pae32.elf", PAE32)
program("long64", "hello64.elf", HELLO64)
program("long64", "hello64.elf", HELLO64 + b"My command line: a  b=c\n",
        "--cmdline", "a  b=c")
program("long64", "walk64.elf", WALK64)
program("long64", "compute.elf", compute(3), "--cmdline", "3")
row("long64", "compute.elf: a hundred rounds by itself", "compute.elf",
    lambda: compute(100))


def broken(*patches):
    """compute.elf with some bytes replaced, each of which it has once."""
    with open(vm.image("compute.elf"), "rb") as original:
        image = original.read()
    for old, new in patches:
        tap.equal(image.count(old), 1, f"{old!r} in compute.elf")
        image = image.replace(old, new)
    path = os.path.join(WORK, "broken" + str(len(os.listdir(WORK))))
    with open(path, "wb") as out:
        out.write(image)
    return path


def half_wrong(integers, doubles):
    """compute(3) with one of its checksums and verdicts gone."""
    def judge(result):
        result.must(1)
        lines = result.out.decode().splitlines()
        tap.equal([lines[1].endswith("WRONG"), lines[2].endswith("WRONG")],
                  [integers, doubles], result.out)
    return judge


IMUL, ADD, UD2 = b"\x48\x0f\xaf\x13", b"\x48\x03\x13\x90", b"\x0f\x0b\x90\x90"
for text, patch, judge in (
        ("a wrong integer product", (IMUL, ADD), half_wrong(True, False)),
        ("a wrong double product", (struct.pack("<d", 0.0625),
                                  struct.pack("<d", 0.0626)),
         half_wrong(False, True)),
        ("an exception in ring 3", (IMUL, UD2),
         lambda result: result.must(1, b"exception 6\n"))):
    TABLES["long64"].add(
        f"compute.elf finds out: {text}", lambda place, patch=patch:
        vm.Command(vm.KVM_VMM, "--cmdline", "3", broken(patch)), judge)
USAGE = b"compute: the command line is a number of rounds, up to 999999999\n"
for words in "0", "x", "1 ", "-1", "1e3", "1000000000", "99999999999999999999":
    row("long64", f"compute.elf: --cmdline '{words}' is refused",
        "compute.elf", USAGE, "--cmdline", words, status=2)
row("long64", "a command line of 64 KiB less the final zero", "hello64.elf",
    (HELLO64 + b"My command line: " + 65535 * b"a")[:1000], "--cmdline",
    65535 * "a", "--max-exits", "1000", status=vm.LIMIT, note="--max-exits")
row("long64", "a command line that is a byte longer is refused",
    "hello64.elf", b"", "--cmdline", 65536 * "a", status=vm.USAGE,
    note="--cmdline: 65536 bytes")
row("long64", "RAM above 4 GiB changes nothing", "walk64.elf", WALK64,
    "--mem", "5G")
row("prot32", "hello32.elf takes no --cmdline", "hello32.elf", b"",
    "--cmdline", "x", status=vm.USAGE, note="--cmdline")
row("long64", "hello64.elf takes no --initrd", "hello64.elf", b"",
    "--initrd", vm.KVM_VMM, status=vm.USAGE, note="--initrd")


@functools.lru_cache(None)
def link(name, script):
    """The ELF file of src/NAME.S, linked as the guests of a kind are."""
    path = os.path.join(WORK, name + ".elf")
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Ivmm",
                    "-Wl,--build-id=none,-n,--no-warn-rwx-segments",
                    "-Wl,-T," + script, "-o", path,
                    os.path.join(vm.SOURCES, name + ".S")],
                   cwd=tap.TOP, check=True)
    return path


def plain(name):
    """guests/NAME.S as a linker without a script does it: its first segment
    holds the ELF headers and lies in the page below the code."""
    path = os.path.join(WORK, name + ".plain.elf")
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Ivmm",
                    "-Wl,--build-id=none,-Ttext,0x100000", "-o", path,
                    os.path.join("guests", name + ".S")],
                   cwd=tap.TOP, check=True)
    return path


# Vector and error code of what each trial of ring3.S raises: 14 page fault
# (4 from ring 3, 2 a write, 1 the page is there), 13 general protection.
RING3 = b"14 5\n14 7\n14 5\n14 7\n14 5\n14 4\n" + 5 * b"13 0\n" + \
    b"6 0\n4 0\n3 0\n"
row("prot32", "a program linked by nothing but -Ttext 0x100000",
    lambda: plain("hello32"), HELLO32)
row("long64", "ring 3 can neither touch ring 0's pages nor the machine",
    lambda: link("ring3", "guests/long64.ld"), RING3)

for kind, table in TABLES.items():
    table.add_cases(*vm.places(kind, *(
        {"long64": ["hello64.elf", "walk64.elf", "compute.elf"],
         "prot32": ["hello32.elf"], "paged32": ["pae32.elf"]}[kind])))

# --- Files made by an enemy ------------------------------------------------

# mov dx, 0x500; mov al, 8 (HC_EXIT_STATUS); mov bl, 5; out dx, al; hlt. In 64-bit
# mode the same.
CODE = bytes.fromhex("66ba0005 b008 b305 ee f4")
LOAD = 0x100000
BEHIND = 0x1000     # where segments begin in the file
USER = 0x00100000   # flag: open to ring 3
MIB = 1 << 20


class Segment:
    def __init__(self, paddr=LOAD, size=len(CODE), **fields):
        self.type, self.flags, self.offset = 1, 7, BEHIND
        self.vaddr = self.paddr = paddr
        self.filesz = self.memsz = size
        self.__dict__.update(fields)


def elf(bits, *segments, **header):
    """An ELF file that ends with status 5, but for what is changed."""
    segments = segments or (Segment(),)
    h = {"ident": bytes([bits // 32, 1, 1]), "type": 2,
         "machine": 62 if bits == 64 else 3, "entry": LOAD,
         "phoff": 64 if bits == 64 else 52,
         "phentsize": 56 if bits == 64 else 32, "phnum": len(segments),
         **header}
    image = struct.pack("<16sHHI" + ("QQQ" if bits == 64 else "III") +
                        "IHHHHHH", b"\x7fELF" + h["ident"], h["type"],
                        h["machine"], 1, h["entry"], h["phoff"], 0, 0, 0,
                        h["phentsize"], h["phnum"], 0, 0, 0)
    for s in segments:
        image += struct.pack("<IIQQQQQQ", s.type, s.flags, s.offset, s.vaddr,
                             s.paddr, s.filesz, s.memsz, 1) if bits == 64 \
            else struct.pack("<8I", s.type, s.offset, s.vaddr, s.paddr,
                             s.filesz, s.memsz, s.flags, 1)
    return image.ljust(BEHIND, b"\0") + CODE


# What is wrong with it, the file, and words of the message.
REFUSED = [("a 64-bit file cut off after %d bytes" % size, elf(64)[:size],
            "truncated") for size in (16, 63, 64, 119, BEHIND, BEHIND + 9)]
REFUSED += [("a 32-bit file cut off after %d bytes" % size, elf(32)[:size],
             "truncated") for size in (16, 51, 83, BEHIND, BEHIND + 9)]
for width, other in (64, 3), (32, 62):
    REFUSED += [(f"{width} bits: {text}", elf(width, *segments, **header), word)
                for text, segments, header, word in [
        ("for the other width's machine", (), {"machine": other}, "x86"),
        ("for ARM", (), {"machine": 40}, "an ELF file for ARM"),
        ("position-independent", (), {"type": 3}, "fixed addresses"),
        ("an object file", (), {"type": 1}, "object file"),
        ("no program headers", (), {"phnum": 0}, "program headers"),
        ("65535 program headers", (), {"phnum": 65535}, "program headers"),
        ("64 program headers, not there", (), {"phnum": 64, "phoff": BEHIND},
         "truncated"),
        ("program headers of another size", (), {"phentsize": 57}, "odd size"),
        ("program headers far away", (), {"phoff": 0xffffffff}, "truncated"),
        ("nothing to load", (Segment(type=4),), {}, "entry"),
        ("an entry outside", (), {"entry": LOAD - 1}, "entry"),
        ("an entry behind the end", (), {"entry": LOAD + len(CODE)}, "entry"),
        ("a segment behind the file", (Segment(offset=0x10000),), {},
         "truncated"),
        ("more in the file than in memory", (Segment(memsz=1),), {},
         "truncated"),
        ("a segment across the GDT", (Segment(), Segment(0x4f7)), {},
         "too low: kvm-vmm lays the GDT"),
        ("a segment in the first page of the stack",
         (Segment(), Segment(0x90000 - 1)), {}, "the stack"),
        ("a segment behind the end of RAM", (Segment(16 * MIB - 1),),
         {"entry": 16 * MIB - 1}, "try --mem 17M"),
        ("a segment at 67 MiB", (Segment(67 * MIB),), {"entry": 67 * MIB},
         "try --mem 68M"),
        ("two behind the end of RAM: enough for both",
         (Segment(67 * MIB), Segment(70 * MIB), Segment(68 * MIB)),
         {"entry": 67 * MIB}, "try --mem 71M"),
        ("3 GiB of zeros", (Segment(memsz=3 << 30),), {}, "too large"),
        ("a segment in the hole", (Segment(0xfec00000),),
         {"entry": 0xfec00000}, "too high"),
        ("segments that overlap", (Segment(memsz=0x2000),
                                   Segment(LOAD + 0x1000)), {}, "overlap"),
        ("virtual and physical apart", (Segment(vaddr=2 * MIB),), {},
         "differ"),
        ("an interpreter", (Segment(), Segment(type=3)), {},
         "operating system"),
    ]]
REFUSED += [
    ("a segment that wraps around", elf(64, Segment(memsz=1 << 64 - 1)),
     "too large"),
    ("a segment across the page tables", elf(64, Segment(), Segment(0x6fff)),
     "the page tables"),
    ("a segment where the command line goes",
     elf(64, Segment(), Segment(0x2ffff)), "the command line"),
    ("a segment that wraps at 2^64",
     elf(64, Segment(memsz=(1 << 64) - 1)), "wraps"),
    ("ring 3 in the page of the loader's tables",
     elf(64, Segment(flags=USER | 7)), "2 MiB"),
    ("ring 3 in a page of ring 0",
     elf(64, Segment(2 * MIB), Segment(3 * MIB, flags=USER | 7),
         entry=2 * MIB), "2 MiB"),
    ("ring 0 in a page of ring 3",
     elf(64, Segment(), Segment(2 * MIB, flags=USER | 7),
         Segment(2 * MIB + 0x1000)), "2 MiB"),
    ("a class that is none", elf(64, ident=b"\x03\x01\x01"), "little-endian"),
    ("big-endian", elf(64, ident=b"\x02\x02\x01"), "another machine"),
]

ACCEPTED = [
    ("64 bits, nothing wrong", elf(64)), ("32 bits, nothing wrong", elf(32)),
    ("64 bits, with ring 3", elf(64, Segment(), Segment(
        2 * MIB, flags=USER | 7), Segment(4 * MIB))),
    ("64 bits, up to the end of RAM", elf(64, Segment(memsz=15 * MIB))),
    ("32 bits, up to the end of RAM", elf(32, Segment(memsz=15 * MIB))),
    ("64 bits, ring 3 below ring 0", elf(64, Segment(4 * MIB), Segment(
        2 * MIB, flags=USER | 7), entry=4 * MIB)),
    *((f"{bits} bits, {text}", elf(bits, *segments))
      for bits in (32, 64) for text, segments in (
          ("a linker's own headers below",
           (Segment(LOAD - 0x1000, 0xd4, offset=0), Segment())),
          ("its headers above, as lld puts them",
           (Segment(4 * MIB, 0xd4, offset=0), Segment())),
          ("a segment on either side of the stack",
           (Segment(0x8f000 - 1, 1), Segment(0x90000), Segment())))),
    ("32 bits, linked at 0", elf(32, Segment(0), entry=0)),
    ("64 bits, an empty segment anywhere", elf(64, Segment(), Segment(
        1 << 63, 0))),
]

BAD = vm.Table()


def file(number, content):
    path = os.path.join(WORK, f"file{number}")
    with open(path, "wb") as out:
        out.write(content)
    return path


def refuses(result, word):
    """Refused: that status, nothing printed, one line that has the word."""
    result.must(vm.USAGE, b"")
    lines = result.err.splitlines()
    tap.check(len(lines) == 1 and lines[0].startswith("kvm-vmm: ") and
              word in lines[0],
              f"want one line `kvm-vmm: ... {word} ...`, have:", *lines)


def add_files():
    for number, (text, content) in enumerate(ACCEPTED):
        path = file(number, content)
        BAD.add(f"runs: {text}",
                lambda place, path=path: vm.Command(vm.SAN, path),
                lambda result: result.must(5, b""))
    for number, (text, content, word) in enumerate(REFUSED, len(ACCEPTED)):
        path = file(number, content)
        BAD.add(f"refused: {text}",
                lambda place, path=path: vm.Command(vm.SAN, path),
                lambda result, word=word: refuses(result, word))
    BAD.add_cases("host" if os.access("/dev/kvm", os.R_OK | os.W_OK) else
                  "lab")


add_files()
tap.main()
