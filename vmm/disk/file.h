/* Bytes in files: what the formats of this folder do with a descriptor. */
#ifndef MKVM_DISK_FILE_H
#define MKVM_DISK_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

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

/* Reads or writes all of @iov at byte @at of @fd. 0, or -errno; -EIO if the
 * file ends before. */
int file_read(int fd, const struct iovec *iov, unsigned int nr, uint64_t at);
int file_write(int fd, const struct iovec *iov, unsigned int nr, uint64_t at);

/* The @len bytes at @at become zeroes by being written. */
int file_write_zeroes(int fd, uint64_t at, uint64_t len);

/* Likewise, but as cheaply as the file system can; may be unallocated. */
int file_zero(int fd, uint64_t at, uint64_t len, bool may_unmap);

/* The room of these bytes is given back, where the file system can. */
int file_punch(int fd, uint64_t at, uint64_t len);

/* Opens @name, that is neither waited for nor truncated, and takes its lock: a
 * reader's, or a writer's. The descriptor, or -errno. */
int file_open(const char *name, int flags);

#endif
