/*
 * Files that are no guest, by what they are: so that an archive, a script or a
 * boot sector is neither refused as unknown nor run as a flat program.
 */
#ifndef MKVM_BOOT_KIND_H
#define MKVM_BOOT_KIND_H

#include <stdbool.h>

#include "loader.h"

/* Where the content of @image was found, to begin a message with it; or "". */
const char *kind_where(const struct image *image);

/* Whether @image is of a kind known to be none of a loader's; then one message
 * has named it, and what to do with it. */
bool kind_refuse(const struct image *image);

#endif
