/*
 * Unpacks one stream of a packed archive as Linux does: with the method that
 * its first two bytes name, and with how many bytes of it are used up, because
 * something else may follow.
 */
#ifndef MKVM_INITCPIO_UNPACK_H
#define MKVM_INITCPIO_UNPACK_H

#include <stddef.h>

/* Takes unpacked bytes, in order. 0, or -errno to stop. */
typedef int unpack_take(void *data, const void *bytes, size_t n);

struct unpack {
	const unsigned char *in; /* the stream and what follows it */
	size_t len;
	unpack_take *take;
	void *data;

	size_t used;   /* out: bytes of in that belong to the stream */
	char why[160]; /* out: what is wrong, after -EINVAL */
};

struct method {
	const char *name;
	unsigned char magic[2];
	int (*unpack)(struct unpack *u);
};

/* The method that Linux would try on these bytes, or NULL. */
const struct method *method_find(const unsigned char *in, size_t len);

/*
 * Why Linux could not unpack these packed bytes although other tools can, or
 * NULL.
 */
const char *method_fault(const unsigned char *in, size_t len);

/*
 * Unpacks a stream. Returns 0; -EINVAL with a reason in u->why; or what take()
 * returned. Bytes may have been taken before an error.
 */
int method_unpack(const struct method *method, struct unpack *u);

/* Sets u->why. Returns -EINVAL. */
int unpack_bad(struct unpack *u, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The methods that are written out here; the others are libarchive's. */
int unpack_gzip(struct unpack *u);
int unpack_lzo(struct unpack *u);

#endif
