/*
 * A multiboot image on its way into RAM: by the segments of an ELF file, or by
 * the address fields of its header. See multiboot.h.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "boot/kind.h"
#include "boot/multiboot.h"
#include "boot/sparse.h"
#include "x86/bits.h"

#define PREFER_NONE 0
#define PREFER_HIGH 2

/* A part of the image: @size bytes, of which the file has @filesz. */
struct part {
	gpa_t start;
	uint64_t size;
	const uint8_t *data;
	uint64_t filesz;
};

static int load_part(struct mb_guest *guest, const struct part *part)
{
	gpa_t end = part->start + part->size;
	int err = room_check(guest->image->path, "a segment", part->start, end,
			     guest->place.mem, guest->place.taken);

	if (err)
		return err;
	if (!place_take(&guest->place, part->start, end, "another segment"))
		return mb_refuse(guest->image, "too many segments");
	if (guest->end < end)
		guest->end = end;
	return mem_write_sparse(guest->place.mem, part->start, part->data,
				part->filesz);
}

/* --- Where a relocatable image goes --- */

/* Whether it is RAM to the memory map as well. */
static bool is_free(const struct place *place, gpa_t start, gpa_t end)
{
	return place_is_free(place, start, end) &&
	       (start >= MEM_FIRMWARE_END || end <= MEM_FIRMWARE_START);
}

/* The lowest free place from @min on, or the highest; its end is @max at most.
 * 0: there is none. */
static gpa_t search(const struct place *place, const struct mb_range *range,
		    gpa_t min, gpa_t max, uint64_t size)
{
	const uint64_t step = range->align ? range->align : 1;
	const bool high = range->preference == PREFER_HIGH;
	gpa_t first = (min + step - 1) & ~(step - 1);
	gpa_t last = (max - size) & ~(step - 1);

	if (max < size)
		return 0;
	while (first <= last) {
		gpa_t at = high ? last : first;

		if (is_free(place, at, at + size))
			return at;
		if (high)
			last -= step;
		else
			first += step;
	}
	return 0;
}

/* Where an image goes that is linked to [@start, @end). 0, or -errno after one
 * message. */
static int choose_base(const struct mb_guest *guest,
		       const struct mb_range *range, gpa_t start, gpa_t end,
		       gpa_t *base)
{
	const struct place *place = &guest->place;
	gpa_t min = range->min_addr, max = place->mem->low_size;
	const uint32_t mask = range->align - 1;

	if (range->align & mask && range->align)
		return mb_refuse(guest->image,
				 "its alignment is no power of 2");
	if (max > range->max_addr)
		max = range->max_addr;
	if (min < X86_PAGE_SIZE)
		min = X86_PAGE_SIZE; /* the interrupt table */
	*base = start;
	if (range->preference == PREFER_NONE && start >= min && end <= max &&
	    (!range->align || !(start & mask)) && is_free(place, start, end))
		return 0;
	*base = search(place, range, min, max, end - start);
	return *base ? 0 :
		       mb_refuse(guest->image,
				 "no RAM is left where it may be loaded; give "
				 "more by --mem");
}

/*
 * Checks that what is linked to [@start, @end) has RAM, all of it, so that the
 * advice on --mem is enough; or finds it another place.
 */
static int settle(const struct mb_guest *guest, const struct mb_range *range,
		  gpa_t start, gpa_t end, gpa_t *base, uint64_t *delta)
{
	static const struct room_taken none[] = { { 0 } };
	int err = 0;

	*base = start;
	if (range)
		err = choose_base(guest, range, start, end, base);
	*delta = *base - start;
	/* What is too high, a message about the segment tells better. */
	if (err || end + *delta > MEM_HOLE_START)
		return err;
	return room_check(guest->image->path, "the image", *base, end + *delta,
			  guest->place.mem, none);
}

/* --- ELF files --- */

/* The physical address of the entry point, which is a virtual one as all
 * addresses of ELF are, but not to every linker script. */
static bool find_entry(const struct elf_file *elf, gpa_t *entry)
{
	struct elf_segment seg;
	unsigned int i = 0;

	*entry = elf->entry;
	while (elf_next_load(elf, &i, &seg)) {
		if (elf->entry - seg.vaddr < seg.memsz) {
			*entry += seg.paddr - seg.vaddr;
			return true;
		}
	}
	return elf_holds(elf, elf->entry);
}

static gpa_t elf_start(const struct elf_file *elf)
{
	struct elf_segment seg;
	gpa_t start = UINT64_MAX;
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg))
		if (start > seg.paddr)
			start = seg.paddr;
	return start;
}

int mb_load_elf(struct mb_guest *guest, const uint32_t *entry,
		const struct mb_range *range, gpa_t *base)
{
	struct elf_file *elf = &guest->elf;
	const char *why = elf_open_segments(elf, guest->image);
	struct elf_segment seg;
	unsigned int i = 0;
	uint64_t delta;
	int err;

	if (entry)
		elf->entry = *entry;
	if (!why && !find_entry(elf, &guest->entry))
		why = "no segment holds the entry point";
	/* EFI programs may have such a header as well: Xen has. */
	if (why && kind_refuse(guest->image))
		return -ENOEXEC;
	if (why)
		return elf_refuse(guest->image, why);
	err = settle(guest, range, elf_start(elf), elf_end(elf), base, &delta);
	guest->entry += delta;
	while (!err && elf_next_load(elf, &i, &seg)) {
		const struct part part = { seg.paddr + delta, seg.memsz,
					   guest->image->data + seg.offset,
					   seg.filesz };

		err = load_part(guest, &part);
	}
	return err;
}

/* --- Address fields --- */

/* What is wrong with the fields of the header at @at, or NULL and the part. */
static const char *read_fields(const struct image *image, size_t at,
			       const struct mb_fields *f, struct part *part)
{
	const uint64_t before = (uint64_t)f->header_addr - f->load_addr;

	if (f->load_addr > f->header_addr || before > at)
		return "its header's addresses lie before the file's beginning";
	part->start = f->load_addr;
	part->data = image->data + (at - before);
	part->filesz = image->size - (at - before);
	if (f->load_end_addr) {
		if (f->load_end_addr < f->load_addr)
			return "its header's load_end_addr is below load_addr";
		if (f->load_end_addr - f->load_addr > part->filesz)
			return "truncated: its header's load_end_addr is beyond "
			       "the end of the file";
		part->filesz = f->load_end_addr - f->load_addr;
	}
	part->size = part->filesz;
	if (f->bss_end_addr) {
		if (f->bss_end_addr < part->start + part->filesz)
			return "its header's bss_end_addr is below the end of "
			       "what is loaded";
		part->size = f->bss_end_addr - part->start;
	}
	if (!part->size || f->entry_addr - part->start >= part->size)
		return "its header's entry_addr is outside of what is loaded";
	return NULL;
}

int mb_load_fields(struct mb_guest *guest, size_t at,
		   const struct mb_fields *fields, const struct mb_range *range,
		   gpa_t *base)
{
	struct part part;
	const char *why = read_fields(guest->image, at, fields, &part);
	uint64_t delta;
	int err;

	if (why)
		return mb_refuse(guest->image, why);
	err = settle(guest, range, part.start, part.start + part.size, base,
		     &delta);
	if (err)
		return err;
	part.start = *base;
	guest->entry = fields->entry_addr + delta;
	return load_part(guest, &part);
}
