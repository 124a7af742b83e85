"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/04-scancodes/README.md", "exercises/04-scancodes/README.ko.md")
MAP = ("os-1k/kernel/keymap.c", "os-1k/kernel/keymap.c")

WHAT = {"gives": ("what code {at:#x} gives must be", "코드 {at:#x}에서 나오는 글자")}

STEPS = {
    "keys that go down": (
        "누른 키",
        ("A key that goes down gives its character, each time that it repeats.",
         "키를 누르면 그 글자가 나오고, 되풀이될 때마다 다시 나옵니다."), HERE),
    "keys that come up": (
        "뗀 키",
        ("A key that comes up gives nothing.",
         "키를 떼면 아무것도 나오지 않습니다."), HERE),
    "Shift": (
        "Shift",
        ("Shift counts while it is down, for letters and digits.",
         "Shift는 눌려 있는 동안 문자와 숫자에 작용합니다."), MAP),
    "either Shift": (
        "두 Shift",
        ("Either Shift counts, until both are up.",
         "어느 Shift든 작용하고, 둘 다 떼어야 끝납니다."), MAP),
    "Caps Lock": (
        "Caps Lock",
        ("Caps Lock is for letters, until it is pressed again.",
         "Caps Lock은 다시 누를 때까지 문자에만 작용합니다."), MAP),
    "Caps Lock repeats": (
        "되풀이되는 Caps Lock",
        ("A key that is held repeats, and Caps Lock does not change with that.",
         "누르고 있는 키는 되풀이되지만, 그때마다 Caps Lock이 바뀌지는 않습니다."),
        (HERE[0] + ", and think of what a keyboard does",
         HERE[1] + ", 그리고 키보드가 어떻게 하는지 생각해 보세요")),
    "Shift and Caps Lock": (
        "Shift와 Caps Lock",
        ("With Caps Lock Shift makes small letters, and the signs of digits.",
         "Caps Lock이 켜져 있으면 Shift는 소문자를, 숫자에서는 기호를 만듭니다."), HERE),
    "E0h": (
        "E0h",
        ("Behind E0h is another key.", "E0h 뒤에 오는 코드는 다른 키입니다."), HERE),
    "a Shift that is none": (
        "Shift가 아닌 Shift",
        ("E0h 2Ah, which some keyboards send before arrows, is no Shift.",
         "어떤 키보드가 화살표 앞에 보내는 E0h 2Ah는 Shift가 아닙니다."), HERE),
    "codes of no key": (
        "글자가 없는 코드",
        ("A code without a character gives nothing.",
         "글자가 없는 코드는 아무것도 내지 않습니다."), HERE),
}
