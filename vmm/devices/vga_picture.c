/*
 * What a VGA shows, as pixels: line by line as its scan goes, through palette and
 * DAC. Characters are 8 or 9 points wide; cursor and blinking characters are drawn
 * in the half of the time in which they are seen, so that nothing changes by
 * itself.
 */
#include "device.h"
#include "util/picture.h"
#include "util/surface.h"
#include "vga.h"

#define FONT_LINES 32	/* bytes of a character in plane 2 */
#define POINTS_MAX 18	/* of one, in pixels */
#define ATTR_FONT  0x08 /* chooses between two fonts, if they differ */
#define MONOCHROME 0x77
#define UNDERLINED 0x01

/* Characters whose ninth column repeats the eighth: lines of boxes. */
#define BOXES	   0xc0
#define BOXES_LAST 0xdf

/* One line of characters that is being drawn. */
struct text_line {
	const struct vga *v;
	const uint32_t *colours; /* of the 16 of an attribute */
	unsigned int at;	 /* cell */
	unsigned int line;	 /* scan line within it */
	unsigned int points;	 /* its width, 8 or 9 */
	unsigned int wide;	 /* pixels of each of them, 1 or 2 */
	bool cursor;		 /* on this scan line */
	unsigned int cursor_at;
};

unsigned int vga_width(const struct vga *v)
{
	unsigned int width = (v->crtc[CR_H_END] + 1) * 8;

	return width < PICTURE_MAX_WIDTH ? width : PICTURE_MAX_WIDTH;
}

unsigned int vga_height(const struct vga *v)
{
	uint8_t over = v->crtc[CR_OVERFLOW];

	return (v->crtc[CR_V_END] | (over & 2) << 7 | (over & 0x40) << 3) + 1;
}

unsigned int vga_split(const struct vga *v)
{
	return v->crtc[CR_LINE_COMPARE] |
	       (v->crtc[CR_OVERFLOW] & OVERFLOW_LC8) << 4 |
	       (v->crtc[CR_MAX_LINE] & LINE_COMPARE_9) << 3;
}

uint32_t vga_rgb(const struct vga *v, const uint8_t dac[3])
{
	const unsigned int most = vga_vbe_has_dac_8(v) ? 255 : DAC_BITS;
	uint8_t parts[3];

	for (unsigned int i = 0; i < 3; i++)
		parts[i] = (dac[i] < most ? dac[i] : most) * 255 / most;
	return picture_rgb(parts[0], parts[1], parts[2]);
}

static void find_colours(const struct vga *v, uint32_t colours[SURFACE_COLOURS])
{
	for (unsigned int i = 0; i < SURFACE_COLOURS; i++)
		colours[i] = vga_rgb(v, vga_colour(v, i));
}

/* The points of a character on a scan line, the leftmost in bit 8. */
static unsigned int points_of(const struct text_line *t, uint8_t c,
			      uint8_t attr)
{
	const struct vga *v = t->v;
	unsigned int points = vga_glyph(v, vga_font_at(v, attr & ATTR_FONT) +
						   c * FONT_LINES + t->line)
			      << 1;

	if (v->attr[AR_MODE] & AR_MODE_BOXES && c >= BOXES && c <= BOXES_LAST)
		points |= points >> 1 & 1;
	if ((attr & MONOCHROME) == UNDERLINED &&
	    t->line == (v->crtc[CR_UNDERLINE] & SCAN_LINES))
		points = 0x1ff;
	return points;
}

static uint32_t *draw_cell(const struct text_line *t, unsigned int at,
			   uint32_t *to)
{
	const uint16_t cell = vga_cell(t->v, at);
	const uint8_t attr = cell >> 8;
	bool blinks = t->v->attr[AR_MODE] & AR_MODE_BLINK;
	uint32_t front = t->colours[attr & 0xf];
	uint32_t ground = t->colours[attr >> 4 & (blinks ? 7 : 0xf)];
	unsigned int points = points_of(t, cell, attr);

	if (t->cursor && at % VGA_CELLS == t->cursor_at)
		points = 0x1ff;
	for (unsigned int i = 0; i < t->points * t->wide; i++)
		*to++ = points & 0x100 >> i / t->wide ? front : ground;
	return to;
}

