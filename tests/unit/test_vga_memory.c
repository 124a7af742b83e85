/* objects: devices/vga.o devices/vga_look.o devices/vga_picture.o devices/vga_font.o
 * devices/vga_memory.o devices/vga_draw.o devices/vga_vbe.o devices/vga_wait.o core/slots_saved.o core/feature.o
 * util/surface.o util/picture.o */
/* A VGA's planes as its registers say, and what its graphics modes show. */
#include "steps.h"
#include "vga_ports.h"

#include "util/picture.h"

#define A0000 0xa0000
#define B8000 0xb8000

/* Where no memory lies, an access is the device's. */
static void poke(uint32_t gpa, uint8_t val)
{
	uint8_t *shown = fake_shown(&board, gpa);

	if (shown)
		*shown = val;
	else if (board.ram_ways[(gpa - A0000) / 4096] == BOARD_RAM_OPEN)
		ram[gpa] = val;
	else
		board.type->write(board.dev, 3, gpa - A0000, 1, val);
}

static uint8_t peek(uint32_t gpa)
{
	const uint8_t *shown = fake_shown(&board, gpa);

	if (shown)
		return *shown;
	if (board.ram_ways[(gpa - A0000) / 4096] == BOARD_RAM_OPEN)
		return ram[gpa];
	return board.type->read(board.dev, 3, gpa - A0000, 1);
}

static bool is_exit(uint32_t gpa)
{
	return !fake_shown(&board, gpa) &&
	       board.ram_ways[(gpa - A0000) / 4096] != BOARD_RAM_OPEN;
}

#define DO(...)                                                   \
	do {                                                      \
		static const struct step do_[] = { __VA_ARGS__ }; \
		RUN_STEPS(&board, do_);                           \
	} while (0)

/* Registers that modes differ in, as IBM's BIOS sets them. */
#define UNPROTECTED   CRTC(0x11, 0x0c)
#define PALETTE_IS(n) ATTR(n, n)
#define PALETTE                                                               \
	PALETTE_IS(0), PALETTE_IS(1), PALETTE_IS(2), PALETTE_IS(3),           \
		PALETTE_IS(4), PALETTE_IS(5), PALETTE_IS(6), PALETTE_IS(7),   \
		PALETTE_IS(8), PALETTE_IS(9), PALETTE_IS(10), PALETTE_IS(11), \
		PALETTE_IS(12), PALETTE_IS(13), PALETTE_IS(14), PALETTE_IS(15)
#define MODE_12                                                                \
	UNPROTECTED, SEQ(1, 1), SEQ(2, 0xf), SEQ(4, 6), CRTC(7, 0x3e),         \
		CRTC(8, 0), CRTC(9, 0x40), CRTC(0x12, 0xdf), CRTC(0x13, 0x28), \
		CRTC(0x14, 0), CRTC(0x17, 0xe3), CRTC(0x18, 0xff), GFX(5, 0),  \
		GFX(6, 5), GFX(7, 0xf), ATTR(0x10, 1), ATTR(0x13, 0)
/* 320 by 200, each point two wide and each line shown twice; 640 by 350. */
#define MODE_D                                                           \
	MODE_12, SEQ(1, 9), CRTC(1, 0x27), CRTC(7, 0x1f), CRTC(9, 0xc0), \
		CRTC(0x12, 0x8f), CRTC(0x13, 0x14)
#define MODE_10 MODE_12, CRTC(7, 0x1f), CRTC(0x12, 0x5d)
#define MODE_13                                                                \
	UNPROTECTED, SEQ(1, 1), SEQ(2, 0xf), SEQ(4, 0xe), CRTC(7, 0x1f),       \
		CRTC(8, 0), CRTC(9, 0x41), CRTC(0x12, 0x8f), CRTC(0x13, 0x28), \
		CRTC(0x14, 0x40), CRTC(0x17, 0xa3), CRTC(0x18, 0xff),          \
		GFX(5, 0x40), GFX(6, 5), GFX(7, 0xf), ATTR(0x10, 0x41),        \
		ATTR(0x13, 0)
/* What programs make of it: 320 by 240, four planes. */
#define MODE_X                                                              \
	MODE_13, SEQ(4, 6), CRTC(0x14, 0), CRTC(0x17, 0xe3), CRTC(7, 0x3e), \
		CRTC(0x12, 0xdf)
