/*
 * A strict reader of cpio archives in the newc format, fed piece by piece.
 *
 * It trusts nothing: each number is checked before it is used, and whatever
 * would make Linux lose its way ends the walk with a reason. Of a file's
 * contents only the beginning is kept, so memory does not grow with them.
 */
#ifndef MKVM_INITCPIO_NEWC_H
#define MKVM_INITCPIO_NEWC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NEWC_HEADER_BYTES 110
#define NEWC_NAME_MAX	  4096 /* PATH_MAX of Linux, the NUL included */
#define NEWC_HEAD_MAX	  4096 /* bytes of a body that are kept */

struct newc_entry {
	size_t offset;	  /* of the header, in bytes from the start */
	const char *name; /* NUL-terminated, name_bytes - 1 characters */
	size_t name_bytes;
	uint32_t ino, mode, uid, gid, links, mtime, size;
	uint32_t dev_major, dev_minor;	 /* where the inode number is from */
	uint32_t rdev_major, rdev_minor; /* of a device node */
	const unsigned char *head;	 /* the first bytes of the contents */
	uint32_t head_bytes;
	uint32_t sum;	      /* of all bytes of the contents */
	uint32_t check;	      /* what sum should be, when it is checked */
	bool checked;	      /* format 070702 */
	bool padded;	      /* with zero bytes, as it should be */
	unsigned int segment; /* counts the trailers before it */
};

/* Takes one entry; its pointers hold until the return. 0 or -errno. */
typedef int newc_take(void *data, const struct newc_entry *e);

struct newc {
	newc_take *take; /* not called for trailers */
	void *data;
	size_t pos; /* of the next byte, from the start of the part */
	enum { NEWC_GAP, NEWC_HEADER, NEWC_NAME, NEWC_BODY, NEWC_END } state;
	size_t left; /* bytes of the name or body still to come */
	size_t have; /* bytes of the header or name that are there */
	unsigned int segment;
	bool empty;   /* nothing but zeros in this part yet */
	bool at_once; /* zeros must not come first */
	bool trailed; /* the last entry was a trailer */
	struct newc_entry e;
	char header[NEWC_HEADER_BYTES];
	char name[NEWC_NAME_MAX];
	unsigned char head[NEWC_HEAD_MAX];
	char why[160]; /* what is wrong at offset pos */
};

/* Before the first part; take gets each entry as it is complete. */
void newc_open(struct newc *r, newc_take *take, void *data);

/*
 * Begins a part, whose first byte is at this offset. Linux takes zeros at the
 * start of what is packed only if another part came before (not at_once).
 */
void newc_begin(struct newc *r, size_t offset, bool at_once);

/*
 * Takes the next bytes of a part. Returns how many of them are archive: fewer
 * than n when other bytes than zeros or a header follow an entry; -EINVAL with
 * r->pos and r->why; or what take() returned.
 */
ssize_t newc_feed(struct newc *r, const void *bytes, size_t n);

/* Ends a part. Returns 0, or -EINVAL when it is cut off somewhere. */
int newc_end(struct newc *r);

#endif
