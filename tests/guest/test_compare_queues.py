#!/usr/bin/python3
"""make compare: disks, transports and queues of virtio devices, and pictures."""

import os
import tempfile
from types import SimpleNamespace

import comparing  # noqa: F401, which finds the package
from vm import tap

from compare import __main__ as program
from compare import comparison, measure, place, rows, toggles


def of_words(*words):
    return place.Plan(["place lab", "why w", "image i", "need linux",
                       "initrd ", "mem 64M", *("arg " + w for w in words)])


@tap.case("disks and directories are found from a session's own directory")
def finds_files():
    top = os.getcwd()
    tap.equal(of_words("Makefile", "--disk", "Makefile,ro", "--share=docs,tag",
                       "--disk", "nbd:unix:Makefile", "--ide", "Makefile,ro",
                       "--cdrom=Makefile", "--initrd", "README.md",
                       "--net", "docs").absolute_words(),
              ["Makefile", "--disk", f"{top}/Makefile,ro",
               f"--share={top}/docs,tag", "--disk", "nbd:unix:Makefile",
               "--ide", f"{top}/Makefile,ro", f"--cdrom={top}/Makefile",
               "--initrd", f"{top}/README.md",
               "--net", "docs"])


@tap.case("VIRTIO_PCI is compared with PCI, whatever the kernel would have")
def compares_with_pci():
    base, pci = toggles.Variant(), toggles.Variant("VIRTIO_PCI", "n")
    other = toggles.Variant("VIRTIO_PACKED", "n")
    plan, given = of_words(), of_words("--virtio=mmio")
    every = [base, pci, other]
    tap.equal([plan.transport(one, every) for one in every],
              [["--virtio", "pci"], [], ["--virtio", "pci"]])
    tap.equal(plan.transport(base, [base, other]), [])
    tap.equal(given.transport(base, every), [])


@tap.case("who toggles a queue has a disk, where there is one and nothing else")
def gives_a_disk():
    def args_of(name, *words, args="", disk=True):
        request = SimpleNamespace(top="", images=folder, args=args)
        path = os.path.join(folder, "root.img")
        if disk:
            open(path, "wb").close()
        elif os.path.exists(path):
            os.remove(path)
        place.plan = lambda top: of_words(*words)
        plan, said = program.plan_of(request, [toggles.Variant(name, "n")])
        tap.equal((plan.need, len(said)), ("linux", request.args != args))
        return request.args
    real, before = place.plan, os.environ.get("ARGS")
    with tempfile.TemporaryDirectory(dir=tap.BUILD) as folder:
        given = f"--disk {os.path.relpath(folder)}/root.img,ro"
        tap.equal(args_of("VIRTIO_PACKED"), given)
        tap.equal(args_of("IRQFD", "--smp", "2", args="--smp 2"), "--smp 2 " + given)
        tap.equal(args_of("VIRTIO_PACKED", "--rng"), "")
        tap.equal(args_of("IO_URING", "--share=docs"), "")
        tap.equal(args_of("PIT"), "")
        tap.equal(args_of("VIRTIO_PACKED", disk=False), "")
    place.plan = real
    os.environ.update({"ARGS": before} if before else {})


@tap.case("queues of all devices are one row each, and none are none")
def sums_queues():
    one = dict.fromkeys(measure.QUEUE_KEYS, 3)
    tap.equal(measure.queues({"queues": [one, {**one, "kicks": 1}]}),
              {**dict.fromkeys(measure.QUEUE_KEYS, 6), "kicks": 4})
    tap.equal(measure.queues({"queues": []}), None)
    tap.equal(measure.queues({}), None)
    have = {"queues": measure.queues({"queues": [one]})}
    found = [row.texts for row in rows.queue_rows([have, {}, have])]
    tap.equal(found, [["3", "-"]] * 5)


def notes(asked, *names, queues=None):
    """What is said of toggles that had nothing to do."""
    made = [toggles.Variant(), *(toggles.Variant(n, "n") for n in names)]
    one = comparison.Comparison(SimpleNamespace(
        how="run", build="", images=""), of_words(), made)
    return one.unused({"ledger": {"exits": 1}, "queues": queues, "ports": [
        {"handler": name} for name in asked]} if asked is not None else
        {"ledger": None, "queues": None, "ports": []})


@tap.case("a toggle that had nothing to do is told of")
def tells_of_idle():
    tap.equal(notes(None, "IDE_DMA"), [])
    for name, device in (("IDE_DMA", "ide"), ("FWCFG_DMA", "fwcfg"),
                         ("VGA_VBE", "vga")):
        said, = notes(["serial"], name)
        tap.check(said.startswith(f"the guest never asked {device}: "), said)
        tap.equal(notes(["serial", device], name), [], name)
    tap.equal(len(notes(["serial"], "IDE_DMA", "VGA_VBE", "IRQFD")), 3)
    tap.equal(notes(["serial"], "PIT", "VIRTIO_PACKED", queues={"kicks": 1}), [])


@tap.case("a picture has so many VM exits and bytes, where it is known to be one")
def counts_pictures():
    drawn = {"ledger": {"x": 1}, "frames": 32, "exits": 320, "bytes": 48}
    other = {**drawn, "frames": None}
    for key, want in ("exits", "10.00"), ("bytes", "1.50"):
        tap.equal(rows.per_frame([drawn, other, drawn], key, "").texts,
                  [want, "-"])
    plan = of_words()
    plan.image = "/anywhere/mode13.bin"
    one = comparison.Comparison(SimpleNamespace(
        how="run", build="", images=""), plan, [toggles.Variant()])
    with open(os.path.join(tap.TOP, "guests", "mode13.S"),
              encoding="utf-8") as file:
        tap.check(f"#define FRAMES\t   {one.frames()[0]}\n" in file.read(),
                  "mode13 draws another number of pictures")


tap.main()
