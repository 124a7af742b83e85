/*
 * A file in this program's memory: what the host has in its own memory anyway is
 * copied from and to there without a system call, which is most of what a request
 * for 4 KiB costs otherwise. What was written by a call is taken for such, and in
 * a file without holes what was read: to touch a hole in memory takes room for
 * it, or fails where there is none.
 *
 * A page that the file system cannot give (the file has become shorter, a disk is
 * broken or full) is SIGBUS: the mapping is not used again, and the calls tell
 * the reason.
 */
#ifndef MKVM_DISK_MAP_H
#define MKVM_DISK_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "disk/bits.h"

struct map {
	uint8_t *hva; /* NULL: there is none */
	uint64_t size;
	struct bits near; /* for each page: the host has it in memory */
	bool is_writable;
	atomic_bool has_holes, is_broken;
};

/* Of the @size bytes of @fd. When that cannot be, all of them are by calls. */
void map_open(struct map *map, int fd, uint64_t size, bool is_writable);
void map_close(struct map *map);

/* False: nothing was done, or something that is to be done again. */
bool map_read(struct map *map, const struct iovec *iov, unsigned int nr,
	      uint64_t at);
bool map_write(struct map *map, const struct iovec *iov, unsigned int nr,
	       uint64_t at);

/* These bytes were read or written by a call; or they are a hole now. */
void map_was_read(struct map *map, uint64_t at, uint64_t len);
void map_was_written(struct map *map, uint64_t at, uint64_t len);
void map_emptied(struct map *map, uint64_t at, uint64_t len);

#endif
