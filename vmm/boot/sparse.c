/* Writing what is mostly zero: guest RAM that nobody uses stays untouched. */
#include "boot/sparse.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "x86/bits.h"

#define LARGE_PAGE   (2ULL << 20)
#define BLOCK_PAGES  (LARGE_PAGE / X86_PAGE_SIZE)
#define SPARSE_PAGES 32 /* of the BLOCK_PAGES in a large page */
#define LINE	     8	/* pairs of words looked at together */

/* What SSE2, which every 64-bit processor has, looks at in one instruction. */
typedef uint64_t word_pair
	__attribute__((vector_size(16), aligned(1), may_alias));

/* All the zeros of a kernel are looked at on each start, so in large pieces. */
static bool is_zero(const uint8_t *page, size_t len)
{
	const size_t size = LINE * sizeof(word_pair);

	for (; len >= size; page += size, len -= size) {
		const word_pair *line = (const word_pair *)page;
		word_pair any = (line[0] | line[1] | line[2] | line[3]) |
				(line[4] | line[5] | line[6] | line[7]);

		if (any[0] | any[1])
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

/* Notes in @used which pages of one block are not zero; returns how many. */
static unsigned int find_used(const uint8_t *from, size_t len, bool *used)
{
	unsigned int nr_used = 0;

	for (size_t at = 0; at < len; at += X86_PAGE_SIZE, used++) {
		*used = !is_zero(from + at, min_size(len - at, X86_PAGE_SIZE));
		nr_used += *used;
	}
	return nr_used;
}

/* Writes one block. With little in it, small pages are cheaper. */
static void write_block(uint8_t *to, const uint8_t *from, size_t len)
{
	bool used[BLOCK_PAGES];

	if (find_used(from, len, used) < SPARSE_PAGES && len == LARGE_PAGE)
		madvise(to, len, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < len; at += X86_PAGE_SIZE)
		if (used[at / X86_PAGE_SIZE])
			memcpy(to + at, from + at,
			       min_size(len - at, X86_PAGE_SIZE));
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
		write_block(to + at, from + at, piece);
	}
	return 0;
}
