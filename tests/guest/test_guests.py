#!/usr/bin/python3
# timeout: 240
"""The eight real-mode programs, hypercalls, isolation, and 64 guests."""

import os
import re

import vm
from vm import tap

HCTEST = "1:A ok\n2:{} ok\n3:65535 ok\n4:\n ok\n5: ok\n6: ok\n7:{} ok\n9: ok\n"


def table_entry(table, factor):
    return f"   {table} x {factor} = {table * factor:2}"


def tables(*columns):
    """The multiplication tables of the columns, side by side."""
    return "".join("".join(table_entry(table, factor) for table in columns)
                   + "\n" for factor in range(1, 10))


class Guest:
    def __init__(self, name, exits, out):
        self.name = name + ".bin"
        self.exits = exits          # VM exits, the last one included
        self.out = out.encode()

    def image(self):
        return vm.image(self.name)


GUESTS = [
    Guest("minimal", 1, ""),
    Guest("hello", 13, "Hello, KVM!\n"),
    Guest("counter", 12, "0123456789\n"),
    Guest("multiplication", 898,
          tables(2, 3, 4, 5) + "\n" + tables(6, 7, 8, 9)),
    Guest("multiplication_short", 208,
          re.sub(r"   (\d) x (\d) = ", r"  \1x\2=", tables(2, 3, 4))),
    Guest("fibonacci", 31,
          "0 1 1 2 3 5 8 13 21 34 55 89 144 233 377\n"),
    Guest("matrix", 119,
          "   1   2   3      9   8   7     30  24  18\n"
          "   4   5   6  x   6   5   4  =  84  69  54\n"
          "   7   8   9      3   2   1    138 114  90\n"),
    Guest("hctest", 76, HCTEST.format("", 0)),
]
TABLE = vm.Table()


def add(text, judge, image, *options, stdin=b""):
    """image() is called when the case runs: it may not be built."""
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, image(), stdin=stdin), judge)


def quietly(status, out):
    def judge(result):
        result.must(status, out)
        tap.equal(result.err, "", "stderr")
    return judge


def one_too_many(result):
    result.must(vm.LIMIT)
    tap.check("--max-exits" in result.err, result.err)


for guest in GUESTS:
    add(f"{guest.name} prints what it should, in {guest.exits} VM exits",
        quietly(vm.OK, guest.out), guest.image,
        "--max-exits", guest.exits)
    if guest.exits > 1:
        add(f"{guest.name} does not end with one VM exit less", one_too_many,
            guest.image, "--max-exits", guest.exits - 1)


# --- hctest ------------------------------------------------------------------

def any_key(result):
    """Whether the character is there in time is a matter of luck."""
    result.must(vm.OK)
    tap.check(result.out.decode() in (HCTEST.format("", 0),
                                      HCTEST.format("Z", 0)), result.out)


add("hctest passes while a character comes in", any_key,
    GUESTS[-1].image, stdin=b"Z")


def swap(name, old, new):
    """hctest with one call made another one, as if answered by that."""
    with open(vm.image("hctest.bin"), "rb") as file:
        code = file.read()
    tap.check(code.count(old) == 1, f"{code.count(old)} times {old}")
    path = os.path.join(tap.BUILD, "tests", "guest", f"hctest_{name}.bin")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(code.replace(old, new))
    return path


# `mov $function, %al`, with what makes the place unique around it; and the
# function whose answer comes instead.
WRONG = {
    1: ("putchar", b"\xb3A\xb0\x01", b"\xb3A\xb0\x06"),
    2: ("getchar", b"\xb0\x02", b"\xb0\x06"),
    3: ("putnum", b"\xff\xff\xb0\x03", b"\xff\xff\xb0\x06"),
    4: ("newline", b"\xb0\x04\xee\xe8", b"\xb0\x06\xee\xe8"),
    5: ("time", b"\xb0\x05\xee\x66\xed\x66\x29", b"\xb0\x07\xee\x66\xed\x66\x29"),
    6: ("random", b"\xb0\x06", b"\xb0\x04"),
    7: ("id", b"\xb0\x07", b"\xb0\x05"),
    9: ("unknown", b"\xb0\xee", b"\xb0\x04"),
}
for number, change in WRONG.items():
    add(f"hctest ends with status {number} if {change[0]} answers wrongly",
        lambda result, number=number: result.must(number),
        lambda change=change: swap(*change))
add("hctest ends with status 9 if exit does not end it",
    lambda result: result.must(9), lambda: swap("exit", b"\xb0\x00", b"\xb0\x04"))

# --- Hypercalls by other instructions, and programs of others ----------------

add("hypercalls by REP OUTS and REP INS, of 8, 16 and 32 bits",
    quietly(vm.OK, b"42*\n*42\n**\n"), lambda: vm.assemble("hcstring"))


def told_once(result):
    result.must(vm.OK)
    tap.equal(result.err.count("unknown function: 0xee"), 1, "times 0xee")
    tap.equal(result.err.count("unknown function"), 1, "times of all")


add("--verbose tells of unknown functions once", told_once,
    lambda: vm.assemble("hcstring"), "--verbose")
for key, end in (b"x", "hlt"), (b"q", "hypercall 0"):
    add(f"a program built for the original runs and ends with {end}",
        quietly(vm.OK, b"UART and hypercalls: " + key),
        lambda: vm.assemble("original"), stdin=key)

# --- Many --------------------------------------------------------------------

def by_guest(out):
    """What each guest printed, by its name, the prefixes taken off."""
    texts = {}
    for line in out.splitlines(keepends=True):
        name, text = line.split(b" | ", 1)
        name = name.decode().rstrip()
        texts[name] = texts.get(name, b"") + text
    return texts


def named(images, outs):
    """{name: out} with "#2" and so on behind what was there before."""
    texts, seen = {}, {}
    for path, out in zip(images, outs):
        name = os.path.basename(path)
        seen[name] = seen.get(name, 0) + 1
        if out:
            texts[name + (f"#{seen[name]}" if seen[name] > 1 else "")] = out
    return texts


def together(text, members):
    """Runs [(image(), out)] at once: each prints its own as if alone."""
    def judge(result):
        quietly(vm.OK, None)(result)
        have = by_guest(result.out)
        want = named([image() for image, _ in members],
                     [out for _, out in members])
        tap.equal(sorted(have), sorted(want), "names")
        tap.none_of(f"{name}: have {have[name]!r}, want {want[name]!r}"
                    for name in want if have[name] != want[name])
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *(image() for image, _ in members), limit=60), judge)


GREEDY = lambda: vm.assemble("greedy"), b"everything is mine\n"
KEEPER = lambda: vm.assemble("keeper"), b"nothing has changed\n"
OTHERS = [(guest.image, guest.out) for guest in GUESTS[:-1]]

together("a guest that fills all memory changes nothing in its neighbours",
         [KEEPER, GREEDY, *OTHERS, KEEPER, GREEDY, KEEPER])
together("64 guests at once, of eight kinds, each heard in full and in order",
         [member for place in range(0, 64, 8) for member in
          OTHERS + [(GUESTS[-1].image,
                     HCTEST.format("", place + 7).encode())]])

TABLE.add_cases(*vm.places("real16", *(guest.name for guest in GUESTS)))

tap.main()
