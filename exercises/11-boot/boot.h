/*
 * What a loader knows when it makes the zero page of Linux.
 */
#ifndef EXERCISE_BOOT_H
#define EXERCISE_BOOT_H

#include <stdint.h>

#define ZERO_PAGE_SIZE 4096
#define RANGES_MAX     8

struct range {
	uint64_t base, len;
	uint32_t type; /* 1: RAM, 2: reserved */
};

struct plan {
	const uint8_t *image; /* the first 4096 bytes of the bzImage */
	uint32_t cmdline;     /* gpa of the command line */
	uint32_t initrd;      /* gpa of the initrd */
	uint32_t initrd_size; /* bytes, 0: there is none */
	unsigned int nr_ranges;
	struct range ranges[RANGES_MAX];
};

/*
 * Fills @page, in which there may be anything. The result is 0, or -1 if @image
 * is no kernel of protocol 2.06 or later.
 */
int zero_page(uint8_t page[ZERO_PAGE_SIZE], const struct plan *plan);

#endif
