#!/usr/bin/python3
# timeout: 300
"""1K OS on 4 MiB pages and on 4 KiB pages: what differs, and what does not."""

import re

import os1k
import vm
from os1k import MENU, REGISTERS, Dialogue, tap

SMALL = "--no-large-pages"
TABLE = vm.Table()

# What lies below 0x101000 is not counted; the tables cost the last 4 MiB.
LOW = 0x101000 // 4096


def memory(shown, used=14):
    pages = shown * 256 - LOW
    return f"{pages} pages of 4 KiB: {used} used, {pages - used} free\n"


def counts(shown):
    """So many MiB are what it takes for its RAM."""
    return Dialogue().say("mem", memory(shown)).leave()


def programs(shown):
    """Programs, processes, faults, and all memory given back."""
    fault = "page fault: write to 0x80001000, the kernel's"
    return (Dialogue().say("mem", memory(shown)).say("menu", MENU)
            .say("2", "0 1 2 3 4 5 6 7 8 9\n")
            .say("gcd 270 192", "gcd(270, 192) = 6\n")
            .say("7 3", "".join(f"{n:2}! = {f}\n" for n, f in
                                enumerate((1, 1, 2, 6))))
            .chat("6", "Two numbers and + - * or / between them; q leaves.\n",
                  "calc> ", [("10+5", "15\n"), ("-7/2", "-3\n")], "q")
            .say("spin &", "[6] spin\n").say("2 3", "0 1 2 3\n")
            .say("kill 6", "[6] killed\n")
            .say("bad write-kernel", f"bad (pid 8): {fault}\n{REGISTERS}")
            .say("bad segments", "still here\n")
            .say("mem", memory(shown)).leave())


def full(shown):
    """All of 8 MiB taken, which a table among them would not survive."""
    dialogue = Dialogue().say("mem", memory(shown))
    for number in 2, 3, 4:
        dialogue.say("hog &", f"[{number}] hog\n")
    dialogue.say("hog &", "hog: error: no memory for another process\n")
    dialogue.say("2", "0 1 2 3 4 5 6 7 8 9\n").say("kill 3", "[3] killed\n")
    return dialogue.say("hog &", "[6] hog\n").leave()


def row(text, options, judge, stdin="", image=os1k.TEST_IMAGE):
    TABLE.add(text, lambda _: vm.Command(
        vm.KVM_VMM, *options, image() if callable(image) else image, limit=60,
        stdin=stdin.encode()), judge)


def talks(text, dialogue, *options):
    row(text, options, lambda result: dialogue.judge(
        result.status, result.out, result.err), dialogue.typed)


def walks(text, guest, *wanted, options=()):
    """The report of a crash shows the page walk of where it was."""
    def judge(result):
        result.must(vm.CRASHED, b"!")
        for want in wanted:
            tap.check(re.search(want, result.err, re.M), f"no {want!r} in:",
                      result.err)
    TABLE.add(text, lambda _: vm.Command(
        vm.KVM_VMM, "--paging", "--explain", *options, vm.assemble(guest)),
        judge)


def refuses(result):
    result.must(vm.USAGE, b"")
    tap.equal(len(result.err.splitlines()), 1, f"{result.err}\nlines")
    tap.check("--mem 8M" in result.err, result.err)


KINDS = [("4 KiB pages", (SMALL,), 4)] if vm.has_feature("large-pages") else []
if KINDS:
    KINDS.append(("4 MiB pages", (), 0))
for kind, without, cost in KINDS:
    talks(f"{kind}: programs, faults, memory", programs(64 - cost),
          *without)
    talks(f"{kind}: all memory in use", full(8), *without, "--mem",
          f"{8 + cost}M")
    talks(f"{kind}: RAM that ends above what is mapped",
          counts(64), *without, "--mem", "65M")
    row(f"{kind}: a program that brings no header",
        [*without, "--paging"],
        lambda result: result.must(7, b"paging works\n"),
        image=lambda: vm.assemble("paged"))
if KINDS:
    walks("4 KiB pages: the crash report walks through both levels",
          "paged_invalid", r"^  cr4 0 ", r"^  page walk of rip, 0x80001\w+\n"
          r"    PDE    512 at 0x100800: 0x3ff1023 P W A\n"
          r"    PTE      1 at 0x3ff1004: 0x1023 P W A -> 0x1\w+, 4 KiB page$",
          options=[SMALL])
    walks("4 MiB pages: the crash report walks through one",
          "paged_invalid", r"^  cr4 10 PSE", r"^  page walk of rip, "
          r"0x80001\w+\n    PDE    512 at 0x100800: 0xa3 P W A PS -> "
          r"0x1\w+, 4 MiB page$")
    row("4 KiB pages: RAM for the OS or for its tables, not for both",
        [SMALL, "--mem", "4M"], refuses)
    talks("4 MiB pages: 4 MiB of RAM are enough", counts(4), "--mem", "4M")
    talks("4 KiB pages: 4 GiB of RAM, of which 2 are shown", counts(2048),
          SMALL, "--mem", "4G")
    TABLE.add_cases(*vm.places("paged32", "os-1k.bin"))
else:
    tap.add("4 KiB pages", vm.skip, "kvm-vmm was configured with one kind")
tap.main()
