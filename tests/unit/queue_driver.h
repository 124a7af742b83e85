/*
 * A device with one queue, its memory, and a driver for it: either layout behind
 * one set of calls, written from VIRTIO 1.1 and not from the device's source.
 *
 *   ring 0x0000 (descriptors)   0x1000 guest's part   0x2000 device's part
 *   0x3000 tables, one for each id        DATA buffers
 */
#ifndef MKVM_QUEUE_DRIVER_H
#define MKVM_QUEUE_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"
#include "util/fence.h"
#include "util/stash.h"
#include "virtio/status.h"

#define DESC	  0x0000U
#define AVAIL	  0x1000U
#define USED	  0x2000U
#define TABLES	  0x3000U
#define PARTS_MAX 4 /* buffers in one request */
#define TABLE_LEN (16 * PARTS_MAX)
#define DATA	  (TABLES + 256 * TABLE_LEN)
#define RAM_SIZE  (DATA + 0x10000)

#define F_INDIRECT  (1ULL << 28)
#define F_EVENT_IDX (1ULL << 29)
#define F_VERSION   (1ULL << 32)
#define F_PACKED    (1ULL << 34)
#define NEXT	    1
#define WRITE	    2
#define TABLE	    4

/* Device and memory. */
struct rig {
	struct board board;
	struct virtio_type type;
	struct virtio virtio; /* first of what ram() and interrupt() see */
	uint8_t *ram;
	unsigned int interrupts, config_interrupts;
	bool dma_off;
	void (*on_look)(void); /* called once, before the device uses DMA */
};

static inline struct rig *rig_of(struct virtio *v)
{
	return (struct rig *)((uint8_t *)v - offsetof(struct rig, virtio));
}

static inline bool rig_reaches(struct virtio *v)
{
	struct rig *rig = rig_of(v);
	void (*on_look)(void) = rig->on_look;

	rig->on_look = NULL;
	if (on_look)
		on_look();
	return !rig->dma_off;
}

static inline void *rig_ram(struct virtio *v, uint64_t gpa, size_t len)
{
	const struct rig *rig = rig_of(v);

	if (rig->dma_off || gpa >= RAM_SIZE || len > RAM_SIZE - gpa)
		return NULL;
	return rig->ram + gpa;
}

static inline void rig_interrupt(struct virtio *v, unsigned int queue)
{
	struct rig *rig = rig_of(v);

	if (queue == VIRTIO_CONFIG)
		rig->config_interrupts++;
	else
		__atomic_add_fetch(&rig->interrupts, 1, __ATOMIC_SEQ_CST);
}

static inline void rig_init_device(void *dev, struct virtio *v,
				   struct board *board)
{
	(void)dev;
	(void)v;
	(void)board;
}

static inline void rig_kick(void *dev, unsigned int queue)
{
	(void)dev;
	(void)queue;
}

/* How much RAM the device finds without asking the transport. */
static size_t rig_low = RAM_SIZE;

static inline void rig_timer(void *dev)
{
	virtio_timer(dev);
}

static const struct device_type rig_device = { .name = "rig",
					       .timer = rig_timer };

static inline void rig_power_up(struct rig *rig)
{
	rig->virtio = (struct virtio){ .type = &rig->type,
				       .board = &rig->board,
				       .reaches = rig_reaches,
				       .ram = rig_ram,
				       .interrupt = rig_interrupt };
	virtio_init(&rig->virtio);
}

/* The device is saved, and another one is what it was. */
static inline void rig_restore(struct rig *rig)
{
	struct stash stash = { 0 };

	rig->board.dev = &rig->virtio;
	assert_true(virtio_still(&rig->virtio));
	virtio_save(&rig->virtio, &stash);
	virtio_release(&rig->virtio);
	rig_power_up(rig);
	assert_true(virtio_restored(&rig->virtio, &stash));
	assert_true(stash_is_done(&stash));
	stash_free(&stash);
	fake_run_until(&rig->board, rig->board.now_ns + 1);
	assert_false(rig->virtio.stalled);
}

