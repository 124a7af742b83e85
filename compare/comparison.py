"""A comparison: builds the variants, boots the image in each, and puts what was
measured into the form of report.json, which docs/compare.md describes."""

import os
import re

from . import boot, build, jobs, kconfig, kernel, look, measure, measures, \
    outcome, place
from .errors import Failure
from .printed import last_lines, text_of
from .progress import say

OF_QUEUES = ("IOEVENTFD", "IRQFD", "IO_URING")
# Options that give a guest a device of virtio.
HAVE_QUEUES = ("--disk", "--net", "--rng", "--share", "--balloon", "--console",
               "--spare-disk")
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
WARM_UP_EXITS = "60"
# So many boots share a session: the lab takes as long to start as two or three.
TOGETHER = 11
# Begun first, as each of their objects is another, and not only a few.
SLOW = ("VMM_STATIC",)
MEASURED = "measured"   # the folder with what was measured, until there is a report
STAGE_TABLE = re.compile(
    r"^\n?[^\n]*\n +ms +\+ms +share +exits +stage\n(?: *[\d.]+ .*\n?)*", re.M)


DIED = "ended without a result, twice"


def is_of_queues(name):
    return name in OF_QUEUES or name.startswith("VIRTIO")


def has_queues(words):
    return any(word.partition("=")[0] in HAVE_QUEUES for word in words)


