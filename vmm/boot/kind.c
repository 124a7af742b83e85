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

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258 /* younger than some C libraries */
#endif

struct kind {
	const char *what; /* "a tar archive" */
	const char *next; /* what to do with it */
	size_t at;	  /* where @magic is, bytes */
	const char *magic;
	size_t len; /* of @magic; 0: the look alone decides */
	bool (*look)(const struct image *image); /* NULL: @magic is enough */
};

#define MAGIC(text) text, sizeof(text) - 1

/* What to do next */
#define UNPACK "unpack it first, or give it by --initrd if it is an initramfs"
#define INITRD "give it by --initrd, beside a kernel"
#define INSIDE "take out of it what the machine is to run"
#define NO_BIOS                                                     \
	"it takes a BIOS and disks, which kvm-vmm has not; a flat " \
	"program runs at 0000:0000 and needs neither"
#define NO_EFI	 "it takes EFI, which kvm-vmm has not"
#define NO_DOS	 "it takes DOS, and kvm-vmm runs programs without any system"
#define FOR_X86	 "this machine is an x86; build it for that"
#define NO_IMAGE "name an image, such as images/hello.bin"

static const struct kind kinds[] = {
	{ "an ISO 9660 image", NO_BIOS, 0x8001, MAGIC("CD001"), NULL },
	{ "an initramfs, a cpio archive", INITRD, 0, MAGIC("070701"), NULL },
	{ "an initramfs, a cpio archive", INITRD, 0, MAGIC("070702"), NULL },
	{ "an old cpio archive, which Linux does not take",
	  "make one of the kind `newc`: build/host/initcpio does", 0,
	  MAGIC("070707"), NULL },
	{ "a tar archive", INSIDE, 257, MAGIC("ustar"), NULL },
	{ "a Debian package", INSIDE, 0, MAGIC("!<arch>\ndebian"), NULL },
	{ "an archive of object files", "link them to a program", 0,
	  MAGIC("!<arch>\n"), NULL },
	{ "a zip archive", INSIDE, 0, MAGIC("PK\3\4"), NULL },
	{ "a 7z archive", INSIDE, 0, MAGIC("7z\xbc\xaf\x27\x1c"), NULL },
	{ "compressed by gzip", UNPACK, 0, NULL, 0, look_gzip },
	{ "compressed by xz", UNPACK, 0,
	  MAGIC("\xfd"
		"7zXZ\0"),
	  NULL },
	{ "compressed by zstd", UNPACK, 0, MAGIC("\x28\xb5\x2f\xfd"), NULL },
	{ "compressed by bzip2", UNPACK, 4, MAGIC("1AY&SY"), NULL },
	{ "compressed by lz4", UNPACK, 0, MAGIC("\x02\x21\x4c\x18"), NULL },
	{ "compressed by lz4", UNPACK, 0, MAGIC("\x04\x22\x4d\x18"), NULL },
	{ "compressed by lzop", UNPACK, 0, MAGIC("\x89LZO\0\r\n"), NULL },
	{ "compressed by lzma", UNPACK, 0, MAGIC("\x5d\0\0"), look_lzma },
	{ "a rar archive", INSIDE, 0, MAGIC("Rar!\x1a\7"), NULL },
	{ "a VMDK disk image", NO_BIOS, 0, MAGIC("KDMV"), NULL },
	{ "a VHDX disk image", NO_BIOS, 0, MAGIC("vhdxfile"), NULL },
	{ "a VHD disk image", NO_BIOS, 0, MAGIC("conectix"), NULL },
	{ "a VDI disk image", NO_BIOS, 0x40, MAGIC("\x7f\x10\xda\xbe"), NULL },
	{ "a qcow2 disk image", NO_BIOS, 0, MAGIC("QFI\xfb"), NULL },
	{ "a squashfs file system", INSIDE, 0, MAGIC("hsqs"), look_squashfs },
	{ "an ext2, ext3 or ext4 file system", INSIDE, 0x438, MAGIC("\x53\xef"),
	  look_ext },
	{ "an XFS file system", INSIDE, 0, MAGIC("XFSB"), NULL },
	{ "an EROFS file system", INSIDE, 0x400, MAGIC("\xe2\xe1\xf5\xe0"),
	  NULL },
	{ "a Btrfs file system", INSIDE, 0x10040, MAGIC("_BHRfS_M"), NULL },
	{ "a device tree", NO_IMAGE, 0, MAGIC("\xd0\x0d\xfe\xed"), NULL },
	{ "an image for U-Boot", INSIDE, 0, MAGIC("\x27\x05\x19\x56"), NULL },
	{ "a Linux kernel for AArch64", FOR_X86, 0x38, MAGIC("ARM\x64"), NULL },
	{ "a Linux kernel for RISC-V", FOR_X86, 0x38, MAGIC("RSC\x05"), NULL },
	{ "a Linux kernel for ARM", FOR_X86, 0x24, MAGIC("\x18\x28\x6f\x01"),
	  NULL },
	{ "an EFI program", NO_EFI, 0, MAGIC("MZ"), look_efi },
	{ "a Windows program", "it takes Windows", 0, MAGIC("MZ"), look_pe },
	{ "a DOS program", NO_DOS, 0, MAGIC("MZ"), look_mz },
	{ "a program for macOS", "it takes macOS", 0, MAGIC("\xcf\xfa\xed\xfe"),
	  NULL },
	{ "WebAssembly", "it takes a runtime of its own", 0,
	  MAGIC("\0asm\1\0\0\0"), NULL },
	{ "a PNG picture", NO_IMAGE, 0, MAGIC("\x89PNG\r\n\x1a\n"), NULL },
	{ "a JPEG picture", NO_IMAGE, 0, MAGIC("\xff\xd8\xff"), look_jpeg },
	{ "a PDF document", NO_IMAGE, 0, MAGIC("%PDF-"), NULL },
	{ "a disk image with partitions", NO_BIOS, 510, MAGIC("\x55\xaa"),
	  look_partitions },
	{ "a boot sector", NO_BIOS, 510, MAGIC("\x55\xaa"), look_sectors },
	{ "a script", "it takes a system to run it", 0, MAGIC("#!"),
	  look_text },
	{ "text, no machine code",
	  "assemble or compile it first, or name another file", 0, NULL, 0,
	  look_text },
	{ "a DOS program", NO_DOS, 0, NULL, 0, look_com },
};

