/*
 * A picture in the terminal as sixels: DEC, "VT330/VT340 Programmer Reference
 * Manual", volume 2, "Sixel Graphics". Six pixels, one below the other, are a
 * character, a band of them is drawn once for each colour, and runs are counted.
 *
 * The picture is drawn in strips of so many lines of text that a whole number of
 * bands fits: each begins where a character would, has its own colours, and is
 * drawn when something in it has changed. Colours are the picture's own if the
 * terminal has registers for all in the strip; else a cube of them, by turns where
 * it has none (Bayer's matrix).
 */
#include "display/sixel.h"

#include <string.h>

#include "display.h"
#include "util/text.h"

#define NO_COLOUR   (~0U)
#define HASH_SHIFT  22	      /* 32 bits to SIXEL_HASH */
#define STRIP_MAX   128	      /* pixels */
#define PER_PICTURE (1 << 16) /* bytes; after more, pictures are left out */
#define SIDE_MAX    6
#define EMPTY	    '?' /* a sixel without pixels; others follow by their bits */
#define RUN_MIN	    4	/* shorter ones take less without a number */

/* Most a band can take: each pixel a colour of its own, and a gap before it. */
#define BAND_MAX  (PICTURE_MAX_WIDTH * SIXEL_HIGH * 7 + SIXEL_COLOURS * 6)
#define BANDS_MAX ((STRIP_MAX + SIXEL_HIGH - 1) / SIXEL_HIGH)
#define HEAD_MAX  (64 + SIXEL_COLOURS * 20)

_Static_assert(HEAD_MAX + BANDS_MAX * BAND_MAX < DISPLAY_ROOM,
	       "a strip has to fit");

/* One frame: what is drawn, and the rows of one strip. */
struct frame {
	struct sixel *s;
	const struct picture *picture;
	const struct display_terminal *terminal;
	struct text *out;
	unsigned int top, end; /* of what is drawn */
};

static unsigned int min_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static void put(struct text *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len++] = c;
}

/* --- Where pixels come from ------------------------------------------------ */

static const uint32_t *row_at(const struct frame *f, unsigned int y)
{
	const struct picture *p = f->picture;

	return p->pixels + (size_t)(y * p->height / f->s->height) * p->width;
}

static uint32_t pixel_at(const struct frame *f, const uint32_t *row,
			 unsigned int x)
{
	return row[x * f->picture->width / f->s->width] & 0xffffff;
}

/* --- Colours --------------------------------------------------------------- */

static unsigned int slot_of(const struct sixel_palette *p, uint32_t colour)
{
	unsigned int slot = colour * 0x9e3779b1u >> HASH_SHIFT;

	while (p->keys[slot] != NO_COLOUR && p->keys[slot] != colour)
		slot = (slot + 1) % SIXEL_HASH;
	return slot;
}

/* False: there are more than @max. */
static bool add_colour(struct sixel_palette *p, uint32_t colour,
		       unsigned int max)
{
	const unsigned int slot = slot_of(p, colour);

	if (p->keys[slot] == colour)
		return true;
	if (p->nr == max)
		return false;
	p->keys[slot] = colour;
	p->numbers[slot] = p->nr;
	p->colours[p->nr++] = colour;
	return true;
}

static bool add_row(const struct frame *f, unsigned int y, unsigned int max)
{
	const uint32_t *row = row_at(f, y);
	uint32_t last = NO_COLOUR;

	for (unsigned int x = 0; x < f->s->width; x++) {
		const uint32_t colour = pixel_at(f, row, x);

		if (colour != last && !add_colour(&f->s->palette, colour, max))
			return false;
		last = colour;
	}
	return true;
}

static void make_cube(struct sixel_palette *p, unsigned int max)
{
	unsigned int side = 2;

	while (side < SIDE_MAX && (side + 1) * (side + 1) * (side + 1) <= max)
		side++;
	p->side = side;
	p->nr = side * side * side;
	for (unsigned int i = 0; i < p->nr; i++)
		p->colours[i] = picture_rgb(i / side / side * 255 / (side - 1),
					    i / side % side * 255 / (side - 1),
					    i % side * 255 / (side - 1));
}

static void find_colours(const struct frame *f)
{
	struct sixel_palette *p = &f->s->palette;
	const unsigned int max = min_of(f->terminal->registers, SIXEL_COLOURS);

	p->nr = p->side = 0;
	memset(p->keys, 0xff, sizeof(p->keys));
	for (unsigned int y = f->top; y < f->end; y++) {
		if (add_row(f, y, max))
			continue;
		make_cube(p, max);
		return;
	}
}

/* The place on a cube's side for @part, 0 to 255: up or down by @threshold, 0 to
 * 254. */
static unsigned int level_of(unsigned int part, unsigned int side,
			     unsigned int threshold)
{
	return (part * (side - 1) + threshold) / 255;
}

