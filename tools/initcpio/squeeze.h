/*
 * The compressors an initramfs can be packed with, and how to unpack one.
 *
 * Every result is one that Linux unpacks: it wants XZ with CRC32 checks and
 * the old LZ4 frame, which are not what the usual tools write by default.
 */
#ifndef MKVM_INITCPIO_SQUEEZE_H
#define MKVM_INITCPIO_SQUEEZE_H

#include "buf.h"

/* Most bytes an archive may have, packed or unpacked; more is refused. */
#define ARCHIVE_MAX_BYTES ((size_t)1 << 30)

struct compressor;

/* The compressor of that name ("gzip"), or NULL after a message. */
const struct compressor *compressor_find(const char *name);

/* "none, gzip, ...", for the help text. */
const char *compressor_names(void);

/*
 * Packs the bytes of in, appended to out. The same bytes come out of the same
 * version of the libraries. Returns 0, or prints and returns -errno.
 */
int squeeze(const struct compressor *compressor, const struct buf *in,
	    struct buf *out);

/*
 * Reads an archive file and unpacks it as what its first bytes say. *raw gets
 * the file's bytes, *out the unpacked ones. Returns 0, or prints and returns
 * -EINVAL (not readable, damaged, beyond the limit of out or
 * ARCHIVE_MAX_BYTES) or -ENOMEM.
 */
int unsqueeze_file(const char *path, struct buf *raw, struct buf *out);

/* The same for bytes in memory; name is for messages. */
int unsqueeze(const char *name, const struct buf *raw, struct buf *out);

/*
 * Why Linux could not unpack these packed bytes although other tools can, or
 * NULL.
 */
const char *squeeze_fault(const struct buf *raw);

#endif
