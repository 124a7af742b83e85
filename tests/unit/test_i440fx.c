/* objects: pci/i440fx.o pci/host.o pci/config.o pci/saved.o pci/interrupt.o util/checksum.o util/log.o util/sink.o */
/* The host bridge with the ROM behind it: where it is seen, and what each register of
 * PAM makes of each part. */
#include "reloaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bioslog.h"
#include "plug.h"

TABLE_DECLARE(plug, plug);

#define ADDRESS 0xcf8
#define DATA	0xcfc
#define PAM	0x59
#define KIB	1024
#define TOP	0xffffffff

const struct device_type bioslog; /* another test's */

static const struct device_type *type;
static void *rom; /* as the device has it */
static uint8_t ram[0x100000];
static bool allows = true;

/* Stands for the plan: what the option asks for. */
struct planned *plan_add(struct plan *plan, const struct device_type *asked,
			 const void *config, size_t size)
{
	static struct planned planned;

	(void)plan;
	if (asked == &bioslog)
		return &planned;
	free(rom);
	rom = malloc(size);
	assert_non_null(rom);
	memcpy(rom, config, size);
	type = asked;
	return &planned;
}

bool plan_allows(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return allows;
}

bool plan_has(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return false;
}

/* The screen beside it is another test's. */
int plan_plug(struct plan *plan, const char *option, const char *arg)
{
	(void)plan;
	(void)option;
	(void)arg;
	return 0;
}

/* Byte n of the file is n / 4096, and the last is 0x5a. */
static int plug_file(size_t kib)
{
	char path[] = "/tmp/mkvm-rom-XXXXXX";
	int fd = mkstemp(path), err;
	uint8_t page[4096];

	for (size_t i = 0; i < kib / 4; i++) {
		memset(page, (int)i, sizeof(page));
		page[4095] = 0x5a;
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	}
	close(fd);
	err = (*__start_table_plug)->plug(NULL, path);
	unlink(path);
	return err;
}

static void open_bridge(struct board *b, size_t kib)
{
	assert_int_equal(plug_file(kib), 0);
	fake_slot = 0;
	fake_config = rom;
	fake_board_open_type(b, type);
	b->slots[0] = b;
	b->ram = ram;
	b->ram_size = sizeof(ram);
}

static void put(struct board *b, unsigned int reg, unsigned int size,
		uint32_t val)
{
	fake_out(b, ADDRESS, 4, 0x80000000 | (reg & 0xfc));
	fake_out(b, DATA + reg % 4, size, val);
}

static uint32_t get(struct board *b, unsigned int reg, unsigned int size)
{
	fake_out(b, ADDRESS, 4, 0x80000000 | (reg & 0xfc));
	return fake_in(b, DATA + reg % 4, size);
}

static enum board_ram_way way(const struct board *b, uint64_t gpa)
{
	return b->ram_ways[(gpa - WINDOW_START) / 4096];
}

static void is_what_firmware_looks_for(void **state)
{
	struct board b;

	(void)state;
	open_bridge(&b, 256);
	assert_int_equal(get(&b, 0, 4), 0x12378086);
	assert_int_equal(get(&b, 0x2c, 4), 0x11001af4);
	assert_int_equal(get(&b, PAM, 1), 0);
	put(&b, 0, 4, 0);
	put(&b, PAM, 4, 0xffffffff);
	assert_int_equal(get(&b, 0, 4), 0x12378086);
	assert_int_equal(get(&b, 0x58, 4), 0x33333000);
	assert_int_equal(get(&b, 0x5c, 4), 0x00000033);
	fake_board_close(&b);
}

static void is_at_the_end_of_both_spaces(void **state)
{
	struct board b;

	(void)state;
	open_bridge(&b, 256);
	assert_int_equal(*fake_shown(&b, TOP), 0x5a);
	assert_int_equal(*fake_shown(&b, TOP - 256 * KIB + 1), 0);
	assert_int_equal(*fake_shown(&b, TOP - 252 * KIB + 1), 1);
	assert_int_equal(*fake_shown(&b, 0xfffff), 0x5a);
	for (uint64_t gpa = 0xe0000; gpa < 0x100000; gpa += 4096) {
		assert_int_equal(*fake_shown(&b, gpa),
				 32 + (gpa - 0xe0000) / 4096);
		assert_int_equal(way(&b, gpa), BOARD_RAM_HIDDEN);
	}
	assert_null(fake_shown(&b, 0xdffff));
	assert_int_equal(way(&b, 0xc0000), BOARD_RAM_HIDDEN);
	assert_int_equal(way(&b, 0xbf000), BOARD_RAM_OPEN);
	fake_board_close(&b);
}