static inline void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->type = (struct virtio_type){ .name = "rig",
					  .nr_queues = 1,
					  .queue_size = VIRTIO_SIZE_MAX,
					  .init = rig_init_device,
					  .kick = rig_kick };
	/* Not a byte more, so that ASan sees what lies outside. */
	rig->ram = aligned_alloc(4096, RAM_SIZE);
	assert_non_null(rig->ram);
	memset(rig->ram, 0, RAM_SIZE);
	rig->board.ram = rig->ram;
	rig->board.ram_size = RAM_SIZE;
	rig->board.size.ram_low = rig_low;
	rig->board.type = &rig_device;
	rig_power_up(rig);
}

static inline void rig_close(struct rig *rig)
{
	virtio_release(&rig->virtio);
	free(rig->ram);
}

/* What a driver does up to DRIVER_OK, with the queue where it is above. */
static inline void rig_start(struct rig *rig, uint64_t features,
			     unsigned int size)
{
	struct virtio *v = &rig->virtio;

	features |= F_VERSION;
	virtio_set_status(v, 0);
	virtio_set_status(v, 3);
	virtio_take(v, 0, features);
	virtio_take(v, 1, features >> 32);
	virtio_set_status(v, 0xb);
	assert_int_equal(v->status, 0xb);
	virtio_set_size(v, 0, size);
	assert_int_equal(v->queues[0].size, size);
	v->queues[0].desc = DESC;
	v->queues[0].avail = AVAIL;
	v->queues[0].used = USED;
	virtio_enable(v, 0);
	virtio_set_status(v, 0xf);
}

/* One buffer of a request. */
struct part {
	uint64_t gpa;
	uint32_t len;
};

struct request {
	unsigned int nr_out, nr_in; /* parts, in this order */
	struct part parts[PARTS_MAX];
	bool in_table;
};

/* What the driver wants to hear of. */
enum wish { WANT_ALL, WANT_NONE, WANT_NEXT };

struct driver {
	struct rig *rig;
	uint64_t features;
	unsigned int size;
	unsigned int room;	      /* free descriptors */
	uint16_t next[256];	      /* split: list of the free ones */
	uint16_t free;		      /* its first */
	uint16_t ids[256], nr_ids;    /* packed: ids that are free */
	uint16_t takes[256];	      /* descriptors of each id */
	uint16_t avail, used;	      /* split: indices; packed: places */
	bool avail_bit, used_bit;     /* packed */
	uint16_t shown;		      /* split: the index that is shown */
	uint16_t new_descs;	      /* packed: put there, not shown */
	uint16_t first, first_flags;  /* packed: of these */
	uint16_t kick_base, kick_new; /* since the last look at kicks */
};

static inline bool is_packed(const struct driver *d)
{
	return d->features & F_PACKED;
}

static inline uint16_t *half_at(const struct driver *d, unsigned int gpa)
{
	return (uint16_t *)(d->rig->ram + gpa);
}

static inline void set_half(const struct driver *d, unsigned int gpa,
			    uint16_t val)
{
	__atomic_store_n(half_at(d, gpa), val, __ATOMIC_RELEASE);
}

static inline uint16_t get_half(const struct driver *d, unsigned int gpa)
{
	return __atomic_load_n(half_at(d, gpa), __ATOMIC_ACQUIRE);
}

static inline void driver_open(struct driver *d, struct rig *rig,
			       uint64_t features, unsigned int size)
{
	*d = (struct driver){ .rig = rig,
			      .features = features,
			      .size = size,
			      .room = size,
			      .nr_ids = size,
			      .avail_bit = true,
			      .used_bit = true };
	for (unsigned int i = 0; i < size; i++) {
		d->next[i] = i + 1;
		d->ids[i] = size - 1 - i;
	}
	memset(rig->ram, 0, RAM_SIZE);
	rig_start(rig, features, size);
}

