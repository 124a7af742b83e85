/* Guest RAM in a snapshot: see format.h. */
#ifndef MKVM_SNAPSHOT_RAM_H
#define MKVM_SNAPSHOT_RAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "service/snapshot/format.h"
#include "util/pageset.h"

struct memory;

/* What was written, or is there. */
struct ram_sum {
	uint64_t sum; /* of all pages but those of zeroes, and their places */
	uint64_t nr_pages; /* how many those are */
};

/* Adds page number @nr of RAM, at @page, unless it is all zeroes; whether it did. */
bool ram_count(struct ram_sum *sum, const void *page, uint64_t nr);

/* RAM as it is to be saved. */
struct ram_look {
	struct ram_sum sum;
	struct pageset full;   /* pages that are not all zeroes */
	struct pageset mapped; /* what is to be mapped: those and a few between */
};

/* Looks through @mem, of which nobody writes anything; at @changed only, if that is
 * not NULL: all of it is mapped then. 0 or -ENOMEM; to be freed then as well. */
int ram_look(const struct memory *mem, const struct pageset *changed,
	     struct ram_look *look);
/* Puts a sum of each page of @mem to @sums, 0 for one of zeroes. 0 or -ENOMEM. */
int ram_sums(const struct memory *mem, uint64_t *sums);
void ram_forget(struct ram_look *look);

/* Writes what @look has found in @mem to @fd from byte @at on, where the file is one
 * hole, and tells @written of each piece, in bytes. 0 or -errno, without a message. */
int ram_put(const struct memory *mem, const struct ram_look *look, int fd,
	    off_t at, void (*written)(uint64_t len));

/* All of @mem are zeroes, and will be what is mapped from files of which @path is the
 * first. 0 or -ENOMEM. */
int ram_begin(struct memory *mem, const char *path);

/* Maps all of them again, over whatever @mem is meanwhile. 0 or -errno. */
int ram_map_again(const struct memory *mem);

/* Whether some of @mem is mapped from files. */
bool ram_is_mapped(const struct memory *mem);

/* Whether the SNAPSHOT_PAGE bytes at @page are all zeroes. */
bool ram_is_zero(const void *page);

/* It is forgotten which those are; for tests. */
void ram_end(void);

/* Maps the @nr @runs of @fd, where RAM begins at byte @at, in their places in @mem:
 * what is touched there is read, and written nowhere. 0 or -errno. @fd stays open
 * for those who save the guest again. */
int ram_map(const struct memory *mem, int fd, off_t at,
	    const struct snapshot_run *runs, unsigned int nr);

#endif
