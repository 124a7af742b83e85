/* Images that come inside gzip. */
#ifndef MKVM_BOOT_GUNZIP_H
#define MKVM_BOOT_GUNZIP_H

#include "loader.h"

/*
 * If @image, open, is a gzip file, its place is taken by what is inside, for
 * loaders to look at; image_close() gives that back, too. @without: features
 * left out. 0, or -errno after one message: -ENOEXEC when it is damaged or too
 * large, -ENOMEM when this host cannot.
 */
int gunzip_image(struct image *image, const char *const *without);

#endif
