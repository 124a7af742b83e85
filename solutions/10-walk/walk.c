/*
 * The walk of 4-level paging: SDM 3A, "4-Level Paging".
 */
#include "walk.h"

#define PRESENT	 0x1ull
#define WRITABLE 0x2ull
#define USER	 0x4ull
#define LARGE	 0x80ull
#define NX	 (1ull << 63)
#define ADDRESS	 0x000ffffffffff000ull

#define ERROR_PRESENT 0x1
#define ERROR_WRITE   0x2
#define ERROR_USER    0x4
#define ERROR_FETCH   0x10

static struct walked fault(struct access access, uint32_t error)
{
	if (access.write)
		error |= ERROR_WRITE;
	if (access.user)
		error |= ERROR_USER;
	if (access.fetch)
		error |= ERROR_FETCH;
	return (struct walked){ .fault = true, .error = error };
}

struct walked walk(uint64_t cr3, uint64_t va, struct access access)
{
	uint64_t table = cr3 & ADDRESS, entry;
	uint64_t rights = WRITABLE | USER, mask, nx = 0;
	int shift;

	for (shift = 39;; shift -= 9) {
		entry = entry_at(table + (va >> shift & 511) * 8);
		if (!(entry & PRESENT))
			return fault(access, 0);
		rights &= entry;
		nx |= entry & NX;
		if (shift == 12 || (shift < 39 && entry & LARGE))
			break;
		table = entry & ADDRESS;
	}
	if ((access.write && !(rights & WRITABLE)) ||
	    (access.user && !(rights & USER)) || (access.fetch && nx))
		return fault(access, ERROR_PRESENT);
	mask = (1ull << shift) - 1;
	return (struct walked){ .pa = (entry & ADDRESS & ~mask) | (va & mask) };
}
