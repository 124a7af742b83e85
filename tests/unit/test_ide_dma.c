/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * The bus master, after SFF-8038i: tables whose entries lie across sectors, that end too
 * soon or too late, and that lead where no RAM is; and PIIX3 as drivers look for it.
 */
#include "ide_ports.h"
#include "ide/ide.h"
#include "reloaded.h"

#include <stdlib.h>

#define LBA	  0xe0 /* in Device, of hda */
#define MASTER	  4    /* BAR */
#define TABLE	  0x1000
#define BUFFER	  0x8000
#define LAST	  0x80000000u
#define ACTIVE	  1
#define ERROR	  2
#define INTERRUPT 4

struct entry {
	uint32_t base, count;
};

/* So many entries, or until there is no last one. */
static void put_table(const struct entry *entries, unsigned int nr)
{
	memcpy(ide.world.ram + TABLE, entries, nr * sizeof(*entries));
	out(&ide.world, MASTER, 4, 4, TABLE);
	out(&ide.world, MASTER, 2, 1, ERROR | INTERRUPT);
}

static uint8_t master(void)
{
	return in(&ide.world, MASTER, 2, 1) & 7;
}

static void start(bool to_ram)
{
	out(&ide.world, MASTER, 0, 1, to_ram ? 9 : 1);
	work();
}

static void stop(void)
{
	out(&ide.world, MASTER, 0, 1, 0);
}

/* Word by word, wherever the parts are. */
static void must_have(const struct entry *entries, uint64_t lba, uint32_t bytes)
{
	uint16_t word = lba * 256;

	for (; bytes; entries++) {
		uint32_t count = entries->count & 0xfffe;

		count = count ? count : 0x10000;
		for (uint32_t i = 0; i < count && bytes; i += 2, bytes -= 2) {
			uint16_t have;

			memcpy(&have, ide.world.ram + entries->base + i, 2);
			assert_int_equal(have, word++);
		}
	}
}

