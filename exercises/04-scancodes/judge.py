"""Keys that go down and come up, with Shift, Caps Lock and E0h."""

from table import Step, call

KIND = "c"
LEVEL = 4
FILES = ["keys.c"]

ROWS = {0x02: "1234567890", 0x10: "qwertyuiop", 0x1e: "asdfghjkl", 0x2c: "zxcvbnm"}
KEYS = {letter: first + n for first, row in ROWS.items()
        for n, letter in enumerate(row)}
SIGNS = dict(zip("1234567890", "!@#$%^&*()"))
LEFT, RIGHT, CAPS, ENTER, SPACE, SLASH, E0 = 0x2a, 0x36, 0x3a, 0x1c, 0x39, 0x35, 0xe0


def character(come):
    return repr(chr(come)) if come else "nothing"


def sends(code, gives=""):
    return call("gives", code, want=ord(gives) if gives else 0, say=character)


def press(letter, gives=None):
    """Down and up."""
    return [sends(KEYS[letter], letter if gives is None else gives),
            sends(KEYS[letter] | 0x80)]


def table(rnd):
    letters = rnd.sample("abcdefghijklmnopqrstuvwxyz", 6)
    digits = rnd.sample("1234567890", 3)
    some = letters[:3] + digits

    def shifted(symbol):
        return symbol.upper() if symbol.isalpha() else SIGNS[symbol]

    big = [press(symbol, shifted(symbol)) for symbol in some]
    small = [press(symbol) for symbol in some]
    return [
        Step("keys that go down", [sends(KEYS[s], s) for s in some],
             sends(KEYS[letters[0]], letters[0]), sends(ENTER, "\n"),
             sends(SPACE, " ")),
        Step("keys that come up", small),
        Step("Shift", sends(LEFT), sends(LEFT), big, sends(LEFT | 0x80), small),
        Step("either Shift", sends(RIGHT), press(letters[3], letters[3].upper()),
             sends(LEFT), sends(RIGHT | 0x80), big, sends(LEFT | 0x80), small),
        Step("Caps Lock", sends(CAPS), sends(CAPS | 0x80),
             [press(s, s.upper()) for s in some], sends(CAPS), sends(CAPS | 0x80),
             small),
        Step("Caps Lock repeats", sends(CAPS), sends(CAPS), sends(CAPS | 0x80),
             press(letters[4], letters[4].upper())),
        Step("Shift and Caps Lock", sends(CAPS), sends(CAPS | 0x80), sends(LEFT),
             [press(s) for s in letters], [press(s, shifted(s)) for s in digits]),
        Step("E0h", sends(E0), sends(ENTER, "\n"), sends(E0), sends(ENTER | 0x80),
             sends(E0), sends(SLASH, "/"), sends(E0), sends(0x1d), sends(E0),
             sends(0x1e), sends(E0), sends(0x9e), small),
        Step("a Shift that is none", sends(E0), sends(LEFT), sends(E0), sends(0x48),
             sends(E0), sends(0xc8), small, sends(LEFT), sends(E0), sends(LEFT | 0x80),
             big),
        Step("codes of no key",
             [sends(code) for code in (0x01, 0x0e, 0x3b, 0x45, 0x58, 0x7f, 0xff)],
             small),
    ]
