/*
 * A driver of version 1 for a virtio device, in small pieces, and the parts of
 * its queue of 8 in RAM. The device is what a plug makes, behind the transport
 * that open_over() names; registers have the names and places that they have
 * over PCI, and rd() and wr() know where MMIO has them.
 */
#ifndef MKVM_VIRTIO_DRIVER_H
#define MKVM_VIRTIO_DRIVER_H

#include "pci_world.h"

#include <string.h>

#include "plug.h"
#include "transport.h"

TABLE_DECLARE(plug, plug);
TABLE_DECLARE(transport, virtio_transport);

/* The common configuration */
#define OFFER_SELECT	 0x00
#define OFFER		 0x04
#define TAKE_SELECT	 0x08
#define TAKE		 0x0c
#define VECTOR_OF_CONFIG 0x10
#define NR_QUEUES	 0x12
#define STATUS		 0x14
#define GENERATION	 0x15
#define QUEUE_SELECT	 0x16
#define QUEUE_SIZE	 0x18
#define QUEUE_VECTOR	 0x1a
#define QUEUE_ENABLE	 0x1c
#define QUEUE_DESC	 0x20
#define QUEUE_AVAIL	 0x28
#define QUEUE_USED	 0x30
#define ISR		 0x1000
#define NOTIFY		 0x2000
#define CONFIG		 0x3000

#define FEATURES_OK 0x0b
#define DRIVER_OK   0x0f
#define NEEDS_RESET 0x40

#define DESC	 0x1000
#define AVAIL	 0x2000
#define USED	 0x3000
#define BUFFER	 0x4000
#define INDIRECT 0x5000
#define NEXT	 1
#define WRITE	 2
#define TABLE	 4

static struct planned planned;
static struct world world;
static struct world *const w = &world;
static const struct virtio_transport *over;
static bool over_mmio;
static bool known; /* the guest's driver is */

struct planned *plan_add(struct plan *plan, const struct device_type *type,
			 const void *config, size_t size)
{
	static max_align_t kept[64];

	(void)plan;
	assert_true(size <= sizeof(kept));
	memcpy(kept, config, size);
	planned = (struct planned){ .type = type, .config = kept };
	return &planned;
}

void plan_window(struct planned *p)
{
	p->has_window = true;
}

bool plan_allows(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return true;
}

static unsigned int copy; /* which one the guest is */

unsigned int plan_copy(const struct plan *plan)
{
	(void)plan;
	return copy;
}

bool plan_drives_windows(const struct plan *plan)
{
	(void)plan;
	return known;
}

void plan_choose(struct plan *plan, const void *row)
{
	(void)plan;
	over = row;
}

const void *plan_choice(const struct plan *plan)
{
	(void)plan;
	return over;
}

/* The one that makes a device, or that which says by what it is reached. */
static inline const struct plug *find_plug(bool early)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row) {
		if ((*row)->early == early)
			return *row;
	}
	fail_msg("no such plug");
	return NULL;
}

/* Opens what the only plug makes of @arg, over "pci" or "mmio"; what the board
 * has is set before. */
static inline void open_over(const char *transport, const char *arg)
{
	assert_int_equal(find_plug(true)->plug(NULL, transport), 0);
	assert_int_equal(find_plug(false)->plug(NULL, arg), 0);
	over_mmio = planned.has_window;
	fake_config = planned.config;
	open_world(w, planned.type);
	if (!over_mmio)
		put(w, 4, 2, 6); /* memory, bus master */
}

static inline void open_device(const char *arg)
{
	open_over("pci", arg);
}

static inline void open_rng(void)
{
	memset(w, 0, sizeof(*w));
	open_device(NULL);
}

/* Where MMIO has a register of PCI's. */
static inline uint64_t mmio_of(uint64_t off, bool is_write)
{
	switch (off) {
	case OFFER_SELECT:
		return 0x14;
	case OFFER:
		return 0x10;
	case TAKE_SELECT:
		return 0x24;
	case TAKE:
		return 0x20;
	case STATUS:
		return 0x70;
	case GENERATION:
		return 0xfc;
	case QUEUE_SELECT:
		return 0x30;
	case QUEUE_SIZE:
		return is_write ? 0x38 : 0x34;
	case QUEUE_ENABLE:
		return 0x44;
	case ISR:
		return 0x60;
	case NOTIFY:
		return 0x50;
	}
	if (off >= CONFIG)
		return off - CONFIG + 0x100;
	if (off >= QUEUE_USED)
		return off - QUEUE_USED + 0xa0;
	return off >= QUEUE_AVAIL ? off - QUEUE_AVAIL + 0x90 :
				    off - QUEUE_DESC + 0x80;
}

/* Its own registers are all double words. */
static inline unsigned int mmio_size(uint64_t off, unsigned int size)
{
	return off >= CONFIG ? size : 4;
}

static inline uint32_t rd(uint64_t off, unsigned int size)
{
	if (over_mmio)
		return in(w, 0, mmio_of(off, false), mmio_size(off, size));
	return in(w, 0, off, size);
}

static inline void wr(uint64_t off, unsigned int size, uint32_t val)
{
	if (over_mmio)
		out(w, 0, mmio_of(off, true), mmio_size(off, size), val);
	else
		out(w, 0, off, size, val);
}

static inline void negotiate(void)
{
	wr(STATUS, 1, 0);
	wr(STATUS, 1, 3);
	wr(TAKE_SELECT, 4, 0);
	wr(TAKE, 4, 1U << 28); /* indirect */
	wr(TAKE_SELECT, 4, 1);
	wr(TAKE, 4, 1); /* version 1 */
	wr(STATUS, 1, FEATURES_OK);
	assert_int_equal(rd(STATUS, 1), FEATURES_OK);
}

static inline void start(uint16_t size)
{
	negotiate();
	wr(QUEUE_SELECT, 2, 0);
	wr(QUEUE_SIZE, 2, size);
	wr(QUEUE_DESC, 4, DESC);
	wr(QUEUE_AVAIL, 4, AVAIL);
	wr(QUEUE_USED, 4, USED);
	wr(QUEUE_ENABLE, 2, 1);
	wr(STATUS, 1, DRIVER_OK);
	memset(w->ram, 0, RAM_SIZE);
}

static inline void describe(uint64_t table, unsigned int i, uint64_t gpa,
			    uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *at = w->ram + table + 16 * i;

	memcpy(at, &gpa, 8);
	memcpy(at + 8, &len, 4);
	memcpy(at + 12, &flags, 2);
	memcpy(at + 14, &next, 2);
}

static inline uint16_t *half(uint64_t gpa)
{
	return (uint16_t *)(w->ram + gpa);
}

static inline uint32_t *word(uint64_t gpa)
{
	return (uint32_t *)(w->ram + gpa);
}

/* The chain that begins with @head is the next one, for a queue of 8. */
static inline void offer(uint16_t head)
{
	*half(AVAIL + 4 + *half(AVAIL + 2) % 8 * 2) = head;
	++*half(AVAIL + 2);
}

/* Over PCI each queue has a register of its own. */
static inline void kick_queue(unsigned int q)
{
	wr(over_mmio ? NOTIFY : NOTIFY + 4 * q, 2, q);
}

static inline void kick(void)
{
	kick_queue(0);
}

#endif
