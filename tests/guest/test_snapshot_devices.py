#!/usr/bin/python3
# timeout: 300
"""Devices in a snapshot, as guests see them: registers half written and half read,
lines that are up, ticks, the time, and keys that arrive without being asked for
again.
"""

import os
import subprocess
import tempfile
import time

import os1k
import vm
from vm import tap

LIMIT = "60"        # seconds; whoever needs them has failed

# 1K OS is saved in its calculator, by kvm-vmm $0 with interrupt controllers $2.
AT_ITS_SHELL = """\
set -eu
dir=$(mktemp -d)
mkfifo "$dir/in"
"$0" --irqchip "$2" --timeout 100 --save-on-exit "$dir/snap" --paging "$1" \
    <"$dir/in" >"$dir/out" &
exec 3>"$dir/in"
printf '6\\n10+5\\n' >&3
tries=0
until grep -q '^15' "$dir/out" || [ $tries = 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill $!
wait $! || true
exec 3>&-
printf '6*7\\nq\\n0\\n' | "$0" --timeout 60 --restore "$dir/snap"
rm -r "$dir"
"""


def guest():
    return vm.compile_guest("remember")


def first(folder, case, *words):
    return ["--save", f"{folder}/snap", "--timeout", LIMIT, "--cmdline", case,
            *words, guest()]


def again(folder, *words):
    return ["--restore", f"{folder}/snap", "--timeout", LIMIT, *words]


def run(words, stdin=b""):
    done = subprocess.run([vm.KVM_VMM, *words], input=stdin,
                          capture_output=True, check=False, timeout=120)
    return vm.Result(done.returncode, done.stdout, done.stderr)


def new_folder():
    return tempfile.TemporaryDirectory(prefix="snapshot-")


def same_in_both(case, chip):
    """What it says behind the save; twice, for one restore must not use it up."""
    with new_folder() as folder:
        saved = run(first(folder, case, "--irqchip", chip, "--edu"))
        saved.must(vm.OK)
        tap.check(len(saved.out) > 10, saved.out)
        for _ in range(2):
            run(again(folder)).must(vm.OK, saved.out)


def in_its_state(chip):
    """Not only the same: what the guest has put there."""
    with new_folder() as folder:
        run(first(folder, "r", "--irqchip", chip, "--edu")).must(vm.OK)
        screen = f"{folder}/screen"
        result = run(again(folder, "--screen-at-end", screen))
        result.must(vm.OK)
        words = result.out.decode().split()
        tap.equal(words[5:11], "42 0a 45 a0 1c 99".split(),
                  "POST, A20, keyboard, CMOS")
        tap.check("c8000000" in words and "edcba987" in words,
                  "edu is elsewhere:", result.out)
        with open(screen, encoding="utf-8") as file:
            tap.check(file.read().startswith("kept"), "text memory is not")


def numbers(out):
    return [int(word, 16) for word in out.decode().split()]


def from_bcd(val):
    return (val >> 4) * 10 + (val & 15)


def time_goes_on():
    """By as much as has passed outside, and the clock on the wall is right."""
    with new_folder() as folder:
        started = time.time_ns()
        saved = numbers(run(first(folder, "c", "--irqchip", "vmm")).out)
        ended = time.time_ns()
        go_on = time.time_ns()
        words = numbers(run(again(folder)).out)
        over = time.time_ns()
        before = saved[0] << 32 | saved[1]
        age = words[0] << 32 | words[1]
        tap.check(go_on - ended < age - before < over - started,
                  f"it is {age} ns old, and was {before} when it was saved",
                  f"outside {go_on - ended} to {over - started} ns passed")
        clock = [from_bcd(val) for val in words[2:]]
        shown = (clock[9] + 2000, clock[8], clock[7], clock[4], clock[2],
                 clock[0])
        possible = [time.gmtime(second)[:6] for second in
                    range(go_on // 10**9, over // 10**9 + 1)]
        tap.check(shown in possible, f"{shown} is none of {possible}")


def read_until(process, end):
    out = b""
    while not out.endswith(end):
        byte = process.stdout.read(1)
        tap.check(byte, f"it ended behind {out!r}")
        out += byte
    return out


def keys_arrive(case, *words):
    """'S' saves it; what is typed behind that is another run's."""
    with new_folder() as folder:
        process = subprocess.Popen([vm.KVM_VMM, *first(folder, case, *words)],
                                   bufsize=0, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(b"aS")
        read_until(process, b"aS")
        while not os.path.exists(f"{folder}/snap"):     # else a device has them
            time.sleep(0.01)
        process.stdin.write(b"bq")
        tap.equal(process.stdout.read(), b"bq", "keys behind the save")
        tap.equal(process.wait(60), vm.OK, "status")
        run(again(folder), b"baq").must(vm.OK, b"baq")
        run(again(folder), b"aaaa" * 20 + b"q").must(vm.OK,
                                                     b"aaaa" * 20 + b"q")


def taken_keys_stay():
    """COM1 has them in its FIFO: nobody has to type them again."""
    with new_folder() as folder:
        run(first(folder, "s"), b"aSbq").must(vm.OK, b"aSbq")
        run(again(folder)).must(vm.OK, b"bq")


def waiting_keys_do_not():
    """What the console had not given away yet is not the guest's."""
    with new_folder() as folder:
        typed = b"S" + b"b" * 150 + b"q"
        run(first(folder, "s"), typed).must(vm.OK, typed)
        result = run(again(folder), b"aq")
        result.must(vm.OK)
        tap.equal(result.out[-2:], b"aq", "what was typed now")
        tap.check(set(result.out[:-2]) == set(b"b") and
                  len(result.out) < 60, result.out)


def shell(chip):
    return lambda place: vm.Command("sh", "-c", AT_ITS_SHELL, vm.KVM_VMM,
                                    os1k.IMAGE, chip, limit=120)


def goes_on(result):
    result.must(vm.OK, b"6*7\n42\ncalc> q\n1k> 0\nGoodbye.\n")


def add_shells():
    table = vm.Table()
    for chip in os1k.kinds():
        table.add(f"1K OS goes on where it was, irqchip {chip}", shell(chip),
                  goes_on)
    table.add_cases(*vm.places("paged32", "os-1k.bin"))


def add_cases():
    for chip in os1k.kinds():
        tap.add(f"registers are what they were, irqchip {chip}",
                same_in_both, "r", chip)
        tap.add(f"a line that is up and an edge that waits, irqchip {chip}",
                same_in_both, "i", chip)
        tap.add(f"ticks and seconds go on, irqchip {chip}", same_in_both,
                "t", chip)
        tap.add(f"devices are as the guest left them, irqchip {chip}",
                in_its_state, chip)
    tap.add("time goes on, and is right", time_goes_on)
    for what, case, words in (
            ("COM1, by interrupts", "s", ()), ("COM1, polled", "p", ()),
            ("the keyboard", "k", ("--keys", "keyboard")),
            ("hypercalls", "h", ())):
        tap.add(f"keys arrive after a restore: {what}", keys_arrive, case,
                *words)
    tap.add("keys that a device has taken are remembered", taken_keys_stay)
    tap.add("keys that the console has are not", waiting_keys_do_not)


if vm.is_configured("SNAPSHOT") and vm.places("prot32") and \
        vm.has_loader("multiboot1"):
    if vm.host_lacks("prot32"):
        tap.add("devices in a snapshot", vm.skip, vm.host_lacks("prot32"))
    else:
        add_cases()
    add_shells()
tap.main()