/* 64 KiB: nothing but the last segment. */
static void may_be_small(void **state)
{
	struct board b;

	(void)state;
	open_bridge(&b, 64);
	assert_int_equal(*fake_shown(&b, 0xeffff), 0xff);
	assert_int_equal(*fake_shown(&b, 0xf0000), 0);
	assert_int_equal(*fake_shown(&b, 0xfffff), 0x5a);
	assert_int_equal(*fake_shown(&b, TOP), 0x5a);
	assert_null(fake_shown(&b, TOP - 64 * KIB));
	fake_board_close(&b);
}

static void check_part(struct board *b, unsigned int reg, unsigned int shift,
		       uint64_t gpa, uint64_t len)
{
	static const enum board_ram_way ways[] = { BOARD_RAM_HIDDEN,
						   BOARD_RAM_GUARDED,
						   BOARD_RAM_HIDDEN,
						   BOARD_RAM_OPEN };

	for (unsigned int bits = 0; bits < 4; bits++) {
		put(b, reg, 1, bits << shift);
		for (uint64_t at = gpa; at < gpa + len; at += 4096) {
			assert_int_equal(way(b, at), ways[bits]);
			assert_int_equal(!fake_shown(b, at),
					 bits & 1 || at < 0xe0000);
		}
		ram[gpa] = 1;
		fake_out(b, gpa, 1, 2); /* as MMIO: where RAM is not open */
		assert_int_equal(ram[gpa], bits & 2 ? 2 : 1);
		assert_int_equal(fake_in(b, gpa, 1), 0xff);
		if (gpa > 0xc0000)
			assert_int_equal(way(b, gpa - 1), BOARD_RAM_HIDDEN);
		if (gpa + len < 0x100000)
			assert_int_equal(way(b, gpa + len), BOARD_RAM_HIDDEN);
	}
	put(b, reg, 1, 0);
}

static void has_each_part(void **state)
{
	struct board b;

	(void)state;
	open_bridge(&b, 128);
	check_part(&b, PAM, 4, 0xf0000, 0x10000);
	for (unsigned int i = 0; i < 12; i++)
		check_part(&b, PAM + 1 + i / 2, i % 2 * 4, 0xc0000 + i * 0x4000,
			   0x4000);
	fake_board_close(&b);
}

static void begins_again_in_rom(void **state)
{
	struct board b;

	(void)state;
	open_bridge(&b, 128);
	put(&b, 0x58, 4, 0x33333000);
	put(&b, 0x5c, 4, 0x00333333);
	assert_null(fake_shown(&b, 0xf0000));
	type->reset(b.dev);
	assert_non_null(fake_shown(&b, 0xf0000));
	assert_int_equal(way(&b, 0xf0000), BOARD_RAM_HIDDEN);
	assert_int_equal(get(&b, PAM, 1), 0);
	fake_board_close(&b);
}

static void refuses_other_files(void **state)
{
	(void)state;
	assert_int_equal(plug_file(0), -22);
	assert_int_equal(plug_file(4), -22);
	assert_int_equal(plug_file(320), -22);
	free(rom);
	rom = NULL;
	assert_int_equal((*__start_table_plug)->plug(NULL, "/no/such"), -22);
	assert_int_equal((*__start_table_plug)->plug(NULL, "/tmp"), -22);
	allows = false;
	assert_int_equal(plug_file(64), -22);
	allows = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_firmware_looks_for),
		cmocka_unit_test(is_at_the_end_of_both_spaces),
		cmocka_unit_test(may_be_small),
		cmocka_unit_test(has_each_part),
		cmocka_unit_test(begins_again_in_rom),
		cmocka_unit_test(refuses_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
