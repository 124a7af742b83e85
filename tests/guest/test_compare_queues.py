#!/usr/bin/python3
"""make compare: disks, transports and queues of virtio devices."""

import os

import comparing  # noqa: F401, which finds the package
from vm import tap

from compare import measure, place, rows, toggles


def of_words(*words):
    return place.Plan(["place lab", "why w", "image i", "need linux",
                       "initrd ", "mem 64M", *("arg " + w for w in words)])


@tap.case("disks and directories are found from a session's own directory")
def finds_files():
    top = os.getcwd()
    tap.equal(of_words("Makefile", "--disk", "Makefile,ro", "--share=docs,tag",
                       "--disk", "nbd:unix:Makefile",
                       "--net", "docs").absolute_words(),
              ["Makefile", "--disk", f"{top}/Makefile,ro",
               f"--share={top}/docs,tag", "--disk", "nbd:unix:Makefile",
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


tap.main()
