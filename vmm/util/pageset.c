/* Sets of pages: see pageset.h. */
#include "util/pageset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

static size_t nr_words(const struct pageset *set)
{
	return (set->nr + WORD_BITS - 1) / WORD_BITS;
}

int pageset_init(struct pageset *set, size_t nr)
{
	set->nr = nr;
	set->words = calloc(nr_words(set) + 1, sizeof(*set->words));
	return set->words ? 0 : -ENOMEM;
}

void pageset_free(struct pageset *set)
{
	free(set->words);
	*set = (struct pageset){ 0 };
}

void pageset_clear(struct pageset *set)
{
	memset(set->words, 0, nr_words(set) * sizeof(*set->words));
}

void pageset_add(struct pageset *set, size_t first, size_t nr)
{
	for (; nr && first < set->nr; first++, nr--)
		set->words[first / WORD_BITS] |= 1ULL << first % WORD_BITS;
}

/* The first page from @page on that is in @set, or is not; or set->nr. */
static size_t find(const struct pageset *set, size_t page, bool in)
{
	const uint64_t flip = in ? 0 : ~0ULL;
	size_t i = page / WORD_BITS;
	uint64_t word;

	if (page >= set->nr)
		return set->nr;
	word = (set->words[i] ^ flip) & ~0ULL << page % WORD_BITS;
	while (!word && ++i < nr_words(set))
		word = set->words[i] ^ flip;
	if (!word)
		return set->nr;
	page = i * WORD_BITS + (size_t)__builtin_ctzll(word);
	return page < set->nr ? page : set->nr;
}

bool pageset_next(const struct pageset *set, size_t *first, size_t *nr)
{
	*first = find(set, *first, true);
	*nr = find(set, *first, false) - *first;
	return *nr;
}

void pageset_join(struct pageset *set, size_t gap)
{
	size_t first = 0, nr, end = 0;

	for (; pageset_next(set, &first, &nr); first += nr, end = first)
		if (end && first - end <= gap)
			pageset_add(set, end, first - end);
}

size_t pageset_count(const struct pageset *set)
{
	size_t first = 0, nr, count = 0;

	for (; pageset_next(set, &first, &nr); first += nr)
		count++;
	return count;
}
