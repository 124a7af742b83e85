/*
 * Multiboot 2: a header of tags in the file, and information that is a list of
 * tags in RAM. Follows the Multiboot2 Specification 2.0. Left out are the tags
 * that take a BIOS or EFI: boot device, VBE, APM, SMBIOS, network, EFI.
 */
#include <errno.h>
#include <string.h>

#include "boot/memmap.h"
#include "boot/multiboot.h"
#include "util/log.h"
#include "boot_args.h"

#define SCORE	     88 /* more than of multiboot 1: this one tells more */
#define SEARCHED     32768
#define HEADER_MAGIC 0xe85250d6
#define BOOT_MAGIC   0x36d76289
#define ARCH_I386    0
#define TAG_ALIGN    8

struct mb2_header {
	uint32_t magic, architecture, length, checksum;
};

struct header_tag {
	uint16_t type, flags;
	uint32_t size; /* without padding */
};

#define TAG_OPTIONAL (1 << 0)

enum header_type {
	HEADER_END,
	HEADER_REQUEST,
	HEADER_ADDRESSES,
	HEADER_ENTRY,
	HEADER_CONSOLE,
	HEADER_FRAMEBUFFER, /* a wish for another mode than the one there is */
	HEADER_MODULES,	    /* at whole pages, as they are always */
	HEADER_EFI,	    /* the next three matter to EFI alone */
	HEADER_EFI32_ENTRY,
	HEADER_EFI64_ENTRY,
	HEADER_RELOCATABLE,
	HEADER_TYPES,
};

#define CONSOLE_REQUIRED (1 << 0)

/* Bytes of what is behind a header_tag, at least. */
static const uint8_t header_sizes[HEADER_TYPES] = {
	[HEADER_ADDRESSES] = 16,   [HEADER_ENTRY] = 4,
	[HEADER_CONSOLE] = 4,	   [HEADER_FRAMEBUFFER] = 12,
	[HEADER_RELOCATABLE] = 16,
};

/* Types of the information's tags. */
enum info_type {
	INFO_END,
	INFO_CMDLINE,
	INFO_LOADER_NAME,
	INFO_MODULE,
	INFO_MEMORY,
	INFO_MAP = 6,
	INFO_FRAMEBUFFER = 8,
	INFO_SECTIONS,
	INFO_OLD_RSDP = 14,
	INFO_NEW_RSDP,
	INFO_LOAD_BASE = 21,
	INFO_TYPES, /* all before have a meaning, if not one here */
};

struct mb2_range {
	uint64_t base, length;
	uint32_t type, reserved;
};

struct mb2_framebuffer {
	uint8_t screen[offsetof(struct mb_screen, colours)];
	uint16_t reserved;
	uint8_t colours[6]; /* of pixels */
} __attribute__((packed));

#define RSDP_OLD_SIZE 20 /* ACPI "Root System Description Pointer" */
#define RSDP_NEW_SIZE 36
#define RSDP_REVISION 15

/* What the header's tags say. */
struct wishes {
	size_t at; /* of the header, in the file */
	bool has_fields, has_entry, is_relocatable;
	struct mb_fields fields;
	struct mb_range range;
};

/* What is known of a guest once its image is loaded. */
struct mb2_guest {
	struct mb_guest mb; /* first: build() gets its address */
	bool is_relocatable;
	uint32_t load_base;
};

static bool find_header(const struct image *image, struct mb2_header *header,
			size_t *at)
{
	for (*at = 0; mb_find(image, HEADER_MAGIC, SEARCHED, TAG_ALIGN,
			      sizeof(*header), at);
	     *at += TAG_ALIGN) {
		memcpy(header, image->data + *at, sizeof(*header));
		if (header->architecture == ARCH_I386 &&
		    header->magic + header->length + header->checksum == 0)
			return true;
	}
	return false;
}

static int mb2_match(const struct image *image)
{
	struct mb2_header header;
	size_t at;

	return find_header(image, &header, &at) ? SCORE : 0;
}

/* --- The header --- */

static int refuse_request(const struct image *image, const char *what,
			  uint32_t type)
{
	log_error("%s: multiboot: its header requires %s %u, which nobody has "
		  "defined",
		  image->path, what, type);
	return -ENOTSUP;
}

/* All information that is asked for is known by its number, if not to be had. */
static int check_request(const struct image *image, const uint8_t *data,
			 uint32_t size)
{
	uint32_t type;

	for (; size >= sizeof(type);
	     data += sizeof(type), size -= sizeof(type)) {
		memcpy(&type, data, sizeof(type));
		if (type >= INFO_TYPES)
			return refuse_request(image, "information", type);
	}
	return 0;
}

