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

/*
 * Hands the file of @picture, which is at least 1 by 1 and at most as large as a
 * picture can be, to @put(@arg), piece by piece. False as soon as that is.
 */
bool png_write(const struct picture *picture,
	       bool (*put)(void *arg, const void *data, size_t len), void *arg);

/* The same to the descriptor @fd. 0, or -errno. */
int png_write_fd(const struct picture *picture, int fd);

/*
 * Whether the file at @fd is empty, or was written by the functions above and by
 * nobody since, as far as it goes: its first chunk says so, and nothing is compressed,
 * as it is in what other programs make of such a picture.
 */
bool png_is_ours(int fd);

#endif
