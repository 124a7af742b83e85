/* A device's own memory among what is remembered of it: a bit per page, whether it
 * is there, and those that are. Pages of zeroes are not. */
#include <string.h>

#include "device_memory.h"
#include "util/stash.h"

#define PAGE 4096

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

void board_memory_save(struct stash *out, const void *memory, size_t len)
{
	const uint8_t *page = memory;

	for (size_t at = 0; at < len; at += PAGE) {
		const uint8_t there = !is_zero(page + at);

		STASH_PUT(out, there);
		if (there)
			stash_put(out, page + at, PAGE);
	}
}

void board_memory_restore(struct stash *in, void *memory, size_t len)
{
	uint8_t *page = memory;

	for (size_t at = 0; at < len; at += PAGE) {
		uint8_t there;

		STASH_GET(in, there);
		if (there > 1)
			in->bad = true;
		else if (there)
			stash_get(in, page + at, PAGE);
		else if (!is_zero(page + at))
			memset(page + at, 0, PAGE);
	}
}
