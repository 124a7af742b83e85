/*
 * A guest's screen as pixels, at one moment. Whoever looks keeps one of these from
 * look to look, zeroed at first but for its pixels, so that the next look finds
 * out what is another than before.
 */
#ifndef MKVM_PICTURE_H
#define MKVM_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#define PICTURE_MAX_WIDTH  1920
#define PICTURE_MAX_HEIGHT 1200

/* Bytes at `pixels` that hold any picture. */
#define PICTURE_BYTES \
	(sizeof(uint32_t) * PICTURE_MAX_WIDTH * PICTURE_MAX_HEIGHT)

#define PICTURE_BANDS 64

struct picture {
	unsigned int width, height; /* in pixels; 0 by 0: nothing yet */
	uint32_t *pixels; /* XRGB8888, width * height of PICTURE_BYTES, row by
			   * row without a gap; the looker's */

	/* Bit n: the last look has changed pixels of band n, which is rows
	 * n * height / 64 to below (n + 1) * height / 64. All bits where the
	 * size has changed. */
	uint64_t changed;

	uint64_t seen; /* the device's: what it knows to be in the picture */
};

/* Begins a look: at a picture of this size, which is not beyond the limits. */
void picture_begin(struct picture *picture, unsigned int width,
		   unsigned int height);

/* Row @y is the width pixels at @row, whose unused byte is 0. */
void picture_row(struct picture *picture, unsigned int y, const uint32_t *row);

/* A pixel of these parts, 0 to 255. */
static inline uint32_t picture_rgb(uint8_t red, uint8_t green, uint8_t blue)
{
	return (uint32_t)red << 16 | (uint32_t)green << 8 | blue;
}

#endif
