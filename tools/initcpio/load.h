/*
 * Reads the file of an archive, whatever is in it.
 */
#ifndef MKVM_INITCPIO_LOAD_H
#define MKVM_INITCPIO_LOAD_H

#include "buf.h"

/*
 * Appends the file's bytes to raw. Returns 0, or prints and returns -EINVAL
 * (not readable, beyond the limit of raw or ARCHIVE_MAX_BYTES) or -ENOMEM.
 */
int load_file(const char *path, struct buf *raw);

#endif
