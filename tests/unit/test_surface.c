/* objects: util/surface.o */
/* A screen as text: the code page, what is blank, where rows and text end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/surface.h"

static struct surface screen;

static void clear(unsigned int columns, unsigned int rows)
{
	memset(&screen, 0, sizeof(screen));
	screen.columns = columns;
	screen.rows = rows;
	screen.blinks = true;
	for (unsigned int i = 0; i < columns * rows; i++)
		screen.cells[i] = CELL_BLANK;
}

static void write_at(unsigned int row, unsigned int column, uint8_t attr,
		     const char *text)
{
	uint16_t *cell = &screen.cells[row * screen.columns + column];

	while (*text)
		*cell++ = attr << 8 | (uint8_t)*text++;
}

static const char *row_text(unsigned int row, bool utf8)
{
	static char buf[SURFACE_TEXT_MAX];

	size_t len = surface_text(&screen, row, utf8, buf);

	assert_int_equal(len, strlen(buf));
	return buf;
}

/* A few of each part of code page 437: pictures, letters, lines, signs. */
static void test_glyphs(void **state)
{
	static const struct {
		uint8_t c;
		const char *utf8, *ascii;
	} cases[] = {
		{ 0x00, " ", " " },	 { 0x01, "\u263a", "o" },
		{ 0x07, "\u2022", "." }, { 0x0a, "\u25d9", "O" },
		{ 0x0d, "\u266a", "&" }, { 0x1a, "\u2192", ">" },
		{ 0x1b, "\u2190", "<" }, { 0x1f, "\u25bc", "v" },
		{ 0x20, " ", " " },	 { 0x41, "A", "A" },
		{ 0x7e, "~", "~" },	 { 0x7f, "\u2302", "^" },
		{ 0x80, "\u00c7", "C" }, { 0x8e, "\u00c4", "A" },
		{ 0x9b, "\u00a2", "c" }, { 0xb0, "\u2591", "#" },
		{ 0xb3, "\u2502", "|" }, { 0xba, "\u2551", "|" },
		{ 0xc4, "\u2500", "-" }, { 0xcd, "\u2550", "=" },
		{ 0xda, "\u250c", "+" }, { 0xdb, "\u2588", "#" },
		{ 0xe1, "\u00df", "B" }, { 0xf8, "\u00b0", "o" },
		{ 0xfe, "\u25a0", "#" }, { 0xff, " ", " " },
	};
	char buf[GLYPH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		surface_glyph(cases[i].c, true, buf);
		assert_string_equal(buf, cases[i].utf8);
		surface_glyph(cases[i].c, false, buf);
		assert_string_equal(buf, cases[i].ascii);
	}
}

/* No byte becomes what a terminal obeys. */
static void test_harmless(void **state)
{
	char buf[GLYPH_MAX];
	size_t len;

	(void)state;
	for (unsigned int c = 0; c < 256; c++) {
		assert_int_equal(surface_glyph(c, false, buf), 1);
		assert_in_range(buf[0], ' ', '~');
		len = surface_glyph(c, true, buf);
		assert_int_equal(len, strlen(buf));
		assert_true((uint8_t)buf[0] >= ' ' && buf[0] != 0x7f);
		/* Nor one of the C1 controls, U+0080 to U+009F. */
		assert_false((uint8_t)buf[0] == 0xc2 && (uint8_t)buf[1] < 0xa0);
	}
}

static void test_rows(void **state)
{
	(void)state;
	clear(80, 25);
	assert_int_equal(surface_height(&screen), 0);
	assert_false(surface_is_written(&screen));
	assert_string_equal(row_text(0, true), "");
	write_at(3, 2, 0x07, "two  words   ");
	assert_int_equal(surface_height(&screen), 4);
	assert_string_equal(row_text(3, true), "  two  words");
	write_at(24, 79, 0x1f, "\xdb");
	assert_int_equal(surface_height(&screen), 25);
	assert_int_equal(strlen(row_text(24, true)), 79 + 3);
	assert_int_equal(strlen(row_text(24, false)), 80);
}

/* What has the colour of its ground cannot be read, and is not text. */
static void test_hidden(void **state)
{
	(void)state;
	clear(40, 2);
	write_at(0, 0, 0x00, "black on black");
	write_at(1, 0, 0x99, "blinking blue on blue");
	assert_int_equal(surface_height(&screen), 2); /* 9 on 1 */
	screen.blinks = false;
	assert_int_equal(surface_height(&screen), 0);
	write_at(0, 4, 0x07, "o");
	assert_string_equal(row_text(0, true), "    o");
}

static void test_whole(void **state)
{
	(void)state;
	clear(SURFACE_COLUMNS, SURFACE_ROWS);
	memset(screen.cells, 0xb0, sizeof(screen.cells));
	assert_int_equal(surface_height(&screen), SURFACE_ROWS);
	assert_int_equal(strlen(row_text(SURFACE_ROWS - 1, true)),
			 SURFACE_TEXT_MAX - 1);
	screen.mode = SURFACE_GRAPHICS;
	assert_int_equal(surface_height(&screen), 0);
}

/* What is text, and what is other data in the same memory. */
static void test_written(void **state)
{
	(void)state;
	clear(80, 25);
	write_at(0, 0, 0x07, "1");
	assert_true(surface_is_written(&screen));
	screen.cells[1998] = 0x0020;
	screen.cells[1999] = 0; /* as RAM begins */
	assert_true(surface_is_written(&screen));
	screen.cells[1999] = 0x0041;
	assert_false(surface_is_written(&screen));
	clear(80, 25);
	for (unsigned int i = 0; i < 2000; i++)
		screen.cells[i] = 0xaaaa;
	assert_false(surface_is_written(&screen));
	screen.cells[7] = 0xaa55;
	assert_true(surface_is_written(&screen));
}

static void test_lines(void **state)
{
	size_t len;
	char *lines;

	(void)state;
	clear(80, 25);
	write_at(1, 1, 0x07, "second");
	write_at(2, 0, 0x1e, "\xc4");
	lines = surface_lines(&screen, true, "> ", &len);
	assert_string_equal(lines, "> \n>  second\n> \u2500\n");
	assert_int_equal(len, strlen(lines));
	free(lines);
	clear(80, 25);
	lines = surface_lines(&screen, false, "> ", &len);
	assert_string_equal(lines, "");
	free(lines);
}

static void test_locale(void **state)
{
	static const struct {
		const char *all, *ctype, *lang;
		bool utf8;
	} cases[] = {
		{ NULL, NULL, NULL, false },
		{ NULL, NULL, "C", false },
		{ NULL, NULL, "ko_KR.UTF-8", true },
		{ "", "", "C.utf8", true },
		{ "C", NULL, "en_US.UTF-8", false },
		{ NULL, "en_US.ISO-8859-1", "en_US.UTF-8", false },
		{ "de_DE.utf8@euro", NULL, NULL, true },
		{ "UTF-8", NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsetenv("LC_ALL");
		unsetenv("LC_CTYPE");
		unsetenv("LANG");
		if (cases[i].all)
			setenv("LC_ALL", cases[i].all, 1);
		if (cases[i].ctype)
			setenv("LC_CTYPE", cases[i].ctype, 1);
		if (cases[i].lang)
			setenv("LANG", cases[i].lang, 1);
		if (surface_wants_utf8() != cases[i].utf8)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glyphs), cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_whole),  cmocka_unit_test(test_written),
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
