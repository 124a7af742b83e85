"""A seed: the objects of one output tree as the beginning of another.

An object depends on the stamps of the symbols that its source names, so that
make compiles again just what another configuration touches: a second or two
instead of all of kvm-vmm and its back ends. Dates are kept, as make goes by them.
"""

import os
import re
import shutil

# What there is of kvm-vmm and its back ends, and what of that is left out.
PARTS = {"config": ("work.*",), "vmm": ("kvm-vmm",), "backends": (),
         "musl/backends": (), "deps": ()}
FILES = ("host.flags",)
# The output tree's path stands in the first line and before each stamp.
TARGET = re.compile(r"^(\S+?)/(?:vmm|backends|musl)/\S+\.o:", re.M)


def seed(base, build):
    """Copies what a build directory has of kvm-vmm into a new one."""
    for part, without in PARTS.items():
        if os.path.isdir(os.path.join(base, part)):
            shutil.copytree(os.path.join(base, part),
                            os.path.join(build, part), symlinks=True,
                            ignore=shutil.ignore_patterns(*without))
    for name in FILES:
        if os.path.exists(os.path.join(base, name)):
            shutil.copy2(os.path.join(base, name), build)
    for folder, _, names in os.walk(build):
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


def programs(base, images):
    """Copies the back ends of a folder of images into a new one."""
    os.makedirs(images, exist_ok=True)
    for name in os.listdir(base):
        if name.startswith("kvm-") and name != "kvm-vmm":
            shutil.copy2(os.path.join(base, name), images)