static bool has_cursor(const struct vga *v, unsigned int line)
{
	unsigned int start = v->crtc[CR_CURSOR_START];
	unsigned int end = v->crtc[CR_CURSOR_END] & SCAN_LINES;

	return !(start & CURSOR_OFF) && line >= (start & SCAN_LINES) &&
	       line <= end;
}

/* @pan points on the left are not seen. */
static void draw_text(const struct text_line *t, unsigned int columns,
		      unsigned int pan, struct picture *out, unsigned int y)
{
	uint32_t row[PICTURE_MAX_WIDTH + POINTS_MAX], *to = row;

	for (unsigned int i = 0; i <= columns; i++)
		to = draw_cell(t, t->at + i, to);
	picture_row(out, y, row + pan * t->wide);
}

/* By how many points the picture is moved to the left; where characters have 9,
 * 8 is none. */
static unsigned int pan_of(const struct vga *v, unsigned int points)
{
	unsigned int pan = v->attr[AR_PAN] & 0xf;

	if (points == 9)
		return pan < 8 ? pan + 1 : 0;
	return pan < 8 ? pan : 0;
}

static bool draw_lines(struct text_line *t, unsigned int columns,
		       unsigned int height, struct picture *out)
{
	const struct vga *v = t->v;
	unsigned int lines = (v->crtc[CR_MAX_LINE] & SCAN_LINES) + 1;
	unsigned int twice = !!(v->crtc[CR_MAX_LINE] & DOUBLE_SCAN);
	unsigned int pan = pan_of(v, t->points), split = vga_split(v);
	unsigned int scanned = v->crtc[CR_ROW_SCAN] & SCAN_LINES;
	unsigned int start = vga_pair(v, CR_START_HIGH);

	if (scanned >= lines)
		scanned = 0;
	scanned <<= twice;
	for (unsigned int y = 0; y < height; y++, scanned++) {
		t->at = start +
			(scanned >> twice) / lines * v->crtc[CR_OFFSET] * 2;
		t->line = (scanned >> twice) % lines;
		t->cursor = has_cursor(v, t->line);
		draw_text(t, columns, pan, out, y);
		if (y != split)
			continue;
		scanned = -1;
		start = 0;
		if (v->attr[AR_MODE] & AR_MODE_PAN_TOP)
			pan = 0;
	}
	return true;
}

static bool draw_nothing(unsigned int width, unsigned int height,
			 struct picture *out)
{
	static const uint32_t black[PICTURE_MAX_WIDTH];

	picture_begin(out, width, height);
	for (unsigned int y = 0; y < height; y++)
		picture_row(out, y, black);
	return true;
}

static bool text_picture(const struct vga *v, struct picture *out)
{
	unsigned int points = v->seq[SEQ_CLOCKING] & SEQ_CLOCKING_8 ? 8 : 9;
	unsigned int columns = v->crtc[CR_H_END] + 1;
	unsigned int height = vga_height(v);
	uint32_t colours[SURFACE_COLOURS];
	struct text_line t = {
		.v = v,
		.colours = colours,
		.points = points,
		.wide = v->seq[SEQ_CLOCKING] & SEQ_CLOCKING_HALF ? 2 : 1,
		.cursor_at = vga_pair(v, CR_CURSOR_HIGH) % VGA_CELLS,
	};

	points *= t.wide;
	if (columns > PICTURE_MAX_WIDTH / points)
		columns = PICTURE_MAX_WIDTH / points;
	if (!vga_has_cells(v))
		return false;
	find_colours(v, colours);
	picture_begin(out, columns * points, height);
	return draw_lines(&t, columns, height, out);
}

static bool is_on(const struct vga *v)
{
	return v->attr_index & ATTR_SHOW &&
	       !(v->seq[SEQ_CLOCKING] & SEQ_CLOCKING_OFF);
}

bool vga_picture(void *dev, struct picture *out)
{
	struct vga *v = dev;

	if (vga_vbe_is_on(v) && is_on(v))
		return vga_vbe_picture(v, out);
	out->seen = 0; /* nothing of it is left when that comes again */
	switch (vga_mode(v)) {
	case SURFACE_TEXT:
		return text_picture(v, out);
	case SURFACE_BLANK:
		return draw_nothing(vga_width(v), vga_height(v), out);
	default:
		return is_on(v) ?
			       vga_graphics(v, out) :
			       draw_nothing(vga_width(v), vga_height(v), out);
	}
}
