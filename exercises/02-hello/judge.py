"""A text through COM1, with the line status read before each byte."""

KIND = "real16"
LEVEL = 2
FILES = ["hello.S"]

THR, LSR = 0x3f8, 0x3fd
LETTERS = b"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ"


def text_of(rnd):
    half = [bytes(rnd.choices(LETTERS, k=rnd.randrange(9, 16)))
            for _ in range(2)]
    return half[0] + b"\0" + half[1] + b"\n"


def given(rnd):
    text = text_of(rnd)
    numbers = ", ".join(str(byte) for byte in text)
    return {"text.inc": f"\t.set\tTEXT_LENGTH, {len(text)}\n"
                        f"text:\t.byte\t{numbers}\n"}


def begin(out):
    return f"begins {out[:12].decode('latin-1')!r}" if out else "is empty"


def judge(rnd, run):
    text = text_of(rnd)
    sends = run.exits.count("IO", THR, "out")
    asks = run.exits.count("IO", LSR, "in")
    halted = run.status == 0 and run.exits.count("HLT") == 1
    return [
        ("all of it is printed", sends >= len(text) and run.out[:len(text)] == text,
         f"{len(text)} bytes from the label text on must go to port 3f8h, zeros "
         f"like all others; {sends} were written there, and the output "
         f"{begin(run.out)}. Read: guests/hello.S, and where its loop ends."),
        ("nothing else is printed", run.out[len(text):] == b"",
         f"After the {len(text)} bytes nothing more may be printed; "
         f"{len(run.out) - len(text)} bytes more came. Read: "
         "exercises/02-hello/README.md, TEXT_LENGTH."),
        ("it asks before each byte", sends > 0 and asks >= sends,
         "The line status register must be read before each byte; "
         f"{sends} bytes were sent and port 3fdh was read {asks} times. Read: "
         "PC16550D, \"Line Status Register\", bit 5."),
        ("it halts", halted,
         "A guest of real mode ends with hlt; this one ended with status "
         f"{run.status}. Read: docs/guide.md, \"How a guest ends\"."),
    ]
