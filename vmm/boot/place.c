/*
 * Putting a large piece of an image into guest RAM, one 2 MiB block after the
 * other, because that is the size of a large page.
 *
 * A block the file fills is mapped: nothing is copied, pages the guest never
 * touches are never read, and guests of the same kernel share the rest until
 * they write to it. Of any other block the pages that are not zero are copied
 * and the RAM stays anonymous, so that the host can back it with one large
 * page: the gaps between a kernel's sections are as large as that, and the
 * guest writes to all of them when it gives them to its allocator.
 */
#include "boot/place.h"

#include <errno.h>
#include <string.h>

#define PAGE_SIZE  4096u
#define BLOCK_SIZE (2u << 20)

static bool is_zero(const uint8_t *page, size_t len)
{
	/* Each byte equals its neighbour, and the first one is zero. */
	return !page[0] && !memcmp(page, page + 1, len - 1);
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_dense(const uint8_t *block)
{
	for (size_t at = 0; at < BLOCK_SIZE; at += PAGE_SIZE)
		if (is_zero(block + at, PAGE_SIZE))
			return false;
	return true;
}

static void copy_pages(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t at = 0; at < len; at += PAGE_SIZE) {
		size_t piece = min_size(PAGE_SIZE, len - at);

		if (!is_zero(from + at, piece))
			memcpy(to + at, from + at, piece);
	}
}

/* Whether the block was mapped; the host may refuse, then it is copied. */
static bool map_block(const struct image *image, uint64_t offset,
		      const struct memory *mem, gpa_t gpa, size_t len)
{
	return len == BLOCK_SIZE && gpa % BLOCK_SIZE == 0 &&
	       offset % PAGE_SIZE == 0 && is_dense(image->data + offset) &&
	       !mem_map_file(mem, gpa, len, image->fd, offset);
}

int image_place(const struct image *image, uint64_t offset,
		const struct memory *mem, gpa_t gpa, size_t len)
{
	uint8_t *to = mem_hva(mem, gpa, len);
	size_t at = 0, piece;

	if (!to)
		return -EFAULT;
	for (; at < len; at += piece) {
		size_t to_boundary = BLOCK_SIZE - (gpa + at) % BLOCK_SIZE;

		piece = min_size(len - at, to_boundary);
		if (!map_block(image, offset + at, mem, gpa + at, piece))
			copy_pages(to + at, image->data + offset + at, piece);
	}
	return 0;
}