#define MODE_4                                                              \
	UNPROTECTED, SEQ(1, 9), SEQ(2, 3), SEQ(4, 2), CRTC(1, 0x27),        \
		CRTC(7, 0x1f), CRTC(8, 0), CRTC(9, 0xc1), CRTC(0x12, 0x8f), \
		CRTC(0x13, 0x14), CRTC(0x14, 0), CRTC(0x17, 0xa2),          \
		CRTC(0x18, 0xff), GFX(5, 0x30), GFX(6, 0xf), ATTR(0x10, 1), \
		ATTR(0x12, 3), ATTR(0x13, 0)
#define MODE_6                                                              \
	MODE_4, SEQ(1, 1), SEQ(2, 1), SEQ(4, 6), CRTC(1, 0x4f),             \
		CRTC(0x13, 0x28), CRTC(0x17, 0xc2), GFX(5, 0), GFX(6, 0xd), \
		ATTR(0x12, 1)

/* The byte at A0000 of each plane, plane 3 first. */
static uint32_t planes(void)
{
	uint32_t all = 0;

	DO(GFX(5, 0), GFX(4, 3));
	all = (uint32_t)peek(A0000) << 24;
	DO(GFX(4, 2));
	all |= peek(A0000) << 16;
	DO(GFX(4, 1));
	all |= peek(A0000) << 8;
	DO(GFX(4, 0));
	return all | peek(A0000);
}

/* Latches that hold 0F, 33, 55, C3 in planes 0 to 3. */
static void latch(void)
{
	DO(GFX(1, 0), GFX(3, 0), GFX(5, 0), GFX(8, 0xff), SEQ(2, 1));
	poke(A0000 + 9, 0x0f);
	DO(SEQ(2, 2));
	poke(A0000 + 9, 0x33);
	DO(SEQ(2, 4));
	poke(A0000 + 9, 0x55);
	DO(SEQ(2, 8));
	poke(A0000 + 9, 0xc3);
	DO(SEQ(2, 0xf));
	peek(A0000 + 9);
}

static void test_write_modes(void **state)
{
	(void)state;
	DO(MODE_12);
	assert_true(is_exit(A0000));
	poke(A0000, 0xa5);
	assert_int_equal(planes(), 0xa5a5a5a5);
	DO(SEQ(2, 5));
	poke(A0000, 0x3c);
	assert_int_equal(planes(), 0xa53ca53c);
	/* Rotated, set and reset, masked: the rest is the latches'. */
	latch();
	DO(GFX(3, 3));
	poke(A0000, 0x81);
	assert_int_equal(planes(), 0x30303030);
	latch();
	DO(GFX(0, 6), GFX(1, 0xc));
	poke(A0000, 0x81);
	assert_int_equal(planes(), 0x00ff8181);
	latch();
	DO(GFX(1, 0), GFX(8, 0xf0));
	poke(A0000, 0xaa);
	assert_int_equal(planes(), 0xa3a5a3af);
	/* Mode 1 copies latches, whatever the other registers are. */
	latch();
	DO(GFX(5, 1), GFX(8, 0), GFX(3, 0x18));
	poke(A0000, 0x99);
	assert_int_equal(planes(), 0xc355330f);
	/* Mode 2: a colour. */
	latch();
	DO(GFX(5, 2), GFX(8, 0x81));
	poke(A0000, 0x0a);
	assert_int_equal(planes(), 0xc354b30e);
	/* Mode 3: a colour where the byte has ones. */
	latch();
	DO(GFX(5, 3), GFX(0, 9), GFX(8, 0xf0));
	poke(A0000, 0x3c);
	assert_int_equal(planes(), 0xf345033f);
}

static void test_functions(void **state)
{
	(void)state;
	DO(MODE_12);
	latch();
	DO(GFX(3, 0x08));
	poke(A0000, 0x3c);
	assert_int_equal(planes(), 0x0014300c);
	latch();
	DO(GFX(3, 0x10));
	poke(A0000, 0x3c);
	assert_int_equal(planes(), 0xff7d3f3f);
	latch();
	DO(GFX(3, 0x18));
	poke(A0000, 0x3c);
	assert_int_equal(planes(), 0xff690f33);
}

