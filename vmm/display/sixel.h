/* A picture in the terminal, pixel by pixel: for text.c. */
#ifndef MKVM_DISPLAY_SIXEL_H
#define MKVM_DISPLAY_SIXEL_H

#include <stdbool.h>
#include <stdint.h>

#include "util/picture.h"

struct display_terminal;
struct text;

#define SIXEL_HIGH    6	  /* pixels */
#define SIXEL_COLOURS 256 /* at most */
#define SIXEL_STRIPS  (PICTURE_MAX_HEIGHT / SIXEL_HIGH)
#define SIXEL_HASH    1024 /* a power of two, and room in it */

/* One band of sixels, a row of them for each colour: bit n is pixel n from above. */
struct sixel_band {
	unsigned int first[SIXEL_COLOURS], end[SIXEL_COLOURS]; /* in use */
	uint8_t bits[SIXEL_COLOURS][PICTURE_MAX_WIDTH];
};

/* What colours there are in a strip; or they are too many, and those of a cube with
 * @side on each side stand for them. */
struct sixel_palette {
	unsigned int nr, side; /* side 0: all of them */
	uint32_t colours[SIXEL_COLOURS];
	uint32_t keys[SIXEL_HASH]; /* colours by hash, or none */
	uint8_t numbers[SIXEL_HASH];
};

struct sixel {
	unsigned int columns, lines; /* of the terminal; 0: begin anew */
	unsigned int cell_width, cell_height; /* in pixels */
	unsigned int of_width, of_height;     /* the picture */
	unsigned int width, height; /* what is drawn of it, in pixels */
	unsigned int strip_lines, strip_height, nr_strips;
	unsigned int next; /* the strip to begin with: where room ran out */
	unsigned int rest; /* pictures to be left out: the last were large */
	bool stale[SIXEL_STRIPS];
	struct sixel_palette palette;
	struct sixel_band band;
};

/* As blocks_paint(). With at least DISPLAY_ROOM bytes of @out something comes of
 * each call. */
void sixel_paint(struct sixel *sixel, const struct picture *picture,
		 const struct display_terminal *terminal, struct text *out);

#endif
