"""A Linux guest that is there for its network: src/net_init.c as its /init, on the
kernel of `make std`."""

import functools
import os
import subprocess

import vm
from vm import tap

KERNEL = os.path.join(tap.BUILD, "std", "vmlinux")
FOLDER = os.path.join(tap.BUILD, "tests", "net")
PROGRAM = os.path.join(FOLDER, "net_init")
INITRD = os.path.join(FOLDER, "net.cpio")

LIST = f"""\
dir /dev 755 0 0
nod /dev/console 600 0 0 c 5 1
file /init {PROGRAM} 755 0 0
"""


@functools.lru_cache(None)
def make():
    with vm.made(PROGRAM) as program:
        subprocess.run(["gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror",
                        "-Ivmm", "-o", program,
                        os.path.join(vm.SOURCES, "net_init.c")],
                       cwd=tap.TOP, check=True)
    with vm.made(INITRD) as initrd:
        with open(initrd + ".list", "w", encoding="utf-8") as file:
            file.write(LIST)
        subprocess.run([os.path.join(tap.BUILD, "host", "initcpio"), "create", "-o",
                        initrd, initrd + ".list"], check=True)


def lacks():
    """Why there can be none, or None."""
    if not os.path.exists(KERNEL):
        return "build/std is not built: make std"
    if not vm.has_feature("hub", "net"):
        return "not configured"
    return vm.not_configured("linux", ())
