"""What a student is told, in English and in Korean.

A sentence is a pair, (English, Korean). The says.py of an exercise has all of its own:

    STEPS   {step: (its name in Korean, the rule, where to read on)}
    WHAT    {key: what an operation of the judge looks at, or what else is said}
    WORDS   {English: Korean}, for what a result can be

The rule, where to read on, and what WHAT has are pairs; {name} in them is a value.
"""

import os

READ = ("Read: {read}.", "읽어 볼 곳: {read}.")
# What the operations look at that table.py has itself.
WHAT = {
    "IN": ("port {at:#x} must read", "포트 {at:#x}에서 읽은 값"),
    "DEADLINE": ("the timer must be due at", "타이머가 울릴 시각"),
    "IRQ": ("the interrupt line must be", "인터럽트 선"),
    "RISES": ("so often must the interrupt line have risen:",
              "인터럽트 선이 올라간 횟수"),
    "TYPE": ("of {count}, so many must be taken:", "{count} 가운데 받은 개수"),
    "SENT": ("what it sends next must be", "다음으로 보내는 것"),
    "MORE": ("whether it has called board_rx_more() must be",
             "board_rx_more()를 불렀는지"),
    "ODD": ("so many times must it have called board_oddity():",
            "board_oddity()를 부른 횟수"),
}
WORDS = {"high": "높음", "low": "낮음", "yes": "예", "no": "아니요",
         "never": "울리지 않음", "none": "없음", "nothing": "없음"}


def korean():
    """Whether whoever calls reads Korean: TEXT=ko, or else the locale."""
    for name in "TEXT", "LC_ALL", "LC_MESSAGES", "LANG":
        if os.environ.get(name):
            return os.environ[name][:2] == "ko"
    return False


def here(pair):
    """That of the two which the caller reads."""
    return pair[korean()]


def fill(pair, values):
    """A pair with its {names}; a value may be a pair as well."""
    return tuple(text.format(**{
        name: value[n] if isinstance(value, tuple) else value
        for name, value in values.items()}) for n, text in enumerate(pair))


def join(*pairs):
    """One sentence behind the other."""
    return tuple(" ".join(filter(None, texts)) for texts in zip(*pairs))


class Says:
    """The sentences of one exercise."""

    def __init__(self, module):
        self.steps = module.STEPS
        self.whats = {**WHAT, **getattr(module, "WHAT", {})}
        self.words = {**WORDS, **getattr(module, "WORDS", {})}

    def name(self, step):
        return step, self.steps[step][0]

    def what(self, key, values):
        return fill(self.whats[key], values)

    def word(self, text):
        """A result, as say() of an operation has put it."""
        return text if isinstance(text, tuple) else \
            (text, self.words.get(text, text))

    def told(self, step, wrong=("", ""), **values):
        """What is said of a step that failed: its rule, what was wrong, where to read
        on. @here names what else of WHAT is said."""
        _, rule, read = self.steps[step]
        if "here" in values:
            wrong = self.what(values.pop("here"), values)
        return join(fill(rule, values), wrong, fill(READ, {"read": read}))
