/* objects: devices/vga.o devices/vga_look.o devices/vga_picture.o devices/vga_font.o devices/vga_memory.o
 * devices/vga_draw.o devices/vga_vbe.o devices/vga_wait.o core/slots_saved.o core/feature.o
 * util/surface.o util/picture.o */
/* The VGA, register by register, and what it says is on the screen. */
#include "steps.h"

#define VGA_NO_PICTURE
#include "vga_ports.h"

#include "util/surface.h"

/* Mode 3 as IBM's BIOS leaves it, to be read back. */
static const struct step power_on[] = {
	IN(0x3cc, 0x67),     IN(0x3c3, 0x01),	  IN(0x3c2, 0x10),
	IN(0x3ca, 0x00),     SEQ_IS(0, 0x03),	  SEQ_IS(1, 0x00),
	SEQ_IS(2, 0x03),     SEQ_IS(3, 0x00),	  SEQ_IS(4, 0x02),
	CRTC_IS(0, 0x5f),    CRTC_IS(1, 0x4f),	  CRTC_IS(2, 0x50),
	CRTC_IS(3, 0x82),    CRTC_IS(4, 0x55),	  CRTC_IS(5, 0x81),
	CRTC_IS(6, 0xbf),    CRTC_IS(7, 0x1f),	  CRTC_IS(8, 0x00),
	CRTC_IS(9, 0x4f),    CRTC_IS(0xa, 0x0d),  CRTC_IS(0xb, 0x0e),
	CRTC_IS(0xc, 0),     CRTC_IS(0xd, 0),	  CRTC_IS(0xe, 0),
	CRTC_IS(0xf, 0),     CRTC_IS(0x10, 0x9c), CRTC_IS(0x11, 0x8e),
	CRTC_IS(0x12, 0x8f), CRTC_IS(0x13, 0x28), CRTC_IS(0x14, 0x1f),
	CRTC_IS(0x15, 0x96), CRTC_IS(0x16, 0xb9), CRTC_IS(0x17, 0xa3),
	CRTC_IS(0x18, 0xff), GFX_IS(0, 0),	  GFX_IS(1, 0),
	GFX_IS(2, 0),	     GFX_IS(3, 0),	  GFX_IS(4, 0),
	GFX_IS(5, 0x10),     GFX_IS(6, 0x0e),	  GFX_IS(7, 0),
	GFX_IS(8, 0xff),     ATTR_IS(0, 0x00),	  ATTR_IS(5, 0x05),
	ATTR_IS(6, 0x14),    ATTR_IS(7, 0x07),	  ATTR_IS(8, 0x38),
	ATTR_IS(15, 0x3f),   ATTR_IS(0x10, 0x0c), ATTR_IS(0x11, 0),
	ATTR_IS(0x12, 0x0f), ATTR_IS(0x13, 0x08), ATTR_IS(0x14, 0),
	IN(0x3c6, 0xff),
};

/* A word writes index and register at once. */
static const struct step written[] = {
	CRTC(0x0e, 0x12),    CRTC(0x0f, 0x34),	   CRTC_IS(0x0e, 0x12),
	CRTC_IS(0x0f, 0x34), IN(0x3d4, 0x0f),	   OUT16(0x3d4, 0x5a0c),
	CRTC_IS(0x0c, 0x5a), OUT16(0x3c4, 0xff02), SEQ_IS(2, 0x0f),
	IN16(0x3c4, 0x0f02), OUT16(0x3ce, 0xff06), GFX_IS(6, 0x0f),
	SEQ(1, 0xff),	     SEQ_IS(1, 0x3d),	   SEQ_IS(5, 0),
	GFX_IS(9, 0),	     OUT(0x3da, 0x02),	   IN(0x3ca, 0x02),
};

/* Registers 0 to 7 are protected, but for one bit of the seventh. */
static const struct step protection[] = {
	CRTC(0x01, 0x27),    CRTC_IS(0x01, 0x4f), CRTC(0x07, 0x00),
	CRTC_IS(0x07, 0x0f), CRTC(0x07, 0xff),	  CRTC_IS(0x07, 0x1f),
	CRTC(0x11, 0x0e),    CRTC(0x01, 0x27),	  CRTC_IS(0x01, 0x27),
	CRTC(0x07, 0xff),    CRTC_IS(0x07, 0xff),
};