/* Of ELF files that are for another machine, by e_machine. */
static const struct {
	uint16_t number;
	const char *name;
} machines[] = {
	{ EM_AARCH64, "AArch64" }, { EM_ARM, "ARM" },
	{ EM_RISCV, "RISC-V" },	   { EM_MIPS, "MIPS" },
	{ EM_PPC, "PowerPC" },	   { EM_PPC64, "64-bit PowerPC" },
	{ EM_S390, "S/390" },	   { EM_SPARC, "SPARC" },
	{ EM_SPARCV9, "SPARC" },   { EM_68K, "the 68000" },
	{ EM_IA_64, "Itanium" },   { EM_LOONGARCH, "LoongArch" },
};

static bool fits(const struct kind *kind, const struct image *image)
{
	if (kind->at + kind->len > image->size ||
	    (kind->len &&
	     memcmp(image->data + kind->at, kind->magic, kind->len)))
		return false;
	return !kind->look || kind->look(image);
}

/* Whose ELF file it is, if not an x86's; else NULL. */
static const char *foreign_machine(const struct image *image)
{
	uint16_t machine;

	if (image->size < sizeof(Elf32_Ehdr) ||
	    memcmp(image->data, ELFMAG, SELFMAG))
		return NULL;
	memcpy(&machine, image->data + offsetof(Elf32_Ehdr, e_machine),
	       sizeof(machine));
	if (image->data[EI_DATA] == ELFDATA2MSB)
		machine = machine << 8 | machine >> 8;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].number == machine)
			return machines[i].name;
	return NULL;
}

const char *kind_where(const struct image *image)
{
	return image->unpacked ? "inside gzip: " : "";
}

bool kind_refuse(const struct image *image)
{
	const char *machine = foreign_machine(image);

	if (machine) {
		log_error("%s: %san ELF file for %s; " FOR_X86, image->path,
			  kind_where(image), machine);
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!fits(&kinds[i], image))
			continue;
		log_error("%s: %s%s; %s", image->path, kind_where(image),
			  kinds[i].what, kinds[i].next);
		return true;
	}
	return false;
}
