#!/usr/bin/python3
"""The guest's /init and shell, as far as no guest is needed for it: BusyBox is a
static program.

How /init reads the kernel command line is held against a model of parse_args()
and next_arg() of Linux 6.1 (lib/cmdline.c).
"""

import os
import random
import re
import subprocess
import tempfile

import vm
from vm import tap

BUSYBOX = os.path.join(tap.BUILD, "busybox", "busybox")
INIT = os.path.join(tap.TOP, "initramfs", "init")
WHITE = b" \t\n\v\f\r\xa0"      # _S in lib/ctype.c
LINES = 400
ROWS = (
    (b"quiet -- exit 3", b"exit 3"),
    (b"quiet --\texit 6", b"exit 6"),
    (b"quiet\n--\nexit 7", b"exit 7"),
    (b"quiet\xa0--\xa0exit 7", b"exit 7"),
    (b'note="a -- exit 9" -- exit 4', b"exit 4"),
    (b'note="a -- exit 9"', b""),
    (b'"a" -- exit "9"', b'exit "9"'),
    (b'quiet "--" exit 8', b"exit 8"),
    (b'quiet "-"- exit 8', b""),
    (b'quiet --"" exit 8', b""),
    (b'a="never closed -- exit 9', b""),
    (b"quiet --", b""),
    (b"quiet --  \n", b""),
    (b"-- echo 'a  b' -- \"c\"; exit 1", b"echo 'a  b' -- \"c\"; exit 1"),
    (b"a--b --c -- d", b"d"),
    (b"-- a\n", b"a"),
    (b"* -- [a-c]*\\? ${x}", b"[a-c]*\\? ${x}"),
    (b"", b""),
)

# What hands type without looking it up.
HABITS = (
    "head -5 f", "tail -3 f", "tail -n +3 f", "head -c 5 f", "tail -c 5 f",
    "grep -A1 5 f", "grep -C 2 5 f", "sort -rn f", "find . -type f",
    "find . -maxdepth 1 -name f -exec cat {} ;", "find . -size +0", "ls -lh",
    "ls -lR", "df -h /", "du -sh .", "ps aux", "ps -ef", "ps -o pid,comm",
    "sleep 0.01", "readlink -f f", "touch -d @0 f", "xargs -I{} echo {} <f",
    "dd if=f of=g status=none conv=notrunc", "hostname", "alias", "help",
    "echo a | xargs -0 echo", "seq 3 | head -1",
)
# What /init and etc/profile use, and the symbol that it takes.
USED = ((r"\balias ", "ASH_ALIAS"), (r"PS1=.*\\w", "FEATURE_EDITING_FANCY_PROMPT"),
        (r"\bstty ", "STTY"), (r"\bmount ", "MOUNT"), (r"\bsetsid ", "SETSID"),
        (r"setsid -c", "SETSID"), (r"\$\(printf ", "ASH_PRINTF"),
        (r"\[ ", "ASH_TEST"), (r"\becho ", "ASH_ECHO"))


def next_arg(text):
    """(the first word as Linux takes it, what follows it)."""
    quoted = text[:1] == b'"'
    text = text[1:] if quoted else text
    in_quote, at = quoted, 0
    while at < len(text) and (in_quote or text[at] not in WHITE):
        in_quote ^= text[at] == ord('"')
        at += 1
    word = text[:at]
    if quoted and word[-1:] == b'"':
        word = word[:-1]
    return word, text[at:].lstrip(WHITE)


def after_dashes(text):
    """What Linux hands to init, as one text."""
    text = text.lstrip(WHITE)
    while text:
        word, text = next_arg(text)
        if word == b"--":
            return text
    return b""


def functions():
    """find_command() and what it needs, reading a file named in $FILE."""
    with open(INIT, encoding="utf-8") as file:
        text = file.read()
    start = text.index("find_command()\n")
    end = text.index("\n}\n", text.index("take_word()\n")) + 3
    return text[start:end].replace("/proc/cmdline", '"$FILE"')


def commands_of(lines):
    """What find_command() makes of each line, in one run of the shell."""
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines):
            with open(os.path.join(folder, f"{number}.in"), "wb") as file:
                file.write(line + b"\n")
        script = functions() + """
        number=0
        while [ -f "$number.in" ]; do
            FILE=$number.in
            find_command
            printf '%s' "$command" >"$number.out"
            number=$((number + 1))
        done
        """
        done = subprocess.run([BUSYBOX, "sh", "-c", script], cwd=folder,
                              capture_output=True, check=False)
        tap.equal(done.stderr, b"", "stderr")
        said = []
        for number in range(len(lines)):
            with open(os.path.join(folder, f"{number}.out"), "rb") as file:
                said.append(file.read())
        return said


def needs_busybox():
    if not os.path.exists(BUSYBOX):
        raise tap.Skip("BusyBox is not built; `make` builds it")


def must_agree(lines, wanted):
    # White space at the end is nothing to the shell that gets the command.
    wrong = [f"{line!r}: have {have!r}, want {want!r}" for line, have, want
             in zip(lines, commands_of(lines), wanted)
             if have.rstrip(WHITE) != want.rstrip(WHITE)]
    tap.none_of(wrong)


@tap.case("/init finds the command behind the word -- and nowhere else")
def rows():
    needs_busybox()
    lines = [line for line, _ in ROWS]
    tap.equal([after_dashes(line + b"\n").rstrip(WHITE) for line in lines],
              [want for _, want in ROWS], "the model of Linux")
    must_agree(lines, [want for _, want in ROWS])


@tap.case(f"/init and Linux agree on {LINES} command lines made at random")
def random_lines():
    needs_busybox()
    draw = random.Random(1)
    pieces = (b"--", b"-- ", b" -- ", b'"', b'"', b" ", b"\t", b"\n", b"\xa0",
              b"-", b"a", b"x=", b"'", b"\\", b"*", b"\xc3\xa9", b"$(b)")
    lines = [b"".join(draw.choices(pieces, k=draw.randint(1, 24)))
             for _ in range(LINES)]
    must_agree(lines, [after_dashes(line + b"\n") for line in lines])


@tap.case("what is typed by habit works in the guest's shell")
def habits():
    needs_busybox()
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True,
                            check=True).stdout.split()
    if "head" not in listed:
        raise tap.Skip("the mini BusyBox is configured")
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for command in HABITS:
            with open(os.path.join(folder, "f"), "w", encoding="ascii") as file:
                file.write("".join(f"{n}\n" for n in range(10)))
            done = subprocess.run(
                [BUSYBOX, "sh", "-c", command.replace(" ;", r" \;")],
                cwd=folder, env={"PATH": "/nowhere"}, capture_output=True,
                stdin=subprocess.DEVNULL, text=True, check=False)
            if done.returncode:
                wrong.append(f"{command}: {done.stderr.strip()[:100]}")
    tap.none_of(wrong)


@tap.case("both BusyBoxes have what /init and etc/profile use")
def used():
    text = ""
    for path in ("init", "etc/profile"):
        with open(os.path.join(tap.TOP, "initramfs", path),
                  encoding="utf-8") as file:
            text += file.read()
    for name in ("busybox.config", "busybox-mini.config"):
        with open(os.path.join(tap.TOP, "initramfs", name),
                  encoding="utf-8") as file:
            config = file.read()
        tap.none_of(f"{name}: no CONFIG_{symbol}=y, but {pattern} is used"
                    for pattern, symbol in USED if re.search(pattern, text)
                    and not re.search(rf"^CONFIG_{symbol}=y", config, re.M))


tap.main()