static unsigned int number_of(const struct frame *f, uint32_t colour,
			      unsigned int x, unsigned int y)
{
	static const uint8_t bayer[4][4] = { { 0, 8, 2, 10 },
					     { 12, 4, 14, 6 },
					     { 3, 11, 1, 9 },
					     { 15, 7, 13, 5 } };
	const struct sixel_palette *p = &f->s->palette;
	const unsigned int threshold = bayer[y % 4][x % 4] * 16 + 7;
	unsigned int number = 0;

	if (!p->side)
		return p->numbers[slot_of(p, colour)];
	for (int shift = 16; shift >= 0; shift -= 8)
		number = number * p->side +
			 level_of(colour >> shift & 0xff, p->side, threshold);
	return number;
}

/* --- Bands ----------------------------------------------------------------- */

static void clear_band(struct sixel *s)
{
	struct sixel_band *band = &s->band;

	for (unsigned int c = 0; c < s->palette.nr; c++) {
		band->first[c] = s->width;
		band->end[c] = 0;
	}
}

/* The @nr of pixel @x is of colour @c. Nothing is in a row but between its ends. */
static void set_bit(struct sixel_band *band, unsigned int c, unsigned int x,
		    unsigned int nr)
{
	uint8_t *bits = band->bits[c];

	if (!band->end[c]) {
		band->first[c] = x;
		band->end[c] = x + 1;
		bits[x] = 0;
	}
	if (x < band->first[c]) {
		memset(bits + x, 0, band->first[c] - x);
		band->first[c] = x;
	}
	if (x >= band->end[c]) {
		memset(bits + band->end[c], 0, x + 1 - band->end[c]);
		band->end[c] = x + 1;
	}
	bits[x] |= 1U << nr;
}

static void fill_band(const struct frame *f, unsigned int top)
{
	const unsigned int nr = min_of(SIXEL_HIGH, f->end - top);

	clear_band(f->s);
	for (unsigned int i = 0; i < nr; i++) {
		const uint32_t *row = row_at(f, top + i);
		uint32_t last = NO_COLOUR;
		unsigned int number = 0;

		for (unsigned int x = 0; x < f->s->width; x++) {
			const uint32_t colour = pixel_at(f, row, x);

			if (colour != last || f->s->palette.side)
				number = number_of(f, colour, x, top + i);
			last = colour;
			set_bit(&f->s->band, number, x, i);
		}
	}
}

static void put_run(struct text *out, uint8_t bits, unsigned int len)
{
	if (len >= RUN_MIN) {
		text_add(out, "!%u%c", len, EMPTY + bits);
		return;
	}
	while (len--)
		put(out, EMPTY + bits);
}

static void put_colour(struct text *out, const struct sixel_band *band,
		       unsigned int c)
{
	const uint8_t *bits = band->bits[c];

	text_add(out, "#%u", c);
	if (band->first[c])
		put_run(out, 0, band->first[c]);
	for (unsigned int x = band->first[c], end; x < band->end[c]; x = end) {
		for (end = x + 1; end < band->end[c]; end++)
			if (bits[end] != bits[x])
				break;
		put_run(out, bits[x], end - x);
	}
}

static void put_band(const struct frame *f, unsigned int top)
{
	const struct sixel_band *band = &f->s->band;
	bool again = false;

	fill_band(f, top);
	for (unsigned int c = 0; c < f->s->palette.nr; c++) {
		if (!band->end[c])
			continue;
		if (again)
			put(f->out, '$');
		put_colour(f->out, band, c);
		again = true;
	}
}

/* --- Strips ---------------------------------------------------------------- */

/* Parts of a colour are in hundredths there. */
static unsigned int percent(uint32_t colour, unsigned int shift)
{
	return ((colour >> shift & 0xff) * 100 + 127) / 255;
}

static void put_palette(const struct frame *f)
{
	const struct sixel_palette *p = &f->s->palette;

	for (unsigned int i = 0; i < p->nr; i++)
		text_add(f->out, "#%u;2;%u;%u;%u", i,
			 percent(p->colours[i], 16), percent(p->colours[i], 8),
			 percent(p->colours[i], 0));
}

static void put_strip(struct frame *f, unsigned int strip)
{
	const struct sixel *s = f->s;

	f->top = strip * s->strip_height;
	f->end = min_of(f->top + s->strip_height, s->height);
	find_colours(f);
	/* What has no pixel stays what it is; and a pixel is square. */
	text_add(f->out, "\033[%u;1H\033P0;1;0q\"1;1;%u;%u",
		 strip * s->strip_lines + 1, s->width, f->end - f->top);
	put_palette(f);
	for (unsigned int y = f->top; y < f->end; y += SIXEL_HIGH) {
		if (y > f->top)
			put(f->out, '-');
		put_band(f, y);
	}
	text_add(f->out, "\033\\");
}

