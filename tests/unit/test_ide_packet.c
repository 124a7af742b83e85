/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * A CD-ROM behind a disk: its signature, the protocol of packets with Interrupt Reason
 * and Byte Count, each packet's answer after MMC-2, and what it says of its failures.
 */
#include "ide_ports.h"
#include "steps.h"

#include <stdlib.h>

/* clang-format off */
static const struct step signs[] = {
	OUT(DRIVE, 0xb0), IN(COMMAND, 0), IN(ERR, 1), IN16(COUNT, 0x0101),
	IN16(MID, 0xeb14),
	/* what disks are asked for, it aborts, and signs */
	OUT(MID, 0), OUT(COMMAND, 0xec), IRQ(0, 1), IN(COMMAND, 0x51),
	IN(ERR, 4), IN16(MID, 0xeb14),
	OUT(MID, 0), OUT(COMMAND, 0x20), IN(COMMAND, 0x51), IN16(MID, 0xeb14),
	OUT(COMMAND, 0x30), IN(COMMAND, 0x51), IN(ERR, 4),
	OUT(COMMAND, 0xc8), IN(COMMAND, 0x51),
	OUT(COMMAND, 0xa1), IRQ(0, 1), IN(COMMAND, 0x58), IN16(DATA, 0x85c0),
	/* a reset of its own, without an interrupt */
	OUT(COMMAND, 0x08), IRQ(0, 0), IN(COMMAND, 0), IN16(MID, 0xeb14),
	IN(ERR, 1), IN16(DATA, 0xffff), ODD(0),
	OUT(DRIVE, 0xa0), IN(COMMAND, 0x50), IN16(MID, 0),
};
/* clang-format on */

static void has_a_signature(void **state)
{
	(void)state;
	open_ide(&ide, CD);
	RUN_STEPS(&ide.world.board, signs);
	close_ide(&ide);
}

static void send(const uint8_t *packet, uint16_t limit, uint8_t features)
{
	set_reg(DRIVE, 0xb0);
	set_reg(ERR, features);
	set_reg(MID, limit);
	set_reg(MID + 1, limit >> 8);
	set_reg(COMMAND, 0xa0);
	assert_int_equal(get_reg(COMMAND) & 0x89, 0x08);
	assert_int_equal(get_reg(COUNT), 1);
	for (unsigned int i = 0; i < 12; i += 2)
		fake_out(&ide.world.board, DATA, 2,
			 packet[i] | packet[i + 1] << 8);
	work();
}

static uint8_t reply[4 * 2048];

/* All the bytes that come, @block at a time. */
static unsigned int take(unsigned int block)
{
	unsigned int all = 0;

	while (ide.world.board.irq[0] && get_reg(COMMAND) & 0x08) {
		unsigned int len = get_reg(MID) | get_reg(MID + 1) << 8;

		assert_int_equal(get_reg(COUNT), 2);
		assert_true(len <= block);
		for (unsigned int i = 0; i < len; i++)
			reply[all++] = fake_in(&ide.world.board, DATA, 1);
		work();
	}
	assert_int_equal(get_reg(COUNT), 3);
	return all;
}