static const struct step no_such_register[] = {
	CRTC(0x19, 0x55), CRTC_IS(0x19, 0), CRTC(0xff, 0x55), CRTC_IS(0xff, 0),
	IN(0x3d6, 0xff),  IN(0x3d9, 0xff),  IN(0x3cb, 0xff),  IN(0x3cd, 0xff),
	OUT(0x3c1, 0x55), OUT(0x3cc, 0),    IN(0x3cc, 0x67),  ATTR(0x1f, 0x55),
	ATTR_IS(0x1f, 0),
};

static const struct step flip_flop[] = {
	FLIP,
	OUT(0x3c0, 0x30),
	OUT(0x3c0, 0x04),
	ATTR_IS(0x10, 0x04),
	/* The read above was behind an index: data is what comes now. */
	OUT(0x3c0, 0x08),
	ATTR_IS(0x10, 0x08),
	/* Reading does not turn it, and the index reads back. */
	FLIP,
	OUT(0x3c0, 0x31),
	IN(0x3c1, 0),
	IN(0x3c1, 0),
	IN(0x3c0, 0x31),
	OUT(0x3c0, 0x07),
	ATTR_IS(0x11, 0x07),
};

static const struct step mono_alias[] = {
	IN(0x3b4, 0xff),     OUT(0x3b4, 0x0e),
	OUT(0x3b5, 0x77),    IN(0x3ba, 0xff),
	CRTC_IS(0x0e, 0),    OUT(0x3c2, 0x66), /* monochrome */
	IN(0x3d4, 0xff),     IN(0x3da, 0xff),
	OUT(0x3d4, 0x0f),    OUT(0x3d5, 0x55),
	OUT(0x3b4, 0x0f),    IN(0x3b5, 0x00),
	OUT(0x3b5, 0x77),    IN(0x3b5, 0x77),
	IN(0x3ba, 0x00),     OUT(0x3c2, 0x67),
	CRTC_IS(0x0f, 0x77),
};

static const struct step colours[] = {
	/* The EGA's 64, and nothing behind them. */
	OUT(0x3c7, 0x14),
	IN(0x3c7, 3),
	IN(0x3c9, 0x2a),
	IN(0x3c9, 0x15),
	IN(0x3c9, 0x00),
	IN(0x3c9, 0x2a), /* of the next one */
	OUT(0x3c7, 63),
	IN(0x3c9, 0x3f),
	IN(0x3c9, 0x3f),
	IN(0x3c9, 0x3f),
	IN(0x3c9, 0),
	IN(0x3c8, 64),
	/* A colour counts once it is whole. */
	OUT(0x3c8, 1),
	IN(0x3c7, 0),
	OUT(0x3c9, 0xff),
	OUT(0x3c9, 0x01),
	OUT(0x3c7, 1),
	IN(0x3c9, 0x00),
	IN(0x3c9, 0x00),
	IN(0x3c9, 0x2a),
	DAC(1, 0xff, 0x01, 0x02),
	IN(0x3c8, 2),
	OUT(0x3c7, 1),
	IN(0x3c9, 0x3f),
	IN(0x3c9, 0x01),
	IN(0x3c9, 0x02),
	/* The number goes round. */
	DAC(255, 1, 2, 3),
	IN(0x3c8, 0),
	OUT(0x3c6, 0x0f),
	IN(0x3c6, 0x0f),
};

#define SCAN	31778ULL
#define PICTURE (449 * SCAN)

/* Shown, horizontal retrace, below the text, and the next picture. */
static const struct step retrace[] = {
	NOW(0),
	IN(0x3da, 0x00),
	NOW(25421),
	IN(0x3da, 0x00),
	NOW(25422),
	IN(0x3da, 0x01),
	NOW(SCAN),
	IN(0x3da, 0x00),
	NOW(400 * SCAN - 1),
	IN(0x3da, 0x01),
	NOW(400 * SCAN),
	IN(0x3da, 0x09),
	NOW(PICTURE - 1),
	IN(0x3da, 0x09),
	NOW(PICTURE),
	IN(0x3da, 0x00),
	NOW(1000 * PICTURE + 420 * SCAN),
	IN(0x3da, 0x09),
};

/*
 * Polls, by how often in a row the guest has come back to the port: what it reads at
 * which time, when it has it, and until when its vCPU sleeps then.
 */
