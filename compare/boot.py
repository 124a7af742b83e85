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
# So long an answer may take before the next thing is typed: seconds, and times
# what the session took to begin, as this machine may be busy.
PATIENCE = 10
PATIENCE_TIMES = 3
# A guest that had a prompt and then, on its own clock, prints nothing for so
# long after something was typed does not hear it; seconds. So does one that has
# not ended so long after it was told to.
DEAF = 3
LEAVING = 2
# What kills a kvm-vmm that does not end by its own limit, seconds.
GRACE = 20
# A session that gives no sign of life for so long is lost: times what it took to begin,
# which is 240 million instructions in the lab. While a guest spins, there are 500 million
# until the first sign and 250 between the others. Where the lab itself stands still, it
# takes more than twice as long: its clock hardly goes on. In seconds, at least and at most.
SILENCE_FIRST, SILENCE = 4, 2
SILENCE_MIN, SILENCE_MAX = 10, 240
# So is one whose clock all but stands still: seconds of ours for one boot.
LONGEST = 420


class Dialogue:
    """What is typed at a prompt, and what shows that it arrived."""

    def __init__(self, question, answer, leave):
        self.question = question
        self.answer = answer    # a pattern that no echo of the question has
        self.leave = leave


# Linux tells what it makes of the machine, too: outcome.machine() reads that.
DIALOGUES = {
    "linux": Dialogue(b"echo typed-$((6*7)) $(nproc) CPUs; "
                      b"sed -n /ttyS0/p /proc/interrupts\n",
                      rb"typed-42", b"poweroff\n"),
    "os-1k": Dialogue(b"4\n", rb"\b377\b", b"0\n"),
}


# Where there is a disk: requests of a page, many of which the kernel puts into the
# queue at once, as it reads ahead.
DISK = (b"[ -b /dev/vda ] && { echo 4 >/sys/block/vda/queue/max_sectors_kb; "
        b"dd if=/dev/vda of=/dev/null bs=64k count=32; } 2>/dev/null; ")


def with_disk(dialogue):
    """The same, which reads from the disk before it answers."""
    return Dialogue(DISK + dialogue.question, dialogue.answer, dialogue.leave)


def dialogue(kind):
    """What is typed at a guest of that kind: "linux", "linux with a disk", "os-1k";
    None: at any other."""
    if kind == "linux with a disk":
        return with_disk(DIALOGUES["linux"])
    return DIALOGUES.get(kind)


class Typist:
    """Looks at what a guest prints, and types."""

    def __init__(self, dialogue, blind, patience):
        self.dialogue = dialogue
        self.blind = blind      # on the guest's clock
        self.patience = patience
        self.started = time.monotonic()
        self.asked = None
        self.left = None
        self.silent = 0         # seconds since a byte, on the guest's clock
        self.clock = 0          # and when it was, or something was typed
        self.deaf = False       # it is not worth waiting for
        self.heard = self.started
        self.length = 0
        self.prompted = False
        self.answered = False

    def look(self, output, clock):
        """Bytes to type now. Notices prompt and answer."""
        now = time.monotonic()
        if len(output) != self.length:
            self.length, self.heard, self.clock = len(output), now, clock
        self.silent = clock - self.clock
        self.notice(output, now)
        if not self.dialogue:
            return b""
        if self.asked is None:
            if self.prompted or clock >= self.blind:
                self.asked, self.clock = now, clock
                return self.dialogue.question
        elif self.left is None:
            if self.answered and self.at_prompt(output, now) or \
                    now > self.asked + self.patience or \
                    self.hears_nothing(DEAF):
                self.left = now
                return self.dialogue.leave
        elif not self.answered and self.hears_nothing(DEAF + LEAVING):
            self.deaf = True
        return b""

    def hears_nothing(self, seconds):
        """Whether it has been silent for so long since it was asked: an echo
        would be something."""
        return self.prompted and self.heard <= self.asked and \
            self.silent >= seconds

    def notice(self, output, now):
        if not self.prompted and self.at_prompt(output, now):
            self.prompted = True
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

    FLAGS = ("prompted", "typed", "answered", "deaf")

    def __init__(self, result, **flags):
        self.result = result    # session.Result
        self.prompted = flags["prompted"]
        self.typed = flags["typed"]
        self.answered = flags["answered"]
        # Ended because it was deaf, not by its own limit.
        self.deaf = flags["deaf"]

    def to_json(self):
        return {"result": self.result.to_json(),
                **{name: getattr(self, name) for name in self.FLAGS}}

    @classmethod
    def from_json(cls, found):
        return cls(sessions.Result.from_json(found["result"]),
                   **{name: found[name] for name in cls.FLAGS})


def boot_of(result, typist):
    return Boot(result, prompted=typist.prompted, answered=typist.answered,
                typed=typist.asked is not None, deaf=typist.deaf)


def silence(session):
    """Seconds without a sign of life that are too many."""
    if session.where == "host":
        return SILENCE_MAX
    times = SILENCE if session.clock() else SILENCE_FIRST
    return min(SILENCE_MAX, max(SILENCE_MIN, session.took * times))


def boot(session, argv, dialogue, limit, key=b""):
    """Runs argv, types, and waits for the end: a Boot. Raises session.Lost when
    the session is gone; what the guest printed is then in session.out.

    key: pressed at once.
    """
    patience = max(PATIENCE, session.took * PATIENCE_TIMES)
    session.boot(int(limit) + GRACE, argv)
    session.write(key)
    typist = None
    began = time.monotonic()
    while True:
        result = session.ended()
        if result:
            typist = typist or Typist(dialogue, 0, 0)
            typist.finish(result.output)
            return boot_of(result, typist)
        if typist:
            session.write(typist.look(session.out, session.clock()))
            if typist.deaf:
                session.stop()
        elif session.begun():
            typist = Typist(dialogue, limit * BLIND, patience)
        session.listen_until(time.monotonic() + SETTLED)
        if time.monotonic() > session.heard + silence(session):
            raise sessions.Lost("gave no sign of life")
        if time.monotonic() > began + LONGEST:
            raise sessions.Lost("took too long for one boot")
