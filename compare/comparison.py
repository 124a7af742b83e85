"""A comparison: builds the variants, boots the image in each, and puts what was
measured into the form of report.json, which docs/compare.md describes."""

import os
import re

from . import boot, build, kconfig, kernel, look, measure, outcome, \
    place, session
from .errors import Failure
from .progress import say

LINES_KEPT = 40
OF_QUEUES = ("IOEVENTFD", "IRQFD", "IO_URING")
# What is of no use to a guest that does not ask a device of that name.
OF_DEVICES = {
    "DEV_IDE": "ide", "IDE_DMA": "ide", "IDE_CDROM": "ide",
    "DEV_FW_CFG": "fwcfg", "FWCFG_DMA": "fwcfg",
    "VGA_GRAPHICS": "vga", "VGA_VBE": "vga",
}
ASKS = {
    "ide": "ARGS='--ide FILE', and a system that has a driver or a BIOS",
    "fwcfg": "an image that takes a BIOS, such as IMG=bootsector",
    "vga": "IMG=mode13 and IMG=pixels64 draw",
}
# Guests of ours that draw: how many pictures, and the key that ends them after so many.
FRAMES = {"mode13.bin": (32, b"q"), "pixels32.elf": (1, b""),
          "pixels64.elf": (1, b"")}
LINE_MAX = 1000
OUTPUT_KEPT = 1 << 18
WARM_UP_EXITS = "60"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[^\n\t -~\u00a0-\U0010ffff]")
STAGE_TABLE = re.compile(
    r"^\n?[^\n]*\n +ms +\+ms +share +exits +stage\n(?: *[\d.]+ .*\n?)*", re.M)


class Column:
    """A variant on its way: where it was built, how its boot went."""

    def __init__(self, variant, tree):
        self.variant = variant
        self.tree = tree
        self.built = False
        self.files = []         # C files compiled in
        self.boot = None        # boot.Boot
        self.lost = ""          # why there is none
        self.output = b""       # of a boot that was lost
        self.values = {}        # of its .config
        self.look = ""          # what the second look found


