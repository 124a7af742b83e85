/* objects: floppy/controller.o floppy/regs.o floppy/command.o floppy/transfer.o */
/* objects: floppy/find.o floppy/work.o floppy/media.o floppy/dma8237.o floppy/saved.o */
/* objects: util/event.o util/log.o util/sink.o */
/*
 * A hostile driver of floppies: any access to any register, whole commands with
 * addresses and counts of all kinds, DMA anywhere, data by the port, resets while
 * the worker is at it, disks that fail; and states from damaged snapshots, which are
 * driven on if they are taken. The disks abort on what lies beyond them.
 */
#include <errno.h>

#include "../unit/fdc_world.h"

#define OPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static void access_any(struct bytes *in)
{
	static const unsigned int lengths[] = { 6, 1, 16, 32, 15 };
	const uint8_t how = next(in);
	const unsigned int range = how % 5, off = next(in) % lengths[range];
	struct board *b = &fdc.board;

	if (how & 0x80)
		b->type->read(b->dev, range, off, 1);
	else
		b->type->write(b->dev, range, off, 1, next(in));
}

/* As a driver gives one; its numbers often are those of sectors. */
static void command(struct bytes *in)
{
	static const uint8_t codes[] = { 0xe6, 0xc5, 0x4d, 0x42, 0xd6, 0x6c,
					 0xc9, 0x0f, 0x07, 0x08, 0x13, 0x03 };
	const uint8_t how = next(in);

	if (how & 0x40) {
		fake_out(&fdc.board, 0x3f2, 1, 0x3c | (how & 1));
		fake_out(&fdc.board, 0x3f7, 1, how & 3);
	}
	fake_out(&fdc.board, 0x3f5, 1,
		 how & 0x80 ? next(in) : codes[how % sizeof(codes)]);
	for (unsigned int i = 0; i < 8; i++)
		if ((fake_in(&fdc.board, 0x3f4, 1) & 0xd0) == 0x90)
			fake_out(&fdc.board, 0x3f5, 1, next(in));
}

static void results(struct bytes *in)
{
	const unsigned int most = (next(in) + 1) * 4;

	for (unsigned int i = 0; i < most; i++)
		switch (fake_in(&fdc.board, 0x3f4, 1) & 0xc0) {
		case 0xc0:
			fake_in(&fdc.board, 0x3f5, 1);
			break;
		case 0x80:
			fake_out(&fdc.board, 0x3f5, 1, i);
			break;
		default:
			return;
		}
}

static void channel(struct bytes *in)
{
	fake_out(&fdc.board, 0x0c, 1, 0);
	for (unsigned int port = 4; port < 6; port++) {
		fake_out(&fdc.board, port, 1, next(in));
		fake_out(&fdc.board, port, 1, next(in));
	}
	fake_out(&fdc.board, 0x81, 1, next(in) % 8);
	fake_out(&fdc.board, 0x0b, 1, next(in));
	fake_out(&fdc.board, 0x0a, 1, 2);
}

static void work(struct bytes *in)
{
	fdc.stores[next(in) & 1].err = next(in) & 7 ? 0 : -EIO;
	while (fake_work(&fdc.board))
		;
}

/* False: nobody was ever in such a state. */
static bool damage(struct bytes *in)
{
	struct board *b = &fdc.board;
	struct stash stash = { 0 };
	bool taken;

	while (fake_work(b))
		;
	fake_save(b, &stash);
	for (unsigned int n = next(in) % 8; n; n--) {
		const size_t at = (next(in) | next(in) << 8) % stash.len;

		stash.data[at] = next(in);
	}
	taken = fake_restore(b, 0, &stash);
	stash_free(&stash);
	b->any_level = true; /* what the line was may be a lie */
	return taken;
}

static void (*const ops[])(struct bytes *in) = {
	access_any, command, command, results, channel, work,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const unsigned int kib[] = { 160, 360, 1440, 2880 };
	struct bytes in = { bytes, size };
	const uint8_t how = next(&in);
	bool goes_on = true;

	open_fdc(kib[how % 4], how & 4 ? kib[how >> 4 & 3] : 0);
	fdc_disk(0)->read_only = how & 8;
	for (unsigned int n = 0; in.left && n < OPS_MAX && goes_on; n++) {
		const uint8_t op = next(&in) % 16;

		if (op == 15)
			goes_on = damage(&in);
		else
			ops[op % (sizeof(ops) / sizeof(ops[0]))](&in);
	}
	work(&in);
	close_fdc();
	return 0;
}
