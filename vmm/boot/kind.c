/*
 * The table of kinds: see kind.h. A row is bytes at a place, and where these
 * are few and could be instructions, a look at what they would have to go with.
 * The first row that fits names the file, so the narrower kind stands first.
 */
#include "boot/kind.h"

#include <elf.h>
#include <string.h>

#include "boot/kind_look.h"
#include "util/log.h"

/* What to do with it */
enum {
	UNPACK,
	INITRD,
	NEWC,
	INSIDE,
	LINK,
	DISK,
	CONVERT,
	ODD,
	BIOS,
	EFI,
	UKI,
	DOS,
	WINDOWS,
	MACOS,
	RUNTIME,
	X86,
	IMAGE,
	SYSTEM,
	SOURCE,
	RESTORE,
};

#define FOR_X86 "this machine is an x86; build it for that"

static const char *const nexts[] = {
	[UNPACK] = "unpack it first, or give it by --initrd if it is an "
		   "initramfs",
	[INITRD] = "give it by --initrd, beside a kernel",
	[NEWC] = "make one of the kind `newc`: build/host/initcpio does",
	[INSIDE] = "take out of it what the machine is to run",
	[LINK] = "link them to a program",
	[DISK] = "kvm-vmm boots kernels, and disks with a boot sector: "
		 "--disk gives it to a kernel",
	[CONVERT] =
		"`qemu-img convert -O raw FILE disk.img` makes a disk of it "
		"as PCs have them",
	[ODD] = "its size is no multiple of 512: not all of it is there, or "
		"`truncate -s %512 FILE` adds zeroes",
	[BIOS] = "it takes a BIOS, which is not what was asked for, or not "
		 "built in (CONFIG_FIRMWARE); give it a kernel, or a flat "
		 "program, which runs at 0000:0000",
	[EFI] = "it takes EFI, which kvm-vmm has not",
	[UKI] = "`objcopy -O binary -j .linux` takes its kernel out, -j .initrd "
		"the initramfs",
	[DOS] = "it takes DOS, and kvm-vmm runs programs without any system",
	[WINDOWS] = "it takes Windows",
	[MACOS] = "it takes macOS",
	[RUNTIME] = "it takes a runtime of its own",
	[X86] = FOR_X86,
	[IMAGE] = "name an image, such as images/hello.bin",
	[SYSTEM] = "it takes a system to run it",
	[RESTORE] = "`kvm-vmm --restore FILE` lets it go on",
	[SOURCE] = "assemble or compile it first, or name another file",
};

/* Second looks, boot/kind_look.c; LOOK_NONE: the magic bytes are enough. */
enum {
	LOOK_NONE,
	LOOK_GZIP,
	LOOK_LZMA,
	LOOK_SQUASHFS,
	LOOK_EXT,
	LOOK_JPEG,
	LOOK_DEB,
	LOOK_UKI,
	LOOK_EFI,
	LOOK_PE,
	LOOK_MZ,
	LOOK_ROM,
	LOOK_PARTITIONS,
	LOOK_SECTORS,
	LOOK_ODD_SECTORS,
	LOOK_BIOS,
	LOOK_TEXT,
	LOOK_COM,
};

static bool (*const looks[])(const struct image *image) = {
	[LOOK_GZIP] = look_gzip,
	[LOOK_LZMA] = look_lzma,
	[LOOK_SQUASHFS] = look_squashfs,
	[LOOK_EXT] = look_ext,
	[LOOK_JPEG] = look_jpeg,
	[LOOK_DEB] = look_deb,
	[LOOK_UKI] = look_uki,
	[LOOK_EFI] = look_efi,
	[LOOK_PE] = look_pe,
	[LOOK_MZ] = look_mz,
	[LOOK_ROM] = look_rom,
	[LOOK_PARTITIONS] = look_partitions,
	[LOOK_SECTORS] = look_sectors,
	[LOOK_ODD_SECTORS] = look_odd_sectors,
	[LOOK_BIOS] = look_bios,
	[LOOK_TEXT] = look_text,
	[LOOK_COM] = look_com,
};

#define MAGIC_MAX 8

/* Few bytes each: there are many. */
struct kind {
	const char *what; /* "a tar archive" */
	uint32_t at;	  /* where @magic is, bytes */
	uint8_t next, look;
	uint8_t len; /* of @magic; 0: the look alone decides */
	char magic[MAGIC_MAX];
};

#define MAGIC(text) sizeof(text) - 1, text

