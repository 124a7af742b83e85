/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * IDE disks by their registers, as ATA/ATAPI-6 has them: each command's protocol with
 * Status, Error and INTRQ after every step, addresses in their three forms, what a
 * drive says of itself, resets at any time, and errors of the disk beneath.
 */
#include "ide_ports.h"
#include "steps.h"

#include <stdlib.h>

#define STEPS(test, second, steps)                  \
	static void test(void **state)              \
	{                                           \
		(void)state;                        \
		open_ide(&ide, second);             \
		RUN_STEPS(&ide.world.board, steps); \
		close_ide(&ide);                    \
	}

/* All words of a block are those of sector @lba and of those behind. */
static void must_give(uint64_t lba, unsigned int sectors)
{
	for (unsigned int i = 0; i < sectors * 256; i++) {
		uint16_t word = get_word();

		assert_int_equal(word, (uint16_t)(lba % STORED * 256 + i));
	}
}

static void take_zeroes(unsigned int sectors)
{
	for (unsigned int i = 0; i < sectors * 128; i++)
		fake_out(&ide.world.board, DATA, 4, 0);
}

static bool is_zero(uint64_t lba)
{
	static const uint8_t zeroes[DISK_SECTOR];

	return !memcmp(ide.stores[0].bytes + lba * DISK_SECTOR, zeroes,
		       DISK_SECTOR);
}

/* clang-format off */
static const struct step registers[] = {
	IN(COMMAND, 0x50), IN(CONTROL, 0x50), IN(ERR, 0x01),
	IN(COUNT, 1), IN(LOW, 1), IN(MID, 0), IN(HIGH, 0), IN(DRIVE, 0xa0),
	/* two bytes each, and which one is read says HOB */
	OUT(COUNT, 0x11), OUT(COUNT, 0x22), OUT(LOW, 0x33), OUT(LOW, 0x44),
	OUT(MID, 0x55), OUT(MID, 0x66), OUT(HIGH, 0x77), OUT(HIGH, 0x88),
	IN(COUNT, 0x22), IN(LOW, 0x44), IN(MID, 0x66), IN(HIGH, 0x88),
	OUT(CONTROL, 0x80),
	IN(COUNT, 0x11), IN(LOW, 0x33), IN(MID, 0x55), IN(HIGH, 0x77),
	OUT(LOW, 0x99), IN(LOW, 0x99), IN(COUNT, 0x22),
	OUT(DRIVE, 0x4f), IN(DRIVE, 0xef),
	/* the bytes of a wider access are those of several registers */
	IN16(COUNT, 0x9922),
	/* nothing is there to be read or written */
	IN16(DATA, 0xffff), OUT16(DATA, 0), IN(COMMAND, 0x50), ODD(0),
};
STEPS(has_the_registers, NONE, registers)

static const struct step no_slave[] = {
	OUT(DRIVE, 0xb0), IN(COMMAND, 0), IN(CONTROL, 0),
	OUT(COUNT, 0x55), IN(COUNT, 0x55), /* the master answers */
	OUT(COMMAND, 0xec), WORK, IN(COMMAND, 0), IN16(DATA, 0xffff),
	OUT(COMMAND, 0xef), WORK, IRQ(0, 0),
	OUT(DRIVE, 0xa0), IN(COMMAND, 0x50),
	/* in the middle of a block of the master's */
	OUT(COMMAND, 0xec), IRQ(0, 1), IN(COMMAND, 0x58), IRQ(0, 0),
	IN16(DATA, 0x0040), OUT(DRIVE, 0xb0), IN(COMMAND, 0x58),
	/* a channel with no drive at all */
	IN(0x177, 0), IN(0x376, 0), OUT(0x176, 0xb0), IN(0x177, 0),
	OUT(0x177, 0xec), IN(0x177, 0), OUT(0x177, 0x90), IRQ(1, 0),
};
STEPS(has_no_slave, NONE, no_slave)

static const struct step interrupts[] = {
	OUT(COMMAND, 0x40), WORK, IRQ(0, 1), IN(CONTROL, 0x50), IRQ(0, 1),
	IN(COMMAND, 0x50), IRQ(0, 0),
	OUT(COMMAND, 0xe7), WORK, IRQ(0, 1),
	OUT(CONTROL, 2), IRQ(0, 0), OUT(CONTROL, 0), IRQ(0, 1),
	/* a command takes back what was asked for before */
	OUT(COMMAND, 0xe7), IRQ(0, 0), IN(COMMAND, 0x80), WORK, IRQ(0, 1),
	OUT(DRIVE, 0xb0), IN(COMMAND, 0), IRQ(0, 1), /* no slave */
	OUT(DRIVE, 0xa0), IN(COMMAND, 0x50), IRQ(0, 0),
	/* with nIEN, and without a second drive's */
	OUT(CONTROL, 2), OUT(COMMAND, 0xe7), WORK, IN(COMMAND, 0x50),
	OUT(CONTROL, 0), IRQ(0, 0), EDGES(0, 8), EDGES(1, 0),
};
STEPS(asks_for_interrupts, NONE, interrupts)

