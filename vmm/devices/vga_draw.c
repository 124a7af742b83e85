/*
 * Graphics of a VGA, as pixels: what the CRT controller fetches of the four planes
 * for each 8 points, and what the shift registers make of it. Modes have no
 * numbers here: these registers are all there is.
 *
 *   planes   8 pixels of a bit of each plane         modes Dh, Eh, 10h, 12h, 6
 *   pairs    8 pixels of two bits, planes 0 and 2, then 1 and 3   mode 4
 *   bytes    4 pixels, each a byte of a plane        mode 13h, mode X
 *
 * Scan lines that a mode shows twice or more often are one row of pixels.
 */
#include "vga.h"

#include <string.h>

#define POINTS	8 /* of one fetch */
#define FETCHES 257

struct scan {
	const struct vga *v;
	unsigned int fetches; /* of a row */
	unsigned int pixels;  /* of each */
	unsigned int pan;     /* of them that are not seen */
	uint32_t colours[DAC_COLOURS];
};

static bool is_bytes(const struct vga *v)
{
	return v->gfx[GFX_MODE] & GFX_MODE_BYTES;
}

/* The address in a plane that the counter @count becomes on line @line of a row. */
static unsigned int fetch_at(const struct vga *v, unsigned int count,
			     unsigned int line)
{
	const uint8_t mode = v->crtc[CR_MODE];
	unsigned int at = count;

	if (v->crtc[CR_UNDERLINE] & CR_UNDERLINE_QUADS)
		at = count << 2 | (count >> 14 & 3);
	else if (!(mode & CR_MODE_BYTES))
		at = count << 1 |
		     (count >> (mode & CR_MODE_WRAP_15 ? 15 : 13) & 1);
	if (!(mode & CR_MODE_NO_LINE_13))
		at = (at & ~0x2000U) | (line & 1) << 13;
	if (!(mode & CR_MODE_NO_LINE_14))
		at = (at & ~0x4000U) | (line & 2) << 13;
	return at;
}

/* How many fetches the counter stays at one address. */
static unsigned int fetches_per_count(const struct vga *v)
{
	if (v->crtc[CR_UNDERLINE] & CR_UNDERLINE_BY_4)
		return 4;
	return v->crtc[CR_MODE] & CR_MODE_BY_2 ? 2 : 1;
}

static uint32_t *draw_planes(const struct scan *s, uint32_t quad, uint32_t *to)
{
	for (int bit = 7; bit >= 0; bit--) {
		const uint32_t bits = quad >> bit & 0x01010101;

		*to++ = s->colours[(bits | bits >> 7 | bits >> 14 | bits >> 21) &
				   0xf];
	}
	return to;
}

static uint32_t *draw_pairs(const struct scan *s, uint32_t quad, uint32_t *to)
{
	for (unsigned int i = 0; i < POINTS; i++) {
		const unsigned int shift = i / 4 * 8 + 6 - i % 4 * 2;

		*to++ = s->colours[(quad >> shift & 3) |
				   (quad >> (shift + 16) & 3) << 2];
	}
	return to;
}

static uint32_t *draw_bytes(const struct scan *s, uint32_t quad, uint32_t *to)
{
	for (unsigned int i = 0; i < 4; i++)
		*to++ = s->colours[quad >> 8 * i & 0xff];
	return to;
}

static uint32_t *draw_quad(const struct scan *s, uint32_t quad, uint32_t *to)
{
	if (is_bytes(s->v))
		return draw_bytes(s, quad, to);
	if (s->v->gfx[GFX_MODE] & GFX_MODE_PAIRS)
		return draw_pairs(s, quad, to);
	return draw_planes(s, quad, to);
}

/* Row @y of the picture: line @line of what begins at @count. */
static void draw_row(const struct scan *s, unsigned int count,
		     unsigned int line, struct picture *out, unsigned int y)
{
	uint32_t row[FETCHES * POINTS], *to = row;
	const unsigned int step = fetches_per_count(s->v);

	for (unsigned int i = 0; i <= s->fetches; i++)
		to = draw_quad(s,
			       vga_quad(s->v,
					fetch_at(s->v, count + i / step, line)),
			       to);
	picture_row(out, y, row + s->pan);
}

static void find_pan(struct scan *s)
{
	const unsigned int pan = s->v->attr[AR_PAN] & 7;

	s->pan = is_bytes(s->v) ? pan / 2 : pan;
}

/* Scan lines that look the same: all of a row, unless some of the address is the
 * line's number. */
static unsigned int same_lines(const struct vga *v)
{
	const uint8_t whole = CR_MODE_NO_LINE_13 | CR_MODE_NO_LINE_14;
	const unsigned int lines = (v->crtc[CR_MAX_LINE] & SCAN_LINES) + 1;
	const unsigned int twice = v->crtc[CR_MAX_LINE] & DOUBLE_SCAN ? 2 : 1;

	return (v->crtc[CR_MODE] & whole) == whole ? lines * twice : twice;
}

/* Row @y of the picture is scan line @scanned: above a split, or below it. */
static void draw_line(struct scan *s, unsigned int scanned, struct picture *out,
		      unsigned int y)
{
	const struct vga *v = s->v;
	const unsigned int lines = (v->crtc[CR_MAX_LINE] & SCAN_LINES) + 1;
	const unsigned int twice = v->crtc[CR_MAX_LINE] & DOUBLE_SCAN ? 2 : 1;
	const unsigned int split = vga_split(v);
	unsigned int start = 0;

	if (scanned > split) {
		scanned -= split + 1;
		if (v->attr[AR_MODE] & AR_MODE_PAN_TOP)
			s->pan = 0;
	} else {
		scanned += (v->crtc[CR_ROW_SCAN] & SCAN_LINES) % lines * twice;
		start = vga_pair(v, CR_START_HIGH) +
			(v->crtc[CR_ROW_SCAN] >> 5 & 3);
	}
	scanned /= twice;
	draw_row(s, start + scanned / lines * v->crtc[CR_OFFSET] * 2,
		 scanned % lines, out, y);
}

static void find_colours(struct scan *s)
{
	const struct vga *v = s->v;

	for (unsigned int i = 0; i < DAC_COLOURS; i++)
		s->colours[i] = vga_rgb(v, is_bytes(v) ?
						   v->dac[i & v->dac_mask] :
						   vga_colour(v, i));
}

bool vga_graphics(const struct vga *v, struct picture *out)
{
	const unsigned int step = same_lines(v);
	const unsigned int height = (vga_height(v) + step - 1) / step;
	struct scan s = { .v = v, .fetches = vga_width(v) / POINTS };

	if (!v->planes)
		return false;
	s.pixels = is_bytes(v) ? POINTS / 2 : POINTS;
	find_pan(&s);
	find_colours(&s);
	picture_begin(out, s.fetches * s.pixels, height);
	for (unsigned int y = 0; y < height; y++)
		draw_line(&s, y * step, out, y);
	return true;
}
