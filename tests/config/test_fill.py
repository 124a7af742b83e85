#!/usr/bin/python3
"""make trend FILL=: which commits are measured, and what of them is taken as measured."""

import os
from types import SimpleNamespace

from repository import case, result, tap

from compare import fill

MAKEFILE = """\
%_defconfig:
\t@cp configs/$@ $(O)/.config
kvm-vmm:
\t@mkdir -p $(O)/images && cp vmm/main.c $(O)/images/kvm-vmm
"""


def project(repository):
    """A project of a few lines, in five commits: their names."""
    def put(path, text):
        full = os.path.join(repository.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        repository.git("add", path)

    shas = []
    put("Kconfig", 'config A\n\tbool "A"\n\tdefault y\n')
    put("configs/default_defconfig", "")
    for text, make in (("1", MAKEFILE), ("22", MAKEFILE), ("333", "broken"),
                       ("4444", MAKEFILE), ("4444", MAKEFILE)):
        put("vmm/main.c", text)
        put("Makefile", make)
        shas.append(repository.commit(f"it is {text}"))
    put("vmm/main.c", "not committed")
    return shas


@case("FILL measures what has no result yet, and leaves tree and index alone")
def filled(repository):
    shas = project(repository)
    config = os.path.join(repository.folder, ".config")
    with open(config, "w", encoding="utf-8") as file:
        file.write("CONFIG_A=y\n")
    before = repository.git("status", "--porcelain"), repository.git(
        "ls-files", "-s")
    words = {"FILL": "4", "WHAT": "size", "MKVM_CONFIG": config,
             "MKVM_IMAGES": repository.folder}
    status, out, err = repository.draw(**words)
    tap.equal((status, err.count("MEASURE")), (0, 4), err)
    tap.check(f"{shas[2][:7]}: cannot be built" in err, err)
    one, = repository.trends().of["size"]
    tap.equal(dict(one.points), {1: [2], 3: [4], 4: [4]}, out)
    tap.equal((repository.git("status", "--porcelain"), repository.git(
        "ls-files", "-s")), before, "the repository")
    for count, want in ((1, [6]), (2, [0, 6]), (3, [0, 3, 6]),
                        (4, [0, 2, 4, 6]), (9, list(range(7)))):
        tap.equal(fill.spaced(list(range(7)), count), want)
    status, out, err = repository.draw(**{**words, "FILL": "5"})
    tap.equal((status, err.count("MEASURE")), (0, 2), err)  # 1 and the broken
    one, = repository.trends().of["size"]
    tap.equal(one.values(), [1, 2, 4, 4])


@case("FILL counts again what has been booted with another image")
def filled_again(repository):
    config = os.path.join(repository.folder, ".config")
    with open(config, "w", encoding="utf-8"):
        pass
    with open(os.path.join(repository.folder, "vmlinux"), "w",
              encoding="utf-8") as file:
        file.write("1")
    one = fill.Fill(SimpleNamespace(
        top=tap.TOP, build=repository.folder, folder=repository.folder,
        images=repository.folder, config=config, whats=("exits",)))
    name = one.config["name"]
    tap.equal(one.has(SimpleNamespace(results=[
        result(sha, exits=1, exits_until="/init",
               config={"name": name, "digest": "", "symbols": []},
               image={"name": image, "digest": "", "from": "tree"})
        for sha, image in (("a", f"vmlinux ({one.same_image}, the same for all)"),
                           ("b", "vmlinux (0000000, the same for all)"),
                           ("c", "vmlinux"))])), {"a"})


@case("FILL counts again what another compiler has made, and builds all anew")
def filled_by_another(repository):
    config = os.path.join(repository.folder, ".config")
    with open(config, "w", encoding="utf-8"):
        pass
    flags = os.path.join(repository.folder, "host.flags")
    with open(flags, "w", encoding="utf-8") as file:
        file.write("gcc -O2\n")
    def make(what):
        return fill.Fill(SimpleNamespace(
            top=tap.TOP, build=repository.folder, folder=repository.folder,
            images=repository.folder, config=config, whats=(what,)))
    one = make("size")
    name, version = one.compiler.split()[:2]
    rows = [result(sha, size=1, instructions=1, exits=1, cc=cc,
                   instructions_until="/init", exits_until="/init",
                   config={"name": one.config["name"], "digest": "", "symbols": []},
                   image={"name": f"vmlinux ({one.same_image}, the same for all)",
                          "digest": "", "from": "tree"})
            for sha, cc in (("a", f"{name} {version} -Os"),
                            ("b", f"{name} 1.{version} -O2"), ("c", ""))]
    for what, want in (("size", {"a"}), ("instructions", {"a"}),
                       ("exits", {"a", "b", "c"})):
        tap.equal(make(what).has(SimpleNamespace(results=rows)), want, what)
    os.makedirs(one.out)
    for other, left in (("", False), ("", True), ("1", False)):
        one.compiler = f"{name} {other}{version} -O2"
        os.makedirs(one.out, exist_ok=True)
        one.renew()
        tap.equal(os.path.exists(one.out), left, one.compiler)


tap.main()
