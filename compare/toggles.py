"""Toggles: what TOGGLE= asks for, and the variants that come of it."""

import difflib
import os
import re
import shlex
from concurrent import futures

from . import forms, kconfig
from .errors import Refusal

IRQCHIP_KINDS = ("none", "vmm", "kernel", "split")
# What holds text has one value, commas and all.
TEXTS = ("DEFAULT_CMDLINE",)
ELSEWHERE = {
    "guests": "changes images, not the hypervisor",
    "os-1k": "changes images, not the hypervisor",
    "kernel-configs": "changes images, not the hypervisor",
    "initramfs": "changes images, not the hypervisor",
    "RUN": "chooses what `make run` boots",
}


class Variant:
    """One column of the comparison: what makes it differ."""

    def __init__(self, name="", value=""):
        self.name = name            # the toggle; "" is the baseline
        self.value = value
        self.options = []           # for kvm-vmm, run-time forms only
        self.config = ""            # text of the .config it is built from
        self.follows = {}           # what else Kconfig changed

    @property
    def id(self):
        return f"{self.name}={self.value}" if self.name else "baseline"

    @property
    def title(self):
        if not self.name:
            return "as configured"
        value = self.value if len(self.value) <= 40 else \
            self.value[:37] + "..."
        return f"{self.name}={value}"

    @property
    def symbols(self):
        return {self.name: self.value} if self.name else {}


class Catalogue:
    """What can be toggled, given a configuration."""

    def __init__(self, top, config_text):
        self.top = top
        self.text = config_text
        self.values = kconfig.parse(config_text)
        self.symbols = kconfig.symbols(top)

    def ours(self):
        """The symbols of the hypervisor menus that a hand can set."""
        return [symbol for symbol in self.symbols.values()
                if symbol.folder == "vmm" and symbol.prompt]

    def value(self, name):
        """What is configured: "y", "n", a number, a text."""
        if name == "IRQCHIP":
            return self.values.get("DEFAULT_IRQCHIP", "none")
        kind = self.symbols[name].kind
        return self.values.get(name, "n" if kind == "bool" else "")

    def find(self, name):
        """The symbol of that name; raises Refusal when it is no toggle."""
        symbol = self.symbols.get(name) or self.symbols.get("VIRTIO_" + name)
        if not symbol:
            near = difflib.get_close_matches(
                name.upper(), [s.name for s in self.ours()] + ["all"], 1)
            raise Refusal(f"TOGGLE={name}: there is no such symbol; " + (
                f"is it {near[0]}?" if near else
                "`make compare` lists what there is"))
        if symbol.folder != "vmm":
            where = "RUN" if name.startswith("RUN_") else symbol.folder
            raise Refusal(
                f"TOGGLE={name}: {ELSEWHERE.get(where, 'is not of it')}"
                "; the same image boots in each variant, IMG= names it")
        if not symbol.prompt:
            raise Refusal(f"TOGGLE={name}: follows from other symbols and "
                          "cannot be set; `make compare` lists what can be")
        return symbol

    def others(self, symbol):
        """The values to compare with when none are given."""
        if symbol.name == "IRQCHIP":
            return [k for k in IRQCHIP_KINDS if k != self.value("IRQCHIP")]
        if symbol.kind == "bool":
            return ["n" if self.value(symbol.name) == "y" else "y"]
        raise Refusal(f"TOGGLE={symbol.name}: is no switch; name the values, "
                      f"as in TOGGLE={symbol.name}={self.example(symbol)}")

    def example(self, symbol):
        examples = {"DEFAULT_MEM": "64M,256M", "DEFAULT_CMDLINE":
                    "'\"console=ttyS0\"'"}
        return examples.get(symbol.name, "1,2")

    def check(self, symbol, value):
        """Refuses what cannot be a value of the symbol."""
        name = symbol.name
        if name == "IRQCHIP":
            good, want = value in IRQCHIP_KINDS, ", ".join(IRQCHIP_KINDS)
        elif symbol.kind == "bool":
            good, want = value in ("y", "n"), "y or n"
        elif symbol.kind == "int":
            good, want = re.fullmatch("[0-9]{1,9}", value), "a number"
        else:
            good, want = value != "", "a text"
        if not good:
            raise Refusal(f"TOGGLE={name}={value}: the value must be {want}")

    def changes(self, variant):
        """{symbol: value} that the variant asks of Kconfig."""
        if variant.name == "IRQCHIP":
            if variant.value == "none":
                return {"IRQCHIP": "n"}
            asked = {"IRQCHIP": "y"}
            chosen = "IRQCHIP_DEFAULT_" + variant.value.upper()
        else:
            asked = {variant.name: variant.value}
            chosen = variant.name
        choice = self.symbols[chosen].choice
        if choice and asked.get(chosen) != "n":
            asked.update((s.name, "n") for s in self.symbols.values()
                         if s.choice == choice)
            asked[chosen] = "y"
        return asked

    def configure(self, variant):
        """Fills in .config and what follows; raises Refusal."""
        changes = self.changes(variant)
        text = kconfig.resolve(self.top, kconfig.changed(
            self.text, self.symbols, changes))
        values = kconfig.parse(text)
        for name, value in changes.items():
            if values.get(name, "n") != value:
                why = kconfig.why_not(self.top, text, name, value)
                raise Refusal(f"TOGGLE={variant.id}: Kconfig does not take "
                              f"{name}={value}: {why}")
        variant.config = text
        variant.follows = self.follows(values, variant.symbols)

    def configure_all(self, variants, refused=None):
        """The same for those that are not configured yet, several at once. A
        refused one raises, or is handed to refused(variant, refusal)."""
        left = [variant for variant in variants if not variant.config]
        with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for variant, done in [(variant, pool.submit(self.configure, variant))
                                  for variant in left]:
                try:
                    done.result()
                except Refusal as refusal:
                    if not refused:
                        raise
                    refused(variant, refusal)

    def follows(self, values, asked):
        """What differs from the configuration beside what was asked for."""
        found = {}
        for symbol in self.symbols.values():
            empty = "n" if symbol.kind == "bool" else ""
            have = values.get(symbol.name, empty)
            if symbol.folder == "vmm" and symbol.name not in asked and \
                    have != self.values.get(symbol.name, empty):
                found[symbol.name] = have
        return found