/* clang-format off */
/* The reply is @len bytes, and has @bytes at @at. */
static const struct {
	uint8_t packet[12];
	unsigned int len, at;
	uint8_t bytes[8];
} replies[] = {
	{ { 0x00 },
	  0, 0, { 0 } },
	{ { 0x12, 0, 0, 0, 255 },
	  36, 0, { 0x05, 0x80, 0, 0x21, 31 } },
	{ { 0x12, 0, 0, 0, 5 },
	  5, 0, { 0x05, 0x80, 0, 0x21, 31 } },
	{ { 0x12, 0, 0, 0, 0 },
	  0, 0, { 0 } },
	{ { 0x03, 0, 0, 0, 18 },
	  18, 0, { 0x70, 0, 0, 0, 0, 0, 0, 10 } },
	{ { 0x25 },
	  8, 0, { 0, 0, 0, 63, 0, 0, 8, 0 } },
	{ { 0x43, 0, 0, 0, 0, 0, 0, 0, 255 },
	  20, 0, { 0, 18, 1, 1, 0, 0x14, 1, 0 } },
	{ { 0x43, 0, 0, 0, 0, 0, 0, 0, 255 },
	  20, 12, { 0, 0x14, 0xaa, 0, 0, 0, 0, 64 } },
	{ { 0x43, 2, 0, 0, 0, 0, 0xaa, 0, 255 },
	  12, 4, { 0, 0x14, 0xaa, 0, 0, 0, 2, 64 } },
	{ { 0x43, 2, 0, 0, 0, 0, 0, 0, 12 },
	  12, 4, { 0, 0x14, 1, 0, 0, 0, 2, 0 } },
	{ { 0x43, 0, 1, 0, 0, 0, 0, 0, 255 },
	  12, 0, { 0, 10, 1, 1, 0, 0x14, 1, 0 } },
	{ { 0x43, 0, 0, 0, 0, 0, 0, 0, 255, 0x40 },
	  12, 0, { 0, 10, 1, 1, 0, 0x14, 1, 0 } },
	{ { 0x46, 0, 0, 0, 0, 0, 0, 0, 255 },
	  36, 0, { 0, 0, 0, 32, 0, 0, 0, 8 } },
	{ { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 },
	  8, 0, { 0, 6, 4, 0x10, 0, 2, 0, 0 } },
	{ { 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8 },
	  4, 0, { 0, 2, 0x80, 0x10 } },
	{ { 0x51, 0, 0, 0, 0, 0, 0, 0, 34 },
	  34, 0, { 0, 32, 0x0e, 1, 1, 1, 1, 0x20 } },
	{ { 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 128 },
	  28, 0, { 0, 26, 1, 0, 0, 0, 0, 0 } },
	{ { 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 128 },
	  36, 8, { 1, 6, 0, 5, 0, 0, 0, 0 } },
	{ { 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8 },
	  8, 0, { 0, 0, 0, 0, 0, 1, 0, 0 } },
	{ { 0x2b, 0, 0, 0, 0, 63 },
	  0, 0, { 0 } },
	{ { 0x28, 0, 0, 0, 0, 1, 0, 0, 0 },
	  0, 0, { 0 } },
	{ { 0x28, 0, 0, 0, 0, 1, 0, 0, 1 },
	  2048, 0, { 0, 4, 1, 4, 2, 4, 3, 4 } },
	{ { 0xa8, 0, 0, 0, 0, 1, 0, 0, 0, 2 },
	  4096, 2048, { 0, 8, 1, 8, 2, 8, 3, 8 } },
	{ { 0xbe, 0, 0, 0, 0, 2, 0, 0, 1, 0x10 },
	  2048, 0, { 0, 8, 1, 8, 2, 8, 3, 8 } },
	{ { 0xbe, 0, 0, 0, 0, 2, 0, 0, 1, 0 },
	  0, 0, { 0 } },
	{ { 0x1b, 0, 0, 0, 1 },
	  0, 0, { 0 } },
};
/* clang-format on */

static void answers(void **state)
{
	(void)state;
	open_ide(&ide, CD);
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		for (unsigned int limit = 6; limit <= 4096; limit += 4090) {
			memset(reply, 0, sizeof(reply));
			send(replies[i].packet, limit, 0);
			assert_int_equal(take(limit), replies[i].len);
			assert_int_equal(get_reg(COMMAND), 0x50);
			assert_memory_equal(reply + replies[i].at,
					    replies[i].bytes, 8);
		}
	assert_int_equal(ide.world.board.oddities, 0);
	close_ide(&ide);
}

static const uint8_t sense[12] = { 0x03, 0, 0, 0, 18 };

static void fails_with_a_sense(void **state)
{
	static const struct {
		uint8_t packet[12];
		uint8_t key, code;
	} rows[] = {
		{ { 0x2a }, 5, 0x20 }, /* WRITE */
		{ { 0xff }, 5, 0x20 },
		{ { 0x28, 0, 0, 0, 0, 64, 0, 0, 1 }, 5, 0x21 },
		{ { 0x28, 0, 0, 0, 0, 63, 0, 0, 2 }, 5, 0x21 },
		{ { 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 1 }, 5, 0x21 },
		{ { 0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 5, 0x21 },
		{ { 0x2b, 0, 0, 0, 0, 64 }, 5, 0x21 },
		{ { 0xbe, 0, 0, 0, 0, 2, 0, 0, 1, 0xf8 }, 5, 0x24 },
		{ { 0x12, 1, 0, 0, 36 }, 5, 0x24 },
		{ { 0x43, 0, 2, 0, 0, 0, 0, 0, 255 }, 5, 0x24 },
		{ { 0x43, 0, 0, 0, 0, 0, 2, 0, 255 }, 5, 0x24 },
		{ { 0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8 }, 5, 0x24 },
		{ { 0x51, 1, 0, 0, 0, 0, 0, 0, 34 }, 5, 0x24 },
		{ { 0x5a, 0, 0x0e, 0, 0, 0, 0, 0, 128 }, 5, 0x24 },
		{ { 0x5a, 0, 0xea, 0, 0, 0, 0, 0, 128 }, 5, 0x24 },
	};

	(void)state;
	open_ide(&ide, CD);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send(rows[i].packet, 2048, 0);
		assert_true(ide.world.board.irq[0]);
		assert_int_equal(get_reg(COMMAND), 0x51);
		assert_int_equal(get_reg(ERR), rows[i].key << 4 | 4);
		assert_int_equal(get_reg(COUNT), 3);
		send(sense, 2048, 0);
		assert_int_equal(take(2048), 18);
		assert_int_equal(reply[2], rows[i].key);
		assert_int_equal(reply[12], rows[i].code);
		send(sense, 2048, 0); /* it was told */
		take(2048);
		assert_int_equal(reply[2] | reply[12], 0);
	}
	ide.stores[1].err = -EIO;
	send((const uint8_t[12]){ 0x28, 0, 0, 0, 0, 1, 0, 0, 1 }, 2048, 0);
	assert_int_equal(get_reg(COMMAND), 0x51);
	assert_int_equal(get_reg(ERR), 0x34);
	close_ide(&ide);
}

