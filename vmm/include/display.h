/*
 * The contract between what a guest's screen shows and a way to see it: a row
 * for each, chosen by --display. `none` is always there and no row.
 *
 * A display turns surfaces into bytes for the terminal, and knows no devices,
 * no threads and no files; view.c asks the guest in front what it shows,
 * some 30 times a second while somebody looks, and writes what comes of it.
 */
#ifndef MKVM_DISPLAY_H
#define MKVM_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "table.h"

struct picture; /* util/picture.h */
struct surface; /* util/surface.h */
struct text;	/* util/text.h */

/* What is drawn on. */
struct display_terminal {
	unsigned int columns, lines; /* its size, in characters */
	bool utf8, colour;
	bool deep;   /* colours of 24 bits; else it has xterm's 256 */
	bool shapes; /* of its cursor can be chosen */

	/* Of a character, in pixels, 1 to DISPLAY_CELL_MAX, and how many registers
	 * for colours, at least DISPLAY_REGISTERS_MIN, where graphics are to be
	 * drawn as sixels; 0: as characters. */
	unsigned int cell_width, cell_height, registers;
};

#define DISPLAY_CELL_MAX      128
#define DISPLAY_REGISTERS_MIN 8 /* what stands for any colours takes so many */
#define DISPLAY_ROOM	      (2 << 20) /* bytes that paint() needs for sixels */

struct display {
	const char *name; /* for --display */
	const char *what; /* one line for --list */
	size_t size;	  /* bytes of state, */
	size_t scratch;	  /* and of them, at its end, that need not be zeroed */

	/* What makes room for a screen on the terminal, and what has it show
	 * again what it did before: [1] where its cursor has shapes. */
	const char *begin, *end[2];

	/*
	 * Adds to @out what turns the picture on @terminal into @surface, in
	 * whole sequences and as much as there is room for: the rest comes of
	 * the next call. @dev is zeroed when the terminal is as after `begin`.
	 */
	void (*draw)(void *dev, const struct surface *surface,
		     const struct display_terminal *terminal, struct text *out);

	/* Likewise a guest's graphics, pixel by pixel; NULL: it cannot. */
	void (*paint)(void *dev, const struct picture *picture,
		      const struct display_terminal *terminal,
		      struct text *out);
};

#define DISPLAY(row) TABLE_ROW(display, display, row)

#endif
