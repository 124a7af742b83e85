/* objects: virtio/console.o virtio/balloon.o util/size.o */
/* objects: virtio/rng.o virtio/transport.o virtio/mmio.o virtio/mmio_saved.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o core/plan.o core/feature.o util/log.o util/sink.o */
/*
 * What a guest can put into the queues of a small device, and into its registers
 * over PCI and over MMIO: RAM is the input, and so
 * are the steps that a driver takes, from one who has done it right so far. The
 * board aborts when the contract is broken, ASan when something is not in RAM.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_board.h"
#include "core/plan.h"
#include "loader.h"
#include "shown_page.h"
#include "util/stash.h"

#define RAM_SIZE 4096
#define DESC	 0x000
#define AVAIL	 0x400
#define USED	 0x600

/* Registers of the common configuration, and the one behind */
#define TAKE_SELECT  0x08
#define TAKE	     0x0c
#define STATUS	     0x14
#define QUEUE_SELECT 0x16
#define QUEUE_SIZE   0x18
#define QUEUE_ENABLE 0x1c
#define QUEUE_DESC   0x20
#define QUEUE_AVAIL  0x28
#define QUEUE_USED   0x30
#define NOTIFY	     0x2000
#define SPACE	     0x3000
#define MMIO_NOTIFY  0x50
#define MMIO_SPACE   0x100
#define DRIVER_OK    0x0f

#define QUEUES 3

TABLE_DECLARE(plug, plug);

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

static bool over_mmio;

/* Where MMIO has those that a driver writes. */
static uint64_t mmio_of(uint64_t off)
{
	static const struct {
		uint16_t pci, mmio;
	} places[] = {
		{ TAKE_SELECT, 0x24 }, { TAKE, 0x20 },
		{ STATUS, 0x70 },      { QUEUE_SELECT, 0x30 },
		{ QUEUE_SIZE, 0x38 },  { QUEUE_ENABLE, 0x44 },
		{ QUEUE_DESC, 0x80 },  { QUEUE_AVAIL, 0x90 },
		{ QUEUE_USED, 0xa0 },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].pci == off)
			return places[i].mmio;
	abort();
}

static void wr(struct board *b, uint64_t off, unsigned int size, uint32_t val)
{
	if (over_mmio)
		b->type->write(b->dev, 0, mmio_of(off), 4, val);
	else
		b->type->write(b->dev, 0, off, size, val);
}

static void kick(struct board *b, unsigned int queue)
{
	if (over_mmio)
		b->type->write(b->dev, 0, MMIO_NOTIFY, 4, queue);
	else
		b->type->write(b->dev, 0, NOTIFY + 4 * queue, 2, queue);
}

/* What the guest reads in the page is what it would be told. */
static void check_page(struct board *b)
{
	const uint32_t *page = fake_page;

	for (uint64_t off = 0; over_mmio && off < 2 * MMIO_SPACE; off += 4)
		if (page[off / 4] != (uint32_t)b->type->read(b->dev, 0, off, 4))
			abort();
}

struct step {
	uint16_t off, size;
	uint32_t val;
};

static void go(struct board *b, const struct step *steps, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		wr(b, steps[i].off, steps[i].size, steps[i].val);
}

/* As far as queues that run; they share their rings. */
static void start(struct board *b)
{
	static const struct step steps[] = {
		{ STATUS, 1, 0 },      { TAKE_SELECT, 4, 0 },
		{ TAKE, 4, 1U << 28 }, { TAKE_SELECT, 4, 1 },
		{ TAKE, 4, 1 },	       { STATUS, 1, 0x0b },
	};
	static const struct step steps_of_queue[] = {
		{ QUEUE_SIZE, 2, 8 },	   { QUEUE_DESC, 4, DESC },
		{ QUEUE_AVAIL, 4, AVAIL }, { QUEUE_USED, 4, USED },
		{ QUEUE_ENABLE, 2, 1 },
	};

	go(b, steps, sizeof(steps) / sizeof(steps[0]));
	for (unsigned int i = 0; i < QUEUES; i++) {
		wr(b, QUEUE_SELECT, 2, i);
		go(b, steps_of_queue,
		   sizeof(steps_of_queue) / sizeof(steps_of_queue[0]));
	}
	wr(b, STATUS, 1, DRIVER_OK);
}

/* From outside: keys, or another size of the terminal. */
static void poke(struct board *b, unsigned int how)
{
	static const uint8_t keys[32];

	b->columns = how;
	if (how & 1)
		fake_offer(b, keys, how);
	else if (b->type->resize)
		b->type->resize(b->dev);
}

