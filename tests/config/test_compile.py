#!/usr/bin/python3
# timeout: 900
"""kvm-vmm compiles and links whatever is selected: least and chance. All of it is
built by lint/compilers, presets by guest/presets and config/levels, pairs by
config/pairwise.

Each in an empty tree, but always the same, which ccache knows.
"""

import os

import kconfig
from kconfig import tap

SEEDS = (2718,)


def runs(config, *goal, env=None):
    """The configuration gives a kvm-vmm that can say what is in it."""
    with kconfig.Tree("compile") as out:
        out.made(*goal, env=env)
        out.made("kvm-vmm")
        vmm = out.at("images", "kvm-vmm")
        tap.check(os.access(vmm, os.X_OK), f"{config}: no images/kvm-vmm")
        status = os.system(f"{vmm} --list >{out.at('list')} 2>&1")
        with open(out.at("list"), encoding="utf-8") as file:
            tap.check(status == 0, f"{config}: --list fails", file.read())


tap.add("allnoconfig compiles", runs, "allnoconfig", "allnoconfig")


def chance(seed):
    runs(f"seed {seed}", "randconfig", env={"KCONFIG_SEED": str(seed)})


for number in SEEDS:
    tap.add(f"randconfig with KCONFIG_SEED={number} compiles", chance, number)
tap.main()
