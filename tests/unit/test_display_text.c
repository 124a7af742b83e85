/* objects: display/text.o display/blocks.o display/colours.o display/sixel.o util/surface.o util/text.o */
/* What is written into a terminal for a screen: sequences, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "display.h"
#include "util/picture.h"
#include "util/surface.h"
#include "util/text.h"

TABLE_DECLARE(display, display);

#define ESC 0x1b

static const struct display *display;
static void *state;
static struct surface screen;
static struct display_terminal terminal;
static char out[65536];

static int setup(void **unused)
{
	(void)unused;
	display = *__start_table_display;
	state = calloc(1, display->size);
	memset(&screen, 0, sizeof(screen));
	screen.columns = 80;
	screen.rows = 25;
	screen.blinks = true;
	screen.has_cursor = true;
	for (unsigned int i = 0; i < 80 * 25; i++)
		screen.cells[i] = CELL_BLANK;
	terminal = (struct display_terminal){ .columns = 80,
					      .lines = 25,
					      .utf8 = true,
					      .colour = true,
					      .deep = true,
					      .shapes = true };
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	free(state);
	return 0;
}

/* Every byte is part of a sequence that ends, or of a character. */
static void check_bytes(size_t len)
{
	bool inside = false;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = out[i];

		if (c == ESC) {
			assert_false(inside);
			assert_int_equal(out[++i], '[');
			inside = true;
		} else if (inside) {
			assert_in_range(c, ' ', '~');
			inside = c < '@';
		} else {
			assert_true(c >= ' ' && c != 0x7f);
		}
	}
	assert_false(inside);
}

static size_t draw_into(size_t size)
{
	struct text text;

	text_init(&text, out, size);
	display->draw(state, &screen, &terminal, &text);
	assert_in_range(text.len, 0, size - 1);
	check_bytes(text.len);
	return text.len;
}

static const char *draw(void)
{
	draw_into(sizeof(out));
	return out;
}

static void put(unsigned int row, unsigned int column, uint16_t cell)
{
	screen.cells[row * screen.columns + column] = cell;
}

static void only_what_changed(void **unused)
{
	(void)unused;
	assert_true(draw_into(sizeof(out)) > 2000);
	assert_string_equal(draw(), "");
	put(3, 9, 0x0741);
	assert_string_equal(draw(), "\033[4;10HA\033[1;1H");
	put(3, 9, 0x0742);
	put(3, 10, 0x0743);
	put(4, 0, 0x0744);
	assert_string_equal(draw(), "\033[4;10HBC\033[5;1HD\033[1;1H");
	/* One blank is like another, but for its ground. */
	put(20, 0, 0x0700);
	put(20, 1, 0x0fff);
	put(20, 2, 0x4441);
	put(20, 3, 0x0720);
	assert_string_equal(draw(), "\033[21;3H\033[0;37;41m \033[1;1H");
}

