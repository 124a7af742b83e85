"""Who is at an address, and on which interrupt line: a script inside Linux."""

KIND = "linux"
LEVEL = 5
FILES = ["who.sh"]

THIS = "the machine that it runs in", "스크립트가 도는 기계"
OTHER = "the other machine", "다른 기계"
STEPS = ["the innermost", "both ends", "nobody", "sizes", "lines", "counts"]

RUN = """\
echo =1
sh "$HANDED_IN/who.sh" /proc/iomem /proc/interrupts </judge/here 2>&1
echo
echo =2
sh "$HANDED_IN/who.sh" /judge/iomem /judge/interrupts </judge/there 2>&1
echo
echo .
"""


# --- Another machine ------------------------------------------------------------

def areas(rnd):
    """[(depth, first, last, name)] of another machine."""
    def pages(low, high):
        return rnd.randrange(low, high) << 12

    ram, high = pages(0x40000, 0x80000), pages(0x200000, 0x400000)
    code = pages(0x1000, 0x2000)
    card = 0xd0000000 + pages(1, 16) * 16
    bus = f"PCI Bus 0000:{rnd.randrange(1, 9):02x}"
    slot = f"{bus[-7:]}:00.0"
    return [
        (0, 0, 0xfff, "Reserved"),
        (0, 0x1000, 0x9fbff, "System RAM"),
        (0, 0xa0000, 0xfffff, "PCI Bus 0000:00"),
        (1, 0xc0000, 0xc0000 + pages(4, 15) - 1, "Video ROM"),
        (0, 0x100000, ram - 1, "System RAM"),
        (1, code, code + pages(0x100, 0x900) + rnd.randrange(1, 4000),
         "Kernel code"),
        (0, 0xc0000000, 0xfebfffff, "PCI Bus 0000:00"),
        (1, 0xd0000000, 0xd7ffffff, bus),
        (2, card, card + 0xffff, slot),
        (3, card + 0x2000, card + 0x2fff, "nvme"),
        (0, 0xfec00000, 0xfec003ff, "IOAPIC 0"),
        (0, 0xfee00000, 0xfee00fff, "Local APIC"),
        (0, 1 << 32, (1 << 32) + high - 1, "System RAM"),
    ]


def iomem(rnd):
    return "".join(f"{'  ' * depth}{first:08x}-{last:08x} : {name}\n"
                   for depth, first, last, name in areas(rnd))


DEVICES = [("0", "2-edge", "timer"), ("1", "1-edge", "i8042"),
           ("4", "4-edge", "ttyS0"), ("8", "8-edge", "rtc0"),
           ("17", "17-fasteoi", "uhci_hcd:usb3, snd_hda, eth0"),
           ("23", "23-fasteoi", "ahci")]


def interrupts(rnd):
    cpus = rnd.randrange(2, 5)

    def counts():
        return "".join(f"{rnd.randrange(1, 90000):11}" for _ in range(cpus))

    return ("    " + "".join(f"{f'CPU{n}':>11}" for n in range(cpus)) + "\n" +
            "".join(f"{number:>3}:{counts()}   IO-APIC {how:>13}  {names}\n"
                    for number, how, names in DEVICES) +
            f"NMI:{counts()}   Non-maskable interrupts\n"
            f"LOC:{counts()}   Local timer interrupts\n"
            f"ERR:{rnd.randrange(9):11}\n")


# --- Questions, and what is right -----------------------------------------------

