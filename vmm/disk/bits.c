/* Many bits, of which few words are ever touched: see bits.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "disk/bits.h"

#include <errno.h>
#include <sys/mman.h>

#define PAGE	  4096
#define WORD_BITS 64

int bits_make(struct bits *bits, uint64_t count)
{
	void *words;

	bits->size = (count / 8 + PAGE) / PAGE * PAGE;
	words = mmap(NULL, bits->size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bits->words = words == MAP_FAILED ? NULL : words;
	return bits->words ? 0 : -ENOMEM;
}

void bits_free(struct bits *bits)
{
	if (bits->words)
		munmap((void *)bits->words, bits->size);
	bits->words = NULL;
}

static uint64_t load(const struct bits *bits, uint64_t at)
{
	return atomic_load_explicit(&bits->words[at / WORD_BITS],
				    memory_order_acquire);
}

uint64_t bits_run(const struct bits *bits, uint64_t first, uint64_t max,
		  bool *set)
{
	uint64_t count = 0;

	*set = load(bits, first) >> first % WORD_BITS & 1;
	while (count < max) {
		const uint64_t at = first + count;
		const uint64_t rest = WORD_BITS - at % WORD_BITS;
		uint64_t word = load(bits, at), same;

		word = (*set ? ~word : word) >> at % WORD_BITS;
		same = word ? (uint64_t)__builtin_ctzll(word) : WORD_BITS;
		if (same < rest) {
			count += same;
			break;
		}
		count += rest;
	}
	return count < max ? count : max;
}

/* The bits from @first on that are in its word, @count at most. */
static uint64_t mask_of(uint64_t first, uint64_t count, uint64_t *part)
{
	const uint64_t rest = WORD_BITS - first % WORD_BITS;

	*part = count < rest ? count : rest;
	return (~0ULL >> (WORD_BITS - *part)) << first % WORD_BITS;
}

void bits_set(struct bits *bits, uint64_t first, uint64_t count)
{
	while (count) {
		uint64_t part, mask = mask_of(first, count, &part);

		if (~load(bits, first) & mask)
			atomic_fetch_or(&bits->words[first / WORD_BITS], mask);
		first += part;
		count -= part;
	}
}

/* What is clear already is not touched. */
void bits_clear(struct bits *bits, uint64_t first, uint64_t count)
{
	while (count) {
		uint64_t part, mask = mask_of(first, count, &part);

		if (load(bits, first) & mask)
			atomic_fetch_and(&bits->words[first / WORD_BITS],
					 ~mask);
		first += part;
		count -= part;
	}
}