#define NO_REST 0
static const struct poll {
	unsigned int repeats;
	uint64_t now, status, then, rest;
} polls[] = {
	/* For the retrace: a line's end is seen, and the patience used up. */
	{ 0, 5, 0x00, 5, NO_REST },
	{ 1, 9, 0x01, 25422, NO_REST },
	{ 2, SCAN + 9, 0x00, SCAN + 9, NO_REST },
	{ 3, SCAN + 19, 0x00, SCAN + 19, NO_REST },
	{ 4, SCAN + 29, 0x00, SCAN + 29, 400 * SCAN },
	{ 5, 2 * SCAN, 0x00, 2 * SCAN, 400 * SCAN }, /* woken */
	{ 6, 400 * SCAN, 0x09, 400 * SCAN, PICTURE },
	/* For its end, at once; and on to the next. */
	{ 0, 401 * SCAN, 0x09, 401 * SCAN, NO_REST },
	{ 1, 402 * SCAN, 0x09, 402 * SCAN, PICTURE },
	{ 2, PICTURE + 1, 0x00, PICTURE + 1, NO_REST },
	{ 4, PICTURE + 2, 0x00, PICTURE + 2, PICTURE + 400 * SCAN },
	/* For lines, by two places in turn: never. */
	{ 0, 5, 0x00, 5, NO_REST },
	{ 1, 9, 0x01, 25422, NO_REST },
	{ 0, 25430, 0x01, 25430, NO_REST },
	{ 1, 25440, 0x01, 25440, NO_REST },
	{ 2, SCAN, 0x00, SCAN, NO_REST },
	{ 0, SCAN + 5, 0x00, SCAN + 5, NO_REST },
	/* For a line's end, at the last of a picture. */
	{ 1, 399 * SCAN, 0x01, 399 * SCAN + 25422, NO_REST },
};

static void poll_all(struct board *polled, bool waits)
{
	for (size_t i = 0; i < sizeof(polls) / sizeof(*polls); i++) {
		const struct poll *p = &polls[i];

		polled->repeats = p->repeats;
		polled->rest_ns = NO_REST;
		polled->now_ns = p->now;
		if (fake_in(polled, 0x3da, 1) != p->status && waits)
			fail_msg("poll %zu: another status", i);
		assert_int_equal(polled->now_ns, waits ? p->then : p->now);
		assert_int_equal(polled->rest_ns, waits ? p->rest : NO_REST);
	}
}

static void test_polled(void **state)
{
	static const char *const without[] = { "vga-wait", NULL };
	struct board polled;

	(void)state;
	if (fake_reloads) /* how often it has asked is not remembered */
		return;
	fake_board_open(&polled, "vga");
	poll_all(&polled, true);
	fake_board_close(&polled);
	fake_without = without;
	fake_board_open(&polled, "vga");
	poll_all(&polled, false);
	fake_board_close(&polled);
	fake_without = NULL;
}

TEST_STEPS(test_power_on, "vga", power_on)
TEST_STEPS(test_written, "vga", written)
TEST_STEPS(test_protection, "vga", protection)
TEST_STEPS(test_no_such_register, "vga", no_such_register)
TEST_STEPS(test_flip_flop, "vga", flip_flop)
TEST_STEPS(test_mono_alias, "vga", mono_alias)
TEST_STEPS(test_colours, "vga", colours)
TEST_STEPS(test_retrace, "vga", retrace)

/* --- What is on the screen --- */

#define RAM_LEN 0xc0000 /* to the end of text memory */

static struct board board;
static struct surface seen;
static uint16_t ram[RAM_LEN / 2];

/* Cell @at of the memory of a colour screen holds its own number. */
static int open_screen(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RAM_LEN / 2; i++)
		ram[i] = i;
	fake_board_open(&board, "vga");
	board.ram = (uint8_t *)ram;
	board.ram_size = RAM_LEN;
	return 0;
}

static int close_screen(void **state)
{
	(void)state;
	fake_board_close(&board);
	return 0;
}

static void look(void)
{
	memset(&seen, 0xa5, sizeof(seen));
	assert_true(board.type->look(board.dev, &seen));
	assert_in_range(seen.columns, 1, SURFACE_COLUMNS);
	assert_in_range(seen.rows, 1, SURFACE_ROWS);
}

#define SET(...)                                                   \
	do {                                                       \
		static const struct step set_[] = { __VA_ARGS__ }; \
		RUN_STEPS(&board, set_);                           \
		look();                                            \
	} while (0)

#define COLOUR_CELL 0xc000 /* number of the first at B8000, 16 bits of it */

