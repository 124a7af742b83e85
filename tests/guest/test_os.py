#!/usr/bin/python3
# timeout: 600
"""1K OS: the nine programs, byte by byte, and programs that do what they
must not."""

import os1k
from os1k import MENU, REGISTERS, Dialogue, tap

LONG = "9" * 64     # one more than fits
TOO_LONG = "error: the line is too long; 63 characters are the most\n"


def fibonacci(count):
    a, b, numbers = 0, 1, []
    for _ in range(count):
        numbers.append(a)
        a, b = b, a + b
    return " ".join(map(str, numbers)) + "\n"


def primes(limit):
    return " ".join(str(n) for n in range(2, limit + 1)
                    if all(n % k for k in range(2, n))) + "\n"


def factorials(last):
    lines, product = "", 1
    for n in range(last + 1):
        product *= max(n, 1)
        lines += f"{n:2}! = {product}\n"
    return lines


def table(n):
    return "".join("   ".join(f"{n} x {i} = {n * i:2}" for i in row) + "\n"
                   for row in ((1, 2, 3), (4, 5, 6), (7, 8, 9)))


def wrong(program, args, low, high):
    return f"{program}: error: '{args}' is not a number from {low} to {high}\n"


def missing(line):
    return f"error: '{line}': a number is missing\n"


OVERFLOW = "error: the result does not fit in 32 bits\n"
CALCULATOR = "Two numbers and + - * or / between them; q leaves.\n"
CALCULATIONS = [
    ("10+5", "15\n"), ("10-15", "-5\n"), ("-12*-12", "144\n"),
    ("  7  *  6  ", "42\n"), ("-7/2", "-3\n"), ("7/-2", "-3\n"),
    ("+3--4", "7\n"), ("3 - -4", "7\n"), ("0*-1", "0\n"),
    ("2147483647+0", "2147483647\n"), ("-2147483648+0", "-2147483648\n"),
    ("1/0", "error: division by zero\n"),
    ("-2147483648/0", "error: division by zero\n"),
    ("2147483647+1", OVERFLOW), ("-2147483648-1", OVERFLOW),
    ("65536*32768", OVERFLOW), ("65536*-32768", "-2147483648\n"),
    ("-2147483648/-1", OVERFLOW), ("-2147483648/1", "-2147483648\n"),
    ("2147483648+1", "error: a number in '2147483648+1' does not fit in 32 "
     "bits\n"),
    ("1+99999999999", "error: a number in '1+99999999999' does not fit in 32 "
     "bits\n"),
    (LONG, TOO_LONG), (LONG[:63], f"error: a number in '{LONG[:63]}' does not "
                       "fit in 32 bits\n"),
    ("", ""), ("   ", ""), ("hello", missing("hello")), ("+", missing("+")),
    ("1+", missing("1+")), ("1+-", missing("1+-")), ("*1", missing("*1")),
    ("5", "error: '5': expected + - * or / after the first number\n"),
    ("5%2", "error: '5%2': expected + - * or / after the first number\n"),
    ("1+2+3", "error: '1+2+3': two numbers are all it can take\n"),
    ("1+2x", "error: '1+2x': two numbers are all it can take\n"),
    ("Q", missing("Q")),
]

DIVISORS = [
    ("48 18", "gcd(48, 18) = 6\n"), ("17 5", "gcd(17, 5) = 1\n"),
    ("0 5", "gcd(0, 5) = 5\n"), ("5 0", "gcd(5, 0) = 5\n"),
    ("0 0", "gcd(0, 0) = 0\n"), ("-12 18", "gcd(-12, 18) = 6\n"),
    ("-2147483648 0", "gcd(-2147483648, 0) = 2147483648\n"),
    ("1836311903 1134903170", "gcd(1836311903, 1134903170) = 1\n"),
    ("2147483648 2", "error: a number in '2147483648 2' does not fit in 32 "
     "bits\n"),
    ("12", missing("12")), ("", ""), ("two three", missing("two three")),
    ("4 6 8", "error: '4 6 8': two numbers are all it can take\n"),
    (LONG, TOO_LONG),
]

ECHOES = [(line, line + "\n") for line in
          ("hello", "", "  two  blanks  ", "quit ", "QUIT", "%s%d\\n", "x" * 63)]

