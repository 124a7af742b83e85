/*
 * What lzop writes, as Linux reads it: lib/decompress_unlzo.c for the frame,
 * Documentation/staging/lzo.rst for the instructions of a block.
 */
#include "unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAGIC_BYTES   9
#define BLOCK_BYTES   (256 << 10) /* Linux takes no larger ones */
#define WITH_FILTER   0x0800
#define WITH_LEVEL    0x0940 /* from this version on: level, long time */
#define OUT_CHECKED   0x0001 /* Adler-32 of what comes out */
#define LITERALS_LONG 4	     /* state after four literals or more */

/* --- A block -------------------------------------------------------------- */

struct lzo {
	const unsigned char *in, *in_end;
	unsigned char *out;
	size_t len, room;
	unsigned int state; /* literals that were copied last, 4 at most */
	bool bad, end;
};

static unsigned int next(struct lzo *z)
{
	if (z->in < z->in_end)
		return *z->in++;
	z->bad = true;
	return 0;
}

/* A length that did not fit: 255 for each zero byte, then the rest. */
static size_t long_length(struct lzo *z, size_t base)
{
	unsigned int byte;

	while (!(byte = next(z)) && !z->bad && base <= BLOCK_BYTES)
		base += 255;
	return base + byte;
}

static void literals(struct lzo *z, size_t n)
{
	if (n > (size_t)(z->in_end - z->in) || n > z->room - z->len) {
		z->bad = true;
		return;
	}
	memcpy(z->out + z->len, z->in, n);
	z->in += n;
	z->len += n;
	z->state = n < LITERALS_LONG ? n : LITERALS_LONG;
}

/* Copies from distance bytes back, then up to three literals. */
static void match(struct lzo *z, size_t n, size_t distance, unsigned int after)
{
	if (distance > z->len || n > z->room - z->len) {
		z->bad = true;
		return;
	}
	for (; n; n--, z->len++)
		z->out[z->len] = z->out[z->len - distance];
	literals(z, after);
}

/* A distance in the next two bytes, with the literals after it. */
static void far_match(struct lzo *z, size_t n, size_t base)
{
	unsigned int low = next(z), word = low | next(z) << 8;

	match(z, n, base + (word >> 2), word & 3);
}

static void short_match(struct lzo *z, unsigned int t)
{
	if (z->state < LITERALS_LONG)
		match(z, 2, (next(z) << 2) + (t >> 2) + 1, t & 3);
	else
		match(z, 3, (next(z) << 2) + (t >> 2) + 2049, t & 3);
}

static void middle_match(struct lzo *z, unsigned int t)
{
	size_t base = 16384 + ((t & 8) << 11);
	size_t n = 2 + (t & 7 ? t & 7 : long_length(z, 7));

	if (base == 16384 && z->in_end - z->in >= 2 &&
	    !(z->in[0] >> 2 | z->in[1])) {
		z->in += 2;
		z->end = true;
		return;
	}
	far_match(z, n, base);
}

static void instruction(struct lzo *z, unsigned int t)
{
	if (t >= 128)
		match(z, 5 + (t >> 5 & 3), (next(z) << 3) + (t >> 2 & 7) + 1,
		      t & 3);
	else if (t >= 64)
		match(z, 3 + (t >> 5 & 1), (next(z) << 3) + (t >> 2 & 7) + 1,
		      t & 3);
	else if (t >= 32)
		far_match(z, 2 + (t & 31 ? t & 31 : long_length(z, 31)), 1);
	else if (t >= 16)
		middle_match(z, t);
	else if (z->state)
		short_match(z, t);
	else
		literals(z, 3 + (t ? t : long_length(z, 15)));
}

/* The first byte may stand for literals in a way of its own. */
static void first(struct lzo *z, unsigned int t)
{
	if (t > 17)
		literals(z, t - 17);
	else
		instruction(z, t);
}

/* Bytes that came out, or 0 when the block is damaged. */
static size_t unpack_block(const unsigned char *in, size_t n,
			   unsigned char *out, size_t room)
{
	struct lzo z = { .in = in, .in_end = in + n, .out = out, .room = room };

	first(&z, next(&z));
	while (!z.bad && !z.end)
		instruction(&z, next(&z));
	return z.bad || z.in != z.in_end ? 0 : z.len;
}

/* --- The frame ------------------------------------------------------------ */

static uint32_t be(struct unpack *u, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | u->in[u->used++];
	return value;
}

static bool left(const struct unpack *u, size_t n)
{
	return u->used <= u->len && u->len - u->used >= n;
}

/* Steps over the header. Returns 0, or -EINVAL. */
static int read_header(struct unpack *u, uint32_t *flags)
{
	uint32_t version, name;

	if (!left(u, 34) || memcmp(u->in, "\x89LZO\0\r\n\x1a\n", MAGIC_BYTES))
		return unpack_bad(u, "no lzop header");
	u->used = MAGIC_BYTES;
	version = be(u, 2);
	u->used += 5; /* of the library, the version needed, the method */
	if (version >= WITH_LEVEL)
		u->used++;
	*flags = be(u, 4);
	if (*flags & WITH_FILTER)
		u->used += 4;
	u->used += version >= WITH_LEVEL ? 12 : 8; /* mode and time */
	if (!left(u, 1 + 4))
		return unpack_bad(u, "the lzop header is truncated");
	name = be(u, 1);
	if (!left(u, name + 4))
		return unpack_bad(u, "the lzop header is truncated");
	u->used += name + 4; /* and its checksum */
	return 0;
}

/* One block, whose unpacked size has been read. */
static int read_block(struct unpack *u, uint32_t flags, uint32_t size,
		      unsigned char *out)
{
	const unsigned char *bytes = out;
	uint32_t packed, check;

	if (size > BLOCK_BYTES)
		return unpack_bad(u,
				  "an lzop block of %u bytes; Linux takes "
				  "%d at most",
				  size, BLOCK_BYTES);
	if (!left(u, 8))
		return unpack_bad(u, "the lzop data are truncated");
	packed = be(u, 4);
	check = be(u, 4); /* Linux expects one, and does not look at it */
	if (!packed || packed > size || !left(u, packed))
		return unpack_bad(u, "the lzop data are truncated or damaged");
	if (packed == size)
		bytes = u->in + u->used;
	else if (unpack_block(u->in + u->used, packed, out, size) != size)
		return unpack_bad(u, "the lzop data are damaged");
	if (flags & OUT_CHECKED && adler32(1, bytes, size) != check)
		return unpack_bad(u, "the lzop data are damaged: the checksum "
				     "is of other contents");
	u->used += packed;
	return u->take(u->data, bytes, size);
}

int unpack_lzo(struct unpack *u)
{
	unsigned char *out = malloc(BLOCK_BYTES);
	uint32_t flags = 0, size;
	int err = out ? read_header(u, &flags) : -ENOMEM;

	while (!err) {
		if (!left(u, 4)) {
			err = unpack_bad(u, "the lzop data are truncated");
			break;
		}
		size = be(u, 4);
		if (!size)
			break;
		err = read_block(u, flags, size, out);
	}
	free(out);
	return err;
}