static int check_console(const struct mb_guest *guest, const uint8_t *data)
{
	uint32_t flags;

	memcpy(&flags, data, sizeof(flags));
	if (!(flags & CONSOLE_REQUIRED) || guest->args->has_text)
		return 0;
	mb_refuse(guest->image, "it requires a screen, and there is none");
	return -ENOTSUP;
}

/* Takes in one tag, whose @data are as long as they must be. */
static int take_tag(const struct mb_guest *guest, const struct header_tag *tag,
		    const uint8_t *data, struct wishes *wishes)
{
	const bool optional = tag->flags & TAG_OPTIONAL;

	switch (tag->type) {
	case HEADER_REQUEST:
		return optional ? 0 :
				  check_request(guest->image, data,
						tag->size - sizeof(*tag));
	case HEADER_ADDRESSES:
		wishes->has_fields = true;
		memcpy(&wishes->fields, data, header_sizes[tag->type]);
		return 0;
	case HEADER_ENTRY:
		wishes->has_entry = true;
		memcpy(&wishes->fields.entry_addr, data, sizeof(uint32_t));
		return 0;
	case HEADER_CONSOLE:
		return optional ? 0 : check_console(guest, data);
	case HEADER_RELOCATABLE:
		wishes->is_relocatable = true;
		memcpy(&wishes->range, data, sizeof(wishes->range));
		return 0;
	default:
		if (tag->type < HEADER_TYPES || optional)
			return 0;
		return refuse_request(guest->image, "tag", tag->type);
	}
}

static int read_tags(const struct mb_guest *guest, const uint8_t *at,
		     size_t left, struct wishes *wishes)
{
	struct header_tag tag;
	int err = 0;

	while (!err) {
		size_t step, need = sizeof(tag);

		if (left < sizeof(tag))
			return mb_refuse(guest->image,
					 "its header has no end tag");
		memcpy(&tag, at, sizeof(tag));
		if (tag.type == HEADER_END)
			return 0;
		if (tag.type < HEADER_TYPES)
			need += header_sizes[tag.type];
		if (tag.size < need || tag.size > left)
			return mb_refuse(
				guest->image,
				"a tag of its header has a wrong size");
		err = take_tag(guest, &tag, at + sizeof(tag), wishes);
		step = ((size_t)tag.size + TAG_ALIGN - 1) & ~(TAG_ALIGN - 1ul);
		if (step > left)
			step = left;
		at += step;
		left -= step;
	}
	return err;
}

static int read_header(const struct mb_guest *guest, struct wishes *wishes)
{
	const struct image *image = guest->image;
	struct mb2_header header;

	*wishes = (struct wishes){ 0 };
	if (!find_header(image, &header, &wishes->at))
		return mb_refuse(image, "no header for x86, and with the right "
					"checksum, in its first 32768 bytes");
	if (header.length < sizeof(header) ||
	    header.length > SEARCHED - wishes->at ||
	    header.length > image->size - wishes->at)
		return mb_refuse(image, "truncated: its header is cut off");
	return read_tags(guest, image->data + wishes->at + sizeof(header),
			 header.length - sizeof(header), wishes);
}

/* The header's load_addr may be left to the place of the header in the file. */
#define LOAD_FROM_START UINT32_MAX

static int load_image(struct mb2_guest *guest)
{
	struct mb_guest *mb = &guest->mb;
	const struct mb_range *range;
	struct wishes wishes;
	gpa_t base;
	int err = read_header(mb, &wishes);

	if (err)
		return err;
	guest->is_relocatable = wishes.is_relocatable;
	range = wishes.is_relocatable ? &wishes.range : NULL;
	if (!wishes.has_fields) {
		err = mb_load_elf(
			mb, wishes.has_entry ? &wishes.fields.entry_addr : NULL,
			range, &base);
	} else {
		if (!wishes.has_entry)
			return mb_refuse(mb->image,
					 "its header has addresses, but no "
					 "entry address");
		if (wishes.fields.load_addr == LOAD_FROM_START)
			wishes.fields.load_addr =
				wishes.fields.header_addr - wishes.at;
		err = mb_load_fields(mb, wishes.at, &wishes.fields, range,
				     &base);
	}
	guest->load_base = base;
	return err;
}

/* --- The information --- */

/* Begins a tag whose contents of @size bytes are to follow. */
static void put_tag(struct mb_guest *guest, uint32_t type, size_t size)
{
	const uint32_t head[2] = { type, sizeof(head) + size };

	mb_put(guest, head, sizeof(head), TAG_ALIGN);
}

static void put_whole_tag(struct mb_guest *guest, uint32_t type,
			  const void *data, size_t size)
{
	put_tag(guest, type, size);
	mb_put(guest, data, size, 1);
}

