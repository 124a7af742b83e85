#!/usr/bin/python3
"""Debian's gdb, scripted, against guests in real, protected and long mode on this
host; its users' way of working, and no warning."""

import gdbreal
import vm
from gdbreal import REAL_MODE, Guest, check, elf_of, gdb
from vm import tap


def needs(*kinds):
    """Skips a case where gdb, or such guests, cannot run."""
    def decorate(function):
        def run():
            if gdbreal.lacks(*kinds):
                raise tap.Skip(gdbreal.lacks(*kinds))
            function()
        return run
    return decorate


@tap.case("real mode: breakpoints one byte apart, stepi, registers, and the rest")
@needs("real16")
def real_mode():
    with Guest(vm.image("counter.bin")) as guest:
        text = gdb(guest.where, "info registers pc", "break *next",
                   "break *next+1", "continue", "continue", "print $al",
                   "stepi", "stepi", "x/i $pc", "continue", "print $al",
                   "delete", "detach", elf=elf_of("counter"), before=REAL_MODE)
        check(text, r"^pc +0x0 ", r"Breakpoint 1, 0x0*5 in next", r"Breakpoint 2, 0x0*6 in next",
              r"= 48$", r"=> 0x[ab]\b", r"Breakpoint 1, .*next", r"= 49$")
        guest.end().must(vm.OK, b"0123456789\n")


@tap.case("long mode: a function, who called it, finish, and a variable")
@needs("long64")
def long_mode():
    with Guest(vm.image("hello64.elf")) as guest:
        text = gdb(guest.where, "break print", "continue", "backtrace", "x/s $rsi",
                   "info threads", "print $cs", "print/x $cr0", "detach",
                   elf=elf_of("hello64"))
        check(text, r"Breakpoint 1, .* in print", r"^#0 .* in print", r"^#1 .* _start",
              r"Hello, long mode", r"^\* 1 .*Thread 1", r"= 0x80000011")
        result = guest.end()
        result.must(vm.OK)
        tap.check(result.out.startswith(b"Hello, long mode!\n"), result.out)


if __name__ == "__main__":
    vm.built()
    tap.main()
