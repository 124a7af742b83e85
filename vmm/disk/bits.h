/* A bit for each piece of a disk. Bits are set by several threads at once. */
#ifndef MKVM_DISK_BITS_H
#define MKVM_DISK_BITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
	_Atomic uint64_t *words;
	size_t size; /* bytes, whole pages */
};

/* @count of them and some more, all clear; memory for those that are used. 0 or
 * -ENOMEM. */
int bits_make(struct bits *bits, uint64_t count);
void bits_free(struct bits *bits);

/* How many bits from @first on, @max at most and 1 at least, are all set, or all
 * clear; which of it is in *@set. */
uint64_t bits_run(const struct bits *bits, uint64_t first, uint64_t max,
		  bool *set);

void bits_set(struct bits *bits, uint64_t first, uint64_t count);
void bits_clear(struct bits *bits, uint64_t first, uint64_t count);

#endif
