/*
 * 4 KiB pages for 1K OS. The tables lie at the end of the RAM below 3 GiB:
 *
 *   0 ...... N * 4 MiB         RAM that the directory shows
 *   ...... RAM's end - N * 4 KiB   neither shown nor used
 *   ...... RAM's end           N page tables
 *
 * That costs the OS the last 4 MiB of RAM, unless its size left something over.
 * A place below 1 MiB would cost nothing, but only an image with a header says
 * what it uses there.
 */
#include "boot/paged.h"

#include <errno.h>

#include "util/log.h"
#include "x86/bits.h"

#define TABLE_SIZE (PAGED_ENTRIES * sizeof(uint32_t))

/* How many tables fit beside the RAM that they map. */
static unsigned int count_tables(const struct memory *mem)
{
	unsigned int nr = mem->low_size / PAGED_SPAN;

	if (nr > PAGED_HALF)
		nr = PAGED_HALF;
	if (nr * (uint64_t)PAGED_SPAN + nr * TABLE_SIZE > mem->low_size)
		nr--;
	return nr;
}

int paged_map_small(const struct image *image, const struct memory *mem,
		    uint32_t *directory)
{
	unsigned int nr = count_tables(mem);
	gpa_t at = mem->low_size - nr * TABLE_SIZE;
	uint32_t *pages = mem_hva(mem, at, nr * TABLE_SIZE);

	if (!nr || !pages) {
		log_error(
			"%s: with 4 KiB pages it takes 4 MiB of RAM and 4 KiB "
			"for their table, and it has %zuK; try --mem 8M",
			image->path, mem->size >> 10);
		return -E2BIG;
	}
	for (unsigned int i = 0; i < nr * PAGED_ENTRIES; i++)
		pages[i] = i * X86_PAGE_SIZE | PAGED_PRESENT | PAGED_WRITABLE;
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t entry = (at + i * TABLE_SIZE) | PAGED_PRESENT |
				 PAGED_WRITABLE;

		directory[i] = entry;
		directory[PAGED_HALF + i] = entry;
	}
	return 0;
}
