/*
 * The compressors an initramfs can be packed with.
 *
 * Every result is one that Linux unpacks: it wants XZ with CRC32 checks and
 * the old LZ4 frame, which are not what the usual tools write by default.
 */
#ifndef MKVM_INITCPIO_SQUEEZE_H
#define MKVM_INITCPIO_SQUEEZE_H

#include "buf.h"

/* Most bytes an archive may have; more is refused. */
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

#endif
