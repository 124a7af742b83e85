/* objects: devices/vga.o devices/vga_look.o devices/vga_picture.o devices/vga_font.o
 * devices/vga_memory.o devices/vga_draw.o devices/vga_vbe.o devices/vga_wait.o devices/vga_plug.o
 * devices/vga_pci.o devices/vga_edid.o core/slots_saved.o core/plan.o core/feature.o
 * pci/config.o pci/interrupt.o pci/saved.o
 * util/surface.o util/picture.o util/log.o util/sink.o util/text.o */
/* The screen's linear framebuffer: registers, pixels, and itself on PCI. */
#include "steps.h"
#include "vga_ports.h"

#include <errno.h>

#include "abi/pc.h"
#include "core/plan.h"
#include "devices/vga.h"
#include "framebuffer.h"
#include "pci/config.h"
#include "util/picture.h"

#define VBE(reg, val)	 OUT16(0x1ce, reg), OUT16(0x1cf, val)
#define VBE_IS(reg, val) OUT16(0x1ce, reg), IN16(0x1cf, val)
#define MODE(w, h, bpp) \
	VBE(4, 0), VBE(1, w), VBE(2, h), VBE(3, bpp), VBE(4, 0x41)

static const struct step registers[] = {
	VBE_IS(0, 0xb0c5),   VBE_IS(10, 256),	 VBE(0, 0xb0c0),
	VBE_IS(0, 0xb0c0),   VBE(0, 0xb0c6),	 VBE_IS(0, 0xb0c0),
	VBE_IS(1, 640),	     VBE_IS(2, 480),	 VBE_IS(3, 8),
	VBE_IS(4, 0),	     VBE(1, 1921),	 VBE(2, 1201),
	VBE(3, 5),	     VBE_IS(1, 640),	 VBE_IS(2, 480),
	VBE_IS(3, 8),	     VBE(1, 0),		 VBE_IS(1, 640),
	VBE(4, 2),	     VBE_IS(1, 1920),	 VBE_IS(2, 1200),
	VBE_IS(3, 32),	     MODE(800, 600, 16), VBE_IS(1, 800),
	VBE_IS(6, 800),	     VBE_IS(7, 10485),	 VBE(6, 1024),
	VBE_IS(6, 1024),     VBE_IS(7, 8192),	 VBE(6, 799),
	VBE_IS(6, 1024),     VBE(8, 5),		 VBE_IS(8, 5),
	VBE(5, 255),	     VBE_IS(5, 255),	 VBE(5, 256),
	VBE_IS(5, 255),	     VBE_IS(11, 0),	 VBE_IS(0xffff, 0),
	IN16(0x1ce, 0xffff), VBE(10, 1),	 VBE_IS(10, 256),
	MODE(640, 480, 32),  VBE_IS(8, 0),	 VBE_IS(5, 0),
};
TEST_STEPS(test_registers, "vga", registers)

static uint8_t *lfb(uint32_t at)
{
	uint8_t *byte = fake_shown(&board, PC_LFB_GPA + at);

	assert_non_null(byte);
	return byte;
}

/* As the guest does, so that it is known to have been written. */
static void put(uint32_t at, uint32_t val, unsigned int bytes)
{
	memcpy(lfb(at), &val, bytes);
	board.memories[1].written[at / 4096 / 64] |= 1ULL << at / 4096 % 64;
}

static void test_depths(void **state)
{
	(void)state;
	assert_null(fake_shown(&board, PC_LFB_GPA));
	SHOWN(MODE(1024, 768, 32));
	assert_int_equal(picture.width, 1024);
	assert_int_equal(picture.height, 768);
	put((767 * 1024 + 1023) * 4, 0xaa123456, 4);
	look();
	assert_int_equal(pixel(1023, 767), 0x123456);
	SHOWN(MODE(640, 480, 24));
	put(3, 0x654321, 3);
	look();
	assert_int_equal(pixel(1, 0), 0x654321);
	assert_int_equal(pixel(0, 0), 0);
	SHOWN(MODE(640, 480, 16));
	put(0, 0xf81f07e0, 4);
	look();
	assert_int_equal(pixel(0, 0), 0x00ff00);
	assert_int_equal(pixel(1, 0), 0xff00ff);
	SHOWN(MODE(640, 480, 15));
	put(0, 0x7c0083e0, 4);
	look();
	assert_int_equal(pixel(0, 0), 0x00ff00);
	assert_int_equal(pixel(1, 0), 0xff0000);
	SHOWN(MODE(640, 480, 8), DAC(7, 63, 0, 32));
	put(639, 7, 1);
	look();
	assert_int_equal(pixel(639, 0), 0xff0081);
	SHOWN(VBE(4, 0xe1), DAC(7, 1, 200, 3));
	assert_int_equal(pixel(639, 0), 0x01c803);
	SHOWN(VBE(4, 0)); /* back to text */
	assert_int_equal(picture.width, 720);
	assert_null(fake_shown(&board, PC_LFB_GPA));
}

