/*
 * The section headers of an ELF image, which tell a system its own symbols and
 * debugging information. "All sections are loaded": those that no segment has are
 * put behind everything else. A file may have none, or wrong ones: then nothing
 * is told.
 */
#include <elf.h>
#include <string.h>

#include "boot/multiboot.h"
#include "util/log.h"
#include "x86/bits.h"

#define ALIGN_DEFAULT 16

/* Of a section header, whatever the file's class. */
struct section {
	uint64_t offset, size, align; /* in the file, bytes */
	bool is_loaded;		      /* outside of segments, and here */
};

static struct section widen(const struct image *image, uint32_t type,
			    uint64_t flags, uint64_t offset, uint64_t size,
			    uint64_t align)
{
	bool fits = offset <= image->size && size <= image->size - offset;

	if (!align || align > X86_PAGE_SIZE || align & (align - 1))
		align = ALIGN_DEFAULT;
	return (struct section){ offset, size, align,
				 fits && size && type != SHT_NULL &&
					 type != SHT_NOBITS &&
					 !(flags & SHF_ALLOC) };
}

static struct section read_section(const struct mb_guest *guest, unsigned int i)
{
	const uint8_t *at = guest->sections.table + i * guest->sections.size;
	Elf64_Shdr wide;
	Elf32_Shdr s;

	if (guest->elf.is_64bit) {
		memcpy(&wide, at, sizeof(wide));
		return widen(guest->image, wide.sh_type, wide.sh_flags,
			     wide.sh_offset, wide.sh_size, wide.sh_addralign);
	}
	memcpy(&s, at, sizeof(s));
	return widen(guest->image, s.sh_type, s.sh_flags, s.sh_offset,
		     s.sh_size, s.sh_addralign);
}

/* Where section @s lies, of which all before end at @at. */
static uint64_t align_up(uint64_t at, const struct section *s)
{
	return (at + s->align - 1) & ~(s->align - 1);
}

/* Fills in where the table is. False: there is none that could be told of. */
static bool find_table(struct mb_guest *guest)
{
	const struct elf_file *elf = &guest->elf;
	const size_t size = elf->is_64bit ? sizeof(Elf64_Shdr) :
					    sizeof(Elf32_Shdr);

	if (elf->shentsize != size || elf->shoff > guest->image->size ||
	    elf->shnum * size > guest->image->size - elf->shoff)
		return false;
	guest->sections = (struct mb_sections){
		.num = elf->shnum,
		.size = size,
		.table = guest->image->data + elf->shoff,
	};
	return elf->shnum != 0;
}

/* Bytes from the first loaded section to the end of the last. */
static uint64_t measure(const struct mb_guest *guest)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < guest->sections.num; i++) {
		struct section s = read_section(guest, i);

		if (s.is_loaded)
			end = align_up(end, &s) + s.size;
	}
	return end;
}

void mb_load_sections(struct mb_guest *guest)
{
	struct mb_sections *sections = &guest->sections;
	uint64_t size, at;

	if (!find_table(guest))
		return;
	size = measure(guest);
	if (size)
		sections->start = place_find(&guest->place, guest->end, size,
					     X86_PAGE_SIZE);
	if (size && !sections->start) {
		log_info("%s: no RAM is left for %llu bytes of sections, such "
			 "as symbols",
			 guest->image->path, (unsigned long long)size);
		sections->num = 0;
	}
	at = sections->start;
	for (unsigned int i = 0; i < sections->num; i++) {
		struct section s = read_section(guest, i);

		if (!s.is_loaded)
			continue;
		at = align_up(at, &s);
		mem_write(guest->place.mem, at, guest->image->data + s.offset,
			  s.size);
		at += s.size;
	}
}

gpa_t mb_put_sections(struct mb_guest *guest)
{
	const struct mb_sections *sections = &guest->sections;
	const size_t addr_at = guest->elf.is_64bit ?
				       offsetof(Elf64_Shdr, sh_addr) :
				       offsetof(Elf32_Shdr, sh_addr);
	gpa_t table = mb_put(guest, sections->table,
			     (size_t)sections->num * sections->size, 4);
	gpa_t at = sections->start;

	for (unsigned int i = 0; i < sections->num; i++) {
		struct section s = read_section(guest, i);

		if (!s.is_loaded)
			continue;
		at = align_up(at, &s);
		mb_patch(guest, table + i * sections->size + addr_at, &at,
			 guest->elf.is_64bit ? sizeof(uint64_t) :
					       sizeof(uint32_t));
		at += s.size;
	}
	return table;
}