/* Each by its last step: Status, Error. */
#define FAILS(code, error) \
	OUT(COMMAND, code), WORK, IN(COMMAND, 0x51), IN(ERR, error)
#define DOES(code) \
	OUT(COMMAND, code), WORK, IN(COMMAND, 0x50), IN(ERR, 0)
static const struct step commands[] = {
	FAILS(0x00, 4), DOES(0x10), DOES(0x1f), DOES(0x40), DOES(0x41),
	DOES(0x70), DOES(0x7f), DOES(0x94), DOES(0x97), DOES(0x99),
	DOES(0xe0), DOES(0xe1), DOES(0xe2), DOES(0xe3), DOES(0xe6),
	DOES(0xe7), DOES(0xea), DOES(0xf8), DOES(0x27),
	DOES(0xe5), IN(COUNT, 0xff), DOES(0x98), IN(COUNT, 0xff),
	FAILS(0x08, 4), FAILS(0xa0, 4), FAILS(0xa1, 4), FAILS(0xb0, 4),
	ODD(2), FAILS(0xf5, 4), FAILS(0xff, 4), ODD(4),
	/* SET FEATURES */
	OUT(ERR, 0x02), DOES(0xef), OUT(ERR, 0x82), DOES(0xef),
	OUT(ERR, 0x55), DOES(0xef), OUT(ERR, 0xaa), DOES(0xef),
	OUT(ERR, 0x66), DOES(0xef), OUT(ERR, 0xcc), DOES(0xef),
	OUT(ERR, 0x05), FAILS(0xef, 4), OUT(ERR, 0x03),
	OUT(COUNT, 0x00), DOES(0xef), OUT(COUNT, 0x0c), DOES(0xef),
	OUT(COUNT, 0x0d), FAILS(0xef, 4), OUT(COUNT, 0x22), DOES(0xef),
	OUT(COUNT, 0x23), FAILS(0xef, 4), OUT(COUNT, 0x45), DOES(0xef),
	OUT(COUNT, 0x46), FAILS(0xef, 4), OUT(COUNT, 0xff), FAILS(0xef, 4),
	/* SET MULTIPLE MODE */
	OUT(COUNT, 16), DOES(0xc6), OUT(COUNT, 1), DOES(0xc6),
	OUT(COUNT, 3), FAILS(0xc6, 4), OUT(COUNT, 32), FAILS(0xc6, 4),
	OUT(COUNT, 0), DOES(0xc6), FAILS(0xc4, 4), FAILS(0xc5, 4),
	/* INITIALIZE DRIVE PARAMETERS */
	OUT(COUNT, 0), FAILS(0x91, 4), OUT(COUNT, 17), DOES(0x91),
};
STEPS(knows_the_commands, NONE, commands)

static const struct step resets[] = {
	OUT(DRIVE, 0xb0), OUT(LOW, 0x77), OUT(COMMAND, 0xec), IRQ(0, 1),
	OUT(CONTROL, 4), IRQ(0, 0), IN(COMMAND, 0x80), IN(DRIVE, 0xa0),
	OUT(COMMAND, 0xec), IN(COMMAND, 0x80),
	OUT(CONTROL, 0), IN(COMMAND, 0x50), IN(ERR, 1), IN16(COUNT, 0x0101),
	IN16(MID, 0), IN(DRIVE, 0xa0), IRQ(0, 0), IN16(DATA, 0xffff),
	OUT(DRIVE, 0xb0), IN(COMMAND, 0x50), IN16(MID, 0),
	/* while the worker is at it */
	OUT(DRIVE, 0xa0), OUT(COMMAND, 0x20), IN(COMMAND, 0x80),
	OUT(CONTROL, 4), OUT(CONTROL, 0), IN(COMMAND, 0x80), WORK,
	IN(COMMAND, 0x50), IN16(COUNT, 0x0101), IRQ(0, 0),
	OUT(COMMAND, 0x20), OUT(CONTROL, 4), WORK, IN(COMMAND, 0x80),
	OUT(CONTROL, 0), IN(COMMAND, 0x50),
	/* both look at themselves */
	OUT(DRIVE, 0xb0), OUT(COUNT, 9), OUT(COMMAND, 0x90), IRQ(0, 1),
	IN(DRIVE, 0xa0), IN(ERR, 1), IN16(COUNT, 0x0101), IN(COMMAND, 0x50),
	IRQ(0, 0),
};
STEPS(comes_back_from_resets, DISK, resets)
/* clang-format on */

