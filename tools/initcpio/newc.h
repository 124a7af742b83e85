/*
 * A strict reader of cpio archives in the newc format, over bytes in memory.
 *
 * It trusts nothing: each number is checked before it is used, and whatever
 * would make Linux lose its way ends the walk with a reason.
 */
#ifndef MKVM_INITCPIO_NEWC_H
#define MKVM_INITCPIO_NEWC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEWC_HEADER_BYTES 110
#define NEWC_NAME_MAX	  4096 /* PATH_MAX of Linux, the NUL included */

struct newc_entry {
	size_t offset;	  /* of the header, in bytes from the start */
	const char *name; /* NUL-terminated, name_bytes - 1 characters */
	size_t name_bytes;
	uint32_t ino, mode, uid, gid, links, mtime, size;
	uint32_t dev_major, dev_minor;	 /* where the inode number is from */
	uint32_t rdev_major, rdev_minor; /* of a device node */
	const unsigned char *body;	 /* size bytes */
	bool padded;			 /* with zero bytes, as it should be */
	bool trailer;
	unsigned int segment; /* archives may follow one another */
};

struct newc {
	const unsigned char *data;
	size_t len;
	size_t pos;
	unsigned int segment;
	bool trailed;  /* the last entry was a trailer */
	char why[160]; /* what is wrong at offset pos */
};

void newc_open(struct newc *r, const void *data, size_t len);

/*
 * The next entry, trailers included. Returns 1; 0 at the end after a trailer;
 * -EINVAL when the bytes at r->pos are no entry, with the reason in r->why.
 */
int newc_next(struct newc *r, struct newc_entry *e);

#endif