static const struct kind kinds[] = {
	{ "an ISO 9660 image", 0x8001, DISK, LOOK_NONE, MAGIC("CD001") },
	{ "a UDF image", 0x8001, DISK, LOOK_NONE, MAGIC("BEA01") },
	{ "an initramfs, a cpio archive", 0, INITRD, LOOK_NONE,
	  MAGIC("070701") },
	{ "an initramfs, a cpio archive", 0, INITRD, LOOK_NONE,
	  MAGIC("070702") },
	{ "an old cpio archive, which Linux does not take", 0, NEWC, LOOK_NONE,
	  MAGIC("070707") },
	{ "a tar archive", 257, INSIDE, LOOK_NONE, MAGIC("ustar") },
	{ "a Debian package", 0, INSIDE, LOOK_DEB, MAGIC("!<arch>\n") },
	{ "an archive of object files", 0, LINK, LOOK_NONE,
	  MAGIC("!<arch>\n") },
	{ "a zip archive", 0, INSIDE, LOOK_NONE, MAGIC("PK\3\4") },
	{ "a 7z archive", 0, INSIDE, LOOK_NONE, MAGIC("7z\xbc\xaf\x27\x1c") },
	{ "compressed by gzip", 0, UNPACK, LOOK_GZIP, 0, "" },
	{ "compressed by xz", 0, UNPACK, LOOK_NONE,
	  MAGIC("\xfd"
		"7zXZ\0") },
	{ "compressed by zstd", 0, UNPACK, LOOK_NONE,
	  MAGIC("\x28\xb5\x2f\xfd") },
	{ "compressed by bzip2", 4, UNPACK, LOOK_NONE, MAGIC("1AY&SY") },
	{ "compressed by lz4", 0, UNPACK, LOOK_NONE,
	  MAGIC("\x02\x21\x4c\x18") },
	{ "compressed by lz4", 0, UNPACK, LOOK_NONE,
	  MAGIC("\x04\x22\x4d\x18") },
	{ "compressed by lzop", 0, UNPACK, LOOK_NONE, MAGIC("\x89LZO\0\r\n") },
	{ "compressed by lzip", 0, UNPACK, LOOK_NONE, MAGIC("LZIP\1") },
	{ "compressed by lzma", 0, UNPACK, LOOK_LZMA, MAGIC("\x5d\0\0") },
	{ "a rar archive", 0, INSIDE, LOOK_NONE, MAGIC("Rar!\x1a\7") },
	{ "a VMDK disk image", 0, CONVERT, LOOK_NONE, MAGIC("KDMV") },
	{ "a VMDK disk image", 0, CONVERT, LOOK_NONE, MAGIC("# Disk D") },
	{ "a VHDX disk image", 0, CONVERT, LOOK_NONE, MAGIC("vhdxfile") },
	{ "a VHD disk image", 0, CONVERT, LOOK_NONE, MAGIC("conectix") },
	{ "a VDI disk image", 0x40, CONVERT, LOOK_NONE,
	  MAGIC("\x7f\x10\xda\xbe") },
	{ "a qcow2 disk image", 0, CONVERT, LOOK_NONE, MAGIC("QFI\xfb") },
	{ "a QED disk image", 0, CONVERT, LOOK_NONE, MAGIC("QED\0") },
	{ "a squashfs file system", 0, INSIDE, LOOK_SQUASHFS, MAGIC("hsqs") },
	{ "an ext2, ext3 or ext4 file system", 0x438, DISK, LOOK_EXT,
	  MAGIC("\x53\xef") },
	{ "an XFS file system", 0, DISK, LOOK_NONE, MAGIC("XFSB") },
	{ "an EROFS file system", 0x400, DISK, LOOK_NONE,
	  MAGIC("\xe2\xe1\xf5\xe0") },
	{ "a Btrfs file system", 0x10040, DISK, LOOK_NONE, MAGIC("_BHRfS_M") },
	{ "an NTFS file system", 3, DISK, LOOK_NONE, MAGIC("NTFS    ") },
	{ "an exFAT file system", 3, DISK, LOOK_NONE, MAGIC("EXFAT   ") },
	{ "a FAT file system", 54, DISK, LOOK_NONE, MAGIC("FAT12   ") },
	{ "a FAT file system", 54, DISK, LOOK_NONE, MAGIC("FAT16   ") },
	{ "a FAT file system", 82, DISK, LOOK_NONE, MAGIC("FAT32   ") },
	{ "a guest that was saved", 0, RESTORE, LOOK_NONE, MAGIC("mkvmsnap") },
	{ "a device tree", 0, IMAGE, LOOK_NONE, MAGIC("\xd0\x0d\xfe\xed") },
	{ "an image for U-Boot", 0, INSIDE, LOOK_NONE,
	  MAGIC("\x27\x05\x19\x56") },
	{ "an Android boot image", 0, INSIDE, LOOK_NONE, MAGIC("ANDROID!") },
	{ "a Linux kernel for AArch64", 0x38, X86, LOOK_NONE,
	  MAGIC("ARM\x64") },
	{ "a Linux kernel for RISC-V", 0x38, X86, LOOK_NONE, MAGIC("RSC\x05") },
	{ "a Linux kernel for LoongArch", 0x38, X86, LOOK_NONE,
	  MAGIC("\xcd\x23\x82\x81") },
	{ "a Linux kernel for ARM", 0x24, X86, LOOK_NONE,
	  MAGIC("\x18\x28\x6f\x01") },
	{ "a packed Linux kernel for EFI, of another machine", 4, X86, LOOK_EFI,
	  MAGIC("zimg") },
	{ "a unified kernel image for EFI", 0, UKI, LOOK_UKI, MAGIC("MZ") },
	{ "an EFI program", 0, EFI, LOOK_EFI, MAGIC("MZ") },
	{ "a Windows program", 0, WINDOWS, LOOK_PE, MAGIC("MZ") },
	{ "a DOS program", 0, DOS, LOOK_MZ, MAGIC("MZ") },
	{ "a program for macOS", 0, MACOS, LOOK_NONE,
	  MAGIC("\xcf\xfa\xed\xfe") },
	{ "a program for macOS", 0, MACOS, LOOK_NONE,
	  MAGIC("\xce\xfa\xed\xfe") },
	{ "WebAssembly", 0, RUNTIME, LOOK_NONE, MAGIC("\0asm\1\0\0\0") },
	{ "a PNG picture", 0, IMAGE, LOOK_NONE, MAGIC("\x89PNG\r\n\x1a\n") },
	{ "a JPEG picture", 0, IMAGE, LOOK_JPEG, MAGIC("\xff\xd8\xff") },
	{ "a PDF document", 0, IMAGE, LOOK_NONE, MAGIC("%PDF-") },
	{ "a disk image with a GPT", 512, DISK, LOOK_NONE, MAGIC("EFI PART") },
	{ "a disk image with a GPT", 4096, DISK, LOOK_NONE, MAGIC("EFI PART") },
	{ "a disk image with partitions", 510, DISK, LOOK_PARTITIONS,
	  MAGIC("\x55\xaa") },
	{ "a boot sector", 510, BIOS, LOOK_SECTORS, MAGIC("\x55\xaa") },
	{ "a disk that begins with a boot sector", 510, ODD, LOOK_ODD_SECTORS,
	  MAGIC("\x55\xaa") },
	{ "an option ROM", 0, BIOS, LOOK_ROM, MAGIC("\x55\xaa") },
	{ "a BIOS", 0, IMAGE, LOOK_BIOS, 0, "" },
	{ "a script", 0, SYSTEM, LOOK_TEXT, MAGIC("#!") },
	{ "text, no machine code", 0, SOURCE, LOOK_TEXT, 0, "" },
	{ "a DOS program", 0, DOS, LOOK_COM, 0, "" },
};

