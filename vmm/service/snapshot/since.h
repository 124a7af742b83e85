/*
 * What has changed in a guest's RAM since it was last saved: a sum of each page is
 * kept from one save to the next, and compared. So it does not matter who has written:
 * KVM's log of dirty pages has what the guest writes, but never what a device of
 * ours does (KVM API, "KVM_GET_DIRTY_LOG"). Nothing is done while the guest runs; a
 * save reads what there is of RAM, and writes what is new.
 */
#ifndef MKVM_SNAPSHOT_SINCE_H
#define MKVM_SNAPSHOT_SINCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/pageset.h"
#include "util/stash.h"

struct memory;

/* Of one guest. Zeroes: it was not saved yet. */
struct since {
	uint64_t *sums;	       /* of each page as it was saved; 0: zeroes */
	uint64_t *fresh;       /* as it is now */
	char path[PATH_MAX];   /* of the file, as it was named */
	uint64_t head_sum;     /* and what it is known by */
	struct stash names;    /* of all that it goes on from, and its own */
	unsigned int nr_files; /* as many */
	bool is_saved;
};

/* Looks at all of @mem, of which nobody writes anything. Adds what is not as it was
 * saved to @changed, if that was so. 0 or -ENOMEM. */
int since_look(struct since *since, const struct memory *mem,
	       struct pageset *changed);

/* The name of the last file, if @path is to be another in the same folder; else NULL:
 * it cannot go on from there, or is one of so many that none can. */
const char *since_base(const struct since *since, const char *path);

/* Whether what would be saved to @path goes on, by way of others, from the very file
 * that is there, and would take its place. */
bool since_needs(const struct since *since, const char *path);

/* What was looked at last has been saved to @path. */
void since_saved(struct since *since, const char *path, uint64_t head_sum);

/* It begins anew. */
void since_forget(struct since *since);

#endif
