/*
 * Frames around compressed data; see frames.h.
 *
 * Sources: "LZ4 Frame Format Description" (the legacy frame is its last
 * section), "The .xz File Format" 1.0.4, and the header that Linux reads in
 * lib/decompress_unlzo.c. The compressed bytes themselves
 * stay as they are; only what stands around them is rewritten.
 */
#include "frames.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#define LZ4_FLG		    4 /* offset of the flag byte */
#define LZ4_FLG_INDEPENDENT 0x20
#define LZ4_FLG_BLOCK_SUM   0x10
#define LZ4_FLG_SIZE	    0x08
#define LZ4_FLG_DICT	    0x01
#define LZ4_HEADER_MIN	    7 /* magic, FLG, BD, header checksum */
#define LZ4_BLOCK_PLAIN	    0x80000000U
#define LZ4_TOKEN_LITERALS  0xf0

#define XZ_FLAGS	6 /* offset of the stream flags */
#define XZ_FOOTER_BYTES 12
#define XZ_CRC64_BYTES	8

#define LZO_VERSION	 9 /* offset: what the checksum covers begins here */
#define LZO_VERSION_MIN	 0x0940
#define LZO_FLAGS	 17
#define LZO_FLAG_FILTER	 0x0800
#define LZO_FLAG_CRC32	 0x1000
#define LZO_MODE	 21 /* of the input, its time follows */
#define LZO_TIME_BYTES	 12 /* the mode and the time */
#define LZO_NAME_BYTES	 33 /* offset of the length of the name, here 0 */
#define LZO_HEADER_BYTES 38 /* the last four are the checksum */

/* Literals only: a token, their number in steps of 255, the bytes. */
static int add_literals(const unsigned char *bytes, size_t n, struct buf *out)
{
	unsigned char head[2] = { LZ4_TOKEN_LITERALS, 255 };
	size_t rest = n - 15;
	int err;

	if (n < 15) {
		head[0] = n << 4;
		err = buf_add(out, head, 1);
		return err ? err : buf_add(out, bytes, n);
	}
	err = buf_add(out, head, 1);
	for (; !err && rest >= 255; rest -= 255)
		err = buf_add(out, head + 1, 1);
	head[1] = rest;
	if (!err)
		err = buf_add(out, head + 1, 1);
	return err ? err : buf_add(out, bytes, n);
}

/* One block of a frame as one block of a legacy frame. */
static int add_block(const unsigned char *bytes, uint32_t size, struct buf *out)
{
	size_t at = out->len;
	uint32_t n;
	int err = buf_add_le32(out, size);

	if (err)
		return err;
	if (!(size & LZ4_BLOCK_PLAIN))
		return buf_add(out, bytes, size);
	err = add_literals(bytes, size & ~LZ4_BLOCK_PLAIN, out);
	n = out->len - at - 4;
	for (int i = 0; !err && i < 4; i++)
		out->data[at + i] = n >> 8 * i;
	return err;
}

int lz4_to_legacy(const struct buf *in, const struct buf *plain,
		  struct buf *out)
{
	const unsigned char *p = in->data, *end = in->data + in->len;
	uint32_t size, bytes;
	int err;

	(void)plain;
	if (in->len < LZ4_HEADER_MIN || le32_at(p) != LZ4_FRAME_MAGIC ||
	    !(p[LZ4_FLG] & LZ4_FLG_INDEPENDENT) ||
	    (p[LZ4_FLG] & (LZ4_FLG_BLOCK_SUM | LZ4_FLG_DICT)))
		return -EINVAL;
	p += LZ4_HEADER_MIN + (p[LZ4_FLG] & LZ4_FLG_SIZE ? 8 : 0);
	err = buf_add_le32(out, LZ4_LEGACY_MAGIC);
	while (!err) {
		if (end - p < 4)
			return -EINVAL;
		size = le32_at(p);
		p += 4;
		if (!size)
			return 0;
		bytes = size & ~LZ4_BLOCK_PLAIN;
		if (end - p < bytes)
			return -EINVAL;
		err = add_block(p, size, out);
		p += bytes;
	}
	return err;
}

static uint32_t be32_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

int lzo_without_time(const struct buf *in, const struct buf *plain,
		     struct buf *out)
{
	const unsigned char *p = in->data;
	unsigned char head[LZO_HEADER_BYTES];
	uint32_t sum, n = LZO_HEADER_BYTES - 4 - LZO_VERSION;
	int err;

