/* objects: devices/vga.o devices/vga_look.o devices/vga_picture.o devices/vga_font.o devices/vga_memory.o
 * devices/vga_draw.o devices/vga_vbe.o devices/vga_wait.o core/slots_saved.o core/feature.o
 * util/surface.o util/picture.o */
/* A VGA's text screen as pixels. */
#include "steps.h"
#include "vga_ports.h"

#include "util/picture.h"

#define CELLS 0xb8000

/* Of a character's line, the leftmost point in the highest of 9 bits. */
static unsigned int points(unsigned int column, unsigned int line)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < 9; i++)
		bits = bits << 1 | (pixel(column * 9 + i, line) != 0);
	return bits;
}

static void put(unsigned int cell, uint8_t c, uint8_t attr)
{
	ram[CELLS + 2 * cell] = c;
	ram[CELLS + 2 * cell + 1] = attr;
}

#define CURSOR_AWAY CRTC(0x0a, 0x2d)

static void test_mode_3(void **state)
{
	(void)state;
	put(0, 'A', 0x07);
	put(1, 'A', 0x1e);
	SHOWN(CURSOR_AWAY);
	assert_int_equal(picture.width, 720);
	assert_int_equal(picture.height, 400);
	assert_int_equal(points(0, 0), 0);
	assert_int_equal(points(0, 7), 0xfe << 1); /* the bar of an A */
	assert_int_equal(pixel(0, 7), 0xaaaaaa);
	assert_int_equal(pixel(9, 7), 0xffff55);
	assert_int_equal(pixel(9 + 8, 7), 0x0000aa);
	assert_int_equal(pixel(18, 7), 0);
}

/* Lines of boxes meet, and others do not. */
static void test_ninth(void **state)
{
	(void)state;
	put(0, 0xc4, 0x07);
	put(1, 0xdb, 0x07);
	put(2, 0xfe, 0x07);
	put(3, 0xe0, 0x07);
	SHOWN(CURSOR_AWAY);
	assert_int_equal(points(0, 7), 0x1ff);
	assert_int_equal(points(1, 0), 0x1ff);
	assert_int_equal(points(2, 7) & 1, 0);
	SHOWN(ATTR(0x10, 0x08));
	assert_int_equal(points(0, 7), 0x1fe);
	SHOWN(SEQ(1, 0x01));
	assert_int_equal(picture.width, 640);
	SHOWN(SEQ(1, 0x09), CRTC(0x11, 0), CRTC(1, 39));
	assert_int_equal(picture.width, 640);
	assert_int_equal(pixel(0, 7), 0xaaaaaa);
	assert_int_equal(pixel(15, 7), 0xaaaaaa);
}

static void test_cursor(void **state)
{
	(void)state;
	SHOWN(CRTC(0x0e, 0), CRTC(0x0f, 81));
	put(81, ' ', 0x02);
	SHOWN(CRTC(0x0f, 81));
	assert_int_equal(points(1, 16 + 12), 0);
	assert_int_equal(points(1, 16 + 13), 0x1ff);
	assert_int_equal(points(1, 16 + 14), 0x1ff);
	assert_int_equal(points(1, 16 + 15), 0);
	assert_int_equal(pixel(9, 16 + 13), 0x00aa00);
	assert_int_equal(points(0, 16 + 13), 0);
}

/* Moved by points to the left, by scan lines up, and split. */
static void test_moved(void **state)
{
	(void)state;
	put(0, 0xdb, 0x07);
	put(80, 0xdb, 0x04);
	SHOWN(CURSOR_AWAY, ATTR(0x13, 0));
	assert_int_equal(pixel(7, 0), 0xaaaaaa);
	assert_int_equal(pixel(8, 0), 0);
	SHOWN(ATTR(0x13, 8), CRTC(8, 5));
	assert_int_equal(pixel(0, 10), 0xaaaaaa);
	assert_int_equal(pixel(0, 11), 0xaa0000);
	assert_int_equal(pixel(0, 26), 0xaa0000);
	assert_int_equal(pixel(0, 27), 0);
	/* A split behind scan line 99: the first row comes again, whole. */
	SHOWN(CRTC(0x11, 0), CRTC(7, 0x0f), CRTC(9, 0x0f), CRTC(0x18, 99));
	assert_int_equal(pixel(0, 99), 0);
	assert_int_equal(pixel(0, 100), 0xaaaaaa);
	assert_int_equal(pixel(0, 115), 0xaaaaaa);
	assert_int_equal(pixel(0, 116), 0xaa0000);
	SHOWN(ATTR(0x13, 0));
	assert_int_equal(pixel(8, 100), 0);
	SHOWN(ATTR(0x10, 0x2c));
	assert_int_equal(pixel(8, 100), 0xaaaaaa);
	assert_int_equal(pixel(8, 0), 0);
}

/* Whoever looks again sees what has changed, and where. */
static void test_changed(void **state)
{
	(void)state;
	SHOWN(CURSOR_AWAY);
	assert_true(picture.changed == UINT64_MAX);
	look();
	assert_true(picture.changed == 0);
	put(24 * 80, 0xdb, 0x07); /* lines 384 to 399 */
	look();
	assert_true(picture.changed == 0x7ULL << 61);
	SHOWN(FLIP, OUT(0x3c0, 0)); /* off: black, and as wide as it scans */
	assert_int_equal(pixel(0, 390), 0);
}

/* Whatever is in the registers, the picture is one, and the memory its own. */
static void test_hostile(void **state)
{
	(void)state;
	SHOWN(CRTC(0x11, 0));
	for (unsigned int reg = 0; reg < 0x19; reg++)
		for (unsigned int val = 0; val < 256; val += 51) {
			fake_out(&board, 0x3d4, 2, reg | val << 8);
			look();
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE_TEST(test_mode_3),  PICTURE_TEST(test_ninth),
		PICTURE_TEST(test_cursor),  PICTURE_TEST(test_moved),
		PICTURE_TEST(test_changed), PICTURE_TEST(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
