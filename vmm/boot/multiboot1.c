/*
 * Multiboot 1: any kernel that GRUB's `multiboot` or QEMU's -kernel takes.
 * Follows the Multiboot Specification 0.6.96. Left out, as its flags say: a boot
 * device, drives, APM and VBE, which take a BIOS, and symbols of a.out files.
 */
#include <errno.h>
#include <string.h>

#include "boot/multiboot.h"
#include "boot/memmap.h"
#include "util/log.h"
#include "boot_args.h"

#define SCORE	     87
#define SEARCHED     8192 /* bytes that have the header */
#define FAR	     65536 /* and where programs have it that were linked wrong */
#define HEADER_MAGIC 0x1badb002
#define HEADER_ALIGN 4
#define BOOT_MAGIC   0x2badb002

/* Flags of the header. A module is page aligned always. */
#define WANTS_PAGES    (1 << 0)
#define WANTS_MEMORY   (1 << 1)
#define WANTS_VIDEO    (1 << 2)
#define REQUIRED       0xffff
#define HAS_ADDRESSES  (1 << 16)
#define KNOWN_REQUIRED (WANTS_PAGES | WANTS_MEMORY | WANTS_VIDEO)

struct mb1_header {
	uint32_t magic, flags, checksum;
	struct mb_fields fields; /* with HAS_ADDRESSES */
};

#define HEADER_MIN offsetof(struct mb1_header, fields)

/* Flags of the information. */
#define INFO_MEMORY	 (1 << 0)
#define INFO_CMDLINE	 (1 << 2)
#define INFO_MODULES	 (1 << 3)
#define INFO_SECTIONS	 (1 << 5)
#define INFO_MAP	 (1 << 6)
#define INFO_LOADER_NAME (1 << 9)
#define INFO_FRAMEBUFFER (1 << 12)

struct mb1_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t shdr_num, shdr_size, shdr_addr, shdr_shndx;
	uint32_t mmap_length, mmap_addr;
	uint32_t drives_length, drives_addr;
	uint32_t config_table;
	uint32_t boot_loader_name;
	uint32_t apm_table;
	uint32_t vbe[4];
	struct mb_screen framebuffer;
} __attribute__((packed));

struct mb1_module {
	uint32_t start, end, string, reserved;
};

struct mb1_range {
	uint32_t size; /* of what follows */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

/* Finds the header in the first @limit bytes of the file; false if there is
 * none, or one whose checksum is wrong. */
static bool find_header(const struct image *image, size_t limit,
			struct mb1_header *header, size_t *at)
{
	for (*at = 0;
	     mb_find(image, HEADER_MAGIC, limit, HEADER_ALIGN, HEADER_MIN, at);
	     *at += HEADER_ALIGN) {
		memcpy(header, image->data + *at, HEADER_MIN);
		if (header->magic + header->flags + header->checksum == 0)
			return true;
	}
	return false;
}

static int mb1_match(const struct image *image)
{
	struct mb1_header header;
	size_t at;

	if (find_header(image, SEARCHED, &header, &at))
		return SCORE;
	if (elf_match_guest(image, false) &&
	    find_header(image, FAR, &header, &at))
		log_warn(
			"%s: its multiboot header, at 0x%zx, is not within "
			"the first 8192 bytes and does not count; link with -n "
			"or --build-id=none",
			image->path, at);
	return 0;
}

static int load_image(struct mb_guest *guest)
{
	const struct image *image = guest->image;
	struct mb1_header header;
	gpa_t base;
	size_t at;

	if (!find_header(image, SEARCHED, &header, &at))
		return mb_refuse(image, "no header, and with the right "
					"checksum, in its first 8192 bytes");
	if (header.flags & REQUIRED & ~KNOWN_REQUIRED) {
		log_error("%s: multiboot: its header requires what nobody has "
			  "defined, flags 0x%x",
			  image->path,
			  header.flags & REQUIRED & ~KNOWN_REQUIRED);
		return -ENOTSUP;
	}
	if (header.flags & WANTS_VIDEO && !guest->args->has_text)
		log_info("%s: wants to know of a screen, and there is none",
			 image->path);
	if (!(header.flags & HAS_ADDRESSES))
		return mb_load_elf(guest, NULL, NULL, &base);
	if (at + sizeof(header) > SEARCHED || at + sizeof(header) > image->size)
		return mb_refuse(image, "truncated: its header is cut off");
	memcpy(&header, image->data + at, sizeof(header));
	return mb_load_fields(guest, at, &header.fields, NULL, &base);
}

static void put_modules(struct mb_guest *guest, struct mb1_info *info)
{
	const struct boot_args *args = guest->args;

	info->mods_count = args->nr_modules;
	info->mods_addr = mb_put(
		guest, NULL, args->nr_modules * sizeof(struct mb1_module), 4);
	for (unsigned int i = 0; i < args->nr_modules; i++) {
		const struct room_taken place = mb_module(guest, i);
		const struct mb1_module module = {
			place.start, place.end,
			mb_put_string(guest, args->modules[i].text), 0
		};

		mb_patch(guest, info->mods_addr + i * sizeof(module), &module,
			 sizeof(module));
	}
}

static void put_map(struct mb_guest *guest, struct mb1_info *info)
{
	struct memmap_entry map[MEMMAP_MAX];
	unsigned int nr = memmap_fill(guest->place.mem, map);

	info->mmap_length = nr * sizeof(struct mb1_range);
	info->mmap_addr = mb_put(guest, NULL, info->mmap_length, 4);
	for (unsigned int i = 0; i < nr; i++) {
		const struct mb1_range range = { sizeof(range) -
							 sizeof(range.size),
						 map[i].start, map[i].size,
						 map[i].type };

		mb_patch(guest, info->mmap_addr + i * sizeof(range), &range,
			 sizeof(range));
	}
}

static void build(struct mb_guest *guest)
{
	gpa_t at = mb_put(guest, NULL, sizeof(struct mb1_info), 4);
	struct mb1_info info = {
		.flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MAP |
			 INFO_LOADER_NAME,
		.mem_lower = MB_MEM_LOWER,
		.mem_upper = mb_mem_upper(guest),
		.cmdline = mb_put_cmdline(guest),
		.boot_loader_name = mb_put_string(guest, MB_LOADER_NAME),
	};

	put_modules(guest, &info);
	put_map(guest, &info);
	if (guest->sections.num) {
		info.flags |= INFO_SECTIONS;
		info.shdr_num = guest->sections.num;
		info.shdr_size = guest->sections.size;
		info.shdr_addr = mb_put_sections(guest);
		info.shdr_shndx = guest->elf.shstrndx;
	}
	if (mb_screen(guest, &info.framebuffer))
		info.flags |= INFO_FRAMEBUFFER;
	mb_patch(guest, at, &info, sizeof(info));
}

static int mb1_load(const struct image *image, const struct boot_args *args,
		    const struct memory *mem, struct cpu_state *cpu)
{
	struct mb_guest guest;
	int err;

	mb_begin(&guest, image, args, mem);
	err = load_image(&guest);
	return err ? err : mb_finish(&guest, build, BOOT_MAGIC, cpu);
}

static const struct loader multiboot1 = {
	.name = "multiboot1",
	.what = "multiboot kernel, ELF or by the addresses in its header",
	.mem_default = MB_RAM_DEFAULT,
	.mem_min = MB_RAM_MIN,
	.needs = MB_NEEDS,
	.match = mb1_match,
	.load = mb1_load,
};
LOADER(multiboot1);
