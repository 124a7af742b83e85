#!/usr/bin/python3
# timeout: 900
"""Every pair of switches in every combination that Kconfig allows: each is in
one of a few configurations, and all of these compile, link and run. So do the least
and one by chance, as make's goals have them; all of it is built by lint/compilers,
presets by guest/presets and config/levels.

A covering array, found greedily and by chance with fixed seeds, so that it is
the same on every machine. A value of a switch is a literal; the literals of a
configuration are the bits of a number.
"""

import functools
import itertools
import random
import subprocess

import kconfig
from kconfig import tap

SEEDS = range(5, 9)  # a few: each configuration takes longer than that
MIXED = 1000        # combinations of leaders by chance
MOSTLY = 0.8        # leaders that are on in one: leaves need them
LOOKED_AT = 200     # frames that may become the next configuration
TRIES = 3           # fillings of each; more find a smaller array
SYMBOLS = kconfig.read()
NAMES = [symbol.name for symbol in SYMBOLS.values() if symbol.is_switch()]
CHOICE = [name for name in NAMES if SYMBOLS[name].choice]
PLACE = {name: place for place, name in enumerate(NAMES)}


def literal(name, value):
    return 1 << 2 * PLACE[name] + value


def either(name):
    return literal(name, 0) | literal(name, 1)


def named(bits):
    """The literals of a number, for people."""
    return " ".join(f"{name}={'ny'[value]}" for name in NAMES
                    for value in (0, 1) if bits & literal(name, value))


def each_bit(number):
    while number:
        low = number & -number
        yield low
        number -= low


@functools.lru_cache(None)
def leaders():
    """The switches on which others depend; all the rest are leaves."""
    words = {word for symbol in SYMBOLS.values() for word in symbol.around}
    return [name for name in NAMES if name in words and name not in CHOICE]


def hangs_on(name):
    """The leaders that decide what a switch can be, with members of the choice:
    all that it names, that those name, and that select one of them."""
    seen, left = set(), [name]
    while left:
        symbol = SYMBOLS.get(left.pop())
        if symbol and symbol.name not in seen:
            seen.add(symbol.name)
            left += symbol.around.difference(symbol.selects)
            left += [other.name for other in SYMBOLS.values()
                     if symbol.name in other.selects]
            left += CHOICE if symbol.choice else []
    return seen.intersection(leaders() + CHOICE)


def combinations(names):
    """Every wish for these, one member of the choice at most; the rest is on,
    as it is by default. What depends on a name that is off is off, whatever is
    wished: once is enough."""
    free = [name for name in names if name not in CHOICE]
    for values in itertools.product((False, True), repeat=len(free)):
        wish = dict(zip(free, values))
        if any(wish[name] and not wish.get(other, True)
               for name in free for other in SYMBOLS[name].depends):
            continue
        yield from ([{**wish, member: True} for member in CHOICE]
                    if len(free) < len(names) else [wish])


def wishes(chance):
    """Combinations of leaders: by chance, of all; and whatever the switches of
    one pair hang on in every combination, so that no pair is overlooked: those of
    the largest sets of names have those of all others in them."""
    for _ in range(MIXED):
        yield {**{name: chance.random() < MOSTLY for name in leaders()},
               chance.choice(CHOICE): True}
    around = {name: hangs_on(name) for name in NAMES}
    sets = {frozenset(around[first] | around[second])
            for first in NAMES for second in NAMES}
    for names in sorted(tuple(sorted(names)) for names in sets
                        if not any(names < other for other in sets)):
        yield from combinations(names)


class Frame:
    """What leaders come to, and the leaves that this leaves open.

    No leaf matters to another, so that each may have either value.
    """

    def __init__(self, wish):
        self.wish = wish
        result = kconfig.Result(wish)
        leads = leaders() + CHOICE
        self.leaves = [name for name in NAMES
                       if name not in leads and result.is_open(name)]
        self.fixed = sum(literal(name, value)
                         for name, value in result.values.items()
                         if name in NAMES and name not in self.leaves)
        self.possible = self.fixed | sum(either(n) for n in self.leaves)

    def fill(self, chance, pair, left):
        """A configuration of this frame that has the pair and, one leaf after
        the other, the value that brings more missing pairs."""
        config = self.fixed | pair
        for name in chance.sample(self.leaves, len(self.leaves)):
            if not config & either(name):
                config |= max(literal(name, chance.getrandbits(1)),
                              literal(name, 0), literal(name, 1),
                              key=lambda bit: (left[bit] & config).bit_count())
        return config


def frames(chance):
    """Every frame once."""
    found = {}
    for wish in wishes(chance):
        frame = Frame(wish)
        found.setdefault(frame.fixed, frame)
    return list(found.values())


