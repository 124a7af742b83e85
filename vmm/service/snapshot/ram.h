/* Guest RAM in a snapshot: see format.h. */
#ifndef MKVM_SNAPSHOT_RAM_H
#define MKVM_SNAPSHOT_RAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct memory;

/* What was written, or is there. */
struct ram_sum {
	uint64_t sum; /* of all pages but those of zeroes, and their places */
	uint64_t nr_pages; /* how many those are */
};

/* Adds page number @nr of RAM, at @page, unless it is all zeroes; whether it did. */
bool ram_count(struct ram_sum *sum, const void *page, uint64_t nr);

/* Writes @mem to @fd from byte @at on, where the file is one hole. Nobody writes to
 * it meanwhile. 0 or -errno, without a message. */
int ram_save(const struct memory *mem, int fd, off_t at, struct ram_sum *sum);

/* Maps what @fd has from byte @at on, all of @mem, in its place: it is read when it
 * is touched, and written nowhere. 0 or -errno. @fd stays open. */
int ram_map(struct memory *mem, int fd, off_t at, const char *path);

#endif
