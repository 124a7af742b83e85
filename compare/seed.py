"""A seed: the objects of one output tree as the beginning of another.

An object depends on the stamps of the symbols that its source names, so that
make compiles again just what another configuration touches: a second or two
instead of all of kvm-vmm. Dates are kept, as make goes by them.
"""

import os
import re
import shutil

PARTS = ("config", "vmm")
# The output tree's path stands in the first line and before each stamp.
TARGET = re.compile(r"^(\S+)/vmm/\S+\.o: \\$", re.M)


def seed(base, build):
    """Copies what a build directory has of kvm-vmm into a new one."""
    for part in PARTS:
        shutil.copytree(os.path.join(base, part), os.path.join(build, part),
                        ignore=shutil.ignore_patterns("kvm-vmm", "work.*"))
    flags = os.path.join(base, "host.flags")
    if os.path.exists(flags):
        shutil.copy2(flags, build)
    for folder, _, names in os.walk(os.path.join(build, "vmm")):
        for name in names:
            if name.endswith(".o.d"):
                move(os.path.join(folder, name), build)


def move(path, build):
    """Makes a dependency file one of the new tree."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = TARGET.match(text)
    if not found:       # then make shall not believe the object either
        os.remove(path.removesuffix(".d"))
        return
    old, new = found.group(1) + "/", build + "/"
    text = new + text[len(old):].replace(f"$(wildcard {old}config/",
                                         f"$(wildcard {new}config/")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
