/*
 * The walk of 4-level paging: so far, pages of 4 KiB that allow everything.
 */
#include "walk.h"

#define PRESENT 0x1ull
#define ADDRESS 0x000ffffffffff000ull

static struct walked fault(void)
{
	return (struct walked){ .fault = true, .error = 0 };
}

struct walked walk(uint64_t cr3, uint64_t va, struct access access)
{
	uint64_t table = cr3 & ADDRESS, entry;
	int shift;

	(void)access;
	for (shift = 39; shift >= 12; shift -= 9) {
		entry = entry_at(table + (va >> shift & 511) * 8);
		if (!(entry & PRESENT))
			return fault();
		table = entry & ADDRESS;
	}
	return (struct walked){ .pa = table | (va & 0xfff) };
}
