/*
 * What a VGA shows: the cells at the start address, as wide and high as the
 * CRT controller counts, in the colours of palette and DAC.
 */
#include <string.h>

#include "device.h"
#include "vga.h"
#include "util/surface.h"

#define TEXT_COLOUR 0xb8000
#define TEXT_MONO   0xb0000
#define TEXT_BYTES  0x8000

static unsigned int limit(unsigned int val, unsigned int max)
{
	return val < max ? val : max;
}

/* Scan lines from one row to the next. */
static unsigned int row_lines(const struct vga *v)
{
	uint8_t max = v->crtc[CR_MAX_LINE];

	return ((max & SCAN_LINES) + 1) << !!(max & DOUBLE_SCAN);
}

static unsigned int count_rows(const struct vga *v)
{
	unsigned int rows = vga_height(v) / row_lines(v);

	return limit(rows ? rows : 1, SURFACE_ROWS);
}

/* The first row below a split, which shows memory from its beginning on. */
static unsigned int split_row(const struct vga *v)
{
	return vga_split(v) / row_lines(v) + 1;
}

enum surface_mode vga_mode(const struct vga *v)
{
	if (vga_vbe_is_on(v) || v->gfx[GFX_MISC] & GFX_MISC_GRAPHICS ||
	    v->attr[AR_MODE] & AR_MODE_GRAPHICS)
		return SURFACE_GRAPHICS;
	if (!(v->attr_index & ATTR_SHOW) ||
	    v->seq[SEQ_CLOCKING] & SEQ_CLOCKING_OFF)
		return SURFACE_BLANK;
	return SURFACE_TEXT;
}

const uint8_t *vga_colour(const struct vga *v, unsigned int colour)
{
	uint8_t select = v->attr[AR_SELECT];
	unsigned int index = v->attr[colour & v->attr[AR_PLANES] & 0xf];

	if (v->attr[AR_MODE] & AR_MODE_P54S)
		index = (index & 0xf) | (select & 3) << 4;
	return v->dac[(index | (select & 0xc) << 4) & v->dac_mask];
}

static void look_at_colours(const struct vga *v, struct surface *surface)
{
	surface->changed = 0;
	for (unsigned int i = 0; i < SURFACE_COLOURS; i++) {
		const uint8_t *colour = vga_colour(v, i);
		uint8_t *rgb = surface->palette[i], usual[3];

		for (unsigned int part = 0; part < 3; part++)
			rgb[part] = colour[part] * 255 / DAC_BITS;
		surface_ega(surface_usual(i), usual);
		if (memcmp(rgb, usual, sizeof(usual)) != 0)
			surface->changed |= 1U << i;
	}
}

static void look_at_cursor(const struct vga *v, struct surface *surface)
{
	unsigned int start = v->crtc[CR_CURSOR_START];
	unsigned int end = v->crtc[CR_CURSOR_END] & SCAN_LINES;
	unsigned int height = v->crtc[CR_MAX_LINE] & SCAN_LINES;
	unsigned int pitch = v->crtc[CR_OFFSET] * 2;
	unsigned int at =
		(vga_pair(v, CR_CURSOR_HIGH) - vga_pair(v, CR_START_HIGH)) %
		VGA_CELLS;

	surface->has_cursor = false;
	if (start & CURSOR_OFF || !pitch)
		return;
	start &= SCAN_LINES;
	surface->column = at % pitch;
	surface->row = at / pitch;
	surface->block = 2 * (limit(end, height) - start + 1) > height + 1;
	surface->has_cursor = start <= limit(end, height) &&
			      surface->column < surface->columns &&
			      surface->row < surface->rows;
}

static void look_at_text(const struct vga *v, struct surface *surface)
{
	unsigned int at = vga_pair(v, CR_START_HIGH), split = split_row(v);
	uint16_t *cell = surface->cells;

	for (unsigned int row = 0; row < surface->rows; row++) {
		if (row == split)
			at = 0;
		for (unsigned int i = 0; i < surface->columns; i++)
			*cell++ = vga_cell(v, at + i);
		at += v->crtc[CR_OFFSET] * 2;
	}
}

static const uint8_t *text_ram(const struct vga *v)
{
	bool mono = (v->gfx[GFX_MISC] & GFX_MISC_MAP) == GFX_MISC_MAP_MONO;

	return board_ram(v->board, mono ? TEXT_MONO : TEXT_COLOUR, TEXT_BYTES);
}

bool vga_has_ram(const struct vga *v)
{
	return text_ram(v);
}

uint16_t vga_ram_cell(const struct vga *v, unsigned int n)
{
	uint16_t cell;

	memcpy(&cell, text_ram(v) + n % VGA_CELLS * 2, sizeof(cell));
	return cell;
}

bool vga_look(void *dev, struct surface *surface)
{
	const struct vga *v = dev;

	if (!vga_has_cells(v))
		return false;
	surface->mode = vga_mode(v);
	surface->columns = limit(v->crtc[CR_H_END] + 1, SURFACE_COLUMNS);
	surface->rows = count_rows(v);
	surface->blinks = v->attr[AR_MODE] & AR_MODE_BLINK;
	surface->underlines = (v->crtc[CR_UNDERLINE] & SCAN_LINES) <=
			      (v->crtc[CR_MAX_LINE] & SCAN_LINES);
	look_at_colours(v, surface);
	look_at_cursor(v, surface);
	look_at_text(v, surface);
	return true;
}
