/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * What an IDE drive does without its worker: what the host has in its memory is there
 * when the command is given, and a string of words is what as many words are. The rest
 * is as slow as ever.
 */
#include "ide_ports.h"
#include "ide/ide.h"

#define LBA    0xe0 /* in Device, of hda */
#define MASTER 4    /* BAR */
#define TABLE  0x1000
#define BUFFER 0x8000
#define LAST   0x80000000u

#define BUSY  0x80
#define GIVES 0x58
#define READY 0x50

static void open_near(enum second second, uint64_t near)
{
	open_ide(&ide, second);
	ide.stores[0].near = near * DISK_SECTOR;
	ide.stores[1].near = near * DISK_SECTOR;
}

static void must_give(uint64_t lba, unsigned int sectors)
{
	for (unsigned int i = 0; i < sectors * 256; i++)
		assert_int_equal(get_word(), (uint16_t)(lba * 256 + i));
}

static void has_sectors_at_once(void **state)
{
	const struct device_type *type = ide_function();

	(void)state;
	open_near(NONE, 100);
	give(0x20, 7, 40, LBA);
	for (unsigned int i = 0; i < 40; i++) {
		assert_true(type->still(ide.world.board.dev));
		assert_true(ide.world.board.irq[0]);
		assert_int_equal(get_reg(COMMAND), GIVES);
		assert_false(ide.world.board.irq[0]);
		must_give(7 + i, 1);
	}
	assert_int_equal(get_reg(COMMAND), READY);
	assert_int_equal(ide.stores[0].reads, 0);
	close_ide(&ide);
}

/* 16 sectors are read at once; the next of them is not there. */
static void waits_for_the_rest(void **state)
{
	(void)state;
	open_near(NONE, 30);
	give(0xc4, 7, 40, LBA);
	assert_int_equal(get_reg(COMMAND), GIVES);
	must_give(7, 16);
	assert_int_equal(get_reg(COMMAND), BUSY);
	assert_int_equal(get_word(), 0xffff);
	work();
	assert_int_equal(get_reg(COMMAND), GIVES);
	must_give(23, 16);
	assert_int_equal(get_reg(COMMAND), BUSY);
	work();
	must_give(39, 8);
	assert_int_equal(get_reg(COMMAND), READY);
	assert_int_equal(ide.stores[0].reads, 2);
	close_ide(&ide);
}

/* A few sectors of a disk or, of ATAPI, its blocks: by DMA, what it says in the end. */
static uint8_t move(const uint32_t (*table)[2], unsigned int nr,
		    unsigned int sectors)
{
	memcpy(ide.world.ram + TABLE, table, nr * sizeof(*table));
	out(&ide.world, MASTER, 4, 4, TABLE);
	out(&ide.world, MASTER, 2, 1, 6);
	give(0xc8, 20, sectors, LBA);
	out(&ide.world, MASTER, 0, 1, 9);
	return in(&ide.world, MASTER, 2, 1) & 7;
}

static void moves_at_once(void **state)
{
	static const uint32_t table[][2] = {
		{ BUFFER, 1000 }, { BUFFER + 1000, LAST | (8 * 512 - 1000) }
	};
	(void)state;
	open_near(NONE, 100);
	assert_int_equal(move(table, 2, 8), 4);
	assert_true(ide.world.board.irq[0]);
	assert_int_equal(get_reg(COMMAND), READY);
	assert_memory_equal(ide.world.ram + BUFFER,
			    ide.stores[0].bytes + 20 * 512, 8 * 512);
	assert_int_equal(ide.stores[0].reads, 0);
	close_ide(&ide);
}

/* Each waits for the worker: a table too short, one that is nowhere, far bytes. */
static void leaves_the_rest(void **state)
{
	static const uint32_t tables[][2] = { { BUFFER, LAST | 512 },
					      { 0xf0000000, LAST | 4096 },
					      { BUFFER, LAST | 4096 } };
	static const uint8_t says[] = { 0, 6, 4 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		open_near(NONE, i == 2 ? 27 : 100);
		assert_int_equal(move(&tables[i], 1, 8), 1);
		assert_int_equal(get_reg(CONTROL), BUSY);
		assert_false(ide.world.board.irq[0]);
		work();
		assert_int_equal(in(&ide.world, MASTER, 2, 1) & 7, says[i]);
		assert_int_equal(get_reg(CONTROL), i == 0 ? GIVES :
						   i == 1 ? READY + 1 :
							    READY);
		close_ide(&ide);
	}
}