static void moves_by_tables(void **state)
{
	static const struct {
		struct entry entries[6];
		unsigned int sectors;
		uint8_t status;
	} rows[] = {
		{ { { BUFFER, LAST | 512 } }, 1, INTERRUPT },
		{ { { BUFFER, 512 }, { BUFFER + 4096, LAST | 512 } },
		  2,
		  INTERRUPT },
		{ { { BUFFER, 2 }, { BUFFER + 2, LAST | 510 } }, 1, INTERRUPT },
		{ { { BUFFER, 1000 },
		    { BUFFER + 5000, 24 },
		    { BUFFER + 6000, 2 },
		    { BUFFER + 7000, LAST | 510 } },
		  3,
		  INTERRUPT },
		/* bit 0 of both is not there */
		{ { { BUFFER + 1, LAST | 513 } }, 1, INTERRUPT },
		/* 0 is 65536; and the table is longer */
		{ { { BUFFER, LAST } }, 100, INTERRUPT | ACTIVE },
		{ { { BUFFER, 512 }, { BUFFER, LAST | 512 } },
		  1,
		  INTERRUPT | ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int first = 0; first < 2; first++) {
			struct entry entries[6];

			open_ide(&ide, NONE);
			put_table(rows[i].entries, 6);
			if (first) /* either may be the first to begin */
				start(true);
			give(0xc8, 20, rows[i].sectors, LBA);
			if (!first) {
				assert_int_equal(get_reg(CONTROL), 0x58);
				start(true);
			}
			work();
			assert_true(ide.world.board.irq[0]);
			assert_int_equal(master(), rows[i].status);
			assert_int_equal(get_reg(COMMAND), 0x50);
			memcpy(entries, rows[i].entries, sizeof(entries));
			for (unsigned int n = 0; n < 6; n++)
				entries[n].base &= ~1u;
			must_have(entries, 20, rows[i].sectors * 512);
			stop();
			assert_int_equal(master() & ACTIVE, 0);
			close_ide(&ide);
		}
}

/* 256 entries make a sector, and the next one begins in the middle of a table. */
static void moves_the_smallest_parts(void **state)
{
	struct entry entries[768];

	(void)state;
	open_ide(&ide, NONE);
	for (unsigned int i = 0; i < 768; i++)
		entries[i] = (struct entry){ BUFFER + 4 * i, 2 };
	entries[767].count |= LAST;
	put_table(entries, 768);
	give(0xc8, 100, 3, LBA);
	start(true);
	assert_int_equal(master(), INTERRUPT);
	must_have(entries, 100, 3 * 512);
	close_ide(&ide);
}

static void writes(void **state)
{
	static const struct entry entries[] = { { BUFFER, 700 },
						{ BUFFER + 700, LAST | 324 } };

	(void)state;
	open_ide(&ide, NONE);
	memset(ide.world.ram + BUFFER, 0xaa, 1024);
	put_table(entries, 2);
	give(0xca, 30, 2, LBA);
	start(false);
	assert_int_equal(master(), INTERRUPT);
	for (unsigned int i = 0; i < 1024; i++)
		assert_int_equal(ide.stores[0].bytes[30 * 512 + i], 0xaa);
	assert_int_equal(ide.stores[0].bytes[32 * 512], 0);
	assert_int_equal(ide.stores[0].flushes, 0);
	stop();
	set_reg(ERR, 0x82);
	give(0xef, 0, 0, LBA);
	put_table(entries, 2);
	give(0x35, 30, 2, LBA);
	start(false);
	assert_int_equal(ide.stores[0].flushes, 1);
	stop();
	store_disk(&ide, 0)->read_only = true;
	give(0xca, 30, 2, LBA);
	assert_int_equal(get_reg(COMMAND), 0x51);
	close_ide(&ide);
}

static void refuses_what_is_no_ram(void **state)
{
	static const struct entry rows[][2] = {
		{ { RAM_SIZE, LAST | 512 } },
		{ { RAM_SIZE - 510, LAST | 512 } },
		{ { 0xfffffffe, LAST | 512 } },
		{ { BUFFER, 512 }, { 0xf0000000, LAST | 512 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_ide(&ide, NONE);
		put_table(rows[i], 2);
		give(0xc8, 1, 2, LBA);
		start(true);
		assert_int_equal(master(), INTERRUPT | ERROR);
		assert_int_equal(get_reg(COMMAND), 0x51);
		assert_int_equal(get_reg(ERR), 4);
		assert_int_equal(ide.world.board.oddities, 1);
		close_ide(&ide);
	}
	open_ide(&ide, NONE);
	out(&ide.world, MASTER, 4, 4, RAM_SIZE - 4); /* the table is none */
	give(0xc8, 1, 2, LBA);
	start(true);
	assert_int_equal(master(), INTERRUPT | ERROR);
	close_ide(&ide);
	open_ide(&ide, NONE);
	put_table(rows[3], 1);
	put(&ide.world, 4, 2, 1); /* it may not be a bus master */
	give(0xc8, 1, 1, LBA);
	start(true);
	assert_int_equal(master(), INTERRUPT | ERROR);
	close_ide(&ide);
}

static void goes_on_with_another_table(void **state)
{
	static const struct entry entries[] = { { BUFFER, LAST | 1024 } };
	static const struct entry more[] = { { BUFFER + 1024, LAST | 512 } };

	(void)state;
	open_ide(&ide, NONE);
	put_table(entries, 1);
	give(0xc8, 60, 3, LBA);
	start(true);
	assert_int_equal(master(), 0); /* neither active nor an interrupt */
	assert_int_equal(get_reg(CONTROL), 0x58);
	stop();
	put_table(more, 1);
	start(true);
	assert_int_equal(master(), INTERRUPT);
	must_have((struct entry[]){ { BUFFER, 1536 } }, 60, 1536);
	close_ide(&ide);
}

static void stops_for_resets(void **state)
{
	static const struct entry entries[] = { { BUFFER, LAST | 1024 } };

	(void)state;
	open_ide(&ide, NONE);
	put_table(entries, 1);
	give(0xc8, 60, 2, LBA);
	out(&ide.world, MASTER, 0, 1, 9);
	set_reg(CONTROL, 4);
	work();
	set_reg(CONTROL, 0);
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_false(ide.world.board.irq[0]);
	ide.stores[0].err = -EIO;
	stop();
	put_table(entries, 1);
	give(0xc8, 60, 2, LBA);
	start(true);
	assert_int_equal(master(), INTERRUPT);
	assert_int_equal(get_reg(COMMAND), 0x51);
	assert_int_equal(get_reg(ERR), 0x40);
	close_ide(&ide);
}

/* A snapshot may say so; the guest could not. */
static void is_not_restored_to_write_what_is_read_only(void **state)
{
	struct ide *dev;

	(void)state;
	open_ide(&ide, NONE);
	store_disk(&ide, 0)->read_only = true;
	give(0xc8, 60, 1, LBA); /* it waits for the bus master */
	dev = ide.world.board.dev;
	assert_int_equal(dev->state[0].phase, PHASE_DMA);
	dev->state[0].to_disk = true;
	assert_false(ide_restored(dev, NULL));
	dev->state[0].to_disk = false;
	close_ide(&ide);
}

static void is_what_drivers_look_for(void **state)
{
	static const char *const without[] = { "ide-dma", NULL };

	(void)state;
	open_ide(&ide, NONE);
	assert_int_equal(get(&ide.world, 0, 4), 0x70108086);
	assert_int_equal(get(&ide.world, 8, 4), 0x01018000);
	assert_int_equal(get(&ide.world, 0x3d, 1), 0);
	assert_int_equal(get(&ide.world, 0x40, 4), 0x80008000);
	put(&ide.world, 0x40, 2, 0xa307);
	assert_int_equal(get(&ide.world, 0x40, 2), 0xa307);
	put(&ide.world, 0x20, 4, UINT32_MAX);
	assert_int_equal(get(&ide.world, 0x20, 4), 0xfffffff1);
	assert_int_equal(in(&ide.world, MASTER, 2, 1), 0x20);
	assert_int_equal(in(&ide.world, MASTER, 10, 1), 0);
	out(&ide.world, MASTER, 2, 1, 0x60);
	assert_int_equal(in(&ide.world, MASTER, 2, 1), 0x60);
	out(&ide.world, MASTER, 12, 4, 0x12345677);
	assert_int_equal(in(&ide.world, MASTER, 12, 4), 0x12345674);
	assert_int_equal(in(&ide.world, MASTER, 4, 4), 0);
	close_ide(&ide);
	fake_without = without;
	open_ide(&ide, NONE);
	give(0xc8, 1, 1, LBA);
	assert_int_equal(get_reg(COMMAND), 0x51);
	set_reg(ERR, 3);
	give(0xef, 0, 0x22, LBA);
	assert_int_equal(get_reg(COMMAND), 0x51);
	give(0xec, 0, 0, LBA);
	for (unsigned int i = 0; i < 49; i++)
		get_word();
	assert_int_equal(get_word(), 0x0e00);
	close_ide(&ide);
	fake_without = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_by_tables),
		cmocka_unit_test(moves_the_smallest_parts),
		cmocka_unit_test(writes),
		cmocka_unit_test(refuses_what_is_no_ram),
		cmocka_unit_test(goes_on_with_another_table),
		cmocka_unit_test(stops_for_resets),
		cmocka_unit_test(is_not_restored_to_write_what_is_read_only),
		cmocka_unit_test(is_what_drivers_look_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
