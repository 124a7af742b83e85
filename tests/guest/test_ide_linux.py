#!/usr/bin/python3
# timeout: 900
"""IDE disks and a CD-ROM under a kernel that nobody here wrote: Debian's, with its
own drivers of PIIX. One disk has DMA and partitions, one is kept to PIO.
"""

import hashlib
import re

import stock
import vm
from vm import tap

LIMIT = 400         # seconds for a boot on a busy machine
MODULES = ("drivers/acpi/button", "drivers/scsi/scsi_common",
           "drivers/scsi/scsi_mod", "drivers/scsi/sd_mod",
           "drivers/cdrom/cdrom", "drivers/scsi/sr_mod", "drivers/ata/libata",
           "drivers/ata/ata_piix")
MIB = 1 << 20
SIZE = 16 * MIB     # of a disk
CD = 4 * MIB
PIO = MIB           # words by the port take their time in the lab

LIBRARY = stock.LIBRARY + """
load scsi_common scsi_mod sd_mod cdrom sr_mod
b insmod /judge/libata.ko force=2.00:pio4
load ata_piix
until b grep -q sr0 /proc/partitions && b grep -q sdb /proc/partitions; do
	b sleep 1
done
ide() {
	echo "@parts $(b awk '/s[dr]/ {print $4 ":" $3}' /proc/partitions | b sort | b tr '\\n' ' ')"
	echo "@modes $(b cat /sys/class/ata_device/dev[12].[01]/xfer_mode | b tr '\\n' ' ')"
	echo "@errors $(b dmesg | b grep -cE 'ata[12].*(fail|error|reset|timeout)')"
	for name in sda sdb sr0; do
		echo "@sum_$name $(b md5sum </dev/$name)"
	done
	echo "@model $(b cat /sys/block/sda/device/model /sys/block/sr0/device/model | b tr '\\n' ' ')"
	b dd if=/dev/sr0 of=/dev/sda2 bs=64k conv=fsync 2>/dev/null
	b dd if=/dev/sr0 of=/dev/sdb bs=64k seek=8 count=8 conv=fsync 2>/dev/null
}
"""
# What the host has around it: partitions of 4 and 8 MiB; and what is there at the end.
AROUND = f"""
cd "$(mktemp -d)"
seq 3000000 2>/dev/null | head -c {SIZE} >disk
head -c {PIO} disk >pio
head -c {CD} disk >cd
printf 'label: dos\\nstart=2048, size=8192\\nstart=10240, size=16384\\n' >table
sfdisk -q --no-reread disk <table || exit 1
echo "@before $(cat disk | md5sum)"
"$@"
status=$?
echo "@second $(tail -c +{5 * MIB + 1} disk | head -c {CD} | md5sum)"
echo "@third $(tail -c +{PIO // 2 + 1} pio | md5sum)"
exit "$status"
"""
DATA = "".join(f"{n}\n" for n in range(1, 3000001)).encode()[:SIZE]


def sum_of(data):
    return hashlib.md5(data).hexdigest()


def make(_place):
    return vm.Command(
        "sh", "-c", AROUND, "sh", vm.KVM_VMM, "--timeout", LIMIT,
        "--ide", "disk,rw", "--cdrom", "cd", "--ide", "pio,rw",
        stock.kernel("cloud"), "--initrd",
        stock.initramfs("cloud", MODULES, LIBRARY), "--mem", "256M",
        "--cmdline", 'console=ttyS0 quiet run=". /judge/lib; ide; off"',
        limit=LIMIT + 10)


def judge(result):
    text = result.out.decode("utf-8", "replace").replace("\r", "")
    found = dict(re.findall(r"(?m)^@(\w+) (.*)$", text))

    def has(name, value):
        tap.equal(found.get(name, "").removesuffix(" -").strip(), value,
                  name + ", " + text[-2000:] + result.err)
    has("parts", "sda1:4096 sda2:8192 sda:16384 sdb:1024 sr0:4096")
    tap.equal(re.findall(r"(?:MW|U)?DMA_?\d|PIO_?\d", found.get("modes", "")),
              ["DMA_2", "DMA_2", "PIO_4"], text[-2000:])
    has("errors", "0")
    has("model", "MINI-KVM DISK    CD-ROM")
    tap.equal(found["sum_sda"].split()[0], found["before"].split()[0], "sda")
    has("sum_sdb", sum_of(DATA[:PIO]))
    has("sum_sr0", sum_of(DATA[:CD]))
    has("second", sum_of(DATA[:CD]))
    has("third", sum_of(DATA[:PIO // 2]))
    result.must(vm.OK if vm.has_feature("acpi") else vm.HALTED)


TABLE = vm.Table()
if vm.has_feature("ide-dma"):
    TABLE.add("a kernel of Debian's: partitions, DMA, PIO, a CD-ROM; what it has "
              "written is the host's", make, judge)
    TABLE.add_cases(*vm.places("linux", "initramfs.cpio*"))
else:
    tap.add("IDE under Linux", vm.skip, "ide-dma is not built in")
tap.main()