	(void)plain;
	if (in->len < LZO_HEADER_BYTES || p[LZO_NAME_BYTES] ||
	    (p[LZO_VERSION] << 8 | p[LZO_VERSION + 1]) < LZO_VERSION_MIN ||
	    be32_at(p + LZO_FLAGS) & (LZO_FLAG_FILTER | LZO_FLAG_CRC32))
		return -EINVAL;
	memcpy(head, p, sizeof(head));
	memset(head + LZO_MODE, 0, LZO_TIME_BYTES);
	sum = adler32(1, head + LZO_VERSION, n);
	for (int i = 0; i < 4; i++)
		head[LZO_HEADER_BYTES - 1 - i] = sum >> 8 * i;
	err = buf_add(out, head, sizeof(head));
	return err ? err :
		     buf_add(out, p + sizeof(head), in->len - sizeof(head));
}

/* A number of 7 bits a byte, lowest first; 0 bytes long when damaged. */
static size_t read_number(const unsigned char *p, const unsigned char *end,
			  uint64_t *value)
{
	size_t n = 0;

	*value = 0;
	while (p + n < end && n < 9) {
		*value |= (uint64_t)(p[n] & 0x7f) << 7 * n;
		if (!(p[n++] & 0x80))
			return n;
	}
	return 0;
}

static int add_number(struct buf *out, uint64_t value)
{
	unsigned char byte;
	int err = 0;

	do {
		byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		err = buf_add(out, &byte, 1);
		value >>= 7;
	} while (!err && value);
	return err;
}

/* The index of one record: where the block's sizes stand. */
static int add_index(struct buf *out, uint64_t unpadded, uint64_t plain)
{
	static const unsigned char head[2] = { 0, 1 }, zeros[4];
	size_t start = out->len, n;
	int err = buf_add(out, head, sizeof(head));

	if (!err)
		err = add_number(out, unpadded);
	if (!err)
		err = add_number(out, plain);
	n = out->len - start;
	if (!err)
		err = buf_add(out, zeros, -n & 3);
	n = out->len - start;
	if (err)
		return err;
	return buf_add_le32(out, crc32(0, out->data + start, n));
}

static int add_xz_ends(struct buf *out, size_t index_bytes)
{
	unsigned char footer[6] = { 0 };
	uint32_t units = index_bytes / 4 - 1;
	int err;

	for (int i = 0; i < 4; i++)
		footer[i] = units >> 8 * i;
	footer[5] = XZ_CHECK_CRC32;
	err = buf_add_le32(out, crc32(0, footer, sizeof(footer)));
	if (!err)
		err = buf_add(out, footer, sizeof(footer));
	return err ? err : buf_add(out, "YZ", 2);
}

/* Finds the one record of the index. Returns the offset of the index, or 0. */
static size_t find_index(const struct buf *in, uint64_t *unpadded,
			 uint64_t *plain)
{
	const unsigned char *p, *end;
	uint64_t records;
	size_t index, n;

	if (in->len < XZ_HEADER_BYTES + XZ_FOOTER_BYTES + 8 ||
	    in->data[XZ_FLAGS + 1] != XZ_CHECK_CRC64)
		return 0;
	end = in->data + in->len - XZ_FOOTER_BYTES;
	index = ((uint64_t)le32_at(end + 4) + 1) * 4;
	if (index > (size_t)(end - in->data) - XZ_HEADER_BYTES)
		return 0;
	p = end - index;
	n = *p ? 0 : read_number(++p, end, &records);
	p += n;
	if (!n || records != 1)
		return 0;
	n = read_number(p, end, unpadded);
	p += n;
	return n && read_number(p, end, plain) ? end - index - in->data : 0;
}

int xz_to_crc32(const struct buf *in, const struct buf *plain, struct buf *out)
{
	static const unsigned char flags[2] = { 0, XZ_CHECK_CRC32 };
	uint64_t unpadded = 0, size = 0;
	size_t index = find_index(in, &unpadded, &size), before;
	int err;

	if (!index || size != plain->len ||
	    index < XZ_HEADER_BYTES + XZ_CRC64_BYTES)
		return -EINVAL;
	err = buf_add(out, in->data, XZ_FLAGS);
	if (!err)
		err = buf_add(out, flags, sizeof(flags));
	if (!err)
		err = buf_add_le32(out, crc32(0, flags, sizeof(flags)));
	if (!err) /* the block, without the check that ends it */
		err = buf_add(out, in->data + XZ_HEADER_BYTES,
			      index - XZ_HEADER_BYTES - XZ_CRC64_BYTES);
	if (!err)
		err = buf_add_le32(out, crc32(0, plain->data, plain->len));
	before = out->len;
	if (!err)
		err = add_index(out, unpadded - 4, size);
	return err ? err : add_xz_ends(out, out->len - before);
}
