/*
 * The methods that Linux unpacks an initramfs with; see unpack.h.
 *
 * libarchive takes all streams of one kind that stand side by side for one.
 * Linux does not, so extent.c finds the end of the first, and libarchive sees
 * no more than that.
 */
#include "unpack.h"
#include "buf.h"
#include "extent.h"
#include "frames.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LZMA_WINDOW_AT	1	     /* of four bytes in the header */
#define LZMA_WINDOW_MAX (512u << 20) /* bytes; xz -9 uses 64 MiB */

int unpack_bad(struct unpack *u, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(u->why, sizeof(u->why), fmt, args);
	va_end(args);
	return -EINVAL;
}

static int damaged(struct unpack *u, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	if (archive_errno(archive) == ENOMEM)
		return -ENOMEM;
	if (archive_errno(archive) == EILSEQ) /* of no format at all */
		return unpack_bad(u, "nothing comes out of it: it is truncated "
				     "or empty");
	return unpack_bad(u, "cannot be unpacked: %.100s",
			  why ? why : "damaged");
}

static int copy_out(struct unpack *u, struct archive *archive)
{
	struct archive_entry *entry;
	const void *bytes;
	la_int64_t offset;
	size_t n;
	int result, err;

	result = archive_read_next_header(archive, &entry);
	if (result == ARCHIVE_EOF)
		return 0;
	if (result != ARCHIVE_OK)
		return damaged(u, archive);
	while ((result = archive_read_data_block(archive, &bytes, &n,
						 &offset)) == ARCHIVE_OK) {
		err = u->take(u->data, bytes, n);
		if (err)
			return err;
	}
	return result == ARCHIVE_EOF ? 0 : damaged(u, archive);
}

/* The first len bytes of the stream through one filter, never two. */
static int run_filter(struct unpack *u, int filter, size_t len)
{
	struct archive *archive = archive_read_new();
	int err = -ENOMEM;

	if (!archive)
		return err;
	archive_read_support_format_raw(archive);
	if (archive_read_append_filter(archive, filter) != ARCHIVE_OK ||
	    archive_read_open_memory(archive, u->in, len) != ARCHIVE_OK)
		err = damaged(u, archive);
	else
		err = copy_out(u, archive);
	u->used = archive_filter_bytes(archive, -1);
	archive_read_free(archive);
	return err;
}

/* Unpacks what extent() says the stream is. */
static int run_extent(struct unpack *u, int filter,
		      size_t extent(const unsigned char *in, size_t len))
{
	size_t len = extent(u->in, u->len);
	int err;

	if (!len)
		return unpack_bad(u, "the stream is truncated or damaged");
	err = run_filter(u, filter, len);
	u->used = len;
	return err;
}

/* A bzip2 stream has no lengths in it: what it used is what counts. */
static int unpack_bzip2(struct unpack *u)
{
	return run_filter(u, ARCHIVE_FILTER_BZIP2, bzip2_extent(u->in, u->len));
}

/* The header asks for a window, which is memory before a byte has come out. */
static int unpack_lzma(struct unpack *u)
{
	if (u->len >= LZMA_WINDOW_AT + 4 &&
	    le32_at(u->in + LZMA_WINDOW_AT) > LZMA_WINDOW_MAX)
		return unpack_bad(u,
				  "asks for a window of %u MiB; more than "
				  "%u is not taken",
				  le32_at(u->in + LZMA_WINDOW_AT) >> 20,
				  LZMA_WINDOW_MAX >> 20);
	return run_filter(u, ARCHIVE_FILTER_LZMA, u->len);
}

static int unpack_xz(struct unpack *u)
{
	return run_extent(u, ARCHIVE_FILTER_XZ, xz_extent);
}

static int unpack_lz4(struct unpack *u)
{
	return run_extent(u, ARCHIVE_FILTER_LZ4, lz4_extent);
}

static int unpack_zstd(struct unpack *u)
{
	return run_extent(u, ARCHIVE_FILTER_ZSTD, zstd_extent);
}

/* lib/decompress.c of Linux knows a method by two bytes. */
static const struct method methods[] = {
	{ "gzip", { 0x1f, 0x8b }, unpack_gzip },
	{ "gzip", { 0x1f, 0x9e }, unpack_gzip },
	{ "bzip2", { 'B', 'Z' }, unpack_bzip2 },
	{ "lzma", { 0x5d, 0x00 }, unpack_lzma },
	{ "xz", { 0xfd, '7' }, unpack_xz },
	{ "lzo", { 0x89, 'L' }, unpack_lzo },
	{ "lz4", { 0x02, 0x21 }, unpack_lz4 },
	{ "zstd", { 0x28, 0xb5 }, unpack_zstd },
};

const struct method *method_find(const unsigned char *in, size_t len)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (len >= 2 && !memcmp(in, methods[i].magic, 2))
			return &methods[i];
	return NULL;
}

const char *method_fault(const unsigned char *in, size_t len)
{
	static const unsigned char xz[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

	if (len >= 4 && le32_at(in) == LZ4_FRAME_MAGIC)
		return "packed with the current LZ4 frame; Linux unpacks the "
		       "legacy one only (lz4 -l)";
	if (len >= XZ_HEADER_BYTES && !memcmp(in, xz, 6) &&
	    in[7] != XZ_CHECK_NONE && in[7] != XZ_CHECK_CRC32)
		return "packed with an XZ check that Linux does not know; use "
		       "CRC32 (xz --check=crc32)";
	return NULL;
}

int method_unpack(const struct method *method, struct unpack *u)
{
	u->used = 0;
	return method->unpack(u);
}
