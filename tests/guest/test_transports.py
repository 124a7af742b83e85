#!/usr/bin/python3
# timeout: 600
"""virtio over MMIO and over PCI, as Linux drives it: two disks, which threads
serve, in the order of their options, and random bytes, which a vCPU does; with
each kind of interrupt controllers, and without what makes it quick.
"""

import hashlib
import os
import re

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")    # of `make std`
LIMIT = 100
SIZES = (1 << 20, 512 << 10)            # of the disks
# Read past the guest's cache where it can be, many requests one after the other.
ASKED = b"""stty -echo
for disk in a b; do
	echo "@vd$disk $(dd if=/dev/vd$disk bs=4k iflag=direct 2>/dev/null | md5sum)"
done
echo "@random $(dd if=/dev/hwrng bs=64 count=4 2>/dev/null | wc -c)"
grep virtio /proc/interrupts | sed 's/^/@irq /'
echo "@broken $(dmesg | grep -c -i 'virtio.*\\(fail\\|error\\|broken\\)')"
poweroff
"""


def disk(number):
    """A file that another one cannot be mistaken for."""
    path = os.path.join(tap.BUILD, "tests", "guest",
                        f"transports-{SIZES[number]}")
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(b"".join(hashlib.sha512(b"%d %d" % (number, n)).digest()
                                for n in range(SIZES[number] // 64)))
        os.replace(path + ".new", path)
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.md5(file.read()).hexdigest()


def command(*options):
    for name in ("vmlinux", "initramfs.cpio"):
        if not os.path.exists(os.path.join(STD, name)):
            raise tap.Skip(f"{STD}/{name}: not built; run `make std`")
    return vm.Command(
        vm.KVM_VMM, "--timeout", LIMIT, *options,
        *(word for n in (0, 1) for word in ("--disk", disk(n) + ",ro")),
        "--rng", os.path.join(STD, "vmlinux"), "--initrd",
        os.path.join(STD, "initramfs.cpio"), stdin=ASKED, limit=LIMIT)


def works(interrupts):
    """A judge: all was read, and interrupts came by lines of this kind."""
    def judge(result):
        result.must(vm.OK)
        text = result.out.decode(errors="replace").replace("\r", "")
        found = dict(re.findall(r"@(\w+) (\w+)", text))
        tap.equal([found.get("vda"), found.get("vdb")],
                  [digest(disk(0)), digest(disk(1))], "what was on the disks")
        tap.equal(found.get("random"), "256", "random bytes")
        tap.equal(found.get("broken"), "0", "complaints of the drivers")
        # With several queues, one may have had nothing to do.
        came = re.findall(r"@irq .*:.* [1-9]\d* .*" + interrupts + ".*", text)
        tap.none_of(f"virtio{n} had no interrupt by {interrupts}:\n{text}"
                    for n in range(3)
                    if not any(f"virtio{n}" in line for line in came))
    return judge


TABLE = vm.Table()


def row(interrupts, *options):
    TABLE.add("two disks and random bytes, " +
              (" ".join(options) or "by what the kernel is known to have"),
              lambda place: command(*options), works(interrupts))


def built_in(*names):
    return [f"--no-{name}" for name in names if vm.has_feature(name)]


# Each transport with each kind of interrupt controllers (PCI with those of the
# host's kernel: guest/stock_virtio), and each without some of the switches; all of
# them in one session of the lab.
EDGE, PIC, MSI = "IO-APIC .*edge", "XT-PIC", "PCI-MSI"
WITHOUT = built_in("ioeventfd", "irqfd", "shown-registers")
row(EDGE)
row(EDGE, "--smp", "2", "--irqchip", "split", *WITHOUT)
row(PIC, "--irqchip", "vmm", *built_in("ioeventfd"))
row(MSI, "--virtio", "pci", "--smp", "2", "--irqchip", "split")
row(PIC, "--virtio", "pci", "--irqchip", "vmm", *WITHOUT)


def refuses(*words):
    def judge(result):
        tap.equal(result.status, vm.USAGE, result.err)
        for word in words:
            tap.check(word in result.err, f"no {word}:", result.err)
    return judge


def hello(*options):
    return lambda place: vm.Command(vm.KVM_VMM, *options,
                                    vm.image("hello.bin"))


TABLE.add("there are as many windows as interrupt lines, and it says so",
          hello("--virtio", "mmio", *["--rng"] * 11),
          refuses("virtio-rng", "no free interrupt line", "--virtio pci"))
TABLE.add("lines of PCI are not given out",
          hello("--virtio", "mmio", "--edu", *["--rng"] * 9),
          refuses("no free interrupt line"))
TABLE.add("what is no transport is named",
          hello("--virtio", "isa", "--rng"), refuses("--virtio isa", "pci"))
TABLE.add("nor one that the run goes without",
          hello("--no-pci", "--virtio", "pci", "--rng"), refuses("--no-pci"))
TABLE.add_cases("lab") if not vm.lab_lacks() else \
    tap.add("virtio in the lab", vm.skip, vm.lab_lacks())
tap.main()
