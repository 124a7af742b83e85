/* objects: ide/controller.o ide/geometry.o ide/function.o ide/regs.o ide/address.o ide/command.o */
/* objects: ide/identify.o ide/transfer.o ide/work.o ide/dma.o ide/saved.o */
/* objects: ide/packet.o ide/packet_reply.o util/event.o util/log.o util/sink.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * A hostile driver of IDE: any access to any register, whole commands with addresses and
 * counts of all kinds, tables of the bus master anywhere, packets, resets while the
 * drive is at work, disks that fail; and states from damaged snapshots, which
 * are driven on if they are taken. The disks abort on what lies beyond them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../unit/ide_world.h"
#include "util/stash.h"

#define COMMANDS_AT 0x1f0
#define MASTER	    4 /* BAR */
#define OPS_MAX	    400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static struct ide_world ide;

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static uint32_t word(struct bytes *in)
{
	uint32_t val = next(in);

	return val | next(in) << 8;
}

static void access_any(struct bytes *in)
{
	static const unsigned int lengths[] = { 8, 1, 8, 1, 16 };
	const uint8_t how = next(in);
	const unsigned int range = how % 5, size = 1U << (how >> 4) % 3;
	const unsigned int off = next(in) % lengths[range];
	struct world *w = &ide.world;

	if (off + size > lengths[range])
		return;
	if (how & 0x80)
		w->board.type->read(w->board.dev, range, off, size);
	else
		w->board.type->write(w->board.dev, range, off, size,
				     word(in) | word(in) << 16);
}

/* Registers as a driver sets them, and the command. */
static void command(struct bytes *in)
{
	struct board *b = &ide.world.board;
	const uint8_t how = next(in);

	fake_out(b, COMMANDS_AT + 6, 1, (how & 0x10) | 0xe0);
	for (unsigned int reg = 1; reg < 6; reg++)
		fake_out(b, COMMANDS_AT + reg, 1, next(in));
	fake_out(b, COMMANDS_AT + 7, 1, next(in));
}

/* REP INS, as much as KVM takes at once. */
static void string(const uint8_t how)
{
	static uint8_t to[1024];
	const unsigned int size = 1U << how % 3;
	struct world *w = &ide.world;

	w->board.type->read_items(w->board.dev, how & 0x40 ? 2 : 0, 0, size,
				  sizeof(to) / size - how % 8, to);
}

/* Words of data, as many as a block has or not. */
static void data(struct bytes *in)
{
	struct board *b = &ide.world.board;
	const uint8_t how = next(in);

	if ((how & 0xa0) == 0xa0) {
		string(how);
		return;
	}
	for (unsigned int i = 0; i < (how & 0x7f) * 8u; i++)
		if (how & 0x80)
			fake_in(b, COMMANDS_AT, 4);
		else
			fake_out(b, COMMANDS_AT, 4, word(in));
}

static void packet(struct bytes *in)
{
	struct board *b = &ide.world.board;

	fake_out(b, COMMANDS_AT + 6, 1, 0xb0);
	fake_out(b, COMMANDS_AT + 1, 1, next(in) & 1);
	fake_out(b, COMMANDS_AT + 4, 2, word(in));
	fake_out(b, COMMANDS_AT + 7, 1, 0xa0);
	for (unsigned int i = 0; i < 6; i++)
		fake_out(b, COMMANDS_AT, 2, word(in));
}

/* A table that often lies in RAM, with parts that often do, and a start. */
static void master(struct bytes *in)
{
	const uint32_t at = word(in) << (next(in) & 1 ? 0 : 4);
	const unsigned int nr = next(in) % 32;

	for (unsigned int i = 0; i < nr; i++) {
		const uint32_t entry[] = { word(in) << (next(in) % 3 * 4),
					   word(in) | (uint32_t)next(in)
							      << 24 };

		if (at + 8 * i + 8 <= RAM_SIZE)
			memcpy(ide.world.ram + at + 8 * i, entry, 8);
	}
	out(&ide.world, MASTER, 4, 4, at);
	out(&ide.world, MASTER, 0, 1, next(in));
}

static void work(struct bytes *in)
{
	struct ide_store *store = &ide.stores[next(in) & 1];
	const uint8_t how = next(in);

	store->err = how & 7 ? 0 : -EIO;
	store->near = how & 8 ? DISK_SIZE : (how >> 4) * 2048;
	while (fake_work(&ide.world.board))
		;
}

/* False: nobody was ever in such a state. */
static bool damage(struct bytes *in)
{
	struct board *b = &ide.world.board;
	struct stash stash = { 0 };
	bool taken;

	while (fake_work(b))
		;
	fake_save(b, &stash);
	for (unsigned int n = next(in) % 8; n; n--) {
		const size_t at = (word(in) | next(in) << 16) % stash.len;

		stash.data[at] = next(in);
	}
	taken = fake_restore(b, 0, &stash);
	stash_free(&stash);
	b->any_level = true; /* what the line was may be a lie */
	return taken;
}

static void (*const ops[])(struct bytes *in) = {
	access_any, command, data, packet, master, work,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct bytes in = { bytes, size };
	const uint8_t how = next(&in);
	bool goes_on = true;

	open_ide(&ide, how % 3);
	store_disk(&ide, 0)->read_only = how & 0x80;
	for (unsigned int n = 0; in.left && n < OPS_MAX && goes_on; n++) {
		const uint8_t op = next(&in) % 16;

		if (op == 15)
			goes_on = damage(&in);
		else
			ops[op % (sizeof(ops) / sizeof(ops[0]))](&in);
	}
	work(&in);
	close_ide(&ide);
	return 0;
}
