/*
 * gzip as Linux reads it: lib/decompress_inflate.c steps over a file name in
 * the header and over nothing else, takes one member, and looks at no
 * checksum. We do look: what differs is not what was packed.
 */
#include "unpack.h"
#include "buf.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#define HEADER_BYTES  10
#define TRAILER_BYTES 8 /* CRC-32, then the size */
#define FLAGS	      3
#define FLAG_TEXT     0x01 /* changes nothing */
#define FLAG_NAME     0x08
#define OUT_BYTES     65536

/* Bytes of the header, or 0 after u->why. */
static size_t header_bytes(struct unpack *u)
{
	const unsigned char *end;

	if (u->len < HEADER_BYTES || memcmp(u->in, "\x1f\x8b\x08", 3)) {
		unpack_bad(u, "no gzip header");
		return 0;
	}
	if (u->in[FLAGS] & ~(FLAG_TEXT | FLAG_NAME)) {
		unpack_bad(u, "more than a file name in the gzip header, which "
			      "Linux does not skip (gzip -n)");
		return 0;
	}
	if (!(u->in[FLAGS] & FLAG_NAME))
		return HEADER_BYTES;
	end = memchr(u->in + HEADER_BYTES, '\0', u->len - HEADER_BYTES);
	if (!end)
		unpack_bad(u, "the gzip header is truncated");
	return end ? end + 1 - u->in : 0;
}

static int inflate_all(struct unpack *u, z_stream *z, uint32_t *crc)
{
	unsigned char out[OUT_BYTES];
	int result = Z_OK, err = 0;

	while (!err && result == Z_OK) {
		size_t n;

		z->next_out = out;
		z->avail_out = sizeof(out);
		result = inflate(z, Z_NO_FLUSH);
		n = sizeof(out) - z->avail_out;
		*crc = crc32(*crc, out, n);
		if (n)
			err = u->take(u->data, out, n);
	}
	if (err)
		return err;
	if (result == Z_MEM_ERROR)
		return -ENOMEM;
	if (result == Z_BUF_ERROR)
		return unpack_bad(u, "the gzip data are truncated");
	if (result != Z_STREAM_END)
		return unpack_bad(u, "the gzip data are damaged: %.100s",
				  z->msg ? z->msg : "no reason");
	return 0;
}

static int check_trailer(struct unpack *u, const z_stream *z, uint32_t crc)
{
	if (z->avail_in < TRAILER_BYTES)
		return unpack_bad(u, "the gzip trailer is truncated");
	u->used = z->next_in - u->in + TRAILER_BYTES;
	if (le32_at(z->next_in) != crc ||
	    le32_at(z->next_in + 4) != (uint32_t)z->total_out)
		return unpack_bad(u, "the gzip data are damaged: the checksum "
				     "is of other contents");
	return 0;
}

int unpack_gzip(struct unpack *u)
{
	size_t header = header_bytes(u);
	z_stream z = { 0 };
	uint32_t crc = 0;
	int err;

	if (!header)
		return -EINVAL;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return -ENOMEM;
	z.next_in = (unsigned char *)u->in + header;
	z.avail_in = u->len - header;
	err = inflate_all(u, &z, &crc);
	if (!err)
		err = check_trailer(u, &z, crc);
	inflateEnd(&z);
	return err;
}