static void attributes(void **unused)
{
	static const struct {
		uint8_t attr;
		bool blinks, underlines;
		const char *sgr;
	} cases[] = {
		{ 0x1f, true, false, "\033[0;97;44m" },
		{ 0x4e, true, false, "\033[0;93;41m" },
		{ 0x36, true, false, "\033[0;33;46m" },
		{ 0xb6, true, false, "\033[0;5;33;46m" },
		{ 0xb6, false, false, "\033[0;33;106m" },
		{ 0x01, true, true, "\033[0;4;34;40m" },
		{ 0x09, true, true, "\033[0;4;94;40m" },
		{ 0x11, false, true, NULL },
		{ 0x02, true, true, "\033[0;32;40m" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		screen.blinks = cases[i].blinks;
		screen.underlines = cases[i].underlines;
		put(0, 0, CELL_BLANK);
		draw();
		put(0, 0, cases[i].attr << 8 | 'A');
		draw();
		if (cases[i].sgr &&
		    strncmp(out, cases[i].sgr, strlen(cases[i].sgr)) != 0)
			fail_msg("%02x: %s", cases[i].attr, out + 1);
	}
}

/* A colour that the guest has changed is one of 24 bits. */
static void palette(void **unused)
{
	(void)unused;
	draw();
	screen.changed = 1 << 7;
	screen.palette[7][0] = 255;
	screen.palette[7][1] = 1;
	put(0, 0, 0x0741);
	assert_non_null(strstr(draw(), "\033[0;38;2;255;1;0;40mA"));
	put(0, 0, 0x7041);
	assert_non_null(strstr(draw(), "\033[0;30;48;2;255;1;0mA"));
	/* Or, where there are but 256, one of those. */
	terminal.deep = false;
	put(0, 0, 0x0741);
	assert_non_null(strstr(draw(), "\033[0;38;5;196;40mA"));
	/* And all is drawn anew when it changes again. */
	screen.palette[7][1] = 2;
	assert_true(draw_into(sizeof(out)) > 2000);
}

static void no_colours(void **unused)
{
	(void)unused;
	terminal.colour = false;
	draw();
	put(0, 0, 0x1f41);
	assert_string_equal(draw(), "\033[0;1;7mA\033[1;1H");
	put(0, 0, 0x0741);
	assert_string_equal(draw(), "\033[0mA\033[1;1H");
}

static void cursor(void **unused)
{
	(void)unused;
	assert_non_null(strstr(draw(), "\033[1;1H\033[?25h"));
	screen.row = 24;
	screen.column = 79;
	assert_string_equal(draw(), "\033[25;80H");
	screen.block = true;
	assert_string_equal(draw(), "\033[1 q");
	screen.block = false;
	assert_string_equal(draw(), "\033[3 q");
	screen.has_cursor = false;
	assert_string_equal(draw(), "\033[?25l");
	screen.has_cursor = true;
	screen.mode = SURFACE_BLANK;
	assert_string_equal(draw(), "");
	terminal.shapes = false;
	screen.mode = SURFACE_TEXT;
	screen.block = true;
	assert_string_equal(draw(), "\033[?25h");
}

/* Behind the last column nobody knows where the terminal's cursor is. */
static void last_column(void **unused)
{
	(void)unused;
	draw();
	put(5, 79, 0x0741);
	put(6, 0, 0x0742);
	assert_string_equal(draw(), "\033[6;80HA\033[7;1HB\033[1;1H");
	screen.row = 6;
	screen.column = 79;
	put(6, 79, 0x0743);
	assert_string_equal(draw(), "\033[7;80HC\033[7;80H");
}

static void smaller_terminal(void **unused)
{
	(void)unused;
	for (unsigned int row = 0; row < 25; row++)
		put(row, 0, 0x0741 + row);
	terminal.columns = 10;
	terminal.lines = 5;
	draw();
	assert_non_null(strchr(out, 'E'));
	assert_null(strchr(out, 'F'));
	screen.row = 5; /* what is below comes up by a line */
	assert_string_equal(draw(), "B\033[2;1HC\033[3;1HD\033[4;1HE"
				    "\033[5;1HF\033[5;1H");
	screen.column = 10;
	assert_string_equal(draw(), "\033[1;1H \033[2;1H \033[3;1H \033[4;1H "
				    "\033[5;1H \033[5;10H");
	terminal.columns = terminal.lines = 1;
	draw();
	/* It has grown: all anew. */
	terminal.columns = 80;
	terminal.lines = 50;
	assert_true(draw_into(sizeof(out)) > 2000);
}

static uint32_t pixels[320 * 200];
static struct picture picture;

static const char *paint(size_t room)
{
	struct text text;

	text_init(&text, out, room);
	display->paint(state, &picture, &terminal, &text);
	assert_true(text.len < room);
	picture.changed = 0;
	return out;
}

/* Two pixels a character, each the mean of its place; then what has changed. */
static void painted(void **unused)
{
	(void)unused;
	picture = (struct picture){ 320, 200, pixels, UINT64_MAX, 0 };
	for (unsigned int i = 0; i < 320 * 200; i++)
		pixels[i] = i / 320 < 100 ? 0xff0000 : 0x0000ff;
	terminal.columns = 40;
	terminal.lines = 15;
	paint(sizeof(out));
	assert_memory_equal(out,
			    "\033[m\033[2J\033[?25l\033[1;1H"
			    "\033[48;2;255;0;0m    ",
			    35);
	/* The eighth line is half red and half blue. */
	assert_non_null(strstr(out, "\033[8;1H\033[48;2;0;0;255m"
				    "\033[38;2;255;0;0m▀▀▀"));
	assert_null(strstr(out, "\033[16;"));
	assert_string_equal(paint(sizeof(out)), "");
	for (unsigned int i = 0; i < 8; i++)
		pixels[199 * 320 + 312 + i] = 0xffffff;
	picture.changed = 1ULL << 63;
	assert_non_null(strstr(paint(sizeof(out)), "\033[15;40H"));
	assert_true(strlen(out) < 80);
	/* Text in between, and all of it again, in pieces. */
	draw();
	assert_true(strlen(paint(1024)) > 600);
	for (unsigned int i = 0; i < 100 && *paint(256); i++)
		;
	assert_string_equal(out, "");
}

/* Of xterm's palette: the nearest of its cube, or of its greys. */
static void painted_by_256(void **unused)
{
	static const struct {
		uint32_t rgb;
		const char *number;
	} rows[] = {
		{ 0x000000, "16" },  { 0xffffff, "231" }, { 0xff0000, "196" },
		{ 0x0000ff, "21" },  { 0x808080, "244" }, { 0x0a0a0a, "232" },
		{ 0xeeeeee, "255" }, { 0xfafafa, "231" }, { 0x5f87d7, "68" },
		{ 0x104010, "22" },  { 0x30602f, "238" }, { 0x040404, "16" },
	};
	char want[32];

	(void)unused;
	picture = (struct picture){ 320, 200, pixels, UINT64_MAX, 0 };
	terminal.columns = terminal.lines = 1;
	terminal.deep = false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int at = 0; at < 320 * 200; at++)
			pixels[at] = rows[i].rgb;
		picture.changed = UINT64_MAX;
		snprintf(want, sizeof(want), "\033[48;5;%sm ", rows[i].number);
		assert_non_null(strstr(paint(sizeof(out)), want));
	}
}