/* READ (10) of a disc, 2 blocks: at once by DMA, and by words. */
static void send_read(uint8_t features)
{
	static const uint8_t packet[12] = { 0x28, 0, 0, 0, 0, 5, 0, 0, 2 };

	set_reg(DRIVE, 0xb0);
	set_reg(ERR, features);
	set_reg(MID, 0);
	set_reg(HIGH, 8);
	set_reg(COMMAND, 0xa0);
	for (unsigned int i = 0; i < 12; i += 2)
		fake_out(&ide.world.board, DATA, 2,
			 packet[i] | packet[i + 1] << 8);
}

static void reads_a_disc(void **state)
{
	static const uint32_t table[] = { BUFFER, LAST | 4096 };

	(void)state;
	open_near(CD, 100);
	send_read(0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(get_reg(COMMAND), GIVES);
		must_give(20 + 4 * i, 4);
	}
	assert_int_equal(get_reg(COUNT), 3);
	memcpy(ide.world.ram + TABLE, table, sizeof(table));
	out(&ide.world, MASTER, 4, 4, TABLE);
	send_read(1);
	out(&ide.world, MASTER, 0, 1, 9);
	assert_int_equal(in(&ide.world, MASTER, 2, 1) & 7, 4);
	assert_int_equal(get_reg(COUNT), 3);
	assert_memory_equal(ide.world.ram + BUFFER,
			    ide.stores[1].bytes + 5 * 2048, 4096);
	assert_int_equal(ide.stores[1].reads, 0);
	close_ide(&ide);
}

static uint8_t strings[2][3 * 512 + 64];

static void take_string(unsigned int n, unsigned int size, unsigned int nr,
			unsigned int before)
{
	const struct device_type *type = ide_function();
	uint8_t *to = strings[n];

	open_near(NONE, 100);
	give(0x20, 9, 3, LBA);
	for (; before; before--)
		get_word();
	if (n)
		type->read_items(ide.world.board.dev, 0, 0, size, nr, to);
	else
		for (unsigned int i = 0; i < nr; i++, to += size) {
			const uint32_t val =
				fake_in(&ide.world.board, DATA, size);

			memcpy(to, &val, size);
		}
}

/* Over the ends of blocks, and beyond the last one; whatever state they leave. */
static void takes_strings(void **state)
{
	(void)state;
	for (unsigned int size = 1; size <= 4; size *= 2)
		for (unsigned int before = 0; before < 3; before++)
			for (unsigned int nr = 120; nr <= 390; nr += 5) {
				struct ide_state was;

				memset(strings, 0, sizeof(strings));
				take_string(0, size, nr, before);
				was = *((struct ide *)ide.world.board.dev)
					       ->channels[0]
					       .state;
				close_ide(&ide);
				take_string(1, size, nr, before);
				assert_memory_equal(
					&was,
					((struct ide *)ide.world.board.dev)
						->channels[0]
						.state,
					sizeof(was));
				close_ide(&ide);
				assert_memory_equal(strings[0], strings[1],
						    sizeof(strings[0]));
			}
}

/* Of a register that is no data, one after the other. */
static void takes_strings_of_others(void **state)
{
	const struct device_type *type = ide_function();
	uint8_t to[4];

	(void)state;
	open_near(NONE, 0);
	type->read_items(ide.world.board.dev, 0, 7, 1, 4, to);
	assert_memory_equal(to, "\x50\x50\x50\x50", 4);
	type->read_items(ide.world.board.dev, 1, 0, 1, 4, to);
	assert_memory_equal(to, "\x50\x50\x50\x50", 4);
	type->read_items(ide.world.board.dev, 4, 2, 1, 4, to);
	assert_memory_equal(to, "\x20\x20\x20\x20", 4);
	type->read_items(ide.world.board.dev, 0, 0, 2, 2, to);
	assert_memory_equal(to, "\xff\xff\xff\xff", 4);
	close_ide(&ide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_sectors_at_once),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(moves_at_once),
		cmocka_unit_test(leaves_the_rest),
		cmocka_unit_test(reads_a_disc),
		cmocka_unit_test(takes_strings),
		cmocka_unit_test(takes_strings_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