static const uint8_t ready[12] = { 0x00 }, eject[12] = { 0x1b, 0, 0, 0, 2 },
		     load[12] = { 0x1b, 0, 0, 0, 3 },
		     lock[12] = { 0x1e, 0, 0, 0, 1 }, unlock[12] = { 0x1e },
		     event[12] = { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 };

static void opens_its_tray(void **state)
{
	(void)state;
	open_ide(&ide, CD);
	send(lock, 0, 0);
	send(eject, 0, 0);
	assert_int_equal(get_reg(ERR), 0x54);
	send(sense, 0, 0);
	take(65534);
	assert_int_equal(reply[12] << 8 | reply[13], 0x5302);
	send(unlock, 0, 0);
	send(eject, 0, 0);
	assert_int_equal(get_reg(COMMAND), 0x50);
	send(ready, 0, 0);
	assert_int_equal(get_reg(ERR), 0x24);
	send(sense, 0, 0);
	take(65534);
	assert_int_equal(reply[2] << 8 | reply[12], 0x023a);
	send(event, 0, 0);
	take(65534);
	assert_int_equal(reply[5], 1);
	send(load, 0, 0);
	send(ready, 0, 0);
	assert_int_equal(get_reg(COMMAND), 0x50);
	close_ide(&ide);
}

static void put_entry(uint32_t nr, uint32_t base, uint32_t count)
{
	memcpy(ide.world.ram + 0x1000 + 8 * nr, &base, 4);
	memcpy(ide.world.ram + 0x1004 + 8 * nr, &count, 4);
	out(&ide.world, 4, 4, 4, 0x1000);
	out(&ide.world, 4, 2, 1, 6);
}

static void moves_by_dma(void **state)
{
	(void)state;
	open_ide(&ide, CD);
	put_entry(0, 0x8000, 1000);
	put_entry(1, 0x9000, 0x80000000 | 3096);
	send((const uint8_t[12]){ 0x28, 0, 0, 0, 0, 1, 0, 0, 2 }, 0, 1);
	assert_false(ide.world.board.irq[0]);
	out(&ide.world, 4, 0, 1, 9);
	work();
	assert_true(ide.world.board.irq[0]);
	assert_int_equal(in(&ide.world, 4, 2, 1) & 7, 4);
	assert_int_equal(get_reg(COMMAND), 0x50);
	assert_int_equal(get_reg(COUNT), 3);
	assert_memory_equal(ide.world.ram + 0x8000, ide.stores[1].bytes + 2048,
			    1000);
	assert_memory_equal(ide.world.ram + 0x9000, ide.stores[1].bytes + 3048,
			    3096);
	out(&ide.world, 4, 0, 1, 0);
	put_entry(0, 0x8000, 0x80000000 | 36);
	out(&ide.world, 4, 0, 1, 9);
	send((const uint8_t[12]){ 0x12, 0, 0, 0, 36 }, 0, 1);
	assert_int_equal(in(&ide.world, 4, 2, 1) & 7, 4);
	assert_memory_equal(ide.world.ram + 0x8008, "MINI-KVM", 8);
	close_ide(&ide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_a_signature),
		cmocka_unit_test(answers),
		cmocka_unit_test(fails_with_a_sense),
		cmocka_unit_test(opens_its_tray),
		cmocka_unit_test(moves_by_dma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