/* Writes a descriptor: the two words are flags and next, or id and flags. */
static inline void put_desc(const struct driver *d, unsigned int gpa,
			    struct part part, uint16_t word0, uint16_t word1)
{
	memcpy(d->rig->ram + gpa, &part.gpa, 8);
	memcpy(d->rig->ram + gpa + 8, &part.len, 4);
	memcpy(d->rig->ram + gpa + 12, &word0, 2);
	set_half(d, gpa + 14, word1);
}

static inline unsigned int nr_parts(const struct request *req)
{
	return req->nr_out + req->nr_in;
}

static inline uint16_t part_flags(const struct request *req, unsigned int i)
{
	return (i >= req->nr_out ? WRITE : 0) |
	       (i + 1 < nr_parts(req) ? NEXT : 0);
}

/* A table of its own for the request called @id. */
static inline struct part put_table(const struct driver *d,
				    const struct request *req, uint16_t id)
{
	const unsigned int at = TABLES + id * TABLE_LEN;

	for (unsigned int i = 0; i < nr_parts(req); i++) {
		if (is_packed(d))
			put_desc(d, at + 16 * i, req->parts[i], 0xdead,
				 part_flags(req, i) & WRITE);
		else
			put_desc(d, at + 16 * i, req->parts[i],
				 part_flags(req, i), i + 1);
	}
	return (struct part){ at, 16 * nr_parts(req) };
}

static inline unsigned int descs_of(const struct request *req)
{
	return req->in_table ? 1 : nr_parts(req);
}

static inline uint16_t add_split(struct driver *d, const struct request *req)
{
	const uint16_t head = d->free;
	const unsigned int nr = descs_of(req);

	for (unsigned int i = 0; i < nr; i++) {
		const uint16_t at = d->free;

		d->free = d->next[at];
		if (req->in_table)
			put_desc(d, DESC + 16 * at, put_table(d, req, head),
				 TABLE, 0xdead);
		else
			put_desc(d, DESC + 16 * at, req->parts[i],
				 part_flags(req, i),
				 i + 1 < nr ? d->free : 0xdead);
	}
	d->takes[head] = nr;
	*half_at(d, AVAIL + 4 + d->avail++ % d->size * 2) = head;
	d->kick_new++;
	return head;
}

static inline void add_packed_desc(struct driver *d, struct part part,
				   uint16_t id, uint16_t flags)
{
	flags |= d->avail_bit ? 1U << 7 : 1U << 15;
	if (d->new_descs) {
		put_desc(d, DESC + 16 * d->avail, part, id, flags);
	} else { /* shown last */
		const uint16_t was = get_half(d, DESC + 16 * d->avail + 14);

		put_desc(d, DESC + 16 * d->avail, part, id, was);
		d->first = d->avail;
		d->first_flags = flags;
	}
	d->new_descs++;
	d->kick_new++;
	if (++d->avail == d->size) {
		d->avail = 0;
		d->avail_bit = !d->avail_bit;
	}
}

static inline uint16_t add_packed(struct driver *d, const struct request *req)
{
	const uint16_t id = d->ids[--d->nr_ids];
	const unsigned int nr = descs_of(req);

	for (unsigned int i = 0; i < nr; i++)
		add_packed_desc(d,
				req->in_table ? put_table(d, req, id) :
						req->parts[i],
				i + 1 < nr ? 0xdead : id,
				req->in_table ? TABLE : part_flags(req, i));
	d->takes[id] = nr;
	return id;
}

/* Puts a request into the queue, which must have room for it; the device does
 * not see it yet. Its name. */
static inline uint16_t driver_add(struct driver *d, const struct request *req)
{
	assert_true(d->room >= descs_of(req));
	d->room -= descs_of(req);
	return is_packed(d) ? add_packed(d, req) : add_split(d, req);
}