class Column:
    """A variant on its way: where it was built, how its boot went."""

    def __init__(self, variant, tree):
        self.variant = variant
        self.tree = tree
        self.built = False
        self.log = ""           # why it could not be built
        self.files = []         # C files compiled in
        self.sizes = {"binary_bytes": 0, "text_bytes": 0}
        self.boot = None        # boot.Boot
        self.lost = ""          # why there is none
        self.missing = False    # a job of its has failed
        self.output = ""        # of a boot that was lost
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
        self.measures = []      # jobs.Job, of all that was measured

    # --- Building ---------------------------------------------------------

    def build(self):
        for column in self.columns:
            column.values = kconfig.parse(column.variant.config)
        own, *others = self.columns
        self.read_own(own)
        if self.request.how == "run":
            for column in others:
                column.built, column.files, column.sizes = \
                    True, own.files, own.sizes
            return
        planned = self.planned_builds(sorted(
            others, key=lambda column: column.variant.name not in SLOW))
        found = jobs.run(self.request.top, self.request.folder,
                         list(planned.values()))
        results = dict(zip(planned, found))
        for column in others:
            self.take_build(column, results[column.variant.config])

    def read_own(self, column):
        """Of the project's own kvm-vmm, before somebody changes the tree."""
        column.built = True
        column.sizes = build.sizes(column.tree)
        try:
            column.files = build.sources(self.request.top, column.tree)
        except Failure as failure:
            self.unknown(column, str(failure))

    def unknown(self, column, why):
        self.notes.append(f"{column.variant.id}: its sources are not known: "
                          f"{why}")

    def planned_builds(self, columns):
        """{config: jobs.Job}: each configuration is built once."""
        common = build.describe(self.request, self.columns[0].tree)
        planned, trees = {}, {}
        for column in columns:
            config = column.variant.config
            column.tree = trees.setdefault(config, column.tree)
            if config not in planned:
                planned[config] = build.planned(
                    common, column.tree, config, self.label(column))
        return planned

    def take_build(self, column, result):
        """What a job has built. None: it has failed."""
        if not result:
            self.miss(column, "builds")
        elif not result["built"]:
            column.log = result["log"]
        else:
            column.built, column.files = True, result["files"]
            column.sizes = {name: result[name] for name in column.sizes}
            if result["unknown"]:
                self.unknown(column, result["unknown"])

    # --- Booting ----------------------------------------------------------

    def kind(self):
        """What can be typed at this image, as boot.dialogue() has it."""
        if self.plan.need == "linux":
            return "linux with a disk" if self.plan.has("--disk") else "linux"
        with open(self.plan.image, "rb") as file:
            is_os1k = file.read(16)[8:] == b"1K OS\r\n\x1a"
        return "os-1k" if is_os1k else None

    def frames(self):
        return FRAMES.get(os.path.basename(self.plan.image), (None, b""))

    def words(self, column, limit, extra=()):
        """kvm-vmm's command line for a boot: words, and for files, which the
        session may have elsewhere, pairs of a file and a folder's name."""
        files = self.plan.files()

        def here(word):
            return [os.path.abspath(word), str(files.index(word))] \
                if word in files else word

        vmm = [column.tree.vmm, build.folder_of(column.variant.id)
               if self.request.how == "build" else "own"]
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

    def warm_up(self):
        """The first boot of a lab finds other memory than all that follow; None:
        there is nothing to do about that."""
        base = self.columns[0]
        if self.plan.place == "lab" and self.on(base, "MACHINE"):
            return self.words(base, 5, ["--max-exits", WARM_UP_EXITS])
        return None

    def run(self):
        """The baseline, and all that were built; at the end the baseline once more:
        what differs from itself is noise."""
        base = self.columns[0]
        self.again = Column(base.variant, base.tree)
        self.again.built, self.again.values = True, base.values
        self.again.files, self.again.sizes = base.files, base.sizes
        columns = [one for one in [*self.columns, self.again] if one.built]
        groups = self.groups(columns)
        self.measures = [self.planned_measures(group) for group in groups]
        if self.plan.place == "lab":
            say("LAB", "starting; it counts instructions, which is slow")
        found = jobs.run(self.request.top, self.request.folder, self.measures)
        for group, result in zip(groups, found):
            self.take_measures(group, result)
        if base.missing:
            raise Failure("the baseline could not be measured, as its job "
                          f"{DIED}; what was measured stays, and the same "
                          "command goes on")

    def groups(self, columns):
        """Those that share a session. On this host that is all of them: they
        would be in each other's way."""
        if self.plan.place == "host":
            return [columns]
        number = -(-len(columns) // TOGETHER)
        *others, again = columns
        groups = [others[first::number] for first in range(number)]
        groups[-1].append(again)
        return groups

    def planned_measures(self, columns):
        """The job of booting them."""
        vmms = sorted({column.tree.vmm for column in columns})
        spec = measures.describe(
            self.request, self.plan, dialogue=self.kind(),
            key=self.frames()[1].decode(), limit=self.request.timeout,
            mem=place.lab_mem(self.plan.mem, self.sizes()),
            shown=[*map(os.path.abspath, self.plan.files()), *vmms],
            vmms={path: jobs.sum_of_file(path) for path in vmms},
            warm_up=self.warm_up(), boots=[self.planned_boot(column)
                                           for column in columns])
        return jobs.Job(os.path.join(self.request.folder, MEASURED), spec,
                        [self.label(column) for column in columns])

    def label(self, column):
        if column is self.again:
            return "baseline again, to see what differs by itself"
        number, many = self.columns.index(column) + 1, len(self.columns)
        return column.variant.id + (f" ({number} of {many})" if many > 3
                                    else "")

    def planned_boot(self, column):
        """"argv", and in "look" the command line for a second look, if it could
        show more."""
        cmdline = look.talkative(self.cmdline(column))
        shows = self.plan.need == "linux" and self.on(column, "DEV_SERIAL")
        return {"argv": self.words(column, self.request.timeout),
                "look": cmdline if shows else ""}

    def take_measures(self, columns, result):
        """What a job has measured. None: it has failed."""
        for number, column in enumerate(columns):
            if not result:
                self.miss(column, "boots")
                continue
            entry = result[number]
            column.lost, column.look = entry["lost"], entry["look"]
            column.output = entry["output"]
            if entry["boot"]:
                column.boot = boot.Boot.from_json(entry["boot"])
            if column.lost:
                self.notes.append(f"{self.name(column)}: {column.lost}, " + (
                    "which the next one did not" if column.boot else "twice"))

    def miss(self, column, does):
        column.missing = True
        column.lost = f"the job that {does} it {DIED}"
        self.notes.append(f"{self.name(column)}: {column.lost}; the same "
                          "command tries that again, and nothing else")

    def name(self, column):
        return column.variant.id + (" again" if column is self.again else "")

    def missing(self):
        """What there is no result of, as a job has failed."""
        return [self.name(column) for column in [*self.columns, self.again]
                if column.missing]

    def forget(self):
        """Measures again the next time, when there is nothing to go on with."""
        if not self.missing():
            for job in self.measures:
                job.forget()

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
        entry.update(column.sizes)
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
        if column.missing:
            return {"outcome": "missing", "said": column.lost, **plain}
        if not column.built:
            return {"outcome": "not built", "said": "could not be built",
                    **plain, "report": column.log}
        if not column.boot:
            return {"outcome": "silent", "said": column.lost, **plain,
                    "output": last_lines(column.output.encode("latin-1"))}
        result = column.boot.result
        word, said, typed = outcome.judge(column.boot, self.kind(),
                                          self.request.timeout)
        well = word == "done" and not self.kind() or \
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
        if base["queues"] or not any(map(is_of_queues, names - {""})):
            return notes
        return notes + ["the guest used no queue of a virtio device: give it one, as "
                "ARGS='--disk FILE', and a kernel that has the drivers (make "
                "std_defconfig has both)"]

