/*
 * The block device without transport and queues: chains are put in by hand and
 * come out with what the device has said of them. Used by unit/test_blk.c and
 * fuzz/fuzz_blk.c.
 */
#ifndef MKVM_TESTS_BLK_WORLD_H
#define MKVM_TESTS_BLK_WORLD_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "fake_board.h"
#include "virtio.h"
#include "virtio/blk.h"

#define CHAINS_MAX 64

#define F_RO	       (1ULL << 5)
#define F_FLUSH	       (1ULL << 9)
#define F_DISCARD      (1ULL << 13)
#define F_WRITE_ZEROES (1ULL << 14)

struct virtio {
	struct blk_given given;
	uint64_t offered, features;
	unsigned int nr_queues;
	uint8_t config[VIRTIO_CONFIG_MAX];
	struct virtio_chain chains[CHAINS_MAX]; /* in the queue */
	unsigned int nr_chains, next;
	uint32_t written[CHAINS_MAX]; /* by the chain's name */
	bool done[CHAINS_MAX];
	unsigned int nr_done, tells, breaks;
};

struct blk_world {
	struct board board;
	struct device_type type;
	struct virtio virtio;
};

const void *virtio_given(const struct virtio *v)
{
	return &v->given;
}

void virtio_offer(struct virtio *v, uint64_t features)
{
	v->offered |= features;
}

void virtio_set_queues(struct virtio *v, unsigned int nr_queues)
{
	v->nr_queues = nr_queues;
}

bool virtio_has(const struct virtio *v, uint64_t features)
{
	return (v->features & features) == features;
}

void virtio_set_config(struct virtio *v, unsigned int off, const void *data,
		       unsigned int size)
{
	memcpy(v->config + off, data, size);
}

const uint8_t *virtio_config(const struct virtio *v)
{
	return v->config;
}

void virtio_break(struct virtio *v, const char *what, uint64_t val)
{
	(void)what;
	(void)val;
	v->breaks++;
}

bool queue_next(struct virtio *v, unsigned int queue,
		struct virtio_chain *chain)
{
	if (queue || v->breaks || v->next == v->nr_chains)
		return false;
	*chain = v->chains[v->next++];
	return true;
}

void queue_done(struct virtio *v, unsigned int queue,
		const struct virtio_chain *chain, uint32_t written)
{
	(void)queue;
	if (v->done[chain->head])
		abort(); /* given back twice */
	v->done[chain->head] = true;
	v->written[chain->head] = written;
	v->nr_done++;
}

void queue_tell(struct virtio *v, unsigned int queue)
{
	(void)queue;
	v->tells++;
}

/* A disk of @ask, with the features that the guest takes of those offered. */
static inline int world_open(struct blk_world *w, const struct disk_ask *ask,
			     uint64_t features)
{
	int err;

	memset(w, 0, sizeof(*w));
	err = disk_open(&w->virtio.given.disk, ask);
	if (err)
		return err;
	memcpy(w->virtio.given.serial, "a serial", 8);
	w->type.name = "virtio-blk";
	w->board.type = &w->type;
	w->board.size = (struct board_size){ .nr_cpus = 2 };
	w->board.dev = calloc(1, blk_type.size);
	blk_type.init(w->board.dev, &w->virtio, &w->board);
	w->virtio.features = w->virtio.offered & features;
	return 0;
}

static inline void world_close(struct blk_world *w)
{
	blk_type.release(w->board.dev);
	free(w->board.dev);
}

/* An empty chain at the end of the queue. */
static inline struct virtio_chain *world_chain(struct blk_world *w)
{
	struct virtio_chain *chain = &w->virtio.chains[w->virtio.nr_chains];

	*chain = (struct virtio_chain){ .head = w->virtio.nr_chains++ };
	return chain;
}

/* One more buffer of it: first those that the device reads. */
static inline void chain_add(struct virtio_chain *chain, bool in, void *at,
			     size_t len)
{
	chain->iov[chain->nr_out + chain->nr_in] = (struct iovec){ at, len };
	if (in)
		chain->nr_in++;
	else
		chain->nr_out++;
}

/* The device works until nothing is under way; the queue is empty then. */
static inline void world_run(struct blk_world *w)
{
	blk_type.kick(w->board.dev, 0);
	while (w->virtio.nr_done < w->virtio.nr_chains && !w->virtio.breaks)
		fake_work(&w->board);
}

static inline void world_forget(struct blk_world *w)
{
	struct virtio *v = &w->virtio;

	v->nr_chains = v->next = v->nr_done = v->breaks = 0;
	memset(v->done, 0, sizeof(v->done));
}

#endif
