/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/* What an IDE disk says of itself, and which geometry it has. */
#include "ide_ports.h"
#include "reloaded.h"

#include <stdlib.h>

static uint16_t words[256];

static void identify(uint8_t command)
{
	set_reg(COMMAND, command);
	assert_int_equal(get_reg(COMMAND), 0x58);
	for (unsigned int i = 0; i < 256; i++)
		words[i] = get_word();
}

/* A partition of a disk with 4 heads and 17 sectors, one whose ends do not agree, and one
 * of a geometry that only a BIOS has. */
static void finds_geometry(void **state)
{
	static const struct {
		uint8_t entry[16];
		uint8_t heads, sectors;
	} rows[] = {
		{ { 0x80, 1, 1, 0, 6, 3, 17, 9, 17, 0, 0, 0, 0x97, 2, 0, 0 },
		  4,
		  17 },
		{ { 0x80, 1, 1, 0, 6, 3, 17, 9, 17, 0, 0, 0, 0x98, 2, 0, 0 },
		  16,
		  63 },
		{ { 0, 1, 1, 0, 6, 254, 63, 0, 63, 0, 0, 0, 0x82, 0x3e, 0, 0 },
		  16,
		  63 },
		{ { 0, 0, 0, 0, 6, 3, 17 }, 16, 63 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct board *b = &ide.world.board;

		open_ide(&ide, NONE);
		memcpy(ide.stores[0].bytes + 462, rows[i].entry, 16);
		ide.stores[0].bytes[510] = 0x55;
		ide.stores[0].bytes[511] = 0xaa;
		b->type->release(b->dev); /* another machine */
		memset(b->dev, 0, b->type->size);
		b->nr_watched = 0;
		b->type->init(b->dev, b);
		identify(0xec);
		assert_int_equal(words[3], rows[i].heads);
		assert_int_equal(words[6], rows[i].sectors);
		assert_int_equal(words[1],
				 4096 / (rows[i].heads * rows[i].sectors));
		close_ide(&ide);
	}
}

static void says_what_it_is(void **state)
{
	static const struct {
		unsigned int word;
		uint16_t is;
	} rows[] = {
		{ 0, 0x0040 },	 { 1, 4 },	 { 3, 16 },	 { 6, 63 },
		{ 10, 0x4d4b },	 { 47, 0x8010 }, { 49, 0x0f00 }, { 53, 7 },
		{ 54, 4 },	 { 55, 16 },	 { 56, 63 },	 { 57, 4032 },
		{ 59, 0x0110 },	 { 60, 4096 },	 { 61, 0 },	 { 63, 0x0407 },
		{ 4, 63 * 512 }, { 5, 512 },	 { 64, 3 },	 { 83, 0x7400 },
		{ 85, 0x4020 },	 { 88, 0x3f },	 { 100, 4096 },	 { 101, 0 },
		{ 102, 0 },	 { 93, 0x600d },
	};
	uint8_t sum = 0;

	(void)state;
	open_ide(&ide, NONE);
	identify(0xec);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(words[rows[i].word], rows[i].is);
	for (unsigned int i = 0; i < 256; i++)
		sum += words[i] + (words[i] >> 8);
	assert_int_equal(sum, 0);
	give(0xc6, 0, 4, 0xa0);
	set_reg(ERR, 3);
	set_reg(COUNT, 0x44);
	set_reg(COMMAND, 0xef);
	set_reg(ERR, 0x82);
	set_reg(COMMAND, 0xef);
	identify(0xec);
	assert_int_equal(words[59], 0x0104);
	assert_int_equal(words[63], 0x0007);
	assert_int_equal(words[88], 0x103f);
	assert_int_equal(words[85], 0x4000);
	close_ide(&ide);
	store_disk(&ide, 0)->size = 0;
	open_ide(&ide, NONE);
	store_disk(&ide, 0)->size = 512ULL << 33;
	memcpy(ide.given.slots[0].serial, "ab", 2);
	identify(0xec);
	assert_int_equal(words[1], 16383);
	assert_int_equal(words[10], 'a' << 8 | 'b');
	assert_int_equal(words[60], 0xffff);
	assert_int_equal(words[61], 0x0fff);
	assert_int_equal(words[102], 2);
	close_ide(&ide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_is),
		cmocka_unit_test(finds_geometry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
