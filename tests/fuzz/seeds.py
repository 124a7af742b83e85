"""Good inputs for the fuzz programs: what a user would hand over."""

import bz2
import glob
import gzip
import lzma
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import insntrace
import tap

import packets

sys.path.insert(0, os.path.join(tap.TOP, "tests", "guest"))
import badimages
import kindfiles
import snapfile

LARGE = 64 * 1024   # bytes; more is no good seed
HEADS = (b"\x02\x00", b"\x06\x01", b"\x07\x03", b"\x01\x0c")  # fuzz_loader.c
LIST = b"""\
# a list
dir /bin 755 0 0
file /init $HOME/init 0755 0 0
nod /dev/console 600 0 0 c 5 1
slink /bin/sh busybox 777 0 0
"with blanks" "a \\"b" 0644
"""


def entry(name, data=b"", mode=0o100644, ino=1, links=1):
    """One member of a cpio archive, "newc" format."""
    name = name.encode() + b"\0"
    fields = (ino, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    head += b"\0" * (-len(head) % 4) + data
    return head + b"\0" * (-len(head) % 4)


def archive():
    end = entry("TRAILER!!!", mode=0, ino=0)
    whole = entry("d", mode=0o40755, links=2) + \
        entry("d/sh", b"\177ELF\2\1\1", 0o100755, 2) + \
        entry("l", b"../d", 0o120777, 3) + \
        entry("init", b"#!/l/sh -e\n", 0o100755, 4) + \
        entry("c", b"", 0o20600, 5) + end
    return whole + b"\0" * (-len(whole) % 512)


def packed(program, data):
    """What a compressor makes of it, or nothing where there is none."""
    try:
        return subprocess.run(program, input=data, check=True,
                              capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def archives():
    """In every form that Linux unpacks, and in several parts."""
    cpio = archive()
    forms = [cpio, gzip.compress(cpio, mtime=0), bz2.compress(cpio),
             lzma.compress(cpio, lzma.FORMAT_ALONE),
             lzma.compress(cpio, check=lzma.CHECK_CRC32),
             packed(["lz4", "-l", "-c"], cpio), packed(["zstd", "-c"], cpio),
             packed(["lzop", "-c"], cpio)]
    parts = [cpio + form for form in forms[1:3]]
    return [form for form in forms + parts if form]


def images():
    """What the build has left in images/, three kernels, and what is none."""
    found = [badimages.bzimage(), badimages.vmlinux(), badimages.pvh()]
    found += firmwares()
    found += [badimages.multiboot1(**changes)
              for changes in badimages.MB1_ACCEPTED]
    found += [badimages.multiboot2(**changes)
              for changes in badimages.MB2_ACCEPTED]
    found += [content for _, content, _ in kindfiles.NAMED
              if len(content) <= LARGE]
    for path in sorted(glob.glob(os.path.join(tap.IMAGES, "*.[be][il][nf]"))):
        if os.path.getsize(path) <= LARGE:
            with open(path, "rb") as file:
                found.append(file.read())
    return found


def firmwares():
    """A kernel of each protocol that firmware begins, and what it loads below 1 MiB;
    firmware itself; a disk with a partition, a floppy's boot sector, a CD."""
    sector = kindfiles.put(512, (0, b"\xeb\x58\x90"), (510, b"\x55\xaa"))
    return [badimages.bzimage(version=version, loadflags=flags)
            for version in (0x200, 0x201, 0x202, 0x203, 0x206, 0x209)
            for flags in (0, 1)] + [
        kindfiles.put(LARGE, (LARGE - 16, b"\xea\x5b\xe0\0\xf0")), sector,
        kindfiles.put(4096, (0, sector),
                      (446, b"\x80\1\1\0\x83\x0f\x3f\7\x3f\0\0\0\xd0\7\0\0")),
        kindfiles.put(0x9000, (0x8001, b"CD001"))]


def disk_sides():
    """A guest's requests, an overlay's file, and a good NBD server's words."""
    answer = (0x3e889045565a9).to_bytes(8, "big") + b"\0\0\0\7"
    server = b"NBDMAGICIHAVEOPT\0\3" + \
        answer + b"\0\0\0\3\0\0\0\14\0\0" + (1 << 20).to_bytes(8, "big") + \
        b"\0\x6d" + answer + b"\0\0\0\3\0\0\0\16\0\3" + \
        b"\0\0\2\0\0\0\x10\0\0\1\0\0" + answer + b"\0\0\0\1\0\0\0\0" + \
        bytes.fromhex("67446698") + bytes(12 + 8)
    requests = b"".join(bytes([0, kind, 1, 1, 16, 255, 255]) + bytes(16)
                        for kind in (0, 1, 4, 8, 11, 13))
    return [b"\2" + server, b"\1\1" + b"kvm-vmm\n", b"\0\0\1\7" + requests]


def network(version, start):
    """A guest whose large segment comes back to it, who takes none: fuzz_net.c."""
    features = b"\x01\xb8"
    buffers = b"\0\7" + b"\xff" * 8
    kind = {0: 0, 4: 1, 6: 4}[version]
    frame = b"\x10\x40\2" + bytes([1, kind, 0, 0, 100, 0, start, 0, 16])
    return b"\1" + features + buffers + frame + b"\x64\x96\x96" + buffers * 3


ASKED = (
    "qSupported:swbreak+;hwbreak+", "QStartNoAckMode", "?", "qfThreadInfo",
    "qsThreadInfo", "qThreadExtraInfo,1", "qAttached", "qC", "Hg0", "T2",
    "qXfer:features:read:target.xml:0,ffb", "g", "p10", "P10=1234567800000000",
    "m1000,40", "M1000,4:deadbeef", "X1000,4:abcd", "Z0,5,1", "Z1,6,1",
    "Z2,1000,8", "vCont?", "vCont;s:1;c", "z0,5,1", "z2,1000,8",
    "Qqemu.PhyMemMode:1", "qqemu.PhyMemMode")
MONITOR = ("help", "info registers", "info gdt", "info idt", "info tss",
           "info page 0x1000", "info devices", "info irq", "phys 0x1000 16",
           "step on")


def debugger(how):
    """All that gdb asks for, and a stop in between: fuzz_gdb.c."""
    asked = [*ASKED, *("qRcmd," + words.encode().hex() for words in MONITOR)]
    return bytes([how]) + b"\2\x10\0\2\0\x20\3\0\x30\3" + b"".join(
        b"\5" + words.encode() + b"\xff" + b"\0\0\4\0\5\1\x40\0"
        for words in asked) + b"\5vCont;c\xff\3\3\xff\5G" + 200 * b"00" + \
        b"\xff\1\x47\5D\xff\5vKill;1\xff"


def drives():
    """A CD-ROM behind a disk: reads and writes by DMA, by port, a packet, a snapshot:
    fuzz_ide.c."""
    dma = b"\1\0\0\x08\5\0\0%c" + b"\4\0\x10\1\3" + \
        b"\0\x20\0\0\4\0" * 2 + b"\0\x50\0\0\x10\x80" + b"\x09" + b"\5\1\1"
    port = b"\1\0\0\2\5\0\0\x20\5\1\1\2\xa0\2\xa0\1\0\0\2\5\0\0\x30\2\x10"
    packet = b"\3\0\0\x08\x28\0\0\0\0\1\0\0\2\0\0\0\5\1\1\2\xff\2\xff"
    return [b"\2" + dma % 0xc8 + port + packet + b"\x0f\1\x10\0\0\5" + packet,
            b"\1" + dma % 0xca + b"\0\1\0\4\0\0\0" + port,
            b"\2" + packet.replace(b"\x28", b"\x43") + packet.replace(b"\x28", b"\x5a")]


def floppies():
    """A read and a write by DMA, a format, by the port, a snapshot: fuzz_floppy.c."""
    dma = b"\4\0\x80\xff\3\0%c"
    read = b"\1\x48\0\0\0\1\2\x12\x1b\xff\5\0\1\3\3"
    write = b"\1\x49\0\0\0\1\2\x09\x1b\xff\5\0\1\3\3"
    form = b"\1\x02\0\2\x09\x50\xf6\5\0\1\3\3"
    port = b"\1\x0b\xaf\3"
    return [b"\2" + dma % 0x46 + read + b"\x0f\1\x10\0\5" + read,
            b"\1" + dma % 0x4a + write + form + port + write + b"\3\xff\5\0\1",
            b"\2" + port + read + b"\3\xff\5\0\1\3\xff"]


def of(name):
    """The seeds of the program fuzz_..."""
    if name == "fuzz_initcpio":
        return [bytes([reader]) + data for data in archives()
                for reader in (0, 1)] + [b"\2" + LIST]
    if name == "fuzz_snapshot":
        return snapfile.seeds()
    if name == "fuzz_gunzip":
        return [gzip.compress(data, mtime=0) for data in images()]
    if name == "fuzz_kvm_net":
        return packets.streams()
    if name == "fuzz_ask":          # all at once, in pieces, behind Esc, too late
        return [b"\x2aa\033[?1;0;256S\033[6;20;10t\033[?62;4;22cb\033[",
                b"\5\033[?62\xc1\7;4;22cx", b"\1\033\xc3\x88\2\033[A\2\033[",
                b"\xff\x8b\xff\7\033[?62;c"]
    if name == "fuzz_insn":
        return [bytes([how]) + insntrace.sample(mode)
                for how in (0, 3, 29) for mode in insntrace.MODES]
    if name == "fuzz_net":
        return [network(4, 34), network(6, 54), network(0, 34)]
    if name == "fuzz_gdb":
        return [debugger(how) for how in (0x10, 0x1d, 0x16, 0x13, 0x0f)]
    if name == "fuzz_ide":
        return drives()
    if name == "fuzz_floppy":
        return floppies()
    if name == "fuzz_disk":
        return disk_sides()
    if name == "fuzz_control":      # joins, says, is answered, attaches, goes
        return [b"\0\x0c\0\0\6\x08\2\4\x0c\0\1\4\x0c\0\2\6\x08\2\4\x0c\0\3\6"
                b"\x08\1\4\x0c\0\5\6\x08\2\4\x0d\0\5none\n\4\x0c\0\6\4"
                b"\x0b\0\5hello\4\x0d\0\3abc\2\4\3"]
    if name == "fuzz_command":
        return [b"\0" + b"\n".join([
            b"info", b"pause", b"resume", b"guest 2 stop 5", b"stop 0", b"irq",
            b"keys a\\n\\x41", b"guest 1 registers 0", b"screen", b"power"])]
    if name in ("fuzz_devices", "fuzz_firmware", "fuzz_machine", "fuzz_p9", "fuzz_queue",
                "fuzz_saved", "fuzz_state", "fuzz_virtio"):
        return []       # any bytes will do
    return [head + data for head in HEADS for data in images()]