/* Read mode 1 compares colours, those planes that matter. */
static void test_compare(void **state)
{
	(void)state;
	DO(MODE_12);
	latch(); /* colour of bit 7: plane 3 alone; of bit 0: all four */
	DO(GFX(5, 8), GFX(2, 0xf), GFX(7, 0xf));
	assert_int_equal(peek(A0000 + 9), 0x01);
	DO(GFX(2, 8));
	assert_int_equal(peek(A0000 + 9), 0x80);
	DO(GFX(7, 8));
	assert_int_equal(peek(A0000 + 9), 0xc3);
	DO(GFX(7, 0));
	assert_int_equal(peek(A0000 + 9), 0xff);
}

static void test_mode_12(void **state)
{
	(void)state;
	SHOWN(MODE_12, PALETTE, DAC(5, 63, 0, 32));
	assert_int_equal(picture.width, 640);
	assert_int_equal(picture.height, 480);
	DO(SEQ(2, 5));
	poke(A0000 + 80 * 479 + 79, 0x01);
	DO(SEQ(2, 4));
	poke(A0000, 0x80);
	look();
	assert_int_equal(pixel(639, 479), 0xff0081);
	assert_int_equal(pixel(638, 479), 0);
	assert_int_equal(pixel(0, 0), 0xaa0000);
	assert_true(picture.changed == (1 | 1ULL << 63));
	/* Two pixels and a row further; split behind line 99. */
	SHOWN(ATTR(0x13, 7), CRTC(0x0d, 80), CRTC(7, 0x2e), CRTC(9, 0),
	      CRTC(0x18, 99));
	assert_int_equal(pixel(0, 0), 0);
	assert_int_equal(pixel(0, 100), 0);
	SHOWN(ATTR(0x10, 0x21));
	assert_int_equal(pixel(0, 100), 0xaa0000);
}

/* Two pages of 8 KiB, between which a game changes, and moves by points. */
static void test_mode_d(void **state)
{
	(void)state;
	DO(MODE_D, PALETTE, SEQ(2, 1));
	poke(A0000 + 40 * 199 + 39, 0x01);
	DO(SEQ(2, 4));
	poke(A0000 + 0x2000, 0x81);
	poke(A0000 + 0x2000 + 40, 0xff);
	look();
	assert_int_equal(picture.width, 320);
	assert_int_equal(picture.height, 200);
	assert_int_equal(pixel(319, 199), 0x0000aa);
	assert_int_equal(pixel(318, 199), 0);
	SHOWN(CRTC(0x0c, 0x20));
	assert_int_equal(pixel(0, 0), 0xaa0000);
	assert_int_equal(pixel(1, 0), 0);
	assert_int_equal(pixel(319, 199), 0);
	SHOWN(ATTR(0x13, 7));
	assert_int_equal(pixel(0, 0), 0xaa0000);
	assert_int_equal(pixel(1, 0), 0);
	/* Rows of 48 bytes, of which 40 are seen; the score below a split, from
	 * the beginning of memory, is not moved. */
	SHOWN(CRTC(0x13, 0x18), ATTR(0x10, 0x21), CRTC(7, 0x0f), CRTC(9, 0x80),
	      CRTC(0x18, 191));
	assert_int_equal(pixel(0, 1), 0);
	DO(SEQ(2, 2));
	poke(A0000, 0x80);
	look();
	assert_int_equal(pixel(0, 96), 0x00aa00);
	assert_int_equal(pixel(0, 95), 0);
}

static void test_mode_10(void **state)
{
	(void)state;
	DO(MODE_10, PALETTE);
	/* As programs draw a line: a colour by set/reset, its ends by the mask. */
	DO(GFX(0, 0xe), GFX(1, 0xf), GFX(8, 0x0f));
	peek(A0000 + 80 * 349);
	poke(A0000 + 80 * 349, 0);
	DO(GFX(8, 0xff));
	poke(A0000 + 80 * 349 + 1, 0);
	look();
	assert_int_equal(picture.width, 640);
	assert_int_equal(picture.height, 350);
	assert_int_equal(pixel(3, 349), 0);
	assert_int_equal(pixel(4, 349), 0xaaaa55);
	assert_int_equal(pixel(15, 349), pixel(4, 349));
	assert_int_equal(pixel(16, 349), 0);
}

