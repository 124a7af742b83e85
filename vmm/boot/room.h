/*
 * Whether guest RAM has room for a piece of an image, and what to do when it
 * has not: link it higher or lower, give more RAM, or make it smaller.
 */
#ifndef MKVM_BOOT_ROOM_H
#define MKVM_BOOT_ROOM_H

#include "memory.h"

/* How much of the stack that it gives a guest a loader keeps clear, bytes. */
#define ROOM_STACK 4096

/* RAM that a loader fills itself. The list ends with an empty one. */
struct room_taken {
	gpa_t start, end; /* one past its last byte */
	const char *what; /* "the GDT" */
};

/*
 * Checks that [@start, @end) is RAM below the hole, and clear of @taken. 0, or
 * -E2BIG after one message about @path, of which @what is to lie there: "a
 * segment".
 */
int room_check(const char *path, const char *what, gpa_t start, gpa_t end,
	       const struct memory *mem, const struct room_taken *taken);

/* What to give for --mem, in MiB, so that there is RAM up to @end. */
unsigned long long room_mem(gpa_t end);

#endif