def words_of(text):
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Refusal(f"TOGGLE={text}: {error}") from None


def variants_of(catalogue, word):
    """The variants that one word of TOGGLE= asks for, and notes on it."""
    name, equals, value = word.partition("=")
    symbol = catalogue.find(name.removeprefix("CONFIG_"))
    name = symbol.name
    values = [value] if name in TEXTS else value.split(",")
    if not equals:
        values = catalogue.others(symbol)
    for value in values:
        catalogue.check(symbol, value)
    wanted = [v for v in values if v != catalogue.value(name)]
    notes = [f"{name}={v} is what is configured: the first column"
             for v in values if v not in wanted]
    if not wanted:
        raise Refusal(f"TOGGLE={word}: is what is configured already, nothing "
                      "would change")
    return [Variant(name, v) for v in wanted], notes


def all_variants(catalogue):
    """Every switch flipped once, as far as Kconfig lets it; and notes."""
    # The choice is that of IRQCHIP=.
    every = [Variant(symbol.name, value) for symbol in catalogue.ours()
             if symbol.kind == "bool" and not symbol.choice
             for value in catalogue.others(symbol)]
    notes = []
    catalogue.configure_all(every, lambda _, refusal: notes.append(
        f"left out: {refusal}".replace("TOGGLE=", "")))
    return [variant for variant in every if variant.config], notes


def parse(catalogue, text):
    """(words, variants, notes) of TOGGLE=; raises Refusal."""
    words = words_of(text)
    if "all" in words:
        if len(words) > 1:
            raise Refusal("TOGGLE=all: is each of them already; name nothing "
                          "else")
        return words, *all_variants(catalogue)
    variants, notes = [], []
    for word in words:
        more, said = variants_of(catalogue, word)
        variants += more
        notes += said
    seen = set()
    for variant in variants:
        if variant.id in seen:
            raise Refusal(f"TOGGLE={text}: asks for {variant.id} twice")
        seen.add(variant.id)
    return words, variants, notes


def refuse_decided(variants, words):
    """Refuses a toggle that kvm-vmm's command line decides already."""
    for variant in variants:
        word = forms.conflict(variant.name, words)
        if word:
            raise Refusal(f"TOGGLE={variant.id}: ARGS has {word}, which "
                          "decides that already; leave one of them out")


def give_options(variants, known):
    """The run-time form of each variant; raises Refusal where there is none.

    known: every NAME of --no-NAME that this kvm-vmm has.
    """
    for variant in variants:
        options = forms.options(variant.name, variant.value)
        if options is None:
            raise Refusal(f"TOGGLE={variant.id}: has no run-time form; "
                          "HOW=build builds it")
        name = options[0].removeprefix("--no-")
        if name != options[0] and name not in known:
            raise Refusal(f"TOGGLE={variant.id}: this kvm-vmm has no "
                          f"{options[0]}; HOW=build builds it")
        variant.options = options