/* Mode 13h lies in memory, without an exit. */
static void test_mode_13(void **state)
{
	(void)state;
	DO(MODE_13, DAC(200, 0, 63, 0), DAC(201, 63, 63, 63));
	poke(A0000, 0);
	assert_false(is_exit(A0000));
	poke(A0000 + 320 * 199 + 319, 200);
	poke(A0000 + 5, 201);
	look();
	assert_int_equal(picture.width, 320);
	assert_int_equal(picture.height, 200);
	assert_int_equal(pixel(319, 199), 0x00ff00);
	assert_int_equal(pixel(5, 0), 0xffffff);
	assert_int_equal(pixel(4, 0), 0);
	SHOWN(OUT(0x3c6, 0x0f), DAC(8, 63, 0, 0), OUT(0x3c6, 0x0f));
	assert_int_equal(pixel(319, 199), 0xff0000);
	SHOWN(OUT(0x3c6, 0xff), CRTC(0x0d, 1)); /* four pixels to the left */
	assert_int_equal(pixel(1, 0), 0xffffff);
	SHOWN(ATTR(0x13, 2));
	assert_int_equal(pixel(0, 0), 0xffffff);
	/* Text comes and goes meanwhile: what is in the planes stays. */
	DO(SEQ(4, 6));
	assert_true(is_exit(A0000));
	assert_int_equal(peek(A0000 + 4), 0); /* of plane 0; 5 is in plane 1 */
	DO(GFX(4, 1));
	assert_int_equal(peek(A0000 + 4), 201);
	DO(SEQ(2, 2));
	poke(A0000 + 4, 77);
	DO(SEQ(2, 0xf), SEQ(4, 0xe));
	assert_int_equal(peek(A0000 + 5), 77);
	assert_false(is_exit(A0000));
	assert_int_equal(peek(A0000 + 5), 77);
}

static void test_mode_x(void **state)
{
	(void)state;
	DO(MODE_X, DAC(9, 63, 0, 0), SEQ(2, 8));
	poke(A0000 + 80 * 239 + 79, 9);
	DO(SEQ(2, 1));
	poke(A0000, 9);
	look();
	assert_int_equal(picture.width, 320);
	assert_int_equal(picture.height, 240);
	assert_int_equal(pixel(319, 239), 0xff0000);
	assert_int_equal(pixel(318, 239), 0);
	assert_int_equal(pixel(0, 0), 0xff0000);
	SHOWN(CRTC(0x0c, 0x10)); /* the other page */
	assert_int_equal(pixel(0, 0), 0);
	peek(A0000);
	DO(GFX(5, 0x41), SEQ(2, 0xf)); /* copied there by the latches */
	peek(A0000);
	poke(A0000 + 0x1000, 0);
	look();
	assert_int_equal(pixel(0, 0), 0xff0000);
}

/* Odd lines are 8 KiB behind the even ones. */
static void test_mode_4(void **state)
{
	(void)state;
	DO(MODE_4, PALETTE);
	poke(B8000, 0x1b);
	assert_false(is_exit(B8000));
	poke(B8000 + 1, 0xe4);
	poke(B8000 + 0x2000, 0xc0);
	poke(B8000 + 80 * 99 + 79, 0x03);
	look();
	assert_int_equal(picture.width, 320);
	assert_int_equal(picture.height, 200);
	assert_int_equal(pixel(0, 0), 0);
	assert_int_equal(pixel(1, 0), 0x0000aa);
	assert_int_equal(pixel(3, 0), 0x00aaaa);
	assert_int_equal(pixel(4, 0), 0x00aaaa);
	assert_int_equal(pixel(7, 0), 0);
	assert_int_equal(pixel(0, 1), 0x00aaaa);
	assert_int_equal(pixel(319, 198), 0x00aaaa);
	assert_int_equal(pixel(319, 199), 0);
}

