"""One boot of a variant: what is typed when, and how it all ended."""

import re
import time

from . import session as sessions

# As docs/stats.md has it: a line of at most one word and "# ", "$ " or, behind
# a word, "> ".
PROMPT = re.compile(rb"(?:^|\n)(?:\S* ?[#$] |\S+> )$")
# Silence in which a prompt that shows is taken for one, seconds.
SETTLED = 0.05
# When no prompt has come by then, a part of the limit, it is typed blindly.
BLIND = 0.5
# So long an answer may take before the next thing is typed, seconds.
PATIENCE = 5
# What kills a kvm-vmm that does not end by its own limit, seconds.
GRACE = 20
# Wall time for each second inside: a busy lab is that much slower.
SLOWNESS = 10


class Dialogue:
    """What is typed at a prompt, and what shows that it arrived."""

    def __init__(self, question, answer, leave):
        self.question = question
        self.answer = answer    # a pattern that no echo of the question has
        self.leave = leave


DIALOGUES = {
    "linux": Dialogue(b"echo typed-$((6*7))\n", rb"typed-42", b"poweroff\n"),
    "os-1k": Dialogue(b"4\n", rb"\b377\b", b"0\n"),
}


class Typist:
    """Looks at what a guest prints, and types."""

    def __init__(self, dialogue, limit):
        self.dialogue = dialogue
        self.started = time.monotonic()
        self.blind = self.started + limit * BLIND
        self.asked = None       # when
        self.left = None
        self.heard = self.started
        self.length = 0
        self.prompted = False
        self.answered = False

    def look(self, output):
        """Bytes to type now. Notices prompt and answer."""
        now = time.monotonic()
        if len(output) != self.length:
            self.length, self.heard = len(output), now
        self.notice(output, now)
        if not self.dialogue:
            return b""
        if self.asked is None:
            if self.prompted or now > self.blind:
                self.asked = now
                return self.dialogue.question
        elif self.left is None:
            if self.answered and self.at_prompt(output, now) or \
                    now > self.asked + PATIENCE:
                self.left = now
                return self.dialogue.leave
        return b""

    def notice(self, output, now):
        if not self.prompted:
            self.prompted = self.at_prompt(output, now)
        if self.asked is not None and not self.answered:
            self.answered = bool(re.search(self.dialogue.answer, output))

    def at_prompt(self, output, now):
        tail = bytes(output[-200:]).replace(b"\r", b"")
        return now - self.heard >= SETTLED and bool(PROMPT.search(tail))

    def finish(self, output):
        """The last look, when it has ended."""
        if self.dialogue and self.asked is not None:
            self.answered = bool(re.search(self.dialogue.answer, output))


class Boot:
    """How it went."""

    def __init__(self, result, typist, lost=""):
        self.result = result    # session.Result, None if it was lost
        self.lost = lost
        self.prompted = typist.prompted
        self.typed = typist.asked is not None
        self.answered = typist.answered


def boot(session, argv, dialogue, limit):
    """Runs argv, types, and waits for the end. Raises session.Lost when the
    session is gone; what the guest printed is then in session.out."""
    typist = Typist(dialogue, limit)
    session.order("boot", str(int(limit) + GRACE), *argv)
    hard = typist.started + (limit + GRACE) * SLOWNESS
    while True:
        result = session.ended()
        if result:
            typist.finish(result.output)
            return Boot(result, typist)
        typed = typist.look(session.out)
        if typed:
            session.write(typed)
        now = time.monotonic()
        if now > hard:
            raise sessions.Lost("did not end a guest in time")
        session.listen_until(min(hard, now + SETTLED))
