"""Files that are no guest, one of each kind that kvm-vmm names, and near misses
that are flat programs and must run.

A new row of vmm/boot/kind.c gets one here: the file, and words of the message.
"""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

HLT = b"\xf4"
KOREAN = "빠른 갈색 여우가 게으른 개를 뛰어넘는다.\n"
TEXT = "The quick brown fox, 빠른 갈색 여우.\n"


def put(size, *pieces):
    """That many bytes, zero but for (offset, bytes)."""
    image = bytearray(size)
    for at, piece in pieces:
        image[at:at + len(piece)] = piece
    return bytes(image)


def tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("empty"))
    return out.getvalue()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("file", "content")
    return out.getvalue()


def mz(new_header=b"", subsystem=None):
    """A DOS program, or with another header behind it."""
    image = put(512, (0, b"MZ" + struct.pack("<HHHHHH", 0, 1, 0, 4, 0, 0xffff)),
                (0x40, b"\xb8\x00\x4c\xcd\x21"))
    if new_header:
        image = put(512, (0, image), (0x3c, struct.pack("<I", 0x80)),
                    (0x80, new_header))
    if subsystem:
        image = put(512, (0, image),
                    (0x80 + 0x5c, struct.pack("<H", subsystem)))
    return image


def uki():
    """A program for EFI whose third section is a kernel."""
    sections = b"".join(name.ljust(40, b"\0") for name in
                        (b".text", b".osrel", b".linux"))
    return put(512, (0, mz(b"PE\0\0\x64\x86\3\0", 10)),
               (0x80 + 0x14, struct.pack("<H", 0x70)), (0x80 + 0x88, sections))


def sector(*pieces):
    return put(512, (0, b"\xfa\x31\xc0\xcd\x10\xeb\xfe"), (510, b"\x55\xaa"),
               *pieces)


