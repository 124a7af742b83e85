/* Opening an image file, and finding the loader that knows its kind. */
#ifndef MKVM_SELECT_H
#define MKVM_SELECT_H

#include "loader.h"

/*
 * Maps the file at @path read only; 0, or -errno after one message. What is cut
 * off the file meanwhile reads as zeroes. @image stays where it is until it is
 * closed.
 */
int image_open(struct image *image, const char *path);

/* All has been read: 0, or -EIO after one message if the file has become shorter
 * since it was opened. */
int image_check(const struct image *image);
void image_close(struct image *image);

/* Whether there is a loader called @name. 0, or -EINVAL after one message that
 * names those there are. */
int loader_check(const char *name);

/* The one called @name; NULL: there is none. */
const struct loader *loader_find(const char *name);

/*
 * The loader for @image, of those that are not left out by @without: the one
 * whose name or option is @forced, or the surest by content. NULL after one
 * message.
 */
const struct loader *loader_select(const struct image *image,
				   const char *forced,
				   const char *const *without);

#endif