static void painted_by_less(void **unused)
{
	(void)unused;
	picture = (struct picture){ 320, 200, pixels, UINT64_MAX, 0 };
	for (unsigned int i = 0; i < 320 * 200; i++)
		pixels[i] = i % 320 < 160 ? 0 : 0xffffff;
	terminal.utf8 = false;
	terminal.columns = 8;
	terminal.lines = 3;
	assert_string_equal(paint(sizeof(out)), "\033[m\033[2J\033[?25l"
						"\033[1;1H\033[48;2;0;0;0m    "
						"\033[48;2;255;255;255m    "
						"\033[2;1H\033[48;2;0;0;0m    "
						"\033[48;2;255;255;255m    "
						"\033[3;1H\033[48;2;0;0;0m    "
						"\033[48;2;255;255;255m    ");
	terminal.colour = false;
	terminal.lines = 1;
	assert_string_equal(paint(sizeof(out)), "\033[m\033[2J\033[?25l"
						"\033[1;1H @");
	terminal.columns = 1;
	paint(sizeof(out));
}

static void graphics(void **unused)
{
	(void)unused;
	put(0, 79, 0x0741);
	put(9, 9, 0x0742);
	screen.mode = SURFACE_GRAPHICS;
	assert_non_null(strstr(draw(), "graphics: not shown here "));
	assert_null(strchr(out, 'A'));
	screen.mode = SURFACE_TEXT;
	assert_null(strchr(draw(), 'g'));
	assert_non_null(strchr(out, 'B'));
	screen.mode = SURFACE_BLANK;
	assert_null(strchr(draw(), 'B'));
}

/* However little room there is, the whole picture comes in the end, the lines
 * below those that never rest as well. */
static void little_room(void **unused)
{
	unsigned int calls = 0;

	(void)unused;
	put(24, 79, 0x0778); /* x */
	do {
		for (unsigned int i = 0; i < 80; i++)
			screen.cells[i] = 0x0741 + (calls + i) % 26;
		draw_into(512);
		assert_true(++calls < 20);
	} while (!strchr(out, 'x'));
}

/* Whatever is in memory: a whole screen of each byte and of each attribute. */
static void hostile(void **unused)
{
	(void)unused;
	screen.columns = SURFACE_COLUMNS;
	screen.rows = SURFACE_ROWS;
	terminal.columns = terminal.lines = 400;
	for (unsigned int i = 0; i < 0x10000; i += 0x101) {
		for (unsigned int at = 0; at < SURFACE_COLUMNS * SURFACE_ROWS;
		     at++)
			screen.cells[at] = i + at * 0x3b1;
		screen.mode = i % 3;
		draw();
		draw();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_changed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(palette, setup, teardown),
		cmocka_unit_test_setup_teardown(no_colours, setup, teardown),
		cmocka_unit_test_setup_teardown(cursor, setup, teardown),
		cmocka_unit_test_setup_teardown(last_column, setup, teardown),
		cmocka_unit_test_setup_teardown(smaller_terminal, setup,
						teardown),
		cmocka_unit_test_setup_teardown(graphics, setup, teardown),
		cmocka_unit_test_setup_teardown(painted, setup, teardown),
		cmocka_unit_test_setup_teardown(painted_by_256, setup,
						teardown),
		cmocka_unit_test_setup_teardown(painted_by_less, setup,
						teardown),
		cmocka_unit_test_setup_teardown(little_room, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
