/*
 * Writes a result whole or not at all.
 */
#ifndef MKVM_INITCPIO_OUTPUT_H
#define MKVM_INITCPIO_OUTPUT_H

#include "buf.h"

/*
 * Puts the bytes into the file path: into a file beside it that is renamed at
 * the end, and removed when that fails or a signal ends the program. Returns
 * 0, or prints and returns -EIO.
 */
int output_write(const char *path, const struct buf *bytes);

#endif
