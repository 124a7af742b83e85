/* Opening an image file, and finding the loader that knows its kind. */
#ifndef MKVM_SELECT_H
#define MKVM_SELECT_H

#include "loader.h"

/* Maps the file at @path read only. 0, or -errno after one message. */
int image_open(struct image *image, const char *path);
void image_close(struct image *image);

/*
 * The loader for @image: the one whose option is @forced, or the surest by
 * content. NULL after one message.
 */
const struct loader *loader_select(const struct image *image,
				   const char *forced);

#endif
