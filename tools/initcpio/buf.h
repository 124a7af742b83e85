/*
 * A growing array of bytes with an upper limit.
 *
 * An initramfs lives in the guest's RAM anyway, so the tool holds it in memory
 * whole; the limit keeps a hostile archive from unpacking without end.
 */
#ifndef MKVM_INITCPIO_BUF_H
#define MKVM_INITCPIO_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	unsigned char *data;
	size_t len;
	size_t room;  /* bytes allocated */
	size_t limit; /* most bytes it may ever hold; 0 is no limit */
};

/* Appends n bytes. Returns 0, -ENOMEM, or -EFBIG beyond the limit. */
int buf_add(struct buf *b, const void *bytes, size_t n);

/* Appends value as 4 bytes, lowest first. Returns as buf_add() does. */
int buf_add_le32(struct buf *b, uint32_t value);

/* Frees the bytes; the buffer is empty and usable again. */
void buf_free(struct buf *b);

/* The 4 bytes at p as a number, lowest first. */
uint32_t le32_at(const unsigned char *p);

#endif