class Comparison:
    """All of one `make compare`."""

    def __init__(self, request, plan, variants):
        self.request = request
        self.plan = plan
        own = build.Tree(None, request.build, request.images)
        self.columns = [Column(variants[0], own)]
        for variant in variants[1:]:
            self.columns.append(Column(
                variant, own if request.how == "run"
                else build.tree_of(request.folder, variant.id)))
        self.again = None       # the baseline once more: a Column
        self.notes = []
        self.symbols = None
        self.session = None

    # --- Building ---------------------------------------------------------

    def build(self):
        self.columns[0].built = True
        for number, column in enumerate(self.columns):
            column.values = kconfig.parse(column.variant.config)
            if column.built or self.request.how == "run":
                column.built = True
                continue
            say("BUILD", f"{column.variant.id}{self.count(number)}")
            column.built = build.build(self.request.top, column.tree,
                                       column.variant.config,
                                       self.columns[0].tree)
        for column in self.columns:
            self.read_sources(column)

    def read_sources(self, column):
        """Now, before somebody changes the tree."""
        if not column.built:
            return
        try:
            column.files = build.sources(self.request.top, column.tree)
        except Failure as failure:
            self.notes.append(f"{column.variant.id}: its sources are not "
                              f"known: {failure}")

    def count(self, number):
        """" (3 of 12)", when there are many."""
        many = len(self.columns)
        return f" ({number + 1} of {many})" if many > 3 else ""

    # --- Booting ----------------------------------------------------------

    def dialogue(self):
        """What can be typed at this image; None: it takes no input."""
        if self.plan.need == "linux":
            typed = boot.DIALOGUES["linux"]
            return boot.with_disk(typed) if self.plan.has("--disk") else typed
        with open(self.plan.image, "rb") as file:
            is_os1k = file.read(16)[8:] == b"1K OS\r\n\x1a"
        return boot.DIALOGUES["os-1k"] if is_os1k else None

    def frames(self):
        return FRAMES.get(os.path.basename(self.plan.image), (None, b""))

    def words(self, column, limit, extra=()):
        """kvm-vmm's command line for a boot in the session."""
        files = self.plan.files()

        def here(word):
            return self.session.file(word, str(files.index(word))) \
                if word in files else word

        vmm = self.session.file(column.tree.vmm,
                                build.folder_of(column.variant.id)
                                if self.request.how == "build" else "own")
        if not self.on(column, "MACHINE"):
            return [vmm, here(self.plan.image)]     # takes no option
        words = [vmm, *map(here, self.plan.absolute_words()),
                 *self.plan.transport(column.variant,
                                      [c.variant for c in self.columns]),
                 *column.variant.options,
                 "--timeout", f"{limit:g}", *extra]
        if self.on(column, "DBG_STATS"):
            words.append("--stats=json:ledger.json")
        if self.on(column, "DBG_STAGES"):
            words.append("--stages")
        return words

    def on(self, column, name):
        return column.values.get(name, "n") == "y"

    def sizes(self):
        """Every --mem that a variant's guest may have."""
        return [c.values.get("DEFAULT_MEM", "") for c in self.columns] + \
            [c.variant.value for c in self.columns
             if c.variant.name == "DEFAULT_MEM"]

    def open(self):
        if not self.session:
            if self.plan.place == "lab":
                say("LAB", "starting; it counts instructions, which is slow")
            self.session = session.opened(
                self.request.top, self.plan,
                place.lab_mem(self.plan.mem, self.sizes()),
                [column.tree.vmm for column in self.columns])
            self.warm_up()
        return self.session

    def close(self):
        if self.session:
            self.session.close()
            self.session = None

    def warm_up(self):
        """The first boot of a lab finds other memory than all that follow."""
        base = self.columns[0]
        if self.plan.place == "lab" and self.on(base, "MACHINE"):
            boot.boot(self.session, self.words(base, 5, [
                "--max-exits", WARM_UP_EXITS]), None, 5)

    def boot(self, column, limit, extra=(), dialogue=None):
        """One boot. A variant that loses the session is a result; the next
        one gets another session."""
        try:
            return boot.boot(self.open(), self.words(column, limit, extra),
                             dialogue, limit, self.columns[0].boot,
                             self.frames()[1])
        except session.Lost as lost:
            column.lost = f"the session {lost}"
            column.output = bytes(self.session.out)
            self.notes.append(f"{column.variant.id}: {column.lost}")
            self.close()
        return None

    def run(self):
        dialogue = self.dialogue()
        try:
            for number, column in enumerate(self.columns):
                if column.built:
                    say("BOOT", column.variant.id + self.count(number))
                    column.boot = self.boot(column, self.request.timeout,
                                            dialogue=dialogue)
                if not number:
                    self.boot_again(dialogue)
            for column in self.columns:
                self.look_again(column)
        finally:
            self.close()

    def boot_again(self, dialogue):
        """The baseline once more: what differs from itself is noise."""
        base = self.columns[0]
        if not base.boot:
            return
        say("BOOT", "baseline again, to see what differs by itself")
        self.again = Column(base.variant, base.tree)
        self.again.built, self.again.values = True, base.values
        self.again.files = base.files
        self.again.boot = self.boot(self.again, self.request.timeout,
                                    dialogue=dialogue)

    def look_again(self, column):
        """Linux that never got to its prompt tells how far it got."""
        cmdline = look.talkative(self.cmdline(column))
        if self.plan.need != "linux" or not column.boot or not cmdline or \
                column.boot.prompted or not self.on(column, "DEV_SERIAL") or \
                outcome.word(column.boot) == "refused":
            return
        say("LOOK", f"{column.variant.id} again, with kernel messages")
        limit = min(self.request.timeout, look.LIMIT)
        lost = column.lost
        again = self.boot(column, limit, ["--cmdline", cmdline])
        column.lost = lost
        if again:
            column.look = look.report(cmdline, text_of(again.result.output))

    def cmdline(self, column):
        words = [*self.plan.words, *column.variant.options]
        for at, word in reversed(list(enumerate(words))):
            if word.startswith("--cmdline="):
                return word.removeprefix("--cmdline=")
            if word == "--cmdline" and at + 1 < len(words):
                return words[at + 1]
        return column.values.get("DEFAULT_CMDLINE", "")

    # --- The report -------------------------------------------------------

    def entry(self, column):
        """A variant as in report.json."""
        variant = column.variant
        entry = {"id": variant.id, "title": variant.title,
                 "symbols": variant.symbols, "follows": variant.follows,
                 "options": variant.options}
        entry.update(self.judged(column))
        result = column.boot.result if column.boot else None
        entry.update(measure.numbers(result.ledger if result else ""))
        entry.update(self.machine(entry, result))
        ended = entry["outcome"] in ("done", "halted")
        entry["frames"] = self.frames()[0] if ended else None
        if column.built:
            entry.update(measure.program(column.tree, build))
        else:
            entry.update(binary_bytes=0, text_bytes=0)
        entry.update(measure.files(column.files, self.columns[0].files))
        return entry

    def machine(self, entry, result):
        """What Linux makes of its machine, and how it switches it off."""
        if self.plan.need != "linux" or not result:
            return {"cpus": None, "routed": None, "off": None}
        return {**outcome.machine(text_of(result.output)),
                "off": outcome.switched_off(entry["status"], entry["ports"])
                if entry["ledger"] else None}

    def judged(self, column):
        """How it went, from outcome to output."""
        plain = {"status": None, "input": None, "where": "", "report": "",
                 "output": ""}
        if not column.built:
            lines = column.tree.log.splitlines()
            return {"outcome": "not built", "said": "could not be built",
                    **plain, "report": "\n".join(lines[-LINES_KEPT:])}
        if not column.boot:
            return {"outcome": "silent", "said": column.lost, **plain,
                    "output": last_lines(column.output)}
        result = column.boot.result
        word, said, typed = outcome.judge(column.boot, self.dialogue(),
                                          self.request.timeout)
        well = word == "done" and (not self.dialogue()) or \
            word == "shell" and result.status <= outcome.OK_MAX
        where = "" if well else outcome.where(result.err, self.symbols) or \
            look.last_message(column.look)
        report = STAGE_TABLE.sub("", text_of(result.err)).strip("\n")
        return {"outcome": word, "said": said, "status": result.status,
                "input": typed, "where": where,
                "report": "\n\n".join(filter(None, (report, column.look))),
                "output": last_lines(result.output)}

    def entry_again(self, base):
        """The second run of the baseline; None if it was lost."""
        if not self.again or not self.again.boot:
            return None
        entry = self.entry(self.again)
        changed = [f"{key} {base[key]}, then {entry[key]}" for key in
                   ("outcome", "status", "input") if base[key] != entry[key]]
        if changed:
            self.notes.append("the baseline does not repeat itself: "
                              + "; ".join(changed))
        return entry

    def report(self):
        """The whole of report.json but for its sentences."""
        plan, request = self.plan, self.request
        self.symbols = kernel.symbols(plan.image, request.build)
        base, *others = [self.entry(column) for column in self.columns]
        return {"program": "mini-kvm compare", "schema": 1,
                "image": os.path.basename(plan.image),
                "cmdline": self.cmdline(self.columns[0])
                if plan.need == "linux" else "",
                "place": plan.place, "why": plan.why, "clock": plan.clock,
                "how": request.how, "toggles": request.toggles,
                "img": request.img, "run": request.run, "args": request.args,
                "timeout": request.timeout, "variants": [base, *others],
                "again": self.entry_again(base),
                "sentences": [], "notes": self.notes + self.unused(base)}

    def unused(self, base):
        """A note, where what is toggled had nothing to do."""
        names = {column.variant.name for column in self.columns}
        if not base["ledger"]:
            return []
        asked = {row["handler"] for row in base["ports"]}
        idle = {OF_DEVICES[name] for name in names if name in OF_DEVICES}
        notes = [f"the guest never asked {name}: {ASKS[name]}"
                 for name in sorted(idle - asked)]
        if base["queues"] or not any(
                name in OF_QUEUES or name.startswith("VIRTIO") for name in
                names):
            return notes
        return notes + ["the guest used no queue of a virtio device: give it one, as "
                "ARGS='--disk FILE', and a kernel that has the drivers (make "
                "std_defconfig has both)"]


def text_of(data):
    """What was printed, without control characters."""
    if isinstance(data, bytes):
        data = data.decode("utf-8", "replace")
    return CONTROL.sub("", data.replace("\r\n", "\n").replace("\r", "\n"))


def last_lines(output):
    lines = text_of(output[-OUTPUT_KEPT:]).rstrip().splitlines()
    return "\n".join(line[:LINE_MAX] for line in lines[-LINES_KEPT:])