def elf(machine, bits=64, big=False):
    return struct.pack((">" if big else "<") + "4sBBB9xHHI", b"\x7fELF",
                       bits // 32, 1 + big, 1, 2, machine, 1).ljust(512, b"\0")


def zipper(content):
    return gzip.compress(content, mtime=0)


def inside(content):
    """What gzip has inside, or b"" where it has nothing that is whole."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return b""


CPIO = b"070701" + 104 * b"0" + b"\0" * 402
COM = bytes.fromhex("ba0901 b409 cd21 c3") + b"Hello$"     # prints, returns
MBR = sector((0x1be, struct.pack("<8BII", 0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 1)))

# What it is, the file, and a part of the message.
NAMED = [
    ("text", TEXT.encode(), "text, no machine code; assemble"),
    ("a word without an end of line", b"hlt", "text"),
    ("text in UTF-16", TEXT.encode("utf-16"), "text"),
    ("text in UTF-16, high byte first", "\ufeffText.\n".encode("utf-16-be"),
     "text"),
    ("text of 100 KB", 2000 * TEXT.encode(), "text"),
    ("a shell script", b"#!/bin/sh\necho hello\n", "a script"),
    ("text in EUC-KR", KOREAN.encode("euc-kr"), "text"),
    ("text in Latin 1", 3 * "Grüße aus Köln, schöne Straßen.\n".encode("latin-1"),
     "text"),
    ("text in UTF-16 without a mark", "hlt, and more\n".encode("utf-16-le"),
     "text"),
    ("the same, high byte first", "hlt, and more\n".encode("utf-16-be"), "text"),
    ("text that fills a block", TEXT.encode().ljust(512, b"\0"), "text"),
    ("a word and a zero", b"hlt\0", "text"),
    ("gzip of a tar archive", zipper(tar()), "inside gzip: a tar archive"),
    ("gzip of an initramfs", zipper(CPIO),
     "inside gzip: an initramfs, a cpio archive; give it by --initrd"),
    ("gzip of text", zipper(TEXT.encode()), "inside gzip: text"),
    ("gzip of gzip", zipper(zipper(HLT)), "inside gzip: compressed by gzip"),
    ("gzip of xz", zipper(lzma.compress(HLT)), "inside gzip: compressed by xz"),
    ("gzip of nothing", zipper(b""), "gzip: there is nothing in it"),
    ("gzip cut off", zipper(HLT)[:-1], "gzip: truncated"),
    ("gzip cut off behind its magic", zipper(HLT)[:4], "gzip: truncated"),
    ("gzip cut off in its header", zipper(HLT)[:9], "gzip: truncated"),
    ("gzip cut off early", zipper(TEXT.encode())[:25], "gzip: truncated"),
    ("gzip with a block that is none", zipper(HLT)[:10] + b"\x07" + put(20),
     "gzip: damaged"),
    ("gzip with another checksum", zipper(HLT)[:-8] + put(8),
     "gzip: damaged: its checksum"),
    ("gzip of ELF for ARM", zipper(elf(40, 32)), "inside gzip: an ELF file"),
    ("xz", lzma.compress(HLT), "compressed by xz; unpack"),
    ("bzip2", bz2.compress(HLT), "compressed by bzip2; unpack"),
    ("zstd", b"\x28\xb5\x2f\xfd\x24\x01\x09\x00\x00\xf4", "by zstd; unpack"),
    ("lz4", b"\x04\x22\x4d\x18" + put(60), "by lz4; unpack"),
    ("lz4 as kernels have it", b"\x02\x21\x4c\x18" + put(60), "by lz4"),
    ("lzop", b"\x89LZO\0\r\n\x1a\n" + put(60), "by lzop"),
    ("lzma", lzma.compress(HLT, lzma.FORMAT_ALONE), "by lzma; unpack"),
    ("an initramfs", CPIO, "an initramfs, a cpio archive; give it by --initrd"),
    ("an initramfs with checksums", b"070702" + CPIO[6:], "an initramfs"),
    ("an old cpio archive", b"070707" + CPIO[6:], "newc"),
    ("tar", tar(), "a tar archive"),
    ("zip", zipped(), "a zip archive"),
    ("7z", b"7z\xbc\xaf\x27\x1c\0\4" + put(60), "a 7z archive"),
    ("a library", b"!<arch>\n/               0" + put(90), "object files"),
    ("a Debian package", b"!<arch>\ndebian-binary   0" + put(90), "a Debian"),
    ("an ISO image", put(40960, (0x8001, b"CD001")), "an ISO 9660 image"),
    ("an ISO image that boots from disks, too",
     put(40960, (0, sector()), (0x8001, b"CD001")), "an ISO 9660 image"),
    ("a disk with partitions", MBR + put(512), "a disk image with partitions"),
    ("a boot sector", sector(), "a boot sector; it takes a BIOS"),
    ("a floppy with a boot sector", put(65536, (0, sector())),
     "a boot sector"),
    ("a large floppy", put(1474560, (0, sector())), "a boot sector"),
    ("a floppy of odd length", put(70001, (0, sector())),
     "a disk that begins with a boot sector; its size is no multiple of 512"),
    ("a qcow2 image", b"QFI\xfb\0\0\0\3" + put(504),
     "a qcow2 disk image; `qemu-img convert"),
    ("a VMDK image", b"KDMV\1\0\0\0" + put(504), "a VMDK disk image"),
    ("a VHDX image", b"vhdxfile" + put(504), "a VHDX disk image"),
    ("a VHD image", b"conectix" + put(504), "a VHD disk image"),
    ("a VDI image", put(512, (0, b"<<< Oracle"), (0x40, b"\x7f\x10\xda\xbe")),
     "a VDI disk image"),
    ("an XFS", b"XFSB\0\0\x10\0" + put(504), "an XFS file system"),
    ("an EROFS", put(4096, (0x400, b"\xe2\xe1\xf5\xe0")), "an EROFS"),
    ("a Btrfs", put(0x11000, (0x10040, b"_BHRfS_M")), "a Btrfs file system"),
    ("rar", b"Rar!\x1a\7\1\0" + put(60), "a rar archive"),
    ("a squashfs", put(512, (0, b"hsqs"), (28, b"\4\0\0\0")), "a squashfs"),
    ("an ext4", put(4096, (0x400, b"\x10\0\0\0\x40\0\0\0"),
                    (0x438, b"\x53\xef")), "ext4 file system"),
    ("a DOS program with a header", mz(), "a DOS program; it takes DOS"),
    ("a DOS program without one", COM, "a DOS program; it takes DOS"),
    ("a DOS program that says first what DOS shall do",
     bytes.fromhex("b409 ba0901 cd21 cd20") + b"Hello$", "a DOS program"),
    ("a unified kernel image", uki(),
     "a unified kernel image for EFI; `objcopy"),
    ("an EFI program that claims 65535 sections",
     mz(b"PE\0\0\x64\x86\xff\xff", 10), "an EFI program"),
    ("a packed kernel for EFI", put(512, (0, mz(b"PE\0\0\x64\xaa", 10)),
                                    (4, b"zimg")), "a packed Linux kernel"),
    ("an EFI program", mz(b"PE\0\0\x64\x86", 10), "an EFI program"),
    ("an EFI program with a multiboot header in it",
     put(512, (0, mz(b"PE\0\0\x64\x86", 10)),
         (0x100, struct.pack("<III", 0x1badb002, 0, 0xe4524ffe))),
     "an EFI program"),
    ("a Windows program", mz(b"PE\0\0\x64\x86", 3), "a Windows program"),
    ("a kernel for AArch64", put(512, (0, b"MZ"), (0x38, b"ARM\x64")),
     "a Linux kernel for AArch64; this machine is an x86"),
    ("a kernel for RISC-V", put(512, (0, b"MZ"), (0x38, b"RSC\x05")),
     "a Linux kernel for RISC-V"),
    ("a kernel for ARM", put(512, (0x24, b"\x18\x28\x6f\x01")),
     "a Linux kernel for ARM"),
    ("a kernel for LoongArch",
     put(512, (0, b"MZ"), (0x38, b"\xcd\x23\x82\x81")), "for LoongArch"),
    ("an Android boot image", b"ANDROID!" + put(504), "an Android boot"),
    ("lzip", b"LZIP\1" + put(60), "by lzip; unpack"),
    ("a UDF image", put(40960, (0x8001, b"BEA01")), "a UDF image"),
    ("a disk with a GPT", put(2048, (0, MBR), (512, b"EFI PART")),
     "with a GPT; kvm-vmm boots kernels"),
    ("one with larger sectors", put(8192, (0, MBR), (4096, b"EFI PART")),
     "with a GPT"),
    ("a FAT floppy", put(1474560, (0, sector((54, b"FAT12   ")))),
     "a FAT file system; kvm-vmm boots kernels"),
    ("a FAT of 16 bits", sector((54, b"FAT16   ")), "a FAT file system"),
    ("a FAT of 32 bits", sector((82, b"FAT32   ")), "a FAT file system"),
    ("an NTFS", sector((3, b"NTFS    ")), "an NTFS file system"),
    ("an exFAT", sector((3, b"EXFAT   ")), "an exFAT file system"),
    ("a VMDK in words", b"# Disk DescriptorFile\nversion=1\n", "a VMDK"),
    ("a QED image", b"QED\0" + put(508), "a QED disk image"),
    ("an option ROM", put(1024, (0, b"\x55\xaa\2\xeb\x10")),
     "an option ROM; it takes a BIOS"),
    ("a BIOS", put(65536, (65520, b"\xea\x5b\xe0\0\xf0")), "a BIOS"),
    ("Mach-O of 32 bits", b"\xce\xfa\xed\xfe" + put(60), "macOS"),
    ("ELF for Xtensa", elf(94, 32), "an ELF file for Xtensa"),
    ("ELF for nobody knows what", elf(999), "another machine, number 999"),
    ("an image for U-Boot", b"\x27\x05\x19\x56" + put(60), "U-Boot"),
    ("a device tree", b"\xd0\x0d\xfe\xed" + put(60), "a device tree"),
    ("ELF for AArch64", elf(183), "an ELF file for AArch64; this machine"),
    ("ELF for ARM", elf(40, 32), "an ELF file for ARM"),
    ("ELF for RISC-V", elf(243), "an ELF file for RISC-V"),
    ("ELF for S/390", elf(22, 64, True), "an ELF file for S/390"),
    ("ELF for PowerPC", elf(20, 32, True), "an ELF file for PowerPC"),
    ("ELF for MIPS", elf(8, 32, True), "an ELF file for MIPS"),
    ("Mach-O", b"\xcf\xfa\xed\xfe" + put(60), "macOS"),
    ("WebAssembly", b"\0asm\1\0\0\0" + put(8), "WebAssembly"),
    ("PNG", b"\x89PNG\r\n\x1a\n" + put(60), "a PNG picture"),
    ("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + put(60), "a JPEG picture"),
    ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + put(60), "a PDF document"),
]

# Those of them that are booted where there is firmware.
BOOTS = {
    "a disk with a GPT", "one with larger sectors",
    "an ISO image", "an ISO image that boots from disks, too",
    "a disk with partitions", "a boot sector", "a floppy with a boot sector",
    "a large floppy", "a FAT floppy", "a FAT of 16 bits", "a FAT of 32 bits",
    "an NTFS", "an exFAT", "a BIOS",
}

# Flat programs that look like one of the above, and end with HLT: `MZ` is dec
# %bp, pop %dx; the gzip magic pop %ds, mov %bx, %cx and so on.
RUNS = [
    ("MZ as instructions", b"MZ" + HLT),
    ("gzip's first two bytes as instructions", b"\x1f\x8b\xd9" + HLT),
    ("gzip's three with flags that are none",
     b"\x1f\x8b\x08\xff\xc0" + HLT + put(20)),
    ("a flat program inside gzip", zipper(HLT)),
    ("one in two halves, and zeroes behind them",
     zipper(2 * b"P") + zipper(HLT) + put(600)),
    ("lzma's first bytes with a dictionary that is none",
     b"\x5d\0\0\3\0" + HLT + put(20)),
    ("55 AA, and another size than it says",
     put(512, (0, b"\x55\xaa\x90"), (3, HLT))),
    ("characters to the debug port, byte by byte",
     b"".join(b"\xb0" + bytes([c]) + b"\xe6\xe9" for c in b"a line \n") + HLT),
    ("letters that end with HLT", 40 * b"P" + HLT),
    ("55 AA at 510 of 513 bytes", put(513, (0, HLT), (510, b"\x55\xaa"))),
    ("a call of DOS behind the end", HLT + COM),
]