static unsigned int cell(unsigned int row, unsigned int column)
{
	return (uint16_t)(seen.cells[row * seen.columns + column] -
			  COLOUR_CELL);
}

static void test_mode_3(void **state)
{
	(void)state;
	look();
	assert_int_equal(seen.mode, SURFACE_TEXT);
	assert_int_equal(seen.columns, 80);
	assert_int_equal(seen.rows, 25);
	assert_true(seen.blinks);
	assert_false(seen.underlines);
	assert_true(seen.has_cursor);
	assert_false(seen.block);
	assert_int_equal(seen.row, 0);
	assert_int_equal(seen.column, 0);
	assert_int_equal(seen.changed, 0);
	assert_int_equal(cell(0, 0), 0);
	assert_int_equal(cell(24, 79), 1999);
}

/* 80x50 by a font of 8 lines, 80x28 of 14, 40 columns, doubled scan lines. */
static void test_sizes(void **state)
{
	(void)state;
	SET(CRTC(9, 0x47));
	assert_int_equal(seen.rows, 50);
	assert_int_equal(cell(49, 79), 3999);
	SET(CRTC(9, 0x4d));
	assert_int_equal(seen.rows, 28);
	SET(CRTC(9, 0xc7)); /* 200 lines of 8, each twice */
	assert_int_equal(seen.rows, 25);
	SET(CRTC(9, 0x4f), CRTC(0x11, 0x0e), CRTC(1, 39), CRTC(0x13, 20));
	assert_int_equal(seen.columns, 40);
	assert_int_equal(cell(1, 0), 40);
	SET(CRTC(1, 131), CRTC(0x13, 66), CRTC(7, 0x5d), CRTC(0x12, 0x5f));
	assert_int_equal(seen.columns, 132);
	assert_int_equal(seen.rows, (0x25f + 1) / 16);
}

static void test_start_address(void **state)
{
	(void)state;
	SET(CRTC(0x0c, 0x00), CRTC(0x0d, 160));
	assert_int_equal(cell(0, 0), 160);
	assert_int_equal(cell(24, 79), 160 + 1999);
	/* It goes round at 32 KiB, and bits beyond count for nothing. */
	SET(CRTC(0x0c, 0x3f), CRTC(0x0d, 0xff));
	assert_int_equal(cell(0, 0), 0x3fff);
	assert_int_equal(cell(0, 1), 0);
	SET(CRTC(0x0c, 0x40), CRTC(0x0d, 0x02));
	assert_int_equal(cell(0, 0), 2);
	/* A split: from scan line 321 on the memory's beginning. */
	SET(CRTC(0x0c, 0x04), CRTC(0x0d, 0), CRTC(7, 0x0f), CRTC(9, 0x0f),
	    CRTC(0x18, 64), CRTC(0x11, 0x0e), CRTC(7, 0x1f), CRTC(7, 0x0f));
	assert_int_equal(cell(4, 0), 0x400 + 320);
	assert_int_equal(cell(5, 0), 0);
	assert_int_equal(cell(6, 1), 81);
}

static void test_cursor(void **state)
{
	(void)state;
	SET(CRTC(0x0e, 1), CRTC(0x0f, 0x40 + 5)); /* 0x145 = 4 * 80 + 5 */
	assert_true(seen.has_cursor);
	assert_int_equal(seen.row, 4);
	assert_int_equal(seen.column, 5);
	SET(CRTC(0x0d, 80)); /* it stays where it is in memory */
	assert_int_equal(seen.row, 3);
	SET(CRTC(0x0d, 0), CRTC(0x0a, 0x2d)); /* off */
	assert_false(seen.has_cursor);
	SET(CRTC(0x0a, 0x00)); /* 0 to 14 */
	assert_true(seen.has_cursor);
	assert_true(seen.block);
	SET(CRTC(0x0a, 0x0f), CRTC(0x0b, 0x0e)); /* ends before it begins */
	assert_false(seen.has_cursor);
	SET(CRTC(0x0b, 0x1f)); /* lines there are not */
	assert_true(seen.has_cursor);
	SET(CRTC(0x0a, 0x10)); /* below the character */
	assert_false(seen.has_cursor);
	SET(CRTC(0x0a, 0x0d), CRTC(0x0e, 7), CRTC(0x0f, 0xd0)); /* row 25 */
	assert_false(seen.has_cursor);
	SET(CRTC(0x0e, 7), CRTC(0x0f, 0xcf)); /* the last cell */
	assert_true(seen.has_cursor);
	SET(CRTC(0x13, 0)); /* every row the same one */
	assert_false(seen.has_cursor);
}