/* Most that a strip of this size takes. */
static size_t strip_room(const struct sixel *s)
{
	const size_t bands = (s->strip_height + SIXEL_HIGH - 1) / SIXEL_HIGH;

	return HEAD_MAX +
	       bands * ((size_t)s->width * SIXEL_HIGH * 7 + SIXEL_COLOURS * 6);
}

/* Those that have changed, the one where room ran out first. */
static void put_strips(struct frame *f)
{
	struct sixel *s = f->s;

	for (unsigned int i = 0; i < s->nr_strips; i++) {
		const unsigned int strip = (s->next + i) % s->nr_strips;

		if (!s->stale[strip])
			continue;
		if (f->out->size - f->out->len <= strip_room(s)) {
			s->next = strip;
			return;
		}
		put_strip(f, strip);
		s->stale[strip] = false;
	}
	s->next = 0;
}

/* Which strips show something of the bands that have changed. */
static void note_changes(const struct frame *f)
{
	struct sixel *s = f->s;
	const unsigned int h = f->picture->height;

	for (unsigned int i = 0; i < PICTURE_BANDS; i++) {
		const unsigned int top = i * h / PICTURE_BANDS;
		const unsigned int end = (i + 1) * h / PICTURE_BANDS;
		unsigned int strip = top * s->height / h / s->strip_height;

		if (!(f->picture->changed >> i & 1) || top == end)
			continue;
		for (; strip < s->nr_strips &&
		       strip * s->strip_height * h <= end * s->height;
		     strip++)
			s->stale[strip] = true;
	}
}

/* --- Sizes ----------------------------------------------------------------- */

/* Modes whose pixels are twice as high as wide, or as wide as high. */
static void square(const struct picture *p, unsigned int *width,
		   unsigned int *height)
{
	*width = p->width;
	*height = p->height;
	if (2 * p->width > 5 * p->height)
		*height = 2 * p->height;
	else if (p->width < p->height)
		*width = 2 * p->width;
}

/* As often as it fits, a whole number of times; or smaller, in its shape. */
static void fit(struct sixel *s, const struct picture *p)
{
	/* Below the last line a terminal would scroll. */
	const unsigned int lines = s->lines > 1 ? s->lines - 1 : 1;
	const unsigned int columns = min_of(s->columns, PICTURE_MAX_WIDTH);
	const unsigned int room_x =
		min_of(columns * s->cell_width, PICTURE_MAX_WIDTH);
	const unsigned int room_y =
		min_of(min_of(lines, PICTURE_MAX_HEIGHT) * s->cell_height,
		       PICTURE_MAX_HEIGHT);
	unsigned int width, height, times;

	square(p, &width, &height);
	times = min_of(room_x / width, room_y / height);
	s->width = times ? times * width :
			   min_of(room_x, room_y * width / height);
	s->height = times ? times * height :
			    min_of(room_y, room_x * height / width);
	s->width += !s->width;
	s->height += !s->height;
}

/* Lines of text until a band and a character begin at the same place. */
static void cut(struct sixel *s)
{
	unsigned int lines = 1;

	while (lines * s->cell_height % SIXEL_HIGH)
		lines++;
	if (lines * s->cell_height > STRIP_MAX)
		lines = 1;
	s->strip_lines = lines;
	s->strip_height = lines * s->cell_height;
	s->nr_strips = (s->height + s->strip_height - 1) / s->strip_height;
}

static bool is_same(const struct frame *f)
{
	const struct sixel *s = f->s;
	const struct display_terminal *t = f->terminal;

	return s->columns == t->columns && s->lines == t->lines &&
	       s->cell_width == t->cell_width &&
	       s->cell_height == t->cell_height &&
	       s->of_width == f->picture->width &&
	       s->of_height == f->picture->height;
}

static void begin_anew(struct frame *f)
{
	struct sixel *s = f->s;

	s->columns = f->terminal->columns;
	s->lines = f->terminal->lines;
	s->cell_width = f->terminal->cell_width;
	s->cell_height = f->terminal->cell_height;
	s->of_width = f->picture->width;
	s->of_height = f->picture->height;
	s->next = s->rest = 0;
	fit(s, f->picture);
	cut(s);
	memset(s->stale, true, sizeof(s->stale));
	text_add(f->out, "\033[m\033[2J\033[?25l");
}

void sixel_paint(struct sixel *s, const struct picture *picture,
		 const struct display_terminal *terminal, struct text *out)
{
	struct frame f = {
		.s = s, .picture = picture, .terminal = terminal, .out = out
	};

	if (!is_same(&f))
		begin_anew(&f);
	note_changes(&f);
	if (s->rest) {
		s->rest--;
		return;
	}
	put_strips(&f);
	s->rest = out->len / PER_PICTURE;
}
