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
#include <stdint.h>
#include <time.h>

#include "disk/bits.h"
#include "disk/file.h"
#include "util/lock.h"

#define CLUSTER 4096 /* bytes */

struct disk;

struct changes {
	struct file file;
	bool is_kept;
	const char *made; /* its path, if there was none before; or NULL */
	uint64_t size;	  /* bytes of the disk */
	struct timespec changed; /* a file that was there: its last change */
	uint64_t data_at;
	struct bits here;    /* one for each cluster */
	atomic_uchar *dirty; /* for each page of them: not in the file yet */
	struct lock saving;
};

/*
 * Opens the changes to @base in the file @path, which is begun if there is none;
 * NULL: in one that nobody ever sees, in TMPDIR. 0, or -EINVAL after one
 * message.
 */
int changes_open(struct changes *changes, const struct disk *base,
		 const char *path, bool read_only);

/* The @count clusters from @first on are here now: they have been written. */
void changes_add(struct changes *changes, uint64_t first, uint64_t count);

/* Whether any is. */
bool changes_any(const struct changes *changes);

/* What was written before, and the bits of it, are on the host's disk. 0, or
 * -errno. */
int changes_save(struct changes *changes);

/* changes_saved.c: puts all that is here behind what @out has; gets it back, into one
 * with nothing here. 0; -EFBIG: it is too much for a snapshot; -EINVAL: that was no
 * change to this disk; or -errno. */
struct stash;
int changes_put(struct changes *changes, struct stash *out);
int changes_get(struct changes *changes, struct stash *in);

/* Removes a file that changes_open() has made, whose path is still readable. */
void changes_forget(const struct changes *changes);

void changes_close(struct changes *changes);

#endif
