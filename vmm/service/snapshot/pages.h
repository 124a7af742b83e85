/* Which pages of guest RAM there are: those that nobody has touched are not looked
 * at. */
#ifndef MKVM_SNAPSHOT_PAGES_H
#define MKVM_SNAPSHOT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory;

#define PAGES_AT_A_TIME 512 /* what a large page has */

/* A walk over all of them. Zeroes, but for the first two. */
struct pages {
	const struct memory *mem;
	/* What is mapped there where nobody has written, from byte file_at on; -1:
	 * nothing is. */
	int file;
	off_t file_at;
	size_t at;		   /* bytes looked at so far */
	size_t data_from, data_to; /* where the file has no hole */
	size_t first, nr;	   /* bytes before, and how many of: */
	uint64_t entries[PAGES_AT_A_TIME];
};

/* Gets hold of what the kernel says of this process's pages, while that can still
 * be opened. Without it every page is looked at. */
void pages_prepare(void);

/* The next run of pages that may be something else than zeroes, as an offset in RAM
 * and a length. False: there are no more. */
bool pages_next(struct pages *pages, size_t *off, size_t *len);

#endif
