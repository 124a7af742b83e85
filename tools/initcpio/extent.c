/*
 * Where a packed stream ends; see extent.h.
 *
 * Sources: "The .xz File Format" 1.0.4, "Zstandard Compression" (RFC 8878),
 * and lib/decompress_unlz4.c of Linux for the legacy LZ4 frame, which has no
 * end of its own: blocks follow until four zero bytes or the end of the file.
 */
#include "extent.h"
#include "buf.h"
#include "frames.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

struct cursor {
	const unsigned char *in;
	size_t len;
	size_t pos;
	bool bad; /* something lay beyond len */
};

static bool skip(struct cursor *c, size_t n)
{
	if (c->bad || n > c->len - c->pos)
		c->bad = true;
	else
		c->pos += n;
	return !c->bad;
}

/* The next n bytes as a number, lowest first; 0 beyond the end. */
static uint64_t take(struct cursor *c, int n)
{
	size_t at = c->pos;
	uint64_t value = 0;

	if (skip(c, n))
		for (int i = n - 1; i >= 0; i--)
			value = value << 8 | c->in[at + i];
	return value;
}

size_t lz4_extent(const unsigned char *in, size_t len)
{
	struct cursor c = { .in = in, .len = len };

	if (take(&c, 4) != LZ4_LEGACY_MAGIC)
		return 0;
	while (!c.bad && len - c.pos >= 4) {
		uint32_t size = take(&c, 4);

		if (!size)
			return c.pos - 4;
		if (size != LZ4_LEGACY_MAGIC)
			skip(&c, size);
	}
	return c.bad ? 0 : c.pos;
}

/* --- xz ------------------------------------------------------------------- */

#define XZ_FLAGS	6 /* of the header: what check there is */
#define XZ_BLOCK_ALIGN	4
#define XZ_FOOTER_BYTES 12
#define LZMA2_END	0
#define LZMA2_PLAIN_MAX 2    /* 1 and 2: bytes that are not packed */
#define LZMA2_PACKED	0x80 /* and above */
#define LZMA2_PROPS	0xc0 /* and above: one byte more */

static uint32_t be16(struct cursor *c)
{
	uint32_t high = take(c, 1);

	return high << 8 | take(c, 1);
}

static void skip_lzma2(struct cursor *c)
{
	unsigned int control;

	while (!c->bad && (control = take(c, 1)) != LZMA2_END) {
		if (control >= LZMA2_PACKED) {
			be16(c); /* the size of what comes out */
			skip(c, be16(c) + 1 + (control >= LZMA2_PROPS));
		} else if (control <= LZMA2_PLAIN_MAX) {
			skip(c, be16(c) + 1);
		} else {
			c->bad = true;
		}
	}
}

static void skip_varint(struct cursor *c)
{
	while (take(c, 1) & 0x80)
		;
}

static void align(struct cursor *c)
{
	skip(c, -c->pos & (XZ_BLOCK_ALIGN - 1));
}

/* Bytes of the check that ends a block. */
static size_t check_bytes(unsigned int type)
{
	return type ? (size_t)4 << (type - 1) / 3 : 0;
}

size_t xz_extent(const unsigned char *in, size_t len)
{
	struct cursor c = { .in = in, .len = len };
	uint64_t records = 0;
	unsigned int type, size;

	if (len < XZ_HEADER_BYTES ||
	    memcmp(in,
		   "\xfd"
		   "7zXZ\0",
		   XZ_FLAGS) ||
	    le32_at(in + 8) != crc32(0, in + XZ_FLAGS, 2))
		return 0;
	type = in[XZ_FLAGS + 1] & 15;
	skip(&c, XZ_HEADER_BYTES);
	while (!c.bad && (size = take(&c, 1))) {
		skip(&c, (size + 1) * 4 - 1); /* the header of a block */
		skip_lzma2(&c);
		align(&c);
		skip(&c, check_bytes(type));
	}
	for (int shift = 0; !c.bad && shift < 63; shift += 7) {
		unsigned int byte = take(&c, 1);

		records |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	for (; !c.bad && records; records--) {
		skip_varint(&c);
		skip_varint(&c);
	}
	align(&c);
	skip(&c, 4 + XZ_FOOTER_BYTES); /* the index's checksum */
	return c.bad ? 0 : c.pos;
}

/* --- zstd ----------------------------------------------------------------- */

#define ZSTD_MAGIC	0xfd2fb528
#define ZSTD_SINGLE	0x20 /* in the descriptor: no window byte */
#define ZSTD_CHECKSUM	0x04
#define ZSTD_BLOCK_LAST 1
#define ZSTD_BLOCK_RLE	1 /* one byte, repeated */

size_t zstd_extent(const unsigned char *in, size_t len)
{
	static const unsigned char id_bytes[4] = { 0, 1, 2, 4 };
	static const unsigned char size_bytes[4] = { 0, 2, 4, 8 };
	struct cursor c = { .in = in, .len = len };
	unsigned int how, single;
	uint32_t block = 0;

	if (take(&c, 4) != ZSTD_MAGIC)
		return 0;
	how = take(&c, 1);
	single = !!(how & ZSTD_SINGLE);
	skip(&c, !single + id_bytes[how & 3] +
			 (how >> 6 ? size_bytes[how >> 6] : single));
	while (!c.bad && !(block & ZSTD_BLOCK_LAST)) {
		block = take(&c, 3);
		skip(&c, (block >> 1 & 3) == ZSTD_BLOCK_RLE ? 1 : block >> 3);
	}
	if (how & ZSTD_CHECKSUM)
		skip(&c, 4);
	return c.bad ? 0 : c.pos;
}

/* --- bzip2 ---------------------------------------------------------------- */

#define BZIP2_START 10 /* "BZh", a digit, and the mark of a block or the end */

static bool bzip2_starts(const unsigned char *p)
{
	return !memcmp(p, "BZh", 3) && p[3] >= '1' && p[3] <= '9' &&
	       (!memcmp(p + 4, "1AY&SY", 6) ||
		!memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

size_t bzip2_extent(const unsigned char *in, size_t len)
{
	for (size_t at = 1; at + BZIP2_START <= len; at++)
		if (bzip2_starts(in + at))
			return at;
	return len;
}