static void put_modules(struct mb_guest *guest)
{
	for (unsigned int i = 0; i < guest->args->nr_modules; i++) {
		const struct room_taken place = mb_module(guest, i);
		const uint32_t ends[] = { place.start, place.end };
		const char *text = guest->args->modules[i].text;

		put_tag(guest, INFO_MODULE, sizeof(ends) + strlen(text) + 1);
		mb_put(guest, ends, sizeof(ends), 1);
		mb_put_string(guest, text);
	}
}

static void put_memory(struct mb_guest *guest)
{
	const uint32_t kib[] = { MB_MEM_LOWER, mb_mem_upper(guest) };
	const uint32_t entry[] = { sizeof(struct mb2_range), 0 /* version */ };
	struct memmap_entry map[MEMMAP_MAX];
	unsigned int nr = memmap_fill(guest->place.mem, map);

	put_whole_tag(guest, INFO_MEMORY, kib, sizeof(kib));
	put_tag(guest, INFO_MAP, sizeof(entry) + nr * sizeof(struct mb2_range));
	mb_put(guest, entry, sizeof(entry), 1);
	for (unsigned int i = 0; i < nr; i++) {
		const struct mb2_range range = { map[i].start, map[i].size,
						 map[i].type, 0 };

		mb_put(guest, &range, sizeof(range), 1);
	}
}

/* The specification draws three words of 16 bits; GRUB, and so every kernel, has
 * 32. */
static void put_sections(struct mb_guest *guest)
{
	const struct mb_sections *sections = &guest->sections;
	const uint32_t head[] = { sections->num, sections->size,
				  guest->elf.shstrndx };

	if (!sections->num)
		return;
	put_tag(guest, INFO_SECTIONS,
		sizeof(head) + sections->num * sections->size);
	mb_put(guest, head, sizeof(head), 1);
	mb_put_sections(guest);
}

static void put_screen(struct mb_guest *guest)
{
	struct mb2_framebuffer tag = { 0 };
	struct mb_screen screen;

	if (!mb_screen(guest, &screen))
		return;
	memcpy(tag.screen, &screen, sizeof(tag.screen));
	memcpy(tag.colours, screen.colours, sizeof(tag.colours));
	put_whole_tag(guest, INFO_FRAMEBUFFER, &tag,
		      screen.type == MB_PIXELS_TYPE ?
			      sizeof(tag) :
			      offsetof(struct mb2_framebuffer, colours));
}

/* Copies of what firmware has left. */
static void put_rsdp(struct mb_guest *guest)
{
	const uint8_t *rsdp =
		mem_hva(guest->place.mem, guest->args->rsdp, RSDP_NEW_SIZE);

	if (!guest->args->rsdp || !rsdp)
		return;
	put_whole_tag(guest, INFO_OLD_RSDP, rsdp, RSDP_OLD_SIZE);
	if (rsdp[RSDP_REVISION] >= 2)
		put_whole_tag(guest, INFO_NEW_RSDP, rsdp, RSDP_NEW_SIZE);
}

static void build(struct mb_guest *guest)
{
	const struct mb2_guest *mb2 = (const struct mb2_guest *)guest;
	const char *path = guest->image->path, *words = guest->args->cmdline;
	gpa_t start = mb_put(guest, NULL, 2 * sizeof(uint32_t), TAG_ALIGN);
	uint32_t size;

	put_tag(guest, INFO_CMDLINE,
		strlen(path) + (words ? 1 + strlen(words) : 0) + 1);
	mb_put_cmdline(guest);
	put_whole_tag(guest, INFO_LOADER_NAME, MB_LOADER_NAME,
		      sizeof(MB_LOADER_NAME));
	put_modules(guest);
	put_memory(guest);
	put_screen(guest);
	put_sections(guest);
	put_rsdp(guest);
	if (mb2->is_relocatable)
		put_whole_tag(guest, INFO_LOAD_BASE, &mb2->load_base,
			      sizeof(mb2->load_base));
	put_tag(guest, INFO_END, 0);
	size = guest->block_gpa + guest->used - start;
	mb_patch(guest, start, &size, sizeof(size));
}

static int mb2_load(const struct image *image, const struct boot_args *args,
		    const struct memory *mem, struct cpu_state *cpu)
{
	struct mb2_guest guest;
	int err;

	mb_begin(&guest.mb, image, args, mem);
	err = load_image(&guest);
	return err ? err : mb_finish(&guest.mb, build, BOOT_MAGIC, cpu);
}

static const struct loader multiboot2 = {
	.name = "multiboot2",
	.what = "multiboot 2 kernel, ELF or by the addresses in its header",
	.mem_default = MB_RAM_DEFAULT,
	.mem_min = MB_RAM_MIN,
	.needs = MB_NEEDS,
	.match = mb2_match,
	.load = mb2_load,
};
LOADER(multiboot2);
