/*
 * Frames around compressed data: from those that libarchive and its programs
 * write to those that Linux reads and that are the same on every run.
 */
#ifndef MKVM_INITCPIO_FRAMES_H
#define MKVM_INITCPIO_FRAMES_H

#include "buf.h"

#define LZ4_FRAME_MAGIC	 0x184d2204
#define LZ4_LEGACY_MAGIC 0x184c2102

#define XZ_HEADER_BYTES 12
#define XZ_CHECK_NONE	0
#define XZ_CHECK_CRC32	1
#define XZ_CHECK_CRC64	4

/*
 * Appends to out the data of one LZ4 frame as an LZ4 legacy frame. Returns 0,
 * -EINVAL when in is no such frame, or -ENOMEM.
 */
int lz4_to_legacy(const struct buf *in, const struct buf *plain,
		  struct buf *out);

/*
 * Appends to out one XZ stream of a single block with its CRC64 check replaced
 * by a CRC32 of plain, the unpacked bytes. Returns as lz4_to_legacy() does.
 */
int xz_to_crc32(const struct buf *in, const struct buf *plain, struct buf *out);

/*
 * Appends to out what lzop wrote, with the time of day in its header set to 0:
 * the same input gives the same bytes. Returns as lz4_to_legacy() does.
 */
int lzo_without_time(const struct buf *in, const struct buf *plain,
		     struct buf *out);

#endif
