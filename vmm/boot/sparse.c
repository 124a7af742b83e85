/* Writing what is mostly zero: guest RAM that nobody uses stays untouched. */
#include "boot/sparse.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "x86/bits.h"

#define LARGE_PAGE   (2ULL << 20)
#define SPARSE_PAGES 32 /* of the 512 in a large page */

/* A word at a time: not every C library's memcmp() is quick. */
static bool is_zero(const uint8_t *page, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); page += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, page, sizeof(word));
		if (word)
			return false;
	}
	while (len--)
		if (*page++)
			return false;
	return true;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Copies the pages of one block that are not zero. */
static void copy_block(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t piece;

	for (size_t at = 0; at < len; at += piece) {
		piece = min_size(len - at, X86_PAGE_SIZE);
		if (!is_zero(from + at, piece))
			memcpy(to + at, from + at, piece);
	}
}

/* Whether a block has so little in it that small pages are cheaper. */
static bool is_sparse(const uint8_t *from, size_t len)
{
	unsigned int used = 0;
	size_t piece;

	for (size_t at = 0; at < len && used < SPARSE_PAGES; at += piece) {
		piece = min_size(len - at, X86_PAGE_SIZE);
		used += !is_zero(from + at, piece);
	}
	return len == LARGE_PAGE && used < SPARSE_PAGES;
}

int mem_write_sparse(const struct memory *mem, gpa_t gpa, const void *buf,
		     size_t len)
{
	uint8_t *to = mem_hva(mem, gpa, len);
	const uint8_t *from = buf;
	size_t piece;

	if (!to)
		return -EFAULT;
	for (size_t at = 0; at < len; at += piece) {
		piece = min_size(len - at,
				 LARGE_PAGE - (gpa + at) % LARGE_PAGE);
		if (is_sparse(from + at, piece))
			madvise(to + at, piece, MADV_NOHUGEPAGE);
		copy_block(to + at, from + at, piece);
	}
	return 0;
}
