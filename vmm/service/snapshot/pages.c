/*
 * Pages by /proc/self/pagemap (proc(5)): a page of anonymous memory that is neither
 * present nor swapped out was never written.
 */
#include "service/snapshot/pages.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "memory.h"
#include "service/snapshot/format.h"
#include "util/pageset.h"

#define PRESENT	  (1ULL << 63)
#define SWAPPED	  (1ULL << 62)
#define AT_A_TIME 512 /* pages: what a large one has */

static int pagemap = -1;

void pages_prepare(void)
{
	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

/* What the kernel says of @nr pages, @first and on; false: nothing. */
static bool ask(const struct memory *mem, size_t first, size_t nr,
		uint64_t *entries)
{
	const size_t page = (uintptr_t)mem->base / SNAPSHOT_PAGE + first;
	const size_t len = nr * sizeof(*entries);

	return pagemap >= 0 &&
	       pread(pagemap, entries, len, (off_t)(page * sizeof(*entries))) ==
		       (ssize_t)len;
}

void pages_touched(const struct memory *mem, struct pageset *set)
{
	uint64_t entries[AT_A_TIME];

	for (size_t first = 0; first < set->nr; first += AT_A_TIME) {
		const size_t left = set->nr - first;
		const size_t nr = left < AT_A_TIME ? left : AT_A_TIME;

		if (!ask(mem, first, nr, entries)) {
			pageset_add(set, first, nr);
			continue;
		}
		for (size_t i = 0; i < nr; i++)
			if (entries[i] & (PRESENT | SWAPPED))
				pageset_add(set, first + i, 1);
	}
}