/* Of ELF files that are for another machine, by e_machine (System V ABI). */
static const struct {
	uint16_t number;
	char name[10];
} machines[] = {
	{ EM_AARCH64, "AArch64" }, { EM_ARM, "ARM" },
	{ EM_RISCV, "RISC-V" },	   { EM_MIPS, "MIPS" },
	{ EM_PPC, "PowerPC" },	   { EM_PPC64, "PowerPC64" },
	{ EM_S390, "S/390" },	   { EM_SPARC, "SPARC" },
	{ EM_SPARCV9, "SPARC" },   { EM_68K, "the 68000" },
	{ EM_IA_64, "Itanium" },   { 258, "LoongArch" },
	{ EM_SH, "SuperH" },	   { EM_AVR, "AVR" },
	{ EM_XTENSA, "Xtensa" },   { EM_OPENRISC, "OpenRISC" },
	{ EM_BPF, "BPF" },	   { 0x9026, "Alpha" },
	{ EM_PARISC, "PA-RISC" },
};

static bool fits(const struct kind *kind, const struct image *image)
{
	if (kind->at + kind->len > image->size ||
	    (kind->len &&
	     memcmp(image->data + kind->at, kind->magic, kind->len)))
		return false;
	return !kind->look || looks[kind->look](image);
}

/* Whether it is an ELF file for something that is no x86; *@machine then. */
static bool is_foreign(const struct image *image, uint16_t *machine)
{
	if (image->size < sizeof(Elf32_Ehdr) ||
	    memcmp(image->data, ELFMAG, SELFMAG))
		return false;
	memcpy(machine, image->data + offsetof(Elf32_Ehdr, e_machine),
	       sizeof(*machine));
	if (image->data[EI_DATA] == ELFDATA2MSB)
		*machine = *machine << 8 | *machine >> 8;
	return *machine && *machine != EM_386 && *machine != EM_X86_64;
}

static void refuse_foreign(const struct image *image, uint16_t machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].number != machine)
			continue;
		log_error("%s: %san ELF file for %s; " FOR_X86, image->path,
			  kind_where(image), machines[i].name);
		return;
	}
	log_error("%s: %san ELF file for another machine, number %u; " FOR_X86,
		  image->path, kind_where(image), machine);
}

const char *kind_where(const struct image *image)
{
	return image->unpacked ? "inside gzip: " : "";
}

bool kind_refuse(const struct image *image)
{
	uint16_t machine;

	if (is_foreign(image, &machine)) {
		refuse_foreign(image, machine);
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!fits(&kinds[i], image))
			continue;
		log_error("%s: %s%s; %s", image->path, kind_where(image),
			  kinds[i].what, nexts[kinds[i].next]);
		return true;
	}
	return false;
}
