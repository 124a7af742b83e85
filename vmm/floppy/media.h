/* The formats of floppies that PCs had, which an image has by its size. */
#ifndef MKVM_FLOPPY_MEDIA_H
#define MKVM_FLOPPY_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#define FLOPPY_SECTORS 5760 /* of the largest */

struct floppy_format {
	uint16_t kib;
	uint8_t cylinders, heads, sectors; /* of a track */
	uint8_t rates; /* at which it can be read: a bit for each of DRATE */
	uint8_t stop;  /* the last cylinder to which its drive's heads go */
	uint8_t drive; /* what CMOS RAM calls that */
	bool is_dense; /* HIGHDENS# */
};

/* The one of @size bytes, or NULL. */
const struct floppy_format *floppy_format(uint64_t size);

#endif
