/* SHA-256 (FIPS 180-4), of bytes that come piece by piece. */
#ifndef MKVM_SHA256_H
#define MKVM_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64		       /* bytes */
#define SHA256_TEXT  (2 * 256 / 8 + 1) /* in hexadecimal, with the NUL */

struct sha256 {
	uint32_t hash[8];
	uint64_t len; /* bytes so far */
	uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *buf, size_t len);

/* Writes the sum of all that was added to @text. */
void sha256_end(struct sha256 *sha, char text[SHA256_TEXT]);

#endif
