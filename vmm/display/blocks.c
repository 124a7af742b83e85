/*
 * A picture in the terminal: see blocks.h. A character is about twice as high as wide,
 * and U+2580 fills its upper half: in front the colour of one pixel, behind it that of
 * the one below. Each is the mean of the pixels it stands for, or that of xterm's 256
 * colours that is most like it. Without UTF-8 a character is one pixel, a blank on
 * its colour; without colours, one of ten that are more or less dark.
 */
#include "display/blocks.h"

#include <string.h>

#include "display.h"
#include "display/colours.h"
#include "util/picture.h"
#include "util/text.h"

#define CELL_MAX  64	/* bytes of one: place, colours, character */
#define UNKNOWN	  (~0U) /* no pixel has that */
#define UPPER	  "\u2580"
#define SHADES	  " .:-=+*#%@"
#define NR_SHADES 10

/* A VGA's pixels are seldom square: all of its modes fill the same screen. */
#define VGA_WIDTH  720
#define VGA_HEIGHT 400
#define ACROSS	   4
#define DOWN	   3

/* One frame, and what is in force in the terminal. */
struct frame {
	struct blocks *b;
	const struct picture *picture;
	const struct display_terminal *terminal;
	struct text *out;
	struct blocks_cell colours;
	unsigned int line, column; /* of its cursor */
};

static unsigned int min_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* The mean of the pixels between these, at least one. */
static uint32_t mean_of(const struct picture *p, unsigned int x, unsigned int y,
			unsigned int end_x, unsigned int end_y)
{
	unsigned int sums[3] = { 0 }, nr = 0;

	do {
		const uint32_t *row = p->pixels + (size_t)y * p->width;
		unsigned int at = x;

		do {
			for (unsigned int i = 0; i < 3; i++)
				sums[i] += row[at] >> 8 * i & 0xff;
			nr++;
		} while (++at < end_x);
	} while (++y < end_y);
	return picture_rgb(sums[2] / nr, sums[1] / nr, sums[0] / nr);
}

/* Pixel @x, @y of a picture that has columns by @rows of them, or its number among
 * the terminal's colours. */
static uint32_t sample(const struct frame *f, unsigned int x, unsigned int y,
		       unsigned int rows)
{
	const struct picture *p = f->picture;
	const unsigned int columns = f->b->columns;
	const uint32_t rgb = mean_of(p, x * p->width / columns,
				     y * p->height / rows,
				     (x + 1) * p->width / columns,
				     (y + 1) * p->height / rows);

	return f->terminal->colour && !f->terminal->deep ? colours_256(rgb) :
							   rgb;
}

static struct blocks_cell cell_at(const struct frame *f, unsigned int line,
				  unsigned int column)
{
	struct blocks_cell cell;

	if (f->terminal->utf8 && f->terminal->colour) {
		const unsigned int rows = 2 * f->b->lines;

		cell.upper = sample(f, column, 2 * line, rows);
		cell.lower = sample(f, column, 2 * line + 1, rows);
	} else {
		cell.upper = sample(f, column, line, f->b->lines);
		cell.lower = cell.upper;
	}
	return cell;
}

/* @colour: as sample() has it. */
static void add_colour(struct frame *f, unsigned int base, uint32_t colour,
		       uint32_t *in_force)
{
	if (*in_force == colour)
		return;
	*in_force = colour;
	if (f->terminal->deep)
		text_add(f->out, "\033[%u;2;%u;%u;%um", base,
			 colour >> 16 & 0xff, colour >> 8 & 0xff,
			 colour & 0xff);
	else
		text_add(f->out, "\033[%u;5;%um", base, (unsigned int)colour);
}

static char shade_of(uint32_t rgb)
{
	const unsigned int light =
		2 * (rgb >> 16 & 0xff) + 5 * (rgb >> 8 & 0xff) + (rgb & 0xff);

	return SHADES[light * (NR_SHADES - 1) / (8 * 255)];
}

static void draw_cell(struct frame *f, const struct blocks_cell *cell)
{
	if (!f->terminal->colour) {
		text_add(f->out, "%c", shade_of(cell->upper));
		return;
	}
	add_colour(f, 48, cell->lower, &f->colours.lower);
	if (!f->terminal->utf8 || cell->upper == cell->lower) {
		text_add(f->out, " ");
		return;
	}
	add_colour(f, 38, cell->upper, &f->colours.upper);
	text_add(f->out, UPPER);
}

static void go_to(struct frame *f, unsigned int line, unsigned int column)
{
	if (f->line != line || f->column != column)
		text_add(f->out, "\033[%u;%uH", line + 1, column + 1);
	f->line = line;
	f->column = column + 1;
	/* Behind the last column a cursor is nobody knows where. */
	if (f->column >= f->terminal->columns)
		f->line = UNKNOWN;
}

/* True if all of the line is drawn. */
static bool draw_line(struct frame *f, unsigned int line)
{
	struct blocks_cell *drawn = &f->b->drawn[line * f->b->columns];

	for (unsigned int i = 0; i < f->b->columns; i++) {
		const struct blocks_cell cell = cell_at(f, line, i);

		if (!memcmp(&drawn[i], &cell, sizeof(cell)))
			continue;
		if (f->out->size - f->out->len <= CELL_MAX)
			return false;
		go_to(f, line, i);
		draw_cell(f, &cell);
		drawn[i] = cell;
	}
	return true;
}

/* The largest picture of its shape that the terminal has room for. */
static void fit(struct frame *f)
{
	struct blocks *b = f->b;
	const struct picture *p = f->picture;
	const bool vga = p->width <= VGA_WIDTH && p->height <= VGA_HEIGHT;
	const unsigned int across = vga ? ACROSS : p->width;
	const unsigned int down = vga ? DOWN : p->height;
	const unsigned int columns = min_of(b->width, BLOCKS_COLUMNS);
	const unsigned int lines = min_of(b->height, BLOCKS_LINES);

	b->columns = min_of(columns, 2 * lines * across / down);
	b->lines = min_of(lines, (b->columns * down / across + 1) / 2);
	b->columns += !b->columns;
	b->lines += !b->lines;
}

static void begin_anew(struct frame *f)
{
	struct blocks *b = f->b;

	b->width = f->terminal->columns;
	b->height = f->terminal->lines;
	b->of_width = f->picture->width;
	b->of_height = f->picture->height;
	b->next = 0;
	b->pending = true;
	fit(f);
	memset(b->drawn, 0xff, sizeof(b->drawn));
	text_add(f->out, "\033[m\033[2J\033[?25l");
}

static bool is_same(const struct frame *f)
{
	const struct blocks *b = f->b;

	return b->width == f->terminal->columns &&
	       b->height == f->terminal->lines &&
	       b->of_width == f->picture->width &&
	       b->of_height == f->picture->height;
}

/* All lines, the one where room ran out last time first. */
static void draw_lines(struct frame *f)
{
	struct blocks *b = f->b;

	b->pending = false;
	for (unsigned int i = 0; i < b->lines && !b->pending; i++) {
		const unsigned int line = (b->next + i) % b->lines;

		if (draw_line(f, line))
			continue;
		b->next = line;
		b->pending = true;
	}
}

void blocks_paint(struct blocks *b, const struct picture *picture,
		  const struct display_terminal *terminal, struct text *out)
{
	struct frame f = {
		.b = b,
		.picture = picture,
		.terminal = terminal,
		.out = out,
		.colours = { UNKNOWN, UNKNOWN },
		.line = UNKNOWN,
	};

	if (!is_same(&f))
		begin_anew(&f);
	else if (!picture->changed && !b->pending)
		return;
	draw_lines(&f);
}
