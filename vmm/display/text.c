/*
 * A guest's text screen in the terminal: characters in their colours, and the
 * cursor; only cells that have changed are written. Sequences are those of
 * ECMA-48 and, for the second screen, more than 16 colours and the shape of the
 * cursor, of xterm and those that follow it. Graphics are sixels or blocks.
 *
 * What is in the guest's memory never reaches the terminal as it is: each byte
 * becomes a character of code page 437. Of a screen larger than the terminal
 * the part with the cursor is shown.
 */
#include <stddef.h>
#include <string.h>

#include "display.h"
#include "display/blocks.h"
#include "display/colours.h"
#include "display/sixel.h"
#include "util/surface.h"
#include "util/text.h"

#define CELL_MAX   80 /* bytes that one can take: place, colours, character */
#define UNKNOWN	   (~0U)
#define BLINK	   0x8000
#define MONOCHROME 0x7700 /* of these attribute bits */
#define UNDERLINED 0x0100 /* is the one that underlines */

struct text_display {
	struct blocks blocks;	     /* graphics */
	unsigned int columns, lines; /* of the terminal that are in use */
	unsigned int next; /* the line to begin with: where room ran out */
	unsigned int width, height; /* of the terminal, all of it */
	/* What attributes mean: as in struct surface. */
	bool blinks, underlines;
	uint16_t changed;
	uint8_t palette[SURFACE_COLOURS][3];
	unsigned int line, column; /* of the terminal's cursor, or UNKNOWN */
	unsigned int attr;	   /* in force, or UNKNOWN */
	bool cursor, block;	   /* as the terminal shows it */
	unsigned int drawn[SURFACE_ROWS * SURFACE_COLUMNS]; /* or UNKNOWN */
	struct sixel sixel; /* graphics, at a terminal that has pixels */
};

#define SCRATCH                        \
	(sizeof(struct text_display) - \
	 offsetof(struct text_display, sixel.palette))

/* One frame: who is drawn, on what, from which row and column on. */
struct frame {
	struct text_display *d;
	const struct surface *surface;
	const struct display_terminal *terminal;
	struct text *out;
	unsigned int first_row, first_column;
};

static unsigned int min_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static bool has_room(const struct frame *f)
{
	return f->out->size - f->out->len > CELL_MAX;
}

static void go_to(struct frame *f, unsigned int line, unsigned int column)
{
	struct text_display *d = f->d;

	if (d->line != line || d->column != column)
		text_add(f->out, "\033[%u;%uH", line + 1, column + 1);
	d->line = line;
	d->column = column;
}

/* VGA has blue, green and red from bit 0 on, terminals the other way round. */
static unsigned int ansi(unsigned int colour)
{
	return (colour & 1) << 2 | (colour & 2) | (colour >> 2 & 1);
}

/* @base: 30 for characters, 40 for what is behind them. */
static void add_colour(struct frame *f, unsigned int base, unsigned int colour)
{
	const uint8_t *rgb = f->surface->palette[colour];

	if (!(f->surface->changed & 1U << colour))
		text_add(f->out, ";%u",
			 base + (colour & 8 ? 60 : 0) + ansi(colour));
	else if (f->terminal->deep)
		text_add(f->out, ";%u;2;%u;%u;%u", base + 8, rgb[0], rgb[1],
			 rgb[2]);
	else
		text_add(f->out, ";%u;5;%u", base + 8,
			 colours_256((uint32_t)rgb[0] << 16 | rgb[1] << 8 |
				     rgb[2]));
}

static void set_attr(struct frame *f, uint16_t cell)
{
	unsigned int front = surface_front(cell);
	unsigned int ground = surface_ground(f->surface, cell);

	if (f->d->attr == cell >> 8)
		return;
	f->d->attr = cell >> 8;
	text_add(f->out, "\033[0");
	if (f->surface->blinks && cell & BLINK)
		text_add(f->out, ";5");
	if (f->surface->underlines && (cell & MONOCHROME) == UNDERLINED)
		text_add(f->out, ";4");
	if (f->terminal->colour) {
		add_colour(f, 30, front);
		add_colour(f, 40, ground);
	} else {
		text_add(f->out, "%s%s", front & 8 ? ";1" : "",
			 ground ? ";7" : "");
	}
	text_add(f->out, "m");
}

static void draw_cell(struct frame *f, unsigned int line, unsigned int column,
		      uint16_t cell)
{
	char glyph[GLYPH_MAX];

	go_to(f, line, column);
	set_attr(f, cell);
	surface_glyph(cell, f->terminal->utf8, glyph);
	text_add(f->out, "%s", glyph);
	/* Behind the last column a terminal's cursor is nobody knows where. */
	if (++f->d->column >= f->terminal->columns)
		f->d->line = UNKNOWN;
}

static const char no_text[] = "graphics: not shown here";

