/* Putting a large piece of an image into guest RAM, cheaply. */
#ifndef MKVM_PLACE_H
#define MKVM_PLACE_H

#include "loader.h"

/*
 * Makes the @len bytes at @gpa those at @offset of @image, which the caller
 * has checked to lie in the file. The RAM there must still be zero, as it is
 * before the first load. 0, or -EFAULT unless all of it is RAM.
 */
int image_place(const struct image *image, uint64_t offset,
		const struct memory *mem, gpa_t gpa, size_t len);

#endif