static void test_mode_6(void **state)
{
	(void)state;
	DO(MODE_6, PALETTE, ATTR(1, 0x3f));
	poke(B8000 + 1, 0x81);
	poke(B8000 + 0x2000 + 80 * 99 + 79, 0x01);
	look();
	assert_int_equal(picture.width, 640);
	assert_int_equal(picture.height, 200);
	assert_int_equal(pixel(8, 0), 0xffffff);
	assert_int_equal(pixel(9, 0), 0);
	assert_int_equal(pixel(15, 0), 0xffffff);
	assert_int_equal(pixel(639, 199), 0xffffff);
}

/* As a BIOS does it: plane 2, and back to text, which has not moved. */
static void test_font(void **state)
{
	(void)state;
	ram[B8000] = 'A';
	ram[B8000 + 1] = 0x07;
	ram[B8000 + 2] = 'B';
	ram[B8000 + 3] = 0x0f;
	DO(CRTC(0x0a, 0x2d), SEQ(2, 4), SEQ(4, 7), GFX(5, 0), GFX(6, 4));
	assert_true(is_exit(B8000));
	poke(A0000 + 'A' * 32, 0xff);
	assert_true(is_exit(A0000));
	DO(GFX(4, 2)); /* it is read, too, and one access shows it */
	poke(A0000 + 0x4000 + 'B' * 32, 0x81);
	assert_false(is_exit(A0000));
	poke(A0000 + 'B' * 32 + 8, 0x18);
	assert_int_equal(peek(A0000 + 'A' * 32 + 7), 0xfe); /* BIOS's */
	SHOWN(SEQ(2, 3), SEQ(4, 3), GFX(4, 0), GFX(5, 0x10), GFX(6, 0x0e));
	assert_int_equal(pixel(0, 0), 0xaaaaaa);
	assert_int_equal(pixel(0, 8), 0xaaaaaa);
	assert_int_equal(pixel(9, 0), 0);
	assert_int_equal(pixel(9 + 3, 8), 0xffffff);
	assert_int_equal(pixel(9 + 2, 8), 0);
	SHOWN(SEQ(3, 0x04)); /* bright characters have the second font */
	assert_int_equal(pixel(9, 0), 0xffffff);
	assert_int_equal(pixel(16, 0), 0xffffff);
	poke(B8000, 'C'); /* the first access brings text back to RAM */
	assert_false(is_exit(B8000));
	assert_int_equal(ram[B8000], 'C');
	assert_int_equal(ram[B8000 + 2], 'B');
}

static void test_off(void **state)
{
	(void)state;
	DO(MODE_12, SEQ(2, 0xf));
	poke(A0000, 0xff);
	look();
	assert_int_not_equal(pixel(0, 0), 0);
	SHOWN(SEQ(1, 0x21));
	assert_int_equal(pixel(0, 0), 0);
	DO(OUT(0x3c2, 0xe1)); /* memory does not answer */
	assert_int_equal(peek(A0000), 0xff);
	DO(OUT(0x3c2, 0xe3), GFX(6, 0x0d)); /* it is at B8000 */
	assert_int_equal(peek(A0000), 0xff);
	assert_int_equal(peek(B8000), 0xff);
}

/* Any registers, and any access: memory is its own, and so is the picture. */
static void test_hostile(void **state)
{
	uint32_t seed = 1;

	(void)state;
	DO(MODE_12);
	for (unsigned int i = 0; i < 400; i++) {
		static const uint16_t ports[] = { 0x3d4, 0x3c4, 0x3ce };
		uint32_t gpa;

		seed = seed * 1664525 + 1013904223;
		gpa = A0000 + (seed >> 12) % 0x20000;
		fake_out(&board,
			 ports[seed >> 30 & 1 ? 0 :
			       seed >> 29 & 3 ? 1 :
						2],
			 2, seed >> 8 & 0xff1f);
		poke(gpa, seed >> 4);
		peek(gpa ^ 0x1fff);
		if (i % 8 == 0)
			look();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICTURE_TEST(test_write_modes), PICTURE_TEST(test_functions),
		PICTURE_TEST(test_compare),	PICTURE_TEST(test_mode_12),
		PICTURE_TEST(test_mode_d),	PICTURE_TEST(test_mode_10),
		PICTURE_TEST(test_mode_13),	PICTURE_TEST(test_mode_x),
		PICTURE_TEST(test_mode_4),	PICTURE_TEST(test_mode_6),
		PICTURE_TEST(test_font),	PICTURE_TEST(test_off),
		PICTURE_TEST(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