/* An access to A0000, which is always an exit there. */
static void poke(uint32_t off, uint8_t val)
{
	assert_null(fake_shown(&board, 0xa0000 + off));
	board.type->write(board.dev, 3, off, 1, val);
}

#define PLANES_16                                                    \
	OUT16(0x3c4, 0x0604), OUT16(0x3c4, 0x0f02), OUT16(0x3ce, 5), \
		OUT16(0x3ce, 0x0506), OUT16(0x3ce, 0xff08), ATTR(9, 9)

/* 16 colours: a VGA's planes, latches and banks, in its memory. */
static void test_planes(void **state)
{
	(void)state;
	SHOWN(MODE(1024, 768, 4), PLANES_16, DAC(9, 63, 0, 32));
	assert_int_equal(picture.width, 1024);
	SHOWN(VBE_IS(6, 1024), VBE_IS(7, 32768), OUT16(0x3c4, 0x0902));
	poke(0, 0x81);
	look();
	assert_int_equal(pixel(0, 0), 0xff0081);
	assert_int_equal(pixel(1, 0), 0);
	assert_int_equal(pixel(7, 0), 0xff0081);
	assert_true(picture.changed == 1);
	/* The latches carry a byte of each plane to the other bank. */
	assert_int_equal(board.type->read(board.dev, 3, 0, 1), 0x81);
	SHOWN(VBE(5, 1), OUT16(0x3ce, 0x0105), OUT16(0x3c4, 0x0f02));
	poke(128 * 767 + 127 - 0x10000, 0);
	look();
	assert_int_equal(pixel(1023, 767), 0xff0081);
	assert_int_equal(pixel(1022, 767), 0);
	/* Moved by points, and to another palette. */
	SHOWN(VBE(6, 1032), VBE(8, 7), ATTR(9, 8), DAC(8, 0, 63, 0));
	assert_int_equal(pixel(0, 0), 0x00ff00);
	/* In the last bank there is no more; with 8 bits there is a byte. */
	SHOWN(VBE(5, 255));
	poke(0xffff, 0xff);
	assert_int_equal(board.type->read(board.dev, 3, 0xffff, 1), 0xff);
	SHOWN(VBE(5, 0), VBE(3, 8), VBE(8, 0), DAC(0x81, 63, 63, 63));
	assert_int_equal(pixel(0, 0), 0xffffff);
	/* A row of one point is 8 wide, whatever comes. */
	SHOWN(MODE(1, 1, 4), VBE_IS(7, 0xffff));
}

/* Off and on again; colours of another mask: the same memory, another picture. */
static void test_seen_again(void **state)
{
	(void)state;
	SHOWN(MODE(640, 480, 8), DAC(7, 63, 0, 32), DAC(3, 0, 0, 63));
	put(639, 7, 1);
	look();
	SHOWN(OUT16(0x3c4, 0x2001));
	assert_int_equal(pixel(639, 0), 0);
	SHOWN(OUT16(0x3c4, 0x0101));
	assert_int_equal(pixel(639, 0), 0xff0081);
	SHOWN(FLIP, OUT(0x3c0, 0));
	assert_int_equal(pixel(639, 0), 0);
	SHOWN(FLIP, OUT(0x3c0, 0x20));
	assert_int_equal(pixel(639, 0), 0xff0081);
	SHOWN(OUT(0x3c6, 3));
	assert_int_equal(pixel(639, 0), 0x0000ff);
}

/* Moved within a larger one; what lies behind memory is black. */
static void test_moved(void **state)
{
	(void)state;
	SHOWN(MODE(640, 480, 32), VBE(6, 1000), VBE(8, 360), VBE(9, 20));
	put((20 * 1000 + 360) * 4, 0x111111, 4);
	put((499 * 1000 + 999) * 4, 0x222222, 4);
	look();
	assert_int_equal(pixel(0, 0), 0x111111);
	assert_int_equal(pixel(639, 479), 0x222222);
	SHOWN(VBE(9, 0xffff));
	assert_int_equal(pixel(0, 0), 0);
	SHOWN(VBE(6, 0xffff), VBE(8, 0xffff));
	assert_int_equal(pixel(0, 0), 0);
}

