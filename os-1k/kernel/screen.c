/*
 * The screen: VGA text mode, 80 by 25 cells of a character and its colours.
 * The cursor is a cell with its colours exchanged: moving the real one takes
 * four port accesses, and each may be a VM exit.
 */
#include "kernel/kernel.h"
#include "kernel/x86.h"
#include "lib/string.h"

#define CELLS	     ((uint16_t *)(KERNEL_BASE + 0xb8000))
#define COLUMNS	     80
#define ROWS	     25
#define NORMAL	     0x0700 /* light grey on black */
#define CURSOR	     0x7000
#define TAB	     8
#define CRTC	     0x3d4
#define CURSOR_START 0x0a
#define CURSOR_OFF   0x20

static unsigned int at; /* cell of the cursor */

static void clear(unsigned int from, unsigned int to)
{
	while (from < to)
		CELLS[from++] = NORMAL | ' ';
}

static void show_cursor(uint16_t colours)
{
	CELLS[at] = (CELLS[at] & 0xff) | colours;
}

void screen_init(void)
{
	outb(CRTC, CURSOR_START);
	outb(CRTC + 1, CURSOR_OFF);
	clear(0, ROWS * COLUMNS);
	show_cursor(CURSOR);
}

void screen_put(char c)
{
	show_cursor(NORMAL);
	if (c == '\n')
		at += COLUMNS - at % COLUMNS;
	else if (c == '\r')
		at -= at % COLUMNS;
	else if (c == '\t')
		at += TAB - at % TAB;
	else if (c == '\b')
		at -= at > 0;
	else if (c >= ' ')
		CELLS[at++] = NORMAL | c;
	if (at >= ROWS * COLUMNS) {
		memmove(CELLS, CELLS + COLUMNS, (ROWS - 1) * COLUMNS * 2);
		clear((ROWS - 1) * COLUMNS, ROWS * COLUMNS);
		at -= COLUMNS;
	}
	show_cursor(CURSOR);
}
