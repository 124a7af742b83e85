/*
 * The screen: VGA text mode, 80 by 25 cells of a character and its colours.
 * The cursor is a cell with its colours exchanged: moving the real one takes
 * four port accesses, and each may be a VM exit.
 */
#include "kernel/kernel.h"

#define CELLS	 ((uint16_t *)(KERNEL_BASE + 0xb8000))
#define COLUMNS	 80
#define LAST_ROW (24 * COLUMNS)
#define END	 (25 * COLUMNS)
#define BLANK	 0x0720 /* light grey on black */
#define REVERSE	 0x7700 /* what exchanges the colours */
enum { CRTC_INDEX = 0x3d4, CRTC_DATA, CURSOR_START = 0x0a, CURSOR_OFF = 0x20 };

static uint32_t at; /* cell of the cursor */

static void clear(uint32_t from)
{
	while (from < END)
		CELLS[from++] = BLANK;
}

void screen_init(void)
{
	outb(CRTC_INDEX, CURSOR_START);
	outb(CRTC_DATA, CURSOR_OFF);
	clear(0);
	CELLS[at] ^= REVERSE;
}

void screen_put(char c)
{
	CELLS[at] ^= REVERSE;
	if (c == '\n')
		at += COLUMNS - at % COLUMNS;
	else if (c == '\r')
		at -= at % COLUMNS;
	else if (c == '\b')
		at -= at > 0;
	else if (c >= ' ')
		CELLS[at++] = (BLANK & 0xff00) | c;
	if (at >= END) {
		memcpy(CELLS, CELLS + COLUMNS, LAST_ROW * sizeof(*CELLS));
		clear(LAST_ROW);
		at -= COLUMNS;
	}
	CELLS[at] ^= REVERSE;
}
