/*
 * The changes to a disk, in a sparse file: header, a bit for each cluster of
 * 4 KiB that is in here, and the clusters at the places that they have on the
 * disk. A hole is a cluster that is not here, or one of zeroes.
 *
 *	0	   HEADER_SIZE	    data_at
 *	| header   | bits, 1 for 1  | clusters, as long as the disk |
 *
 * A bit reaches the file only behind its cluster: whatever moment the host stops
 * at, a cluster that the file says is here is whole. Both are there when
 * changes_save() returns.
 */
#ifndef MKVM_DISK_CHANGES_H
#define MKVM_DISK_CHANGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/lock.h"

#define CLUSTER 4096 /* bytes */

struct disk;

struct changes {
	int fd;
	bool is_kept;
	uint64_t size; /* bytes of the disk */
	uint64_t data_at;
	size_t map_size;
	_Atomic uint64_t *map;
	atomic_uchar *dirty; /* for each page of it: not in the file yet */
	struct lock saving;
};

/*
 * Opens the changes to @base in the file @path, which is begun if there is none;
 * NULL: in one that nobody ever sees, in TMPDIR. 0, or -EINVAL after one
 * message.
 */
int changes_open(struct changes *changes, const struct disk *base,
		 const char *path, bool read_only);

/* How many clusters from cluster @first on, @max at most and 1 at least, are
 * all here, or all not; which of it is in *@here. */
uint64_t changes_run(const struct changes *changes, uint64_t first,
		     uint64_t max, bool *here);

/* The @count clusters from @first on are here now: they have been written. */
void changes_add(struct changes *changes, uint64_t first, uint64_t count);

/* Whether any is. */
bool changes_any(const struct changes *changes);

/* What was written before, and the bits of it, are on the host's disk. 0, or
 * -errno. */
int changes_save(struct changes *changes);

void changes_close(struct changes *changes);

#endif
