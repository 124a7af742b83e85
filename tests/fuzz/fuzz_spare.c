/* objects: virtio/blk.o virtio/blk_config.o virtio/blk_request.o virtio/blk_ring.o virtio/blk_spare.o */
/* objects: virtio/pci.o virtio/pci_spare.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o */
/* objects: virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o core/plan.o core/feature.o */
/* objects: disk/words.o disk/saved.o disk/select.o disk/raw.o disk/file.o disk/kind.o disk/map.o disk/bits.o */
/* objects: util/bus_error.o util/event.o util/stash.o util/log.o util/sink.o util/lock.o */
/*
 * A disk that comes and goes in a spare slot of PCI, and a guest that does with it
 * what it likes meanwhile: registers, configuration space and RAM are the input, and
 * so is when the disk is put in, ejected and closed. What was ejected is always
 * given back in the end; ASan sees whether anything of it is used behind that.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/fake_board.h"
#include "core/plan.h"
#include "disk.h"
#include "pci/config.h"
#include "plug.h"
#include "virtio/blk.h"
#include "virtio/blk_spare.h"

#define RAM_SIZE  0x4000
#define DISK_SIZE (16 * 1024)
#define SLOT	  28

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static struct board board, bridge;
static char path[32];
static unsigned int leaves; /* ejected, and not yet given back */

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

	return val << 24 | next(in) << 16 | next(in) << 8 | next(in);
}

static void fill(uint8_t how)
{
	const struct disk_ask ask = { .read_only = how & 1 };
	struct blk_given given;

	if (!board.absent || leaves)
		return;
	if (blk_spare_open(&given, "fuzz", path, &ask))
		abort();
	board.type->spare->fill(board.dev, &given);
	board.absent = false;
}

static void eject(void)
{
	if (board.absent)
		return;
	board.absent = true;
	leaves++;
	board.type->spare->empty(board.dev);
}

static void work(struct board *b)
{
	const unsigned int emptied = b->emptied;

	fake_work(b);
	leaves -= b->emptied - emptied;
}

/* As far as a queue that runs, wherever the input says that it is. */
static void drive(struct bytes *in)
{
	static const uint8_t steps[][3] = {
		{ 0x14, 1, 0 }, { 0x14, 1, 3 },	   { 0x08, 4, 1 },
		{ 0x0c, 4, 1 }, { 0x14, 1, 0x0b }, { 0x16, 2, 0 },
		{ 0x18, 2, 8 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		board.type->write(board.dev, 0, steps[i][0], steps[i][1],
				  steps[i][2]);
	for (unsigned int reg = 0x20; reg <= 0x30; reg += 8)
		board.type->write(board.dev, 0, reg, 4,
				  next(in) * 16u + next(in) % 8 * 0x800);
	board.type->write(board.dev, 0, 0x1c, 2, 1);
	board.type->write(board.dev, 0, 0x14, 1, 0x0f);
}

static void configure(struct bytes *in)
{
	const uint8_t reg = next(in) & 0xfc;

	pci_config_write(&bridge, SLOT << 3, reg, 4, reg == 4 ? 7 : word(in));
}

static void step(struct bytes *in)
{
	const uint8_t how = next(in);
	uint32_t at;

	switch (how % 10) {
	case 0:
		fill(how >> 4);
		break;
	case 1:
		eject();
		break;
	case 2:
		work(&board);
		break;
	case 3:
		configure(in);
		break;
	case 4:
		drive(in);
		break;
	case 5:
		at = word(in) % 0x3010 & ~3u;
		board.type->write(board.dev, 0, at, 4, word(in));
		break;
	case 6:
		at = word(in) % 0x3010 & ~3u;
		board.type->read(board.dev, 0, at, 4);
		break;
	case 7:
		board.type->write(board.dev, 2, 0, 2, 0);
		break;
	case 8:
		at = next(in) * 64u;
		for (unsigned int i = 0; i < 64; i++)
			board.ram[at + i] = next(in);
		break;
	case 9:
		board.type->reset(board.dev);
		break;
	}
}

static void make_disk(void)
{
	static const char text[] = "what is on it";
	int fd = memfd_create("disk", 0);

	if (fd < 0 || ftruncate(fd, DISK_SIZE) ||
	    pwrite(fd, text, sizeof(text), 0) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t ram[RAM_SIZE];
	static const char *const without[] = { "io-uring", NULL };
	struct bytes in = { data, size };
	struct plan *plan = plan_new(&(struct plan_guest){ .without = NULL });

	if (!*path)
		make_disk();
	if (plan_plug(plan, "--spare-slots", "1"))
		abort();
	memset(ram, 0, sizeof(ram));
	leaves = 0;
	fake_without = without;
	fake_meanwhile = work;
	fake_slot = 0;
	fake_board_open(&bridge, "pci");
	fake_slot = SLOT;
	fake_config = plan->devices[0].config;
	fake_board_open_type(&board, plan->devices[0].type);
	plan->devices[0].made = true;
	bridge.slots[SLOT] = &board;
	board.ram = ram;
	board.ram_size = sizeof(ram);
	board.absent = true;
	while (in.left)
		step(&in);
	for (unsigned int i = 0; leaves && i < 64; i++)
		work(&board);
	if (leaves)
		abort(); /* for ever */
	fake_board_close(&board);
	fake_board_close(&bridge);
	plan_free(plan);
	return 0;
}
