/*
 * Where a packed stream ends, without unpacking it.
 */
#ifndef MKVM_INITCPIO_EXTENT_H
#define MKVM_INITCPIO_EXTENT_H

#include <stddef.h>

/*
 * Bytes of the stream that begins at in, as Linux would use them up, out of
 * len. 0 when the stream is not whole or not of its kind.
 */
size_t lz4_extent(const unsigned char *in, size_t len);
size_t xz_extent(const unsigned char *in, size_t len);
size_t zstd_extent(const unsigned char *in, size_t len);

/* Where the next bzip2 stream may begin, or len; never more than the stream. */
size_t bzip2_extent(const unsigned char *in, size_t len);

#endif
