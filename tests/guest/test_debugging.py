#!/usr/bin/python3
# timeout: 400
"""docs/debugging.md: its ten guests are told what the chapter says, wherever they
can run, and gdb shows what it shows of each.
"""

import os
import re

import sheet
import vm
from vm import tap

PATH = "docs/debugging.md"
GUESTS = 10
ONCE = "errorcode:"    # AMD-V loses its state, as the chapter says
LIMIT = 60          # seconds for one on a busy machine
PROMPT = "(gdb) "
# $1 is where gdb finds kvm-vmm; it gets the commands that this is fed with.
GDB = """\
socket=$(mktemp -u) elf=$1
shift
"$@" --gdb="unix:$socket" >/dev/null 2>&1 &
until [ -S "$socket" ]; do kill -0 $! || exit 1; sleep 0.05; done
sed "s,:1234,$socket," | gdb -nx -q -ex 'set confirm off' "$elf" 2>&1 |
	sed "s,$socket,:1234,"
kill $!
rm -f "$socket"
"""


class Guest:
    """A section of the chapter: what is run, and what that prints."""

    def __init__(self, name, text):
        self.name = name
        steps = [step for _, start, block in sheet.blocks(text)
                 for step in sheet.commands(PATH, start, block)]
        tap.equal(len(steps), 3, f"{name}: commands")
        self.doctor, self.waits, self.gdb = steps
        self.image = self.doctor.command.split()[-1]
        self.elf = self.gdb.command.split()[-1]
        tap.equal([self.waits.command, self.gdb.command],
                  [f"images/kvm-vmm --gdb-wait {self.image} &",
                   f"gdb -q build/guests/broken/{name}.elf"], name)

    def kind(self):
        """real16, prot32 or long64."""
        if self.image.endswith(".bin"):
            return "real16"
        with open(here(self.image), "rb") as file:
            return "long64" if file.read(5)[4] == 2 else "prot32"

    def typed(self):
        """[(command, what is shown behind it)] of gdb."""
        found = []
        for line in self.gdb.shown:
            if line.startswith(PROMPT):
                found.append((line[len(PROMPT):], []))
            elif found:
                found[-1][1].append(line)
        return found


def here(words):
    """Paths as the chapter has them, those of this build."""
    return re.sub(r"\bbuild/", tap.BUILD + "/",
                  words.replace("images/", tap.IMAGES + "/", 1)
                  if words.startswith("images/") else words)


def guests():
    with open(os.path.join(tap.TOP, PATH), encoding="utf-8") as file:
        _, *parts = re.split(r"^### \d+\. (\w+)$", file.read(), flags=re.M)
    # What comes behind the last one has a heading of its own.
    return [Guest(name, re.split(r"^## ", text, flags=re.M)[0])
            for name, text in zip(parts[::2], parts[1::2])]


def same(step, shown, have):
    shown = [line for line in shown if line]
    have = [line for line in have if line]
    tap.check(sheet.matches(shown, have), f"{step.place}: prints", *have,
              "and not:", *shown)


def doctor(guest):
    """A row: the doctor says what is shown."""
    def make(_place):
        for path in (guest.image, guest.elf):
            tap.check(os.path.exists(here(path)),
                      f"{path}: not built; run `make broken`")
        words = guest.doctor.command.split()
        return vm.Command(*(here(word) for word in words), limit=LIMIT)

    def judge(result):
        same(guest.doctor, guest.doctor.shown,
             (result.out.decode("utf-8", "replace") +
              result.err).splitlines())
    return make, judge


def session(guest):
    """A row: gdb shows what is shown."""
    def make(_place):
        typed = "".join(command + "\n" for command, _ in guest.typed())
        words = guest.waits.command.removesuffix(" &").split()
        return vm.Command("sh", "-c", GDB, "sh", here(guest.elf),
                          *(here(word) for word in words),
                          stdin=(typed + "kill\n").encode(), limit=LIMIT)

    def judge(result):
        text = result.out.decode("utf-8", "replace").replace(
            tap.BUILD + "/", "build/")
        pieces = text.split(PROMPT)
        # One prompt is for each command, and one before it.
        answers = pieces[1:]
        tap.check(len(answers) > len(guest.typed()), text, result.err)
        for (command, shown), have in zip(guest.typed(), answers):
            same(guest.gdb, [f"{PROMPT}{command}", *shown],
                 [f"{PROMPT}{command}", *have.splitlines()])
    return make, judge


@tap.case("the chapter has ten guests, and the folder has no other")
def ten():
    names = [guest.name for guest in guests()]
    tap.equal(len(names), GUESTS, "guests")
    tap.equal(sorted(names), sorted(
        name.removesuffix(".S") for name in
        os.listdir(os.path.join(tap.TOP, "guests", "broken"))))


ALL = guests()
for need in ("real16", "prot32", "long64"):
    mine = [guest for guest in ALL if guest.kind() == need]
    places = vm.places(need)
    words, sessions = vm.Table(), vm.Table()
    for guest in mine:
        words.add(f"{guest.name}: the doctor says what the chapter says",
                  *doctor(guest))
        sessions.add(f"{guest.name}: gdb shows what the chapter shows",
                     *session(guest))
    for place in places:
        if place == "lab":
            words.rows = [row for row in words.rows
                          if not row[0].startswith(ONCE)]
        words.add_cases(place)
    sessions.add_cases(*places[:1])
tap.main()
