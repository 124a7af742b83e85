/* A set of pages of guest RAM, by their numbers: a bit for each. */
#ifndef MKVM_PAGESET_H
#define MKVM_PAGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pageset {
	uint64_t *words; /* bit N % 64 of word N / 64; zeroes behind the last */
	size_t nr;	 /* pages that there are */
};

/* An empty set of pages 0 to @nr - 1. 0 or -ENOMEM. */
int pageset_init(struct pageset *set, size_t nr);
void pageset_free(struct pageset *set);
void pageset_clear(struct pageset *set);

/* Adds @nr pages from @first on; those there are not, are not added. */
void pageset_add(struct pageset *set, size_t first, size_t nr);

static inline bool pageset_has(const struct pageset *set, size_t page)
{
	return set->words[page / 64] >> page % 64 & 1;
}

/* The next stretch of pages in @set, from *@first on: it begins at *@first and has
 * *@nr pages. False: there is none. */
bool pageset_next(const struct pageset *set, size_t *first, size_t *nr);

/* Adds the pages between two of @set that at most @gap others lie between. */
void pageset_join(struct pageset *set, size_t gap);

/* How many stretches there are. */
size_t pageset_count(const struct pageset *set);

#endif
