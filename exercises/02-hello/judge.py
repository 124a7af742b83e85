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
    first = repr(out[:12].decode("latin-1"))
    return (f"begins {first}", f"{first}(으)로 시작합니다") if out else \
        ("is empty", "비어 있습니다")


def judge(rnd, run):
    text = text_of(rnd)
    sends = run.exits.count("IO", THR, "out")
    asks = run.exits.count("IO", LSR, "in")
    halted = run.status == 0 and run.exits.count("HLT") == 1
    return [
        ("all of it is printed", sends >= len(text) and run.out[:len(text)] == text,
         {"length": len(text), "sends": sends, "begin": begin(run.out)}),
        ("nothing else is printed", run.out[len(text):] == b"",
         {"length": len(text), "rest": len(run.out) - len(text)}),
        ("it asks before each byte", sends > 0 and asks >= sends,
         {"sends": sends, "asks": asks}),
        ("it halts", halted, {"status": run.status}),
    ]