def questions(rnd):
    """([(step, question)] of the machine it runs in, the same of the other)."""
    def byte():
        return rnd.randrange(0x1000)

    video, card = areas(rnd)[3], areas(rnd)[8]
    here = [("the innermost", f"at {0xf0000 + byte():#x}"),
            ("both ends", "at 0xfee00fff"), ("nobody", "at 0xfee01000"),
            ("sizes", "size System RAM"), ("lines", "line ttyS0")]
    there = [("the innermost", f"at {card[1] + 0x2000 + byte():#x}"),
             ("the innermost", f"at {0xd0000000 + byte():#x}"),
             ("both ends", f"at {video[2]:#x}"),
             ("both ends", f"at {video[2] + 1:#x}"),
             ("both ends", "at 0x100000000"),
             ("nobody", f"at {0xfec00400 + byte():#x}"),
             ("sizes", "size PCI Bus 0000:00"), ("sizes", "size Video RAM"),
             ("lines", "line snd_hda"), ("lines", "line timer"),
             ("nobody", "line snd"), ("counts", "count ahci")]
    rnd.shuffle(here)
    rnd.shuffle(there)
    return here, there


def ranges(text):
    """[(first, last, name)] of a file like /proc/iomem."""
    rows = []
    for line in text.splitlines():
        span, _, name = line.strip().partition(" : ")
        first, _, last = span.partition("-")
        rows.append((int(first, 16), int(last, 16), name))
    return rows


def line_of(text, device):
    """(its number, all CPUs' count) of a device's line, or None."""
    head, *rows = text.splitlines()
    cpus = len(head.split())
    for row in rows:
        label, *words = row.split()
        if label[:1].isdigit() and device in [word.strip(",")
                                              for word in words[cpus:]]:
            return label.rstrip(":"), str(sum(map(int, words[:cpus])))
    return None


def right(question, memory, lines):
    """The answer."""
    what, about = question.split(" ", 1)
    if what == "at":
        at = int(about, 16)
        return ([name for first, last, name in ranges(memory)
                 if first <= at <= last] or ["nobody"])[-1]
    if what == "size":
        return str(sum(last - first + 1 for first, last, name in ranges(memory)
                       if name == about))
    found = line_of(lines, about)
    return found[what == "count"] if found else "nobody"


def given(rnd):
    """What lies in /judge before anything that was handed in is there."""
    here, there = ("".join(question + "\n" for _, question in asked)
                   for asked in questions(rnd))
    return {"run": RUN, "here": here, "there": there,
            "iomem": iomem(rnd), "interrupts": interrupts(rnd)}


# --- Judging ------------------------------------------------------------------------

def lines_of(text):
    return text.split("\n")[:-1] if text.endswith("\n") or not text \
        else text.split("\n")


def answers(out):
    """The lines of both runs, as far as they came, and whether they ended."""
    first, second, rest = out.decode("latin-1").partition("\n=2\n")
    ended = second and rest.endswith("\n.\n")
    return (lines_of(first)[1:], lines_of(rest[:-3] if ended else rest),
            bool(ended))


def judge(rnd, run):
    here, there = questions(rnd)
    first, second, ended = answers(run.out)
    why = ("", "") if ended else run.ended
    parts = [(here, first, THIS, (run.facts["iomem"], run.facts["interrupts"])),
             (there, second, OTHER, (iomem(rnd), interrupts(rnd)))]
    rows = []
    for step in STEPS:
        wrong = [said for part in parts for said in wrong_in(step, why, *part)]
        rows.append((step, not wrong, (wrong or [{}])[0]))
    wrong = [] if ended else [{"here": "ended", "ended": why}]
    wrong += [{"here": "lines", "asked": len(asked), "came": len(came),
               "machine": machine} for asked, came, machine, _ in parts
              if len(asked) != len(came)]
    return rows + [("one line each", not wrong, (wrong or [{}])[0])]


def wrong_in(step, why, asked, came, machine, files):
    """What is said of each answer of a step that is not right."""
    for number, (of_step, question) in enumerate(asked):
        want = right(question, *files)
        if of_step != step:
            continue
        values = {"number": number + 1, "machine": machine}
        if number >= len(came):
            yield {"here": "none", "ended": why, **values}
        elif came[number] != want:
            yield {"here": "was", "question": question, "want": want,
                   "have": came[number][:80], **values}
