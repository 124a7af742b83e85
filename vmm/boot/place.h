/*
 * Where a loader puts what it may put anywhere, such as modules: RAM that
 * nothing else has taken.
 */
#ifndef MKVM_BOOT_PLACE_H
#define MKVM_BOOT_PLACE_H

#include "boot/room.h"
#include "boot_args.h"
#include "loader.h"

#define PLACE_MAX 160 /* ranges: segments, modules, and a loader's own */

struct place {
	const struct memory *mem;
	unsigned int nr;
	struct room_taken taken[PLACE_MAX + 1]; /* ends as room_check() wants */
};

/* Nothing is taken but @taken, a list that ends with an empty one. */
void place_init(struct place *place, const struct memory *mem,
		const struct room_taken *taken);

/* Takes [@start, @end), free or not. False: there are too many. */
bool place_take(struct place *place, gpa_t start, gpa_t end, const char *what);

/* Whether nothing has taken any of [@start, @end); it may not be RAM. */
bool place_is_free(const struct place *place, gpa_t start, gpa_t end);

/*
 * Finds and takes the lowest @len bytes from @from on that are free RAM below
 * the hole and begin with a multiple of @align, a power of 2. 0: there are none.
 */
gpa_t place_find(struct place *place, gpa_t from, uint64_t len, uint64_t align);

/* Copies @module to such a place, at whole pages, or if none is left to one from 1
 * MiB on. 0, with the place in *@start,
 * or -E2BIG after one message. */
int place_module(struct place *place, gpa_t from, const struct module *module,
		 gpa_t *start);

#endif
