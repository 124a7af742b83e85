/* A VGA's registers as steps, and a board with one, at whose picture is looked. */
#ifndef MKVM_VGA_PORTS_H
#define MKVM_VGA_PORTS_H

#include <stdlib.h>

#include "fake_board.h"
#include "util/picture.h"

#define CRTC(reg, val)	  OUT(0x3d4, reg), OUT(0x3d5, val)
#define CRTC_IS(reg, val) OUT(0x3d4, reg), IN(0x3d5, val)
#define SEQ(reg, val)	  OUT(0x3c4, reg), OUT(0x3c5, val)
#define SEQ_IS(reg, val)  OUT(0x3c4, reg), IN(0x3c5, val)
#define GFX(reg, val)	  OUT(0x3ce, reg), OUT(0x3cf, val)
#define GFX_IS(reg, val)  OUT(0x3ce, reg), IN(0x3cf, val)
#define FLIP		  IN(0x3da, 0) /* the next at 3C0 is an index */
#define ATTR(reg, val)	  FLIP, OUT(0x3c0, (reg) | 0x20), OUT(0x3c0, val)
#define ATTR_IS(reg, val) FLIP, OUT(0x3c0, (reg) | 0x20), IN(0x3c1, val)
/* Colour by colour. */
#define DAC(colour, r, g, b) \
	OUT(0x3c8, colour), OUT(0x3c9, r), OUT(0x3c9, g), OUT(0x3c9, b)

#ifndef VGA_NO_PICTURE

#define RAM_LEN 0xc0000 /* to the end of text memory */

static struct board board;
static struct picture picture;
static uint8_t ram[RAM_LEN];

static int open_picture(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	fake_board_open(&board, "vga");
	board.ram = ram;
	board.ram_size = RAM_LEN;
	picture = (struct picture){ .pixels = malloc(PICTURE_BYTES) };
	return picture.pixels ? 0 : -1;
}

static int close_picture(void **state)
{
	(void)state;
	fake_board_close(&board);
	free(picture.pixels);
	return 0;
}

static void look(void)
{
	if (fake_reloads) /* it is another device, and knows of no picture */
		picture.seen = 0;
	assert_true(board.type->picture(board.dev, &picture));
	assert_in_range(picture.width, 1, PICTURE_MAX_WIDTH);
	assert_in_range(picture.height, 1, PICTURE_MAX_HEIGHT);
}

static uint32_t pixel(unsigned int x, unsigned int y)
{
	assert_true(x < picture.width && y < picture.height);
	return picture.pixels[y * picture.width + x];
}

/* The picture after these steps. */
#define SHOWN(...)                                                 \
	do {                                                       \
		static const struct step set_[] = { __VA_ARGS__ }; \
		RUN_STEPS(&board, set_);                           \
		look();                                            \
	} while (0)

#define PICTURE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, open_picture, close_picture)

#endif

#endif
