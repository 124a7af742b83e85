/*
 * What a screen in text mode shows at one moment: characters of code page 437
 * with their attributes, as they lie in the memory of a VGA, and what its
 * registers make of them. The memory is the guest's: every byte may be any.
 */
#ifndef MKVM_SURFACE_H
#define MKVM_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SURFACE_COLUMNS 160 /* at most */
#define SURFACE_ROWS	100
#define SURFACE_COLOURS 16

#define GLYPH_MAX 4 /* bytes of one character, with the NUL */

/* Bytes of a row as text, with the NUL. */
#define SURFACE_TEXT_MAX (SURFACE_COLUMNS * (GLYPH_MAX - 1) + 1)

/* A cell: the character in its low byte, the attribute in its high one. */
#define CELL_BLANK 0x0720 /* as firmware clears a screen: grey on black */

enum surface_mode {
	SURFACE_TEXT,
	SURFACE_BLANK,	  /* text, switched off for now */
	SURFACE_GRAPHICS, /* no text, and not shown */
};

struct surface {
	enum surface_mode mode;
	unsigned int columns, rows; /* 1 to SURFACE_COLUMNS, SURFACE_ROWS */
	bool blinks;	 /* bit 7 of an attribute; else it is a bright ground */
	bool underlines; /* what a monochrome screen would */
	bool has_cursor;
	bool block; /* the cursor is half a character high, or more */
	unsigned int column, row; /* of the cursor */
	uint16_t changed; /* bit n: colour n is palette[n], not the usual one */
	uint8_t palette[SURFACE_COLOURS][3];		/* red, green, blue */
	uint16_t cells[SURFACE_ROWS * SURFACE_COLUMNS]; /* row by row */
};

/* Colour @number, 0 to 63, of an EGA: two bits for each of red, green, blue. */
void surface_ega(uint8_t number, uint8_t rgb[3]);

/* The EGA colour that attribute colour @colour, 0 to 15, usually is. */
uint8_t surface_usual(unsigned int colour);

/* The colours of a cell, 0 to 15, as @surface shows its attribute. */
unsigned int surface_front(uint16_t cell);
unsigned int surface_ground(const struct surface *surface, uint16_t cell);

/* Whether there is nothing to be seen in @cell but its ground. */
bool surface_is_blank(const struct surface *surface, uint16_t cell);

/* Whether somebody has written on it: something can be read, and it does not look
 * like data that happens to lie there. */
bool surface_is_written(const struct surface *surface);

/* Whether the user's locale has UTF-8: LC_ALL, LC_CTYPE or LANG. */
bool surface_wants_utf8(void);

/* Character @c as UTF-8, or as the ASCII character most like it, in @buf; its
 * length in bytes. Never a control character. */
size_t surface_glyph(uint8_t c, bool utf8, char buf[GLYPH_MAX]);

/* Row @row as text, blanks at its end cut; its length. */
size_t surface_text(const struct surface *surface, unsigned int row, bool utf8,
		    char buf[SURFACE_TEXT_MAX]);

/* Rows up to the last one that is not empty; 0 in graphics. */
unsigned int surface_height(const struct surface *surface);

/* All of them as lines, each with @before in front, in a string that the caller
 * frees; its length in *@len. NULL: no memory. */
char *surface_lines(const struct surface *surface, bool utf8,
		    const char *before, size_t *len);

#endif