static void reads_sectors(void **state)
{
	(void)state;
	open_ide(&ide, NONE);
	give(0x20, 5, 3, 0xe0);
	for (unsigned int i = 0; i < 3; i++) {
		work();
		assert_true(ide.world.board.irq[0]);
		assert_int_equal(get_reg(COMMAND), 0x58);
		assert_false(ide.world.board.irq[0]);
		must_give(5 + i, 1);
	}
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_false(ide.world.board.irq[0]);
	assert_int_equal(ide.stores[0].reads, 1);
	give(0x20, 0, 0, 0xe0); /* 256 */
	for (unsigned int i = 0; i < 256; i++) {
		work();
		assert_int_equal(get_reg(COMMAND), 0x58);
		must_give(i, 1);
	}
	assert_int_equal(get_reg(COMMAND), 0x50);
	give(0xc6, 0, 8, 0xe0);
	give(0xc4, 100, 20, 0xe0);
	for (unsigned int i = 0; i < 20; i += 8) {
		work();
		assert_true(ide.world.board.irq[0]);
		assert_int_equal(get_reg(COMMAND), 0x58);
		must_give(100 + i, i == 16 ? 4 : 8);
	}
	assert_int_equal(get_reg(COMMAND), 0x50);
	close_ide(&ide);
}

static void writes_sectors(void **state)
{
	(void)state;
	open_ide(&ide, NONE);
	give(0x30, 9, 20, 0xe0);
	for (unsigned int i = 0; i < 20; i++) {
		work();
		assert_int_equal(ide.world.board.irq[0], i > 0);
		assert_int_equal(get_reg(COMMAND), 0x58);
		take_zeroes(1);
	}
	assert_int_equal(get_reg(COMMAND), 0x80);
	work();
	assert_true(ide.world.board.irq[0]);
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_false(is_zero(8));
	for (unsigned int i = 9; i < 29; i++)
		assert_true(is_zero(i));
	assert_false(is_zero(29));
	assert_int_equal(ide.stores[0].writes, 2);
	assert_int_equal(ide.stores[0].flushes, 0);
	set_reg(ERR, 0x82); /* no write cache */
	set_reg(COMMAND, 0xef);
	give(0xc5, 50, 16, 0xe0);
	take_zeroes(16);
	work();
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_int_equal(ide.stores[0].flushes, 1);
	store_disk(&ide, 0)->read_only = true;
	give(0x30, 9, 1, 0xe0);
	assert_int_equal(get_reg(COMMAND), 0x51);
	assert_int_equal(get_reg(ERR), 4);
	close_ide(&ide);
}

