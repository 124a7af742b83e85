/*
 * A picture as PNG (W3C, "Portable Network Graphics (PNG) Specification"), with a
 * palette where 256 colours do, and without compression: deflate's stored blocks
 * (RFC 1951) in a zlib stream (RFC 1950). Whoever wants it smaller has the tools.
 */
#ifndef MKVM_PNG_H
#define MKVM_PNG_H

#include <stdbool.h>
#include <stddef.h>

struct picture;

#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"

/*
 * Hands the file of @picture, which is at least 1 by 1 and at most as large as a
 * picture can be, to @put(@arg), piece by piece. False as soon as that is.
 */
bool png_write(const struct picture *picture,
	       bool (*put)(void *arg, const void *data, size_t len), void *arg);

/* The same to the descriptor @fd. 0, or -errno. */
int png_write_fd(const struct picture *picture, int fd);

#endif
