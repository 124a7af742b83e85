/*
 * What the two versions of the Multiboot Specification have in common: an image,
 * an ELF file or one that its header describes, goes to its physical addresses;
 * modules lie behind it; a block of RAM has the stack, the information and the
 * GDT; and the first instruction runs in flat protected mode with the block's
 * address in EBX.
 *
 *   0x00400  BIOS data area
 *   0x10000  the block, if the image leaves that free, or the first RAM from
 *            there on that is
 *   0x9fc00  extended BIOS data area, then what a PC has there, up to 1 MiB
 */
#ifndef MKVM_BOOT_MULTIBOOT_H
#define MKVM_BOOT_MULTIBOOT_H

#include "abi/pc.h"
#include "boot/elf.h"
#include "boot/place.h"
#include "loader.h"

#define MB_RAM_DEFAULT (128ULL << 20)
#define MB_RAM_MIN     (2ULL << 20)
#define MB_NEEDS \
	(NEEDS_IRQCHIP | NEEDS_CMDLINE | NEEDS_SMP | NEEDS_MODULES | NEEDS_BIOS)

#define MB_LOADER_NAME "Mini-KVM"
#define MB_MEM_LOWER   (MEM_FIRMWARE_START >> 10) /* KiB */

/* The text screen as both versions describe it: "EGA-standard text mode". */
#define MB_TEXT_GPA	0xb8000
#define MB_TEXT_COLUMNS 80
#define MB_TEXT_LINES	25
#define MB_TEXT_BITS	16 /* of a character */
#define MB_TEXT_TYPE	2

/* A screen as both versions describe it, but for 2 bytes before the colours. */
struct mb_screen {
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t bpp, type;
	uint8_t colours[6]; /* where red, green and blue are, and their bits */
} __attribute__((packed));

#define MB_PIXELS_TYPE 1

/* Section headers of an ELF file. */
struct mb_sections {
	unsigned int num;     /* 0: there are none to be told of */
	size_t size;	      /* bytes of one */
	const uint8_t *table; /* in the file */
	gpa_t start; /* of the contents that were loaded beside the segments */
};

struct mb_guest {
	const struct image *image;
	const struct boot_args *args;
	struct place place;
	struct elf_file elf; /* without an image: it is none */
	struct mb_sections sections;
	gpa_t end;		   /* one past the image's last byte */
	gpa_t entry;		   /* the first instruction */
	unsigned int first_module; /* in place.taken, and all in a row */

	uint8_t *block; /* NULL: it is being measured */
	gpa_t block_gpa;
	size_t used; /* bytes of it */
};

/* The address fields of a header, all of them physical; 0 where a header may
 * leave one out. */
struct mb_fields {
	uint32_t header_addr, load_addr, load_end_addr, bss_end_addr;
	uint32_t entry_addr;
};

/* Where a relocatable image may go (Multiboot2, "Relocatable header tag"). */
struct mb_range {
	uint32_t min_addr, max_addr, align, preference;
};

/*
 * Looks for a header: for @magic at offset *@at and every @step bytes behind, so
 * that @need bytes follow within the first @limit of the file. False: there is
 * none, or no more; else *@at is where it is.
 */
bool mb_find(const struct image *image, uint32_t magic, size_t limit,
	     size_t step, size_t need, size_t *at);

void mb_begin(struct mb_guest *guest, const struct image *image,
	      const struct boot_args *args, const struct memory *mem);

/* "FILE: multiboot: why", as one message. Returns -ENOEXEC. */
int mb_refuse(const struct image *image, const char *why);

/*
 * Loads the image by its ELF headers, and enters it at @entry if that is not
 * NULL; or by the @fields of the header at @at in the file. @range: NULL for one that has fixed addresses. *@base becomes the
 * lowest address. 0, or -errno after one message.
 */
int mb_load_elf(struct mb_guest *guest, const uint32_t *entry,
		const struct mb_range *range, gpa_t *base);
int mb_load_fields(struct mb_guest *guest, size_t at,
		   const struct mb_fields *fields, const struct mb_range *range,
		   gpa_t *base);

/* Loads the contents of sections that no segment has, such as symbols. Without
 * room for them there are none. */
void mb_load_sections(struct mb_guest *guest);

/*
 * Loads the modules and sections, has @build put the information into the block, once to
 * measure it and once to write it, and describes the first instruction, with
 * @magic in EAX. 0, or -errno after one message.
 */
int mb_finish(struct mb_guest *guest, void (*build)(struct mb_guest *guest),
	      uint32_t magic, struct cpu_state *cpu);

/* For @build: puts @len bytes, or zeroes for NULL, behind what the block has, at
 * a multiple of @align. Returns their gpa. */
gpa_t mb_put(struct mb_guest *guest, const void *data, size_t len,
	     size_t align);

/* Writes over what mb_put() left at @gpa. */
void mb_patch(struct mb_guest *guest, gpa_t gpa, const void *data, size_t len);

/* Puts the text with its final NUL. */
gpa_t mb_put_string(struct mb_guest *guest, const char *text);

/* Puts the command line: the file's name, a blank, and --cmdline. */
gpa_t mb_put_cmdline(struct mb_guest *guest);

/* Puts the section headers as they are, but for the address of loaded ones. */
gpa_t mb_put_sections(struct mb_guest *guest);

/* What the guest's screen shows as it begins; false: it has none. */
bool mb_screen(const struct mb_guest *guest, struct mb_screen *screen);

/* The place of module number @i. */
struct room_taken mb_module(const struct mb_guest *guest, unsigned int i);

/* KiB from 1 MiB on. */
uint32_t mb_mem_upper(const struct mb_guest *guest);

#endif