/* Only what was written is drawn again, for each that looks. */
static void test_written(void **state)
{
	static uint32_t others[PICTURE_BYTES / 4];
	struct picture other = { .pixels = others };

	(void)state;
	SHOWN(MODE(1024, 768, 32));
	assert_true(picture.changed == UINT64_MAX);
	look();
	assert_true(picture.changed == 0);
	*lfb(12) = 9; /* and KVM says nothing of it */
	look();
	assert_int_equal(pixel(3, 0), fake_reloads ? 9 : 0);
	put(12, 9, 1);
	look();
	assert_int_equal(pixel(3, 0), 9);
	board.type->picture(board.dev, &other);
	assert_int_equal(others[3], 9);
	put(1024 * 767 * 4, 5, 1);
	look();
	assert_true(picture.changed == 1ULL << 63);
	board.type->picture(board.dev, &other);
	assert_int_equal(others[1024 * 767], 5);
}

/* Clear, unless it is to keep what there was. */
static void test_cleared(void **state)
{
	(void)state;
	SHOWN(MODE(640, 480, 32));
	put(0, 0x123456, 4);
	SHOWN(VBE(4, 0), VBE(4, 0xc1));
	assert_int_equal(pixel(0, 0), 0x123456);
	SHOWN(VBE(4, 0), VBE(4, 0x41));
	assert_int_equal(pixel(0, 0), 0);
}

/* Banks at A0000: by exits beside the linear one, and else in memory. */
static void test_banks(void **state)
{
	(void)state;
	SHOWN(MODE(640, 480, 32), VBE(5, 1));
	board.type->write(board.dev, 3, 4, 1, 0x77);
	assert_int_equal(*lfb(0x10004), 0x77);
	look();
	assert_int_equal(pixel(0x10004 / 4 % 640, 0x10004 / 4 / 640), 0x77);
	assert_int_equal(board.type->read(board.dev, 3, 4, 1), 0x77);
	SHOWN(VBE(4, 0), VBE(4, 0x81), VBE(5, 1));
	assert_null(fake_shown(&board, PC_LFB_GPA));
	assert_int_equal(board.type->read(board.dev, 3, 4, 1), 0x77);
	assert_int_equal(*fake_shown(&board, 0xa0004), 0x77);
	SHOWN(VBE(5, 0));
	assert_int_equal(*fake_shown(&board, 0xa0004), 0);
	SHOWN(VBE(4, 0));
	assert_null(fake_shown(&board, 0xa0004));
	assert_int_equal(picture.width, 720);
}

/* --vga 800x600x16: from the first instruction on. */
static void test_from_the_start(void **state)
{
	static const struct framebuffer fb = { PC_LFB_GPA, 800, 600, 16 };

	(void)state;
	fake_board_close(&board);
	fake_config = &fb;
	fake_board_open(&board, "vga");
	board.ram = ram;
	board.ram_size = RAM_LEN;
	assert_int_equal(framebuffer_pitch(&fb), 1600);
	put(1600 * 599 + 2 * 799, 0xffff, 2);
	look();
	assert_int_equal(pixel(799, 599), 0xffffff);
	fake_config = NULL;
}

/* A function of PCI: it lies where its BAR is, and registers are in another. */
static void test_pci(void **state)
{
	uint8_t sum = 0;
	uint64_t gpa;

	(void)state;
	fake_board_close(&board);
	fake_board_open_type(&board, vga_pci_type());
	board.ram = ram;
	board.ram_size = RAM_LEN;
	gpa = board.bars[0].base;
	assert_int_equal(VBE_PCI_BYTES, 8 << 20);
	assert_null(fake_shown(&board, gpa + VBE_PCI_BYTES));
	assert_true(board.bars[0].on && board.bars[2].on);
	*fake_shown(&board, gpa + 5) = 0x5a; /* in no mode of its own yet */
	fake_reload(&board);
	assert_int_equal(*fake_shown(&board, gpa + 5), 0x5a);
	assert_int_equal(board.type->read(board.dev, 10, 0x500, 2), 0xb0c5);
	board.type->write(board.dev, 10, 0x502, 2, 800);
	board.type->write(board.dev, 10, 0x504, 2, 600);
	board.type->write(board.dev, 10, 0x506, 2, 32);
	board.type->write(board.dev, 10, 0x508, 2, 0x41);
	look();
	assert_int_equal(picture.width, 800);
	board.type->write(board.dev, 10, 0x40c, 2, 0); /* 3CC: no such */
	assert_int_equal(board.type->read(board.dev, 10, 0x40c, 1), 0x67);
	assert_int_equal(board.type->read(board.dev, 10, 0x41a, 1), 0);
	/* EDID: its beginning, its sum, and nothing behind it; order of bytes. */
	assert_int_equal(board.type->read(board.dev, 10, 0, 4), 0xffffff00);
	for (unsigned int i = 0; i < 0x400; i++)
		sum += board.type->read(board.dev, 10, i, 1);
	assert_int_equal(sum, 0);
	assert_int_equal(board.type->read(board.dev, 10, 0x80, 4), 0);
	assert_int_equal(board.type->read(board.dev, 10, 0x600, 4), 8);
	assert_int_equal(board.type->read(board.dev, 10, 0x604, 4), 0x1e1e1e1e);
	assert_int_equal(board.type->read(board.dev, 10, 0x608, 4), 0);
	/* Ports take two bytes at once. */
	board.type->write(board.dev, 2, 0, 2, 0x5a0c);
	assert_int_equal(board.type->read(board.dev, 2, 0, 2), 0x5a0c);
	/* What the BAR does not show comes here, and what is not decoded. */
	board.type->write(board.dev, 8, 4, 2, 0x1234);
	assert_int_equal(board.type->read(board.dev, 8, 4, 2), 0x1234);
	look();
	assert_int_equal(pixel(1, 0), 0x1234);
}