ABOUT = """\
1K OS: a 32-bit operating system in at most 1,000 lines.
  own page tables      each program has an address space
  ring 3               programs ask the kernel by int 0x80
  100 ticks a second   nobody keeps the CPU for longer
  IRQ 1 and IRQ 4      keyboard and serial line, one console
"""


def arguments(dialogue):
    """The programs that need not ask, with numbers good and bad."""
    for line, answer in [
            ("table 7", table(7)), ("table 10", wrong("table", "10", 2, 9)),
            ("1 x", wrong("table", "x", 2, 9)),
            ("2 3", "0 1 2 3\n"), ("2 -1", wrong("counter", "-1", 0, 1000000)),
            ("4 48", fibonacci(48)), ("4 49", wrong("fibonacci", "49", 1, 48)),
            ("4 99999999999", wrong("fibonacci", "99999999999", 1, 48)),
            ("5 2", "2\n"), ("5 541", primes(541)),
            ("5 1", wrong("primes", "1", 2, 10000)),
            ("factorial 0", factorials(0)),
            ("7 13", wrong("factorial", "13", 0, 12)),
            ("7 3 4", wrong("factorial", "3 4", 0, 12)),
            ("gcd 270 192", "gcd(270, 192) = 6\n"), ("8 1", missing("1"))]:
        dialogue.say(line, answer)


def nine():
    dialogue = Dialogue()
    dialogue.say("1", "\n".join(table(n) for n in range(2, 10)))
    dialogue.say("2", "0 1 2 3 4 5 6 7 8 9\n")
    dialogue.chat("3", "Says what you say; quit leaves.\n", "echo> ",
                  ECHOES + [(LONG, TOO_LONG)], "quit")
    dialogue.say("4", fibonacci(15))
    dialogue.say("5", primes(100))
    dialogue.chat("6", CALCULATOR, "calc> ", CALCULATIONS, "q")
    dialogue.say("7", factorials(12))
    dialogue.chat("8", "Two numbers, like 48 18; q leaves.\n", "gcd> ",
                  DIVISORS, "q")
    dialogue.say("9", ABOUT)
    arguments(dialogue)
    return clip(dialogue.leave())


def clip(dialogue):
    """Of a line that is too long only what fits is echoed."""
    dialogue.printed = dialogue.printed.replace(LONG + "\n" + TOO_LONG,
                                                LONG[:63] + "\n" + TOO_LONG)
    return dialogue


NOT_FOUND = "{}: error: no such command or program; try help\n"
HELP = """\
  menu    the programs
  ps      the processes, and their CPU time in ticks
  kill    ends a process: kill PID
  uptime  time since the start
  mem     memory in use
  help    this list
A number or a name of the menu starts a program, with & behind it in the
background. Arrows, Home and End move in the line and in those before it;
Ctrl-C ends the program in front, Ctrl-D in an empty line leaves.
"""
PS = "  PID  PARENT  STATE    TICKS  NAME\n"


def process(pid, parent, state, name):
    return f"{pid:5}  {parent:6}  {state} (ticks) {name}\n"


def memory(used):
    return f"16127 pages of 4 KiB: {used} used, {16127 - used} free\n"


def shell():
    dialogue = Dialogue()
    for line, answer in [
            ("", ""), ("   ", ""), ("menu", MENU), ("help", HELP),
            ("uptime", "up (a while)\n"), ("nothing", NOT_FOUND.format("nothing")),
            ("10", NOT_FOUND.format("10")), ("/", NOT_FOUND.format("/")),
            ("a-name-longer-than-16", NOT_FOUND.format("a-name-longer-than-16")),
            (LONG, TOO_LONG), ("kill", "kill: error: '' is not a process "
                               "number; ps lists them\n"),
            ("kill x", "kill: error: 'x' is not a process number; ps lists "
             "them\n"), ("kill 99", "kill: error: there is no process 99; ps "
                         "lists them\n"),
            ("mem", memory(14)), ("about", ABOUT), ("  about  ", ABOUT),
            ("mem", memory(14)), ("ps", PS + process(1, 0, "running", "shell"))]:
        dialogue.say(line, answer)
    return clip(dialogue.leave())