/* Shows the device what was added. */
static inline void driver_show(struct driver *d)
{
	if (!is_packed(d)) {
		set_half(d, AVAIL + 2, d->avail);
	} else if (d->new_descs) {
		set_half(d, DESC + 16 * d->first + 14, d->first_flags);
		d->new_descs = 0;
	}
	full_fence();
}

/* VIRTIO 1.1, "Driver notifications": one for @event in [@from, @to)? */
static inline bool passes(uint16_t event, uint16_t to, uint16_t from)
{
	return (uint16_t)(to - event - 1) < (uint16_t)(to - from);
}

static inline bool packed_needs_kick(const struct driver *d, uint16_t count)
{
	const uint32_t word = __atomic_load_n((uint32_t *)(d->rig->ram + USED),
					      __ATOMIC_ACQUIRE);
	uint16_t event = word & 0x7fff;

	if (word >> 16 != 2)
		return word >> 16 == 0;
	if ((word >> 15 & 1) != d->avail_bit)
		event -= d->size;
	return passes(event, d->avail, d->avail - count);
}

/* Whether what was shown since the last call is to be kicked for. */
static inline bool driver_needs_kick(struct driver *d)
{
	const uint16_t count = d->kick_new;

	d->kick_new = 0;
	if (!count)
		return false;
	if (is_packed(d))
		return packed_needs_kick(d, count);
	if (d->features & F_EVENT_IDX)
		return passes(get_half(d, USED + 4 + d->size * 8), d->avail,
			      d->avail - count);
	return !(get_half(d, USED) & 1);
}

/* WANT_NEXT is for the event index: the next one that is given back. */
static inline void driver_wish(struct driver *d, enum wish wish)
{
	if (is_packed(d)) {
		if (wish == WANT_NEXT)
			set_half(d, AVAIL, d->used | d->used_bit << 15);
		set_half(d, AVAIL + 2, wish);
	} else if (wish == WANT_NEXT) {
		set_half(d, AVAIL + 4 + d->size * 2, d->used);
	} else {
		set_half(d, AVAIL, wish);
	}
	full_fence();
}

static inline bool packed_is_back(const struct driver *d)
{
	const uint16_t flags = get_half(d, DESC + 16 * d->used + 14);

	return (flags >> 7 & 1) == d->used_bit && flags >> 15 == d->used_bit;
}

static inline bool driver_sees(const struct driver *d)
{
	return is_packed(d) ? packed_is_back(d) :
			      get_half(d, USED + 2) != d->used;
}

static inline void free_split(struct driver *d, uint16_t head)
{
	uint16_t at = head;

	for (unsigned int i = 1; i < d->takes[head]; i++)
		at = d->next[at];
	d->next[at] = d->free;
	d->free = head;
}

static inline void free_packed(struct driver *d, uint16_t id)
{
	d->ids[d->nr_ids++] = id;
	d->used += d->takes[id];
	if (d->used >= d->size) {
		d->used -= d->size;
		d->used_bit = !d->used_bit;
	}
}

/* The name of the next request that came back and what was written; false:
 * there is none. */
static inline bool driver_get(struct driver *d, uint32_t *name,
			      uint32_t *written)
{
	const unsigned int at = is_packed(d) ? DESC + 16 * d->used + 8 :
					       USED + 4 + d->used % d->size * 8;

	*name = 0;
	if (!driver_sees(d))
		return false;
	if (is_packed(d)) {
		memcpy(written, d->rig->ram + at, 4);
		memcpy(name, d->rig->ram + at + 4, 2);
	} else {
		memcpy(name, d->rig->ram + at, 4);
		memcpy(written, d->rig->ram + at + 4, 4);
	}
	assert_true(*name < 256);
	assert_true(d->takes[*name]);
	d->room += d->takes[*name];
	if (is_packed(d)) {
		free_packed(d, *name);
	} else {
		free_split(d, *name);
		d->used++;
	}
	d->takes[*name] = 0;
	return true;
}

#endif