/* Which sector the command is of: of a disk of 4,096, or of 2^33. */
static void finds_sectors(void **state)
{
	static const struct {
		uint8_t device;
		uint32_t lba;
		uint8_t count;
		bool large, there;
		uint64_t is;
	} rows[] = {
		{ 0xe0, 0, 1, false, true, 0 },
		{ 0xe0, 4095, 1, false, true, 4095 },
		{ 0xe0, 4096, 1, false, false, 0 },
		{ 0xe0, 4095, 2, false, false, 0 },
		{ 0xe0, 4000, 0, false, false, 0 },
		{ 0xe0, 0xffffff, 1, true, true, 0xffffff },
		{ 0xef, 0xffffff, 1, true, true, 0xfffffff },
		{ 0xa0, 0x000001, 1, false, true, 0 },
		{ 0xa0, 0x00003f, 1, false, true, 62 },
		{ 0xa0, 0x000040, 1, false, false, 0 }, /* 63 a track */
		{ 0xa0, 0x000000, 1, false, false, 0 }, /* they begin at 1 */
		{ 0xa1, 0x000001, 1, false, true, 63 },
		{ 0xaf, 0x000301, 1, false, true, 63 * (3 * 16 + 15) },
		{ 0xaf, 0xff0001, 1, false, false, 0 },
		{ 0xa0, 0x010001, 1, true, true, 63 * 16 * 256 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_ide(&ide, NONE);
		if (rows[i].large)
			store_disk(&ide, 0)->size = 512ULL << 33;
		give(0x20, rows[i].lba, rows[i].count, rows[i].device);
		work();
		assert_int_equal(get_reg(COMMAND), rows[i].there ? 0x58 : 0x51);
		assert_int_equal(get_reg(ERR), rows[i].there ? 0 : 0x10);
		if (rows[i].there)
			must_give(rows[i].is, 1);
		close_ide(&ide);
	}
}

static void finds_sectors_by_48_bits(void **state)
{
	(void)state;
	open_ide(&ide, NONE);
	store_disk(&ide, 0)->size = 512ULL << 33;
	set_reg(COUNT, 1); /* 257 */
	set_reg(LOW, 0x01);
	set_reg(MID, 0x00);
	set_reg(HIGH, 0x00);
	give(0x29, 0x000011, 1, 0x40); /* 0x1000011 */
	for (unsigned int i = 0; i < 257; i += 16) {
		work();
		assert_int_equal(get_reg(COMMAND), 0x58);
		must_give(0x1000011 + i, i == 256 ? 1 : 16);
	}
	assert_int_equal(get_reg(COMMAND), 0x50);
	set_reg(COUNT, 0);
	set_reg(LOW, 0xff);
	set_reg(MID, 0x01);
	set_reg(HIGH, 0x00);
	give(0x24, 0xffffff, 1, 0x40); /* the last one, 0x1ffffffff */
	work();
	must_give(0x1ffffffff, 1);
	set_reg(COUNT, 0);
	set_reg(MID, 0x02);
	give(0x24, 0, 1, 0x40);
	assert_int_equal(get_reg(COMMAND), 0x51);
	set_reg(COMMAND, 0x27);
	assert_int_equal(get_reg(LOW), 0xff);
	set_reg(CONTROL, 0x80);
	assert_int_equal(get_reg(LOW), 0xff);
	assert_int_equal(get_reg(MID), 0x01);
	close_ide(&ide);
}

static void takes_other_geometry(void **state)
{
	(void)state;
	open_ide(&ide, NONE);
	give(0x91, 0, 17, 0xa3); /* 4 heads, 17 sectors */
	give(0x20, 0x000211, 1, 0xa3);
	work();
	must_give(17 * (2 * 4 + 3) + 16, 1);
	give(0x20, 0x000001, 1, 0xa4); /* the fifth head */
	assert_int_equal(get_reg(COMMAND), 0x51);
	close_ide(&ide);
}

/* What the disk beneath cannot, and what it is told of, once each. */
static void passes_errors_on(void **state)
{
	static const struct {
		uint8_t command, status, error;
	} rows[] = {
		{ 0x20, 0x51, 0x40 }, { 0xc4, 0x51, 0x40 },
		{ 0x40, 0x51, 0x40 }, { 0xe7, 0x51, 0x04 },
		{ 0xea, 0x51, 0x04 }, { 0x30, 0x51, 0x04 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_ide(&ide, NONE);
		give(rows[i].command, 7, 1, 0xe0);
		if (rows[i].command == 0x30)
			take_zeroes(1);
		ide.stores[0].err = -EIO;
		work();
		assert_int_equal(get_reg(COMMAND), rows[i].status);
		assert_int_equal(get_reg(ERR), rows[i].error);
		assert_int_equal(get_reg(LOW), 7);
		give(0x20, 7, 1, 0xe0);
		work();
		must_give(7, 1);
		close_ide(&ide);
	}
}

static void reset_it(void *arg)
{
	(void)arg;
	ide.world.board.let_go = false; /* it is another's access */
	set_reg(CONTROL, 4);
	set_reg(CONTROL, 0);
	set_reg(COMMAND, 0xec); /* not taken */
	ide.world.board.let_go = true;
}

static void is_reset_during_a_read(void **state)
{
	(void)state;
	open_ide(&ide, NONE);
	ide.stores[0].meanwhile = reset_it;
	give(0x20, 7, 200, 0xe0);
	work();
	ide.stores[0].meanwhile = NULL;
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_int_equal(get_reg(COUNT), 1);
	assert_false(ide.world.board.irq[0]);
	give(0x20, 7, 1, 0xe0);
	work();
	must_give(7, 1);
	close_ide(&ide);
}

static void is_not_still_while_at_work(void **state)
{
	const struct device_type *type = ide_function();

	(void)state;
	open_ide(&ide, NONE);
	assert_true(type->still(ide.world.board.dev));
	give(0x20, 7, 1, 0xe0);
	assert_false(type->still(ide.world.board.dev));
	work();
	assert_true(type->still(ide.world.board.dev));
	assert_true(ide.world.board.rings);
	must_give(7, 1);
	fake_meanwhile = NULL;
	give(0xe7, 0, 1, 0xe0);
	type->reset(ide.world.board.dev); /* waits, and the guest is to end */
	assert_int_equal(ide.world.board.waits, 1);
	close_ide(&ide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_registers),
		cmocka_unit_test(has_no_slave),
		cmocka_unit_test(asks_for_interrupts),
		cmocka_unit_test(knows_the_commands),
		cmocka_unit_test(comes_back_from_resets),
		cmocka_unit_test(reads_sectors),
		cmocka_unit_test(writes_sectors),
		cmocka_unit_test(finds_sectors),
		cmocka_unit_test(finds_sectors_by_48_bits),
		cmocka_unit_test(takes_other_geometry),
		cmocka_unit_test(passes_errors_on),
		cmocka_unit_test(is_reset_during_a_read),
		cmocka_unit_test(is_not_still_while_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