def spinning():
    """A program that never asks: the clock, the keys and others go on."""
    dialogue = Dialogue()
    dialogue.say("spin &", "[2] spin\n").say("uptime", "up (a while)\n")
    dialogue.say("ps", PS + process(1, 0, "running", "shell") +
                 process(2, 1, "ready", "spin"))
    dialogue.say("2", "0 1 2 3 4 5 6 7 8 9\n")
    dialogue.say("spin&", "[4] spin\n").say("table 2", table(2))
    dialogue.say("mem", memory(14 + 2 * 12))
    dialogue.say("kill 2", "[2] killed\n").say("kill 4", "[4] killed\n")
    dialogue.say("mem", memory(14))
    return dialogue.leave()


def suicide():
    dialogue = Dialogue()
    dialogue.status = 1
    return dialogue.say("spin &", "[2] spin\n").say("kill 1", "")


def crowd():
    """More processes than there are places, and all of the memory back."""
    dialogue = Dialogue()
    for n in range(15):
        dialogue.say("spin &", f"[{n + 2}] spin\n")
    dialogue.say("about", "about: error: no memory for another process\n")
    for n in range(15):
        dialogue.say(f"kill {n + 2}", f"[{n + 2}] killed\n")
    dialogue.say("about", ABOUT).say("mem", memory(14))
    return dialogue.leave()


PAGE_FAULT = "page fault: {} 0x{}, {}"
BAD = [
    ("write-kernel", PAGE_FAULT.format("write to", "80001000", "the kernel's")),
    ("read-kernel", PAGE_FAULT.format("read from", "80001000", "the kernel's")),
    ("write-null", PAGE_FAULT.format("write to", "00000000", "a null pointer")),
    ("write-text", PAGE_FAULT.format("write to", "00400000", "read-only")),
    ("jump-away", PAGE_FAULT.format("read from", "10000000", "not mapped")),
    ("jump-kernel", PAGE_FAULT.format("read from", "80001000", "the kernel's")),
    ("stack", PAGE_FAULT.format("write to", "7fff6...",
                                "the guard page: stack overflow")),
    ("cli", "general protection fault"), ("hlt", "general protection fault"),
    ("port", "general protection fault"), ("cr3", "general protection fault"),
    ("timer", "general protection fault"), ("divide", "division error"),
    ("invalid", "invalid opcode"), ("fpu", "no coprocessor"),
    ("step", "debug trap"),
]


def faults():
    dialogue = Dialogue()
    for number, (deed, fault) in enumerate(BAD):
        dialogue.say("bad " + deed,
                     f"bad (pid {number + 2}): {fault}\n{REGISTERS}")
    dialogue.say("bad segments", "still here\n").say("mem", memory(14))
    return dialogue.leave()


CALLS = "write -2 read -2 spawn -2 wait -2 uptime -2 process -2 memory -2\n"
POINTERS = ["null", "below the program", "not mapped", "the guard page",
            "the stack's end and more", "up to the kernel's half",
            "the kernel's", "the page directory", "the end of all",
            "a size beyond all"]


def pointers():
    answer = "".join(f"{what:24} {CALLS}" for what in POINTERS)
    answer += ("written to what is read-only: read -2 wait -2 uptime -2\n"
               "unknown calls: -1 -1 -1\n"
               "no such process: kill -6 -6, wait -6, process -6\n"
               "still here\n")
    return Dialogue().say("pointers", answer).leave()


def small():
    """In 8 MiB: three programs of 2 MiB fit, a fourth does not."""
    dialogue = Dialogue().say("hog &", "[2] hog\n").say("hog &", "[3] hog\n")
    dialogue.say("hog &", "[4] hog\n")
    dialogue.say("hog &", "hog: error: no memory for another process\n")
    dialogue.say("about", ABOUT).say("kill 3", "[3] killed\n")
    return dialogue.say("hog &", "[6] hog\n").leave()


os1k.add_dialogue("the nine programs, good and bad input", nine, multiboot=True,
                  image=os1k.IMAGE)
os1k.add_dialogue("the shell and its commands", shell)
os1k.add_dialogue("a program that loops for ever", spinning)
os1k.add_dialogue("the system ends with its first process", suicide)
os1k.add_dialogue("more processes than there is room for", crowd)
os1k.add_dialogue("programs that do what they must not", faults)
os1k.add_dialogue("bad pointers in every system call", pointers)
os1k.add_dialogue("more memory than there is", small, options=["--mem", "8M"],
                  qemu_options=["-m", "12"])
os1k.add_vmm_cases()
tap.main()
