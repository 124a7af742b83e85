/* Bytes in files: what the formats of this folder do with one. */
#ifndef MKVM_DISK_FILE_H
#define MKVM_DISK_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "disk/map.h"

/* Part of an array of iovecs that is walked through. */
struct slice {
	const struct iovec *iov;
	unsigned int nr;
	size_t done; /* bytes of the first one */
};

/* Fills @out, of @max, with what comes next in @slice and is @len bytes at most;
 * how many are filled, and in *@len the bytes in them. */
unsigned int slice_take(struct slice *slice, struct iovec *out,
			unsigned int max, uint64_t *len);

/* Goes on by @len bytes. */
void slice_skip(struct slice *slice, uint64_t len);

struct file {
	int fd;
	bool cannot_tell; /* whether it would wait: RWF_NOWAIT is unknown */
	struct map map;	  /* zeroes: none */
	atomic_bool is_written; /* since file_mark() */
};

/* Opens @name, that is neither waited for nor truncated, and takes its lock: a
 * reader's, or a writer's. 0, or -errno. */
int file_open(struct file *file, const char *name, int flags);

/* The @size bytes of it may be in memory. */
void file_map(struct file *file, uint64_t size, bool is_writable);

void file_close(struct file *file);

/* Reads or writes all of @iov at byte @at. 0, or -errno; -EIO if the file ends
 * before. */
int file_read(struct file *file, const struct iovec *iov, unsigned int nr,
	      uint64_t at);
int file_write(struct file *file, const struct iovec *iov, unsigned int nr,
	       uint64_t at);

/* Reads what is in the host's memory. 0; -EAGAIN: the disk has to be waited for;
 * -EOPNOTSUPP: who knows. */
int file_read_now(struct file *file, const struct iovec *iov, unsigned int nr,
		  uint64_t at);

/* The @len bytes at @at become zeroes, as cheaply as the file system can; may be
 * unallocated. */
int file_zero(struct file *file, uint64_t at, uint64_t len, bool may_unmap);

/* The room of these bytes is given back, where the file system can. */
int file_punch(struct file *file, uint64_t at, uint64_t len);

/* What was written is on the disk. */
int file_sync(const struct file *file);

/* When it was changed last, as it is now. 0 or -errno. */
struct disk_mark;
int file_mark(struct file *file, struct disk_mark *mark);

#endif