static void renew(struct board *b)
{
	struct board old = *b;

	b->type->release(b->dev);
	free(b->dev);
	fake_board_open_type(b, old.type);
	b->ram = old.ram;
	b->ram_size = old.ram_size;
	b->columns = old.columns;
	b->now_ns = old.now_ns;
	b->any_level = true; /* the file may have another one */
}

static bool restore(struct board *b, struct stash *from)
{
	renew(b);
	from->at = 0;
	from->bad = false;
	if (!b->type->restored(b->dev, from) || !stash_is_done(from))
		return false;
	fake_run_until(b, b->now_ns + 1);
	return true;
}

/* Saved and restored, with as many bytes of it others as the input says. */
static void pass_on(struct board *b, struct bytes *in)
{
	struct stash good = { 0 };
	unsigned int nr = next(in) % 4;
	uint8_t *copy;

	b->type->save(b->dev, &good);
	copy = malloc(good.len);
	if (good.bad || !copy)
		abort();
	memcpy(copy, good.data, good.len);
	while (nr--) {
		const unsigned int at = next(in) | next(in) << 8;

		copy[at % good.len] ^= next(in);
	}
	if (!restore(b, &(struct stash){ .data = copy, .len = good.len }) &&
	    !restore(b, &good))
		abort();
	free(copy);
	stash_free(&good);
}

/* Some of RAM, near the queue mostly. */
static void fill(uint8_t *ram, struct bytes *in)
{
	static const uint16_t places[] = { DESC, AVAIL, USED, 0x800 };
	uint8_t how = next(in);
	unsigned int at = places[how & 3] + next(in), len = how >> 2;

	while (len-- && at < RAM_SIZE)
		ram[at++] = next(in);
}

/* Of the common configuration, or of the device's. */
static unsigned int place(uint8_t how, unsigned int size, struct bytes *in)
{
	const unsigned int space = over_mmio ? MMIO_SPACE : SPACE;

	return (next(in) & ~(size - 1)) + (how & 0x20 ? space : 0);
}

static void step(struct board *b, uint8_t *ram, struct bytes *in)
{
	static const uint8_t sizes[] = { 1, 2, 4, 4 };
	uint8_t how = next(in);
	unsigned int size = sizes[how >> 3 & 3];
	unsigned int range = over_mmio ? 0 : how >> 7;

	switch (how & 7) {
	case 0:
		if (how >> 3 == 31)
			pass_on(b, in);
		else if (how)
			poke(b, how >> 3);
		else
			start(b);
		break;
	case 1:
		b->type->read(b->dev, range, place(how, size, in), size);
		break;
	case 2:
		b->type->write(b->dev, range, place(how, size, in), size,
			       next(in) | (uint32_t)next(in) << 24);
		break;
	case 3:
	case 4:
		fill(ram, in);
		break;
	default:
		kick(b, (how & 7) - 5);
	}
	check_page(b);
}

static void plug(struct plan *plan, const char *option, const char *arg)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row)
		if (!strcmp((*row)->option, option) && (*row)->plug(plan, arg))
			abort();
}

/* What the options make; they live as long as the process. */
static const struct planned *make(unsigned int which)
{
	static const char *const options[][2] = {
		{ "--virtio", "pci" },	{ "--rng", NULL },
		{ "--console", NULL },	{ "--balloon", NULL },
		{ "--virtio", "mmio" }, { "--rng", NULL },
		{ "--console", NULL },	{ "--balloon", NULL },
	};
	static const struct loader loader;
	static struct plan plan = { .guest.loader = &loader };

	for (size_t i = 0; plan.nr < 6; i++)
		plug(&plan, options[i][0], options[i][1]);
	return &plan.devices[which % plan.nr];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(SHOWN_SIZE) uint8_t page[SHOWN_SIZE];
	static struct board bridge, board;
	struct bytes in = { data, size };
	const struct planned *planned = make(size ? data[size - 1] : 0);
	uint8_t *ram = aligned_alloc(RAM_SIZE, RAM_SIZE);

	if (!ram)
		abort();
	memset(ram, 0, RAM_SIZE);
	memset(page, 0, sizeof(page));
	fake_page = page;
	over_mmio = planned->has_window;
	fake_slot = 0;
	fake_board_open(&bridge, "pci");
	fake_slot = 1;
	fake_config = planned->config;
	fake_board_open_type(&board, planned->type);
	if (!over_mmio)
		bridge.slots[1] = &board;
	board.ram = ram;
	board.ram_size = RAM_SIZE;
	fake_out(&bridge, 0xcf8, 4, 0x80000804);
	fake_out(&bridge, 0xcfc, 4, 6); /* memory, bus master */
	start(&board);
	while (in.left)
		step(&board, ram, &in);
	fake_board_close(&board);
	fake_board_close(&bridge);
	free(ram);
	return 0;
}
