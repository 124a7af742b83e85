#!/usr/bin/python3
# timeout: 400
"""CPUs and interrupt controllers in a snapshot, as guests see them: in the middle of
a string instruction, of an interrupt, of an NMI, of HLT, with timers that run."""

import shlex

import vm
from vm import tap

TABLE = vm.Table()
LAB = vm.Table()
MODES = vm.Table()
MARK = b"\n---\n"


def guest():
    return vm.compile_guest("carried")


SCRIPT = """\
cd "$(mktemp -d)" || exit
{save}
status=$?
echo; echo ---
{restore} >first
[ $? = $status ] && {restore} >second && cmp first second >&2
cat first
cd / && rm -r "$OLDPWD"
exit $status
"""


def both(case, *words):
    """What it prints behind the save, in the one and in the other."""
    save = [vm.KVM_VMM, "--save", "snap", "--timeout", "60", *words,
            "--cmdline", case, guest()]
    restore = [vm.KVM_VMM, "--restore", "snap", "--timeout", "60"]
    return vm.Command("sh", "-c", SCRIPT.format(save=shlex.join(save),
                                                restore=shlex.join(restore)),
                      limit=90)


def split(result):
    first, found, second = result.out.partition(MARK)
    tap.check(found and result.status == 0,
              f"status {result.status}: {result.out!r} {result.err[-1500:]}")
    return first, second


def judge(want):
    def same(result):
        first, second = split(result)
        tap.equal(first.decode(), want, "the one that goes on")
        tap.equal(second.decode(), want, "the one that was restored")
    return same


def add(table, text, case, want, *words):
    table.add(text, lambda place: both(case, *words), judge(want))


add(TABLE, "x", "r", "")
for letter in "rfsn":
    add(LAB, letter, letter, "", "--irqchip", "kernel")
for chip in "kernel", "split":
    for letter in "elopdxhk":
        add(LAB, letter + chip, letter, "", "--irqchip", chip, "--edu")
add(LAB, "hvmm", "h", "", "--irqchip", "vmm")

LAB.add_cases("lab")
LAB.add_cases("host")
tap.main()