static void test_attributes(void **state)
{
	(void)state;
	look();
	assert_int_equal(surface_front(0xf041), 0);
	assert_int_equal(surface_ground(&seen, 0xf041), 7);
	SET(ATTR(0x10, 0x04));
	assert_false(seen.blinks);
	assert_int_equal(surface_ground(&seen, 0xf041), 15);
	SET(CRTC(0x14, 0x0f));
	assert_true(seen.underlines);
	SET(CRTC(0x14, 0x10));
	assert_false(seen.underlines);
}

static void test_palette(void **state)
{
	static const uint8_t white[] = { 255, 255, 255 };
	static const uint8_t own[] = { 255, 129, 4 };

	(void)state;
	SET(ATTR(1, 0x3f)); /* blue is white */
	assert_int_equal(seen.changed, 1 << 1);
	assert_memory_equal(seen.palette[1], white, 3);
	SET(DAC(4, 63, 32, 1));
	assert_int_equal(seen.changed, 1 << 1 | 1 << 4);
	assert_memory_equal(seen.palette[4], own, 3);
	SET(ATTR(0x12, 0x07)); /* no bright colours */
	assert_int_equal(seen.changed & 0x8000, 0x8000);
	SET(ATTR(0x12, 0x0f), ATTR(0x14, 0x04), DAC(64 + 2, 63, 32, 1));
	assert_memory_equal(seen.palette[2], own, 3);
	SET(ATTR(0x10, 0x8c), ATTR(0x14, 0x03), DAC(0x33, 63, 32, 1));
	assert_memory_equal(seen.palette[3], own, 3);
	SET(OUT(0x3c6, 0x00), DAC(0, 63, 32, 1)); /* all is colour 0 */
	assert_int_equal(seen.changed, 0xffff);
	assert_memory_equal(seen.palette[9], own, 3);
}

static void test_modes(void **state)
{
	(void)state;
	SET(FLIP, OUT(0x3c0, 0x10)); /* and no more: the screen is off */
	assert_int_equal(seen.mode, SURFACE_BLANK);
	SET(FLIP, OUT(0x3c0, 0x20));
	assert_int_equal(seen.mode, SURFACE_TEXT);
	SET(SEQ(1, 0x20));
	assert_int_equal(seen.mode, SURFACE_BLANK);
	SET(SEQ(1, 0), GFX(6, 0x05));
	assert_int_equal(seen.mode, SURFACE_GRAPHICS);
	SET(GFX(6, 0x0e), ATTR(0x10, 0x01));
	assert_int_equal(seen.mode, SURFACE_GRAPHICS);
	SET(ATTR(0x10, 0x0c), GFX(6, 0x0a)); /* memory at B0000 */
	assert_int_equal(seen.mode, SURFACE_TEXT);
	assert_int_equal(seen.cells[3], 0xc003); /* it is the same memory */
}

/* Without RAM there, text is in the planes. */
static void test_no_memory(void **state)
{
	(void)state;
	board.ram_size = RAM_LEN - 2;
	look();
	assert_int_equal(seen.cells[0], 0);
}

/* Whatever is in the registers, it looks at no memory but the screen's. */
static void test_hostile(void **state)
{
	(void)state;
	SET(CRTC(0x11, 0));
	for (unsigned int reg = 0; reg < 0x19; reg++)
		for (unsigned int val = 0; val < 256; val += 15) {
			fake_out(&board, 0x3d4, 2, reg | val << 8);
			look();
		}
}

#define SCREEN_TEST(test) \
	cmocka_unit_test_setup_teardown(test, open_screen, close_screen)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_no_such_register),
		cmocka_unit_test(test_flip_flop),
		cmocka_unit_test(test_mono_alias),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_retrace),
		cmocka_unit_test(test_polled),
		SCREEN_TEST(test_mode_3),
		SCREEN_TEST(test_sizes),
		SCREEN_TEST(test_start_address),
		SCREEN_TEST(test_cursor),
		SCREEN_TEST(test_attributes),
		SCREEN_TEST(test_palette),
		SCREEN_TEST(test_modes),
		SCREEN_TEST(test_no_memory),
		SCREEN_TEST(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
