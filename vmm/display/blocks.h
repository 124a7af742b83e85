/* A picture in the terminal: two pixels in each character. For text.c. */
#ifndef MKVM_DISPLAY_BLOCKS_H
#define MKVM_DISPLAY_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct display_terminal;
struct picture;
struct text;

#define BLOCKS_COLUMNS 240 /* at most */
#define BLOCKS_LINES   80

struct blocks_cell {
	uint32_t upper, lower; /* XRGB8888, or numbers of 256 colours */
};

struct blocks {
	unsigned int width, height;	  /* of the terminal; 0: begin anew */
	unsigned int columns, lines;	  /* in use */
	unsigned int of_width, of_height; /* the picture they are made of */
	unsigned int next; /* the line to begin with: where room ran out */
	bool pending;	   /* not all of it is drawn */
	struct blocks_cell drawn[BLOCKS_COLUMNS * BLOCKS_LINES];
};

/* Adds to @out what turns the picture on @terminal into @picture, as draw() of
 * include/display.h. */
void blocks_paint(struct blocks *blocks, const struct picture *picture,
		  const struct display_terminal *terminal, struct text *out);

#endif
