/*
 * Programs: ELF files in an archive of ar(1) that is part of the kernel's image
 * (archive.S). What is read here was made by the build, but it is checked all
 * the same: an archive may come from anywhere.
 */
#include "kernel/kernel.h"
#include "lib/format.h"
#include "lib/string.h"

#define AR_MAGIC  "!<arch>\n"
#define ELF_MAGIC "\177ELF\1\1\1" /* 32 bits, little-endian, version 1 */
#define ET_EXEC	  2
#define PT_LOAD	  1
#define PF_W	  2

struct member {
	char name[16], date[12], uid[6], gid[6], mode[8], size[10], end[2];
};

struct elf_header {
	char magic[16];
	uint16_t type, machine;
	uint32_t version, entry, segments, sections, flags;
	uint16_t size, segment_size, nr_segments;
};

struct elf_segment {
	uint32_t type, offset, address, physical, file_size, size, flags, align;
};

extern const char archive[], archive_end[]; /* archive.S */

struct file {
	const char *data;
	uint32_t size;
};

/* Its name ends in a slash and its size in blanks. */
static bool is_named(const struct member *member, const char *name)
{
	size_t len = strlen(name);

	return len && len < sizeof(member->name) &&
	       !memcmp(member->name, name, len) && member->name[len] == '/';
}

static bool find_file(const char *name, struct file *file)
{
	const char *at = archive + sizeof(AR_MAGIC) - 1;

	while (archive_end - at >= (int)sizeof(struct member)) {
		const struct member *member = (const void *)at;
		const char *digits = member->size;
		int size = 0;

		at += sizeof(*member);
		if (number_read(&digits, &size) || size < 0 ||
		    size > archive_end - at)
			return false;
		*file = (struct file){ at, size };
		if (is_named(member, name))
			return true;
		at += size + size % 2;
	}
	return false;
}

/* Does the segment lie in the file, and where programs may be? */
static bool is_sane(const struct elf_segment *s, const struct file *file)
{
	return s->offset <= file->size &&
	       s->file_size <= file->size - s->offset &&
	       s->file_size <= s->size && s->address >= PROGRAM_AT &&
	       s->address < STACK_GUARD && s->size <= STACK_GUARD - s->address;
}

static int load_segment(uint32_t *space, const struct elf_segment *s,
			const struct file *file)
{
	uint32_t flags = s->flags & PF_W ? SPACE_WRITABLE : 0;
	uint32_t step;

	for (uint32_t at = 0; at < s->size; at += step) {
		uint32_t offset = (s->address + at) % PAGE_SIZE;
		uint32_t left = at < s->file_size ? s->file_size - at : 0;
		char *page = space_map(space, s->address + at, flags);

		if (!page)
			return -E_MEMORY;
		step = PAGE_SIZE - offset;
		memcpy(page + offset, file->data + s->offset + at,
		       left < step ? left : step);
	}
	return 0;
}

int program_load(uint32_t *space, const char *name, uint32_t *entry)
{
	struct file file = { 0 };
	const struct elf_header *elf;
	const struct elf_segment *s;
	int err = 0;

	if (!find_file(name, &file))
		return -E_NAME;
	elf = (const void *)file.data;
	if (file.size < sizeof(*elf) || memcmp(elf->magic, ELF_MAGIC, 7) ||
	    elf->type != ET_EXEC || elf->segments > file.size ||
	    elf->nr_segments > (file.size - elf->segments) / sizeof(*s))
		return -E_FORMAT;
	s = (const void *)(file.data + elf->segments);
	for (int i = 0; i < elf->nr_segments && !err; i++, s++) {
		if (s->type != PT_LOAD)
			continue;
		err = is_sane(s, &file) ? load_segment(space, s, &file) :
					  -E_FORMAT;
	}
	*entry = elf->entry;
	return err;
}
