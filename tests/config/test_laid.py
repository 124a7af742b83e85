#!/usr/bin/python3
"""A patch is laid over one kernel: what it changes is compiled from a copy."""

import os
import subprocess
import tempfile

import tree
from tree import tap

# It compiles as Kbuild does: what lies in the objects' folder comes first.
MAKEFILE = """\
allnoconfig:
\t@cp $(KCONFIG_ALLCONFIG) $(O)/.config
bzImage:
\t@cat $$(ls $(O)/a/x.c a/x.c 2>/dev/null | head -n 1) >$(O)/vmlinux
\t@test ! -e $(O)/a/x.c || cat $(O)/a/x.h >>$(O)/vmlinux
"""
PATCH = """\
Words about it.
--- a/a/x.c
+++ b/a/x.c
@@ -1,3 +1,3 @@
 one
-two
+2
 three
"""


def built(folder, source):
    """Of a tree with that source: what make is given, and what was printed."""
    os.makedirs(os.path.join(folder, "tree", "a"), exist_ok=True)
    for name, text in (("tree/Makefile", MAKEFILE), ("tree/a/x.c", source),
                       ("tree/a/x.h", "a header\n"), ("fragment", "CONFIG_A=y\n"),
                       ("tree/Kconfig", 'config A\n\tbool "A"\n'), ("p", PATCH)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    env = {k: v for k, v in os.environ.items() if k not in tree.OURS}
    done = subprocess.run(
        [os.path.join(tap.TOP, "tools", "kernel"), "lab", folder + "/tree",
         folder + "/obj", folder + "/fragment", folder + "/p"],
        env=dict(env, MKVM_BUILD=folder, MKVM_TOP=folder), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    tap.equal(done.returncode, 0, done.stdout)
    with open(folder + "/tree/a/x.c", encoding="utf-8") as file:
        tap.equal(file.read(), source, "the tree")
    with open(folder + "/obj/vmlinux", encoding="utf-8") as file:
        return file.read(), done.stdout


@tap.case("it is changed there, and finds its headers; the tree stays as it is")
def fits():
    with tempfile.TemporaryDirectory() as folder:
        for source in ("one\ntwo\nthree\n", "one\ntwo\nthree\nfour\n"):
            made, said = built(folder, source)
            tap.equal(made, source.replace("two", "2") + "a header\n", "what is compiled")
            tap.check("does not fit" not in said, said)


@tap.case("one that does not fit is left out, also after one that did, and that is said")
def misfits():
    with tempfile.TemporaryDirectory() as folder:
        built(folder, "one\ntwo\nthree\n")
        made, said = built(folder, "something else\n")
        tap.equal(made, "something else\n", "what is compiled")
        tap.none_of(name for name in os.listdir(folder + "/obj/a")
                    if name.startswith("x.c"))
        tap.equal(said.count("/p does not fit this Linux; built without it "), 1, said)


tap.main()
