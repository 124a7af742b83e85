/* objects: display/sixel.o util/text.o util/picture.o */
/* Sixels of any picture, at a terminal of any size: whole sequences, within the
 * picture's area, and all of it in the end. What they look like is what
 * guest/sixel has somebody else's program say. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "display.h"
#include "display/sixel.h"
#include "util/picture.h"
#include "util/text.h"

static struct sixel *sixel;
static struct picture picture;
static struct display_terminal terminal;
static char *out;
static unsigned int seed = 1;

static unsigned int number(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

static int setup(void **unused)
{
	(void)unused;
	sixel = calloc(1, sizeof(*sixel));
	out = malloc(DISPLAY_ROOM);
	picture = (struct picture){ .pixels = malloc(PICTURE_BYTES) };
	terminal = (struct display_terminal){ .columns = 80,
					      .lines = 25,
					      .cell_width = 10,
					      .cell_height = 20,
					      .registers = 256 };
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	free(sixel);
	free(out);
	free(picture.pixels);
	return 0;
}

static void fill(unsigned int width, unsigned int height, uint32_t mask)
{
	picture.width = width;
	picture.height = height;
	for (size_t i = 0; i < (size_t)width * height; i++)
		picture.pixels[i] = number() & mask;
	picture.changed = UINT64_MAX;
}

static size_t paint(size_t room)
{
	struct text text;

	text_init(&text, out, room);
	sixel_paint(sixel, &picture, &terminal, &text);
	assert_true(text.len < room);
	out[text.len] = '\0';
	picture.changed = 0;
	return text.len;
}

/* One DCS from @at on: its end. Every column is set exactly once in each of the
 * @height rows. */
static const char *strip(const char *at, unsigned int width,
			 unsigned int height)
{
	const unsigned int bands = (height + 5) / 6;
	uint8_t *seen = calloc(bands, width);
	unsigned int x = 0, band = 0, times;

	while (*at == '#') { /* the palette */
		unsigned int c, r, g, b;
		int len = 0;

		if (sscanf(at, "#%u;2;%u;%u;%u%n", &c, &r, &g, &b, &len) != 4)
			break;
		assert_true(c < 256 && r <= 100 && g <= 100 && b <= 100);
		at += len;
	}
	for (; *at != '\033'; at++) {
		times = 1;
		if (*at == '#') {
			assert_true(strtoul(at + 1, (char **)&at, 10) < 256);
			x = 0;
			at--;
			continue;
		}
		if (*at == '$' || *at == '-') {
			x = 0;
			band += *at == '-';
			continue;
		}
		if (*at == '!')
			times = strtoul(at + 1, (char **)&at, 10);
		assert_in_range(*at, '?', '~');
		assert_true(times && x + times <= width && band < bands);
		for (; times; times--, x++) {
			uint8_t *column = &seen[band * width + x];

			assert_false(*column & (*at - '?'));
			*column |= *at - '?';
		}
	}
	for (unsigned int i = 0; i < bands * width; i++)
		assert_int_equal(seen[i], i / width == height / 6 ?
						  (1 << height % 6) - 1 :
						  0x3f);
	free(seen);
	assert_memory_equal(at, "\033\\", 2);
	return at + 2;
}

/* What is in out: how many strips, none of them beyond the terminal. */
static unsigned int check(void)
{
	unsigned int nr = 0, line, width, height;
	const char *at = strstr(out, "\033P");
	int len;

	for (; at && *at; nr++) {
		while (at[0] != '\033' || at[1] != 'P') /* its place */
			at--;
		assert_int_equal(sscanf(at, "\033P0;1;0q\"1;1;%u;%u%n", &width,
					&height, &len),
				 2);
		at = strip(at + len, width, height);
		assert_true(width <= terminal.columns * terminal.cell_width);
		if (sscanf(at, "\033[%u;1H%n", &line, &len) != 1)
			return nr + 1;
		at += len;
		assert_true(line <= terminal.lines);
	}
	return nr;
}

/* Until nothing more comes; how many strips there were. */
static unsigned int all(size_t room)
{
	unsigned int nr = 0, quiet = 0;

	for (unsigned int calls = 0; quiet < 40; calls++) {
		assert_true(calls < 20000);
		quiet = paint(room) ? 0 : quiet + 1;
		nr += check();
	}
	return nr;
}

/* Noise as large as a picture can be: a strip at a time fits, and after each is
 * some rest. */
static void noise(void **unused)
{
	(void)unused;
	terminal.columns = 240;
	terminal.lines = 76;
	terminal.cell_width = 8;
	terminal.cell_height = 16;
	fill(PICTURE_MAX_WIDTH, PICTURE_MAX_HEIGHT, 0xffffff);
	assert_int_equal(all(DISPLAY_ROOM), 25);
	fill(PICTURE_MAX_WIDTH, PICTURE_MAX_HEIGHT, 0x0000ff);
	assert_int_equal(all(DISPLAY_ROOM), 25);
	assert_int_equal(paint(DISPLAY_ROOM), 0);
}

/* One pixel has changed: one strip, or two at a border. */
static void changes(void **unused)
{
	(void)unused;
	fill(320, 200, 0x070707);
	assert_int_equal(all(DISPLAY_ROOM), 7);
	for (unsigned int band = 0; band < PICTURE_BANDS; band++) {
		picture.changed = 1ULL << band;
		assert_in_range(all(DISPLAY_ROOM), 1, 2);
	}
	/* Text in between, or another size: all anew. */
	sixel->columns = 0;
	assert_int_equal(all(DISPLAY_ROOM), 7);
	terminal.columns = 60;
	assert_int_equal(all(DISPLAY_ROOM), 4);
}

static void sizes(void **unused)
{
	static const unsigned int pictures[][2] = {
		{ 1, 1 },     { 1, 1200 },  { 1920, 1 },  { 640, 200 },
		{ 360, 480 }, { 800, 600 }, { 321, 177 },
	};
	static const unsigned int cells[][2] = {
		{ 1, 1 }, { 9, 18 }, { 7, 13 }, { 128, 128 }
	};
	static const unsigned int terminals[][2] = {
		{ 1, 1 }, { 3, 2 }, { 80, 25 }, { 500, 300 }
	};

	(void)unused;
	for (unsigned int i = 0; i < 7 * 4 * 4; i++) {
		fill(pictures[i % 7][0], pictures[i % 7][1], 0x0f);
		terminal.cell_width = cells[i / 7 % 4][0];
		terminal.cell_height = cells[i / 7 % 4][1];
		terminal.columns = terminals[i / 28][0];
		terminal.lines = terminals[i / 28][1];
		terminal.registers = DISPLAY_REGISTERS_MIN + i % 300;
		assert_true(all(DISPLAY_ROOM) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(noise, setup, teardown),
		cmocka_unit_test_setup_teardown(changes, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
