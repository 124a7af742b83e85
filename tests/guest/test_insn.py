#!/usr/bin/python3
# timeout: 200
"""--trace-insn: what is printed is what the images have, as objdump decodes it, in
the order in which it is executed."""

import os
import re
import subprocess

import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)

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


def flat(path):
    return disassemble("-D", "-b", "binary", "-m", "i8086", path)


def elf(path):
    return disassemble("-d", path)


def trace(image, *options):
    done = subprocess.run([vm.KVM_VMM, "--trace-insn", *options, image],
                          capture_output=True, check=False, timeout=120)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def agrees(lines, listing):
    """Every line is what the image has at its address; what follows is what
    comes next there, unless it is a branch."""
    tap.check(lines, "nothing was traced")
    for line in lines:
        code, name = listing.get(line.addr, (b"", "nothing"))
        tap.check(code == line.code and name == line.mnemonic(),
                  f"{line.addr:#x}: {line.code.hex()} {line.text}",
                  f"objdump: {code.hex()} {name}")
    for line, following in zip(lines, lines[1:]):
        if not re.match(r"j|call|ret|iret|loop|int|rep|sys", line.text):
            tap.equal(following.addr, line.addr + len(line.code),
                      f"behind {line.addr:#x} {line.text}")


def image_case(name, listing, need):
    @tap.case(f"{name}: each instruction is the one that the image has there")
    def case():
        if vm.host_lacks(need):
            vm.skip(vm.host_lacks(need))
        path = vm.image(name)
        result = trace(path)
        result.must(vm.OK, subprocess.run([vm.KVM_VMM, path], check=False,
                                          capture_output=True).stdout)
        agrees(lines_of(result.err), listing(path))
    return case


for image in ("hello.bin", "counter.bin", "multiplication.bin"):
    image_case(image, flat, "real16")
image_case("hello32.elf", elf, "prot32")
image_case("hello64.elf", elf, "long64")
image_case("walk64.elf", elf, "long64")

@tap.case("--step waits for keys; a script of them can come by a pipe")
def step():
    if vm.host_lacks("real16"):
        vm.skip(vm.host_lacks("real16"))
    done = subprocess.run([vm.KVM_VMM, "--step", vm.image("hello.bin")],
                          input=b" 2\nq", capture_output=True, check=False,
                          timeout=60)
    result = vm.Result(done.returncode, done.stdout, done.stderr)
    result.must(vm.OK, b"")
    tap.equal([line.addr for line in lines_of(result.err)], [0, 3, 6, 7],
              "instructions: three are done, one would be next")


@tap.case("--trace-from, --trace-count: so many from there on, and then full speed")
def filters():
    if vm.host_lacks("prot32"):
        vm.skip(vm.host_lacks("prot32"))
    path = vm.image("hello32.elf")
    whole = lines_of(trace(path).err)
    result = trace(path, "--trace-from", "print", "--trace-count", "5")
    result.must(vm.OK)
    first = next(i for i, line in enumerate(whole) if line.symbol == "print")
    tap.equal([line.text for line in lines_of(result.err)],
              [line.text for line in whole[first:first + 5]], "traced")


@tap.case("--trace-insn=FILE and --show-trace FILE: the same text")
def file():
    if vm.host_lacks("real16"):
        vm.skip(vm.host_lacks("real16"))
    path = os.path.join(FOLDER, "insn.trace")
    live = trace(vm.image("counter.bin"))
    done = subprocess.run([vm.KVM_VMM, f"--trace-insn={path}",
                           vm.image("counter.bin")], check=True,
                          capture_output=True)
    tap.equal(done.stderr, b"", "stderr")
    shown = subprocess.run([vm.KVM_VMM, "--show-trace", path], check=True,
                           capture_output=True, text=True)
    tap.equal(shown.stdout, live.err, "text")


tap.main()
