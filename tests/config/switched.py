"""What one switch has made of kvm-vmm, beside what its row in test_switches.py says."""

import fnmatch
import re
import subprocess

from kconfig import tap

USAGE = 64      # as in vmm/abi/exit_status.h
PADDING = 64    # bytes: code begins on multiples of 16, data on those of 32


class Row:
    """What one switch takes with it, and nothing but that.

    out      patterns of objects, without .o: each that fits one of them goes
    keeps    patterns of those that stay all the same
    into     the stand-ins that come instead
    takes    symbols that follow, as NAME=VALUE
    lost     regular expressions of the lines that --list loses
    gained   and of those that it has instead
    changed  objects that are other ones with the reason; "*" is all
    wish     what else must be set to switch it off, the choice's member
    on       True when it is switched on: the members of a choice
    """

    def __init__(self, out="", into="", takes="", lost=(), gained=(),
                 changed=None, keeps="", wish=None, on=False):
        self.out = out.split()
        self.keeps = keeps.split()
        self.into = into.split()
        self.takes = dict(pair.split("=", 1) for pair in takes.split())
        self.lost = [lost] if isinstance(lost, str) else lost
        self.gained = [gained] if isinstance(gained, str) else gained
        self.changed = changed or {}
        self.wish = wish or {}
        self.on = on


def fits(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def goes(name, row):
    return fits(name, row.out) and not fits(name, row.keeps)


def same_lines(have, patterns, what):
    """Every line fits a regular expression, and every one has a line."""
    tap.none_of([f"{what} {line!r}, which was not expected"
                 for line in sorted(have)
                 if not any(re.fullmatch(p, line) for p in patterns)] +
                [f"{what} no line like {pattern!r}" for pattern in patterns
                 if not any(re.fullmatch(pattern, line) for line in have)])


def check_config(row, name, before, after):
    have = {symbol: value for symbol, value in after.config.items()
            if value != before.config[symbol]}
    tap.equal(have.pop(name, None), "y" if row.on else "n", f"CONFIG_{name}")
    tap.equal(have, row.takes, "symbols that followed")


def check_objects(row, before, after):
    went = set(before.objects) - set(after.objects)
    want = {name for name in before.objects if goes(name, row)}
    tap.equal(sorted(went), sorted(want), "objects that went")
    tap.none_of(f"no object fits {pattern}" for pattern in row.out
                if not fnmatch.filter(want, pattern))
    came = set(after.objects) - set(before.objects)
    tap.equal(sorted(came), sorted(row.into), "objects that came")
    return came


def check_rest(row, before, after):
    """What stayed is the same, bit by bit, and so is how it is made."""
    stayed = set(before.objects) & set(after.objects)
    other = {name for name in stayed
             if before.objects[name] != after.objects[name]}
    tap.none_of(f"{name}.o is another one" for name in sorted(other)
                if not fits(name, row.changed))
    tap.none_of(f"{name}.o is the same, although: {reason}"
                for name, reason in row.changed.items()
                if not fnmatch.filter(other, name))
    tap.none_of(f"{name}.o would be compiled otherwise"
                for name in sorted(stayed)
                if not fits(name, row.changed) and
                before.commands[name] != after.commands[name])


def check_names(gone, new, before, after):
    """No symbol of a gone object is left; one that two had is left once. What
    nobody calls was never in the program."""
    tap.none_of(f"{name} is still defined"
                for name, count in (gone - new).items()
                if before.names[name] - after.names[name] <
                min(count, before.names[name]))


def check_size(gone, came, before, after):
    """Code and data are less, in the program as in its objects.

    A few bytes vanish in the padding between objects, and in the file a few
    more before data that becomes read-only; but neither ever grows.
    """
    tap.check(came < gone, f"bytes of objects: {gone} went, {came} came")
    least = 1 if gone - came >= PADDING else 0
    tap.check(before.size - after.size >= least, "bytes of code and data: "
              f"{before.size}, now {after.size}")
    tap.check(after.file_size <= before.file_size, "bytes of the file: "
              f"{before.file_size}, now {after.file_size}")


def check_options(row, after):
    """--no-NAME is no option of a program that has no NAME."""
    parts = {line.split()[1] for line in after.listed}
    for pattern in row.lost:
        found = re.match(r"(device|feature|probe) +([\w-]+) ", pattern)
        if found and found.group(2) not in parts:
            option = f"--no-{found.group(2)}"
            done = subprocess.run([after.vmm, option, "none.bin"],
                                  capture_output=True, text=True, check=False)
            tap.equal(done.returncode, USAGE, f"status of {option}")
            tap.check(option in done.stderr, done.stderr)
