/*
 * Tells make what an archive was made from.
 */
#ifndef MKVM_INITCPIO_DEPFILE_H
#define MKVM_INITCPIO_DEPFILE_H

#include "buf.h"

/*
 * Writes rules for make to path: target depends on each of inputs (a NUL after
 * each), and each input has an empty rule, so that one that is gone makes the
 * target again. Returns 0, or prints and returns -errno.
 */
int depfile_write(const char *path, const char *target,
		  const struct buf *inputs);

#endif