def reachable(around):
    """For each literal, the literals that Kconfig allows beside it."""
    beside = dict.fromkeys((1 << bit for bit in range(2 * len(NAMES))), 0)
    for frame in around:
        for bit in each_bit(frame.possible):
            beside[bit] |= frame.possible
    for name in NAMES:      # a switch makes no pair with itself
        for value in (0, 1):
            beside[literal(name, value)] &= ~either(name)
    return beside


def missing(config, left):
    """How many pairs of the configuration are still missing, twice."""
    return sum((left[bit] & config).bit_count() for bit in each_bit(config))


def covering(around, beside, chance):
    """Configurations: every pair of literals that are beside each other is in one.

    Each begins with the literal that misses most pairs.
    """
    left = dict(beside)
    configs = []
    while any(left.values()):
        bit = max(left, key=lambda one: left[one].bit_count())
        pair = bit | next(each_bit(left[bit]))
        fitting = [f for f in around if f.possible & pair == pair]
        some = chance.sample(fitting, min(LOOKED_AT, len(fitting)))
        best = max((frame.fill(chance, pair, left)
                    for frame in some for _ in range(TRIES)),
                   key=lambda config: missing(config, left))
        configs.append(best)
        for one in each_bit(best):
            left[one] &= ~best
    return configs


def wish_of(config):
    """What to write down for a configuration: all that is set by hand."""
    values = {name: bool(config & literal(name, 1)) for name in NAMES}
    result = kconfig.Result(values)
    return {name: value for name, value in values.items()
            if result.is_open(name)}


FRAMES = frames(random.Random(SEEDS[0]))
BESIDE = reachable(FRAMES)
CONFIGS = min((covering(FRAMES, BESIDE, random.Random(seed)) for seed in SEEDS),
              key=len)
CONFIGS.sort(key=lambda config: config & either("VMM_STATIC"))
PAIRS = sum(bits.bit_count() for bits in BESIDE.values()) // 2
REAL = []       # the configurations as Kconfig left them
TREE = kconfig.Tree("pairwise")


def is_good(config):
    """It compiles and links, and what comes out can say what is in it."""
    TREE.configure(wish_of(config))
    TREE.made("olddefconfig")
    values = kconfig.parse(TREE.config())
    real = sum(literal(name, values.get(name) == "y") for name in NAMES)
    tap.equal(named(real), named(config), "what Kconfig made of it")
    REAL.append(real)
    starts()


def starts():
    TREE.made("kvm-vmm")
    done = subprocess.run([TREE.at("images", "kvm-vmm"), "--list"],
                          capture_output=True, text=True, check=False)
    tap.equal(done.returncode, 0, done.stderr + "status of --list")


def all_pairs():
    """Counted in what Kconfig really made."""
    tap.equal(len(REAL), len(CONFIGS), "configurations seen")
    have = dict.fromkeys(BESIDE, 0)
    for real in REAL:
        for bit in each_bit(real):
            have[bit] |= real & ~bit
    tap.none_of(f"in none: {named(bit)} with {named(bits & ~have[bit])}"
                for bit, bits in BESIDE.items() if bits & ~have[bit])


def unreachable():
    """The pairs that no configuration has."""
    for at, first in enumerate(NAMES):
        for second in NAMES[at + 1:]:
            for one in (0, 1):
                others = either(second) & ~BESIDE[literal(first, one)]
                for bit in each_bit(others):
                    yield {first: bool(one),
                           second: bit == literal(second, 1)}


def is_need(pair):
    """Whether one of the two depends on just the other, by name: config/switches
    has these refused, and looks at the message too."""
    return any(pair[name] and not pair[other] and
               other in SYMBOLS[name].depends
               for name, other in itertools.permutations(pair))


@tap.case("Kconfig refuses every pair that is in none of them")
def refused():
    with kconfig.Tree("pairwise-refused") as out:
        for pair in itertools.filterfalse(is_need, unreachable()):
            members = [None] if set(CHOICE) & set(pair) or not any(
                set(CHOICE) & hangs_on(name) for name in pair) else CHOICE
            for member in members:
                out.configure({**pair, **({member: True} if member else {})})
                status, text = out.judge()
                tap.check(status != 0 and "mini-kvm: " in text,
                          f"{pair} with {member}: accepted")


def by_goal(goal):
    TREE.made(goal, env={"KCONFIG_SEED": "2718"})
    starts()


tap.add("allnoconfig compiles, links and runs", by_goal, "allnoconfig")
for number, each in enumerate(CONFIGS, 1):
    tap.add(f"configuration {number} of {len(CONFIGS)} compiles, links and "
            "runs", is_good, each)
tap.add(f"together they have all {PAIRS} pairs that Kconfig allows",
        all_pairs)
tap.add("randconfig with KCONFIG_SEED=2718 does", by_goal, "randconfig")
with TREE:
    tap.main()