/* What is to be seen at a place of the screen. One blank is like another. */
static uint16_t cell_at(const struct surface *surface, unsigned int row,
			unsigned int column)
{
	uint16_t cell = surface->cells[row * surface->columns + column];

	if (surface->mode == SURFACE_GRAPHICS && !row &&
	    column < sizeof(no_text) - 1)
		return (CELL_BLANK & 0xff00) | (uint8_t)no_text[column];
	if (surface->mode != SURFACE_TEXT)
		return CELL_BLANK;
	if (surface_is_blank(surface, cell))
		return CELL_BLANK | surface_ground(surface, cell) << 12;
	return cell;
}

/* True if all of the line is drawn. */
static bool draw_line(struct frame *f, unsigned int line)
{
	struct text_display *d = f->d;
	unsigned int *drawn = &d->drawn[line * d->columns];

	for (unsigned int i = 0; i < d->columns; i++) {
		uint16_t cell = cell_at(f->surface, f->first_row + line,
					f->first_column + i);

		if (drawn[i] == cell)
			continue;
		if (!has_room(f))
			return false;
		draw_cell(f, line, i, cell);
		drawn[i] = cell;
	}
	return true;
}

/* All lines, the one where room ran out last time first: whatever a guest does
 * on its first lines, the last are drawn, too. */
static bool draw_lines(struct frame *f)
{
	struct text_display *d = f->d;

	for (unsigned int i = 0; i < d->lines; i++) {
		unsigned int line = (d->next + i) % d->lines;

		if (draw_line(f, line))
			continue;
		d->next = line;
		return false;
	}
	d->next = 0;
	return true;
}

static bool has_cursor(const struct surface *surface)
{
	return surface->mode == SURFACE_TEXT && surface->has_cursor;
}

static void draw_cursor(struct frame *f)
{
	const struct surface *surface = f->surface;
	bool shown = has_cursor(surface);

	if (shown && surface->block != f->d->block && f->terminal->shapes)
		text_add(f->out, "\033[%u q", surface->block ? 1 : 3);
	if (shown)
		f->d->block = surface->block;
	if (shown)
		go_to(f, surface->row - f->first_row,
		      surface->column - f->first_column);
	if (shown != f->d->cursor)
		text_add(f->out, "\033[?25%c", shown ? 'h' : 'l');
	f->d->cursor = shown;
}

/* Whether cells that are the same look the same, and those that were drawn are
 * still there: a terminal of another size has made of them what it liked. */
static bool is_same(const struct frame *f)
{
	const struct text_display *d = f->d;
	const struct surface *s = f->surface;

	return d->width == f->terminal->columns &&
	       d->height == f->terminal->lines &&
	       d->columns == min_of(s->columns, d->width) &&
	       d->lines == min_of(s->rows, d->height) &&
	       d->blinks == s->blinks && d->underlines == s->underlines &&
	       d->changed == s->changed &&
	       !memcmp(d->palette, s->palette, sizeof(s->palette));
}

static void begin_anew(struct frame *f)
{
	struct text_display *d = f->d;
	const struct surface *s = f->surface;

	d->width = f->terminal->columns;
	d->height = f->terminal->lines;
	d->columns = min_of(s->columns, d->width);
	d->lines = min_of(s->rows, d->height);
	d->blinks = s->blinks;
	d->underlines = s->underlines;
	d->changed = s->changed;
	memcpy(d->palette, s->palette, sizeof(s->palette));
	d->attr = d->line = UNKNOWN;
	d->next = 0;
	d->cursor = false;
	memset(d->drawn, 0xff, sizeof(d->drawn));
	text_add(f->out, "\033[m\033[2J\033[?25l");
}

/* Where the part of @size that is shown begins, so that @at is in it. */
static unsigned int scrolled(unsigned int at, unsigned int size)
{
	return at < size ? 0 : at - size + 1;
}

static void text_draw(void *dev, const struct surface *surface,
		      const struct display_terminal *terminal, struct text *out)
{
	struct text_display *d = dev;
	struct frame f = {
		.d = d, .surface = surface, .terminal = terminal, .out = out
	};

	d->blocks.width = d->sixel.columns = 0;
	if (!is_same(&f))
		begin_anew(&f);
	if (has_cursor(surface)) {
		f.first_row = scrolled(surface->row, d->lines);
		f.first_column = scrolled(surface->column, d->columns);
	}
	if (draw_lines(&f) && has_room(&f))
		draw_cursor(&f);
}

static void text_paint(void *dev, const struct picture *picture,
		       const struct display_terminal *terminal,
		       struct text *out)
{
	struct text_display *d = dev;

	d->width = 0;
	if (terminal->cell_height) {
		d->blocks.width = 0;
		sixel_paint(&d->sixel, picture, terminal, out);
	} else {
		d->sixel.columns = 0;
		blocks_paint(&d->blocks, picture, terminal, out);
	}
}

/* Where there is no second screen, what follows comes below the picture. */
#define END "\033[m\033[999H\n\033[?1049l\033[?25h"

static const struct display text = {
	.name = "text",
	.what = "a guest's screen, in the terminal",
	.size = sizeof(struct text_display),
	.scratch = SCRATCH,
	.begin = "\033[?1049h\033[?25l",
	.end = { END, END "\033[0 q" },
	.draw = text_draw,
	.paint = text_paint,
};
DISPLAY(text);
