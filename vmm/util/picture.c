/* A guest's screen as pixels: see picture.h. */
#include "util/picture.h"

#include <string.h>

void picture_begin(struct picture *picture, unsigned int width,
		   unsigned int height)
{
	picture->changed = 0;
	if (picture->width == width && picture->height == height)
		return;
	picture->width = width;
	picture->height = height;
	picture->changed = UINT64_MAX;
	picture->seen = 0;
	memset(picture->pixels, 0, sizeof(uint32_t) * width * height);
}

/* The band of row @y: the last whose first row is not behind it. */
static unsigned int find_band(const struct picture *picture, unsigned int y)
{
	return ((y + 1) * PICTURE_BANDS - 1) / picture->height;
}

void picture_row(struct picture *picture, unsigned int y, const uint32_t *row)
{
	uint32_t *to = picture->pixels + (size_t)y * picture->width;
	size_t len = sizeof(*row) * picture->width;

	if (!memcmp(to, row, len))
		return;
	memcpy(to, row, len);
	picture->changed |= 1ULL << find_band(picture, y);
}
