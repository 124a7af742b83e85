/* What the multiboot kernel is told, by either version: see multiboot.c. */
#include "multiboot.h"

struct told told;

static void read_screen(const u8 *at)
{
	told.has_text = 1;
	told.text_gpa = word64(at);
	told.pitch = word32(at + 8);
	told.width = word32(at + 12);
	told.height = word32(at + 16);
	told.bits = at[20];
	told.type = at[21];
}

/* --- Version 1 --- */

void read_info1(const u8 *info)
{
	const u32 flags = word32(info);
	const u8 *modules = (const u8 *)word32(info + 24);

	told.start = (u32)info;
	told.end = told.start + 116;
	/* memory, command line, map, name, and nothing that is not defined, nor
	 * two kinds of symbols at once */
	CHECK(FLAGS, (flags & 0x245) == 0x245 && !(flags & 0xffffe000) &&
			     (flags & 0x30) != 0x30);
	CHECK(BOOT_DEVICE, !(flags & 2) || word32(info + 12) >> 31);
	told.mem_lower = word32(info + 4);
	told.mem_upper = word32(info + 8);
	told.cmdline = (const char *)word32(info + 16);
	told.loader = (const char *)word32(info + 64);
	told.nr_modules = flags & 8 ? word32(info + 20) : 0;
	CHECK(MODULE_COUNT, told.nr_modules <= MODULES_MAX);
	for (u32 i = 0; i < told.nr_modules; i++, modules += 16) {
		told.modules[i] =
			(struct module){ word32(modules), word32(modules + 4),
					 (const char *)word32(modules + 8) };
		CHECK(MODULE_RESERVED, !word32(modules + 12));
	}
	told.map_len = word32(info + 44);
	told.map = (const u8 *)word32(info + 48);
	if (flags & 0x20) {
		told.nr_sections = word32(info + 28);
		told.section_size = word32(info + 32);
		told.sections = (const u8 *)word32(info + 36);
		told.names = word32(info + 40);
	}
	if (flags & 0x1000)
		read_screen(info + 88);
}

/* --- Version 2 --- */

static u32 seen; /* bits of the tags */

static void read_texts(const u8 *at, u32 type, u32 size)
{
	struct module *module = &told.modules[told.nr_modules];

	switch (type) {
	case 1:
		told.cmdline = (const char *)at;
		CHECK(TAG_SIZE, size == 8 + length(told.cmdline) + 1);
		break;
	case 2:
		told.loader = (const char *)at;
		CHECK(TAG_SIZE, size == 8 + length(told.loader) + 1);
		break;
	case 3:
		CHECK(MODULE_COUNT, told.nr_modules++ < MODULES_MAX);
		*module = (struct module){ word32(at), word32(at + 4),
					   (const char *)at + 8 };
		CHECK(TAG_SIZE, size == 16 + length(module->string) + 1);
		break;
	}
}

static void read_memory(const u8 *at, u32 type, u32 size)
{
	if (type == 4) {
		CHECK(TAG_SIZE, size == 16);
		told.mem_lower = word32(at);
		told.mem_upper = word32(at + 4);
		return;
	}
	told.map_step = word32(at);
	told.map = at + 8;
	told.map_len = size - 16;
	CHECK(TAG_FIELDS, told.map_step >= 24 && !(told.map_step & 7) &&
				  !word32(at + 4) &&
				  told.map_len % told.map_step == 0);
}

/* Three words of 16 bits in the specification, and of 32 in GRUB. */
static void read_sections(const u8 *at, u32 size)
{
	told.nr_sections = word32(at);
	told.section_size = word32(at + 4);
	told.names = word32(at + 8);
	told.sections = at + 12;
	CHECK(TAG_SIZE, size == 20 + told.nr_sections * told.section_size);
}

static void read_tag(const u8 *tag, u32 type, u32 size)
{
	const u8 *at = tag + 8;

	CHECK(TAG_TWICE, type == 3 || !(seen >> type & 1));
	seen |= 1u << type;
	switch (type) {
	case 1:
	case 2:
	case 3:
		return read_texts(at, type, size);
	case 4:
	case 6:
		return read_memory(at, type, size);
	case 8:
		CHECK(TAG_SIZE, size >= 31);
		return read_screen(at);
	case 9:
		return read_sections(at, size);
	case 14:
		told.old_rsdp = at;
		CHECK(ACPI_OLD, size == 8 + 20);
		return;
	case 15:
		told.new_rsdp = at;
		CHECK(ACPI_NEW, size >= 8 + 36);
		return;
	case 21:
		CHECK(TAG_SIZE, size == 12);
		/* The lowest address, which may be that of a segment apart. */
		CHECK(LOAD_BASE,
		      word32(at) == (u32)image_start || word32(at) == 0x8000);
		return;
	default:
		/* What GRUB finds by the BIOS: boot device, VBE, APM, SMBIOS,
		 * network. */
		CHECK(TAG_UNKNOWN, type == 5 || type == 7 || type == 10 ||
					   type == 13 || type == 16);
	}
}

void read_info2(const u8 *info)
{
	const u8 *end = info + word32(info), *tag = info + 8;

	told.start = (u32)info;
	told.end = (u32)end;
	CHECK(TAG_RESERVED, !word32(info + 4));
	for (;;) {
		u32 type = word32(tag), size = word32(tag + 4);

		CHECK(TAG_SIZE, size >= 8 && size <= (u32)(end - tag));
		if (!type) {
			CHECK(TAG_END, size == 8 && tag + 8 == end);
			break;
		}
		CHECK(TAG_UNKNOWN, type < 32);
		read_tag(tag, type, size);
		tag += (size + 7) & ~7u;
	}
	CHECK(FLAGS, (seen & 0x56) == 0x56);
}
