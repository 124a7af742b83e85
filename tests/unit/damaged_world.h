/*
 * A device that goes through a snapshot which somebody has damaged, all of it chosen
 * by bytes: what happens to it first, which of its remembered bytes change, and
 * what happens then. It is refused, or goes on as some device that can be. Used by
 * unit/test_saved.c and fuzz/fuzz_saved.c.
 */
#ifndef MKVM_DAMAGED_WORLD_H
#define MKVM_DAMAGED_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "fake_board.h"
#include "plug.h"
#include "util/stash.h"
#include "util/surface.h"

#define SAVED_DEVICES_MAX 32
#define SAVED_RAM	  0xc0000 /* up to the end of text memory */
#define SAVED_STEPS	  32	  /* before it is saved, at most */

TABLE_DECLARE(device, device_type);
TABLE_DECLARE(plug, plug);

struct saved_bytes {
	const uint8_t *data;
	size_t left;
};

static inline uint8_t saved_next(struct saved_bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

/* @nr bytes as a number. */
static inline uint64_t saved_number(struct saved_bytes *in, unsigned int nr)
{
	uint64_t val = 0;

	while (nr--)
		val = val << 8 | saved_next(in);
	return val;
}

/* Devices that an option makes, with what it says, behind those of the table. */
static inline unsigned int saved_types(const struct device_type **types)
{
	static struct plan plan;
	const struct device_type *const *row;
	const struct plug *const *plug;
	unsigned int nr = 0;

	TABLE_FOREACH(plug, plug)
		if (!plan.nr && (*plug)->plug(&plan, NULL))
			abort();
	TABLE_FOREACH(device, row)
		types[nr++] = *row;
	for (unsigned int i = 0; i < plan.nr; i++)
		types[nr++] = plan.devices[i].type;
	return nr;
}

static inline void saved_access(struct board *b, struct saved_bytes *in)
{
	const struct device_type *type = b->type;
	uint8_t how = saved_next(in);
	unsigned int range = how >> 4 & 3, size = 1U << (how >> 1 & 3);
	uint64_t len = type->ranges[range].len, off;

	if (type->pci && !type->is_bridge)
		len = type->pci->bars[range].size;
	while (size > type->width)
		size /= 2;
	if (len < size)
		return;
	off = saved_number(in, len > 256 ? 3 : 1) % (len - size + 1);
	off -= off % size;
	if (how & 1)
		type->read(b->dev, range, off, size);
	else
		type->write(b->dev, range, off, size, saved_number(in, size));
}

static inline void saved_input(struct board *b, struct saved_bytes *in)
{
	size_t len = saved_next(in) % 40;

	if (len > in->left)
		len = in->left;
	fake_offer(b, in->data, len);
	in->data += len;
	in->left -= len;
}

static inline void saved_time(struct board *b, struct saved_bytes *in)
{
	b->now_ns += saved_number(in, 4) << saved_next(in) % 12;
	if (!b->type->timer || !b->deadline_ns)
		return;
	b->deadline_ns = 0;
	b->type->timer(b->dev);
}

static inline void saved_pins(struct board *b, struct saved_bytes *in)
{
	const struct chip *chip = b->type->chip;
	uint8_t how = saved_next(in);

	if (b->type->power)
		b->type->power(b->dev);
	if (!chip)
		return;
	chip->line(b->dev, how % 26, how & 0x80);
	if (chip->acknowledge && (how & 0x40))
		chip->acknowledge(b->dev);
	if (chip->eoi)
		chip->eoi(b->dev, saved_next(in));
}

static inline void saved_look(struct board *b)
{
	static struct surface surface;

	if (b->type->look)
		b->type->look(b->dev, &surface);
}

static inline void saved_step(struct board *b, struct saved_bytes *in)
{
	switch (saved_next(in) % 8) {
	case 0:
		saved_input(b, in);
		break;
	case 1:
		saved_time(b, in);
		break;
	case 2:
		saved_pins(b, in);
		break;
	case 3:
		saved_look(b);
		break;
	default:
		saved_access(b, in);
	}
}

/* Some bytes of it are others, or the last are missing. */
static inline void saved_damage(struct stash *stash, struct saved_bytes *in)
{
	uint8_t how = saved_next(in);

	for (unsigned int i = 0; i < how % 8 && stash->len; i++)
		stash->data[saved_number(in, 2) % stash->len] = saved_next(in);
	if (how >= 0xf8)
		stash->len -= stash->len / 2;
}

static inline void saved_open(struct board *b, const struct device_type *type)
{
	static uint8_t ram[SAVED_RAM];

	fake_board_open_type(b, type);
	b->ram = ram;
	b->ram_size = sizeof(ram);
	b->slots[0] = type->pci ? b : NULL;
	b->wall_s = 1800000000;
}

/* Whether it was taken for one that can be. */
static inline bool saved_through(struct board *b, struct saved_bytes *in)
{
	struct stash stash = { 0 };
	bool fits;

	fake_save(b, &stash);
	saved_damage(&stash, in);
	b->any_level = true;
	fits = fake_restore(b, b->deadline_ns, &stash);
	stash_free(&stash);
	return fits;
}

/* Whether a device that goes this way was restored. What it becomes from there on
 * must be fit to be saved as well. */
static inline bool saved_from_bytes(const uint8_t *data, size_t size)
{
	const struct device_type *types[SAVED_DEVICES_MAX];
	struct saved_bytes in = { data, size };
	unsigned int nr = saved_types(types);
	unsigned int steps;
	static struct board board;
	bool fits;

	saved_open(&board, types[saved_next(&in) % nr]);
	for (steps = saved_next(&in) % SAVED_STEPS; steps; steps--)
		saved_step(&board, &in);
	fits = saved_through(&board, &in);
	while (fits && in.left)
		saved_step(&board, &in);
	if (fits)
		fake_reload(&board);
	fake_board_close(&board);
	return fits;
}

#endif