/* The expansion ROM, where configuration space says. */
static void test_rom(void **state)
{
	static struct vga_rom rom = { .len = 4, .data = { 0x55, 0xaa, 1, 2 } };
	static struct board bridge;

	(void)state;
	fake_board_close(&board);
	fake_config = &rom;
	fake_board_open_type(&board, vga_pci_type());
	fake_config = NULL;
	board.ram = ram;
	board.ram_size = RAM_LEN;
	bridge = (struct board){ .type = &(struct device_type){
					 .is_bridge = true } };
	bridge.slots[1] = &board;
	assert_int_equal(pci_config_read(&bridge, 8, 4, 2) & 3, 3);
	pci_config_write(&bridge, 8, 0x30, 4, 0xfffffffe);
	assert_int_equal(pci_config_read(&bridge, 8, 0x30, 4), 0xffff0000);
	pci_config_write(&bridge, 8, 0x30, 4, 0xfeb00001);
	assert_int_equal(*fake_shown(&board, 0xfeb00001), 0xaa);
	assert_false(board.memories[VGA_ROM].writable);
	pci_config_write(&bridge, 8, 4, 2, 1); /* memory is not decoded */
	assert_null(fake_shown(&board, 0xfeb00000));
	assert_null(fake_shown(&board, board.bars[0].base));
}

static struct plan *plan;

TABLE_DECLARE(plug, plug);

static int plug(const char *arg)
{
	static const struct plan_guest guest;

	plan_free(plan);
	plan = plan_new(&guest);
	return __start_table_plug[0]->plug(plan, arg);
}

static void test_words(void **state)
{
	static const char *const wrong[] = {
		"",	     "vga",
		"1024",	     "1024x",
		"1024x768x", "0x0",
		"1024x0",    "1921x1200",
		"1001x700",  "800x1201",
		"640x480x4", "640x480x32x",
		"-640x480",  "640x480x32,pci",
		"99999x9",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(plug(wrong[i]), -EINVAL);
		assert_int_equal(plan->nr, 0);
	}
	assert_int_equal(plug("pci"), 0);
	assert_ptr_equal(plan->devices[0].type, vga_pci_type());
	assert_null(plan_framebuffer(plan));
	assert_int_equal(__start_table_plug[0]->plug(plan, "pci"), 0);
	assert_int_equal(plan->nr, 1); /* firmware has asked for it, too */
	assert_int_equal(__start_table_plug[0]->plug(plan, "800x600"), -EINVAL);
	assert_int_equal(plug("1024x768"), 0);
	assert_ptr_equal(plan->devices[0].type, &vga_type);
	assert_int_equal(plan_framebuffer(plan)->bpp, 32);
	assert_int_equal(plan_framebuffer(plan)->height, 768);
	assert_int_equal(plug("1920x1200x16"), 0);
	assert_int_equal(plan_framebuffer(plan)->bpp, 16);
	plan_free(plan);
	plan = NULL;
}

/* Any values: the picture stays one, and memory its own. */
static void test_hostile(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		for (unsigned int n = 0; n < 5; n++) {
			seed = seed * 1664525 + 1013904223;
			fake_out(&board, 0x1ce, 2, seed >> 28);
			fake_out(&board, 0x1cf, 2,
				 n == 4 ? seed >> 16 & 0xff : seed >> 12);
		}
		look();
		board.type->write(board.dev, 3, seed >> 15 & 0x1ffff, 1, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		PICTURE_TEST(test_depths),
		PICTURE_TEST(test_planes),
		PICTURE_TEST(test_seen_again),
		PICTURE_TEST(test_moved),
		PICTURE_TEST(test_written),
		PICTURE_TEST(test_cleared),
		PICTURE_TEST(test_banks),
		PICTURE_TEST(test_from_the_start),
		PICTURE_TEST(test_pci),
		PICTURE_TEST(test_rom),
		cmocka_unit_test(test_words),
		PICTURE_TEST(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
