/*
 * What is remembered of a virtio device: its status, its features, and how far its
 * queues are. Where these lie in the VMM follows from the guest's addresses, anew.
 *
 * No chain is held while a device is saved: what was taken has been given back, and
 * what the guest has put into a queue besides lies there, in its RAM. A kick for
 * that may have got lost on its way to a worker, so each queue is looked at once
 * when the guest goes on. That is when the timer comes, and not in restored():
 * threads and interrupts are for a machine that is whole.
 */
#include "saved.h"

#include <string.h>

#include "device.h"
#include "util/stash.h"
#include "virtio/layout.h"

#define SAVED_VERSION 1 /* of all that is written here */

struct saved {
	uint64_t features;
	uint8_t status, generation, untold_config, nr_queues;
	uint8_t config[VIRTIO_CONFIG_MAX];
	uint8_t unused[4];
};

struct saved_queue {
	uint64_t desc, avail, used;
	uint32_t untold;
	uint16_t size, next_avail, next_used, first, first_flags;
	uint8_t enabled, open, avail_bit, used_bit, asked;
	uint8_t unused[5];
};

unsigned int virtio_version(const struct virtio_type *type,
			    unsigned int transport)
{
	return type->version ?
		       (transport * 100 + SAVED_VERSION) * 100 + type->version :
		       0;
}

bool virtio_still(struct virtio *v)
{
	bool still = !v->nr_held && (!v->type->still || v->type->still(v->dev));

	v->awaited = !still;
	return still;
}

static void save_queue(const struct virtio *v, unsigned int queue,
		       struct stash *out)
{
	const struct virtio_queue *q = &v->queues[queue];
	const struct ring *r = &q->ring;
	const struct saved_queue saved = {
		.desc = q->desc,
		.avail = q->avail,
		.used = q->used,
		.untold = r->untold,
		.size = q->size,
		.next_avail = r->next_avail,
		.next_used = r->next_used,
		.first = r->first,
		.first_flags = r->first_flags,
		.enabled = q->enabled,
		.open = r->layout != NULL,
		.avail_bit = r->avail_bit,
		.used_bit = r->used_bit,
		.asked = r->asked,
	};

	STASH_PUT(out, saved);
	STASH_PUT(out, v->counts[queue]);
}

void virtio_save(struct virtio *v, struct stash *out)
{
	const struct virtio_type *type = v->type;
	struct saved saved = {
		.features = v->features,
		.status = v->status,
		.generation = v->generation,
		.untold_config = v->untold_config,
		.nr_queues = v->nr_queues,
	};

	if (board_resets(v->board))
		return;
	memcpy(saved.config, v->config, sizeof(saved.config));
	STASH_PUT(out, saved);
	for (unsigned int i = 0; i < v->nr_queues; i++)
		save_queue(v, i, out);
	stash_put(out, (const uint8_t *)v->dev + type->saved,
		  type->size - type->saved);
	if (type->save)
		type->save(v->dev, out);
}

/* As virtio_set_size() and virtio_enable() have it. */
static bool is_queue(const struct virtio *v, const struct saved_queue *s)
{
	return s->size && s->size <= virtio_size_max(v) &&
	       !(s->size & (s->size - 1)) && s->enabled <= 1 && s->open <= 1 &&
	       s->avail_bit <= 1 && s->used_bit <= 1 && s->asked <= 1 &&
	       (!s->enabled || !(s->desc % 16 || s->avail % 2 || s->used % 4));
}

/* Whether those are places in it: of a split queue, any are. */
static bool are_places(const struct saved_queue *s)
{
	return s->next_avail < s->size && s->next_used < s->size &&
	       s->first < s->size;
}

/* Also where DMA may not go just now. */
static void *any_ram(struct virtio *v, uint64_t gpa, size_t len)
{
	return board_ram(v->board, gpa, len);
}

static bool restore_ring(struct virtio *v, struct virtio_queue *q,
			 const struct saved_queue *s)
{
	struct ring r = {
		.layout = queue_layout(v),
		.size = s->size,
		.next_avail = s->next_avail,
		.next_used = s->next_used,
		.avail_bit = s->avail_bit,
		.used_bit = s->used_bit,
		.event_idx = virtio_has(v, F_EVENT_IDX),
		.asked = s->asked,
		.untold = s->untold,
		.first = s->first,
		.first_flags = s->first_flags,
	};

	if (!s->enabled || !(v->status & VIRTIO_DRIVER_OK) || !r.layout ||
	    !queue_find(v, q, &r, any_ram) ||
	    (r.layout != &layout_split && !are_places(s)))
		return false;
	queue_find_low(v);
	q->ring = r;
	return true;
}

static bool restore_queue(struct virtio *v, unsigned int queue,
			  struct stash *in)
{
	struct virtio_queue *q = &v->queues[queue];
	struct queue_counts *counts = &v->counts[queue];
	struct saved_queue s;

	STASH_GET(in, s);
	stash_get(in, counts, sizeof(*counts));
	if (!ARE_BOOLS(&counts->packed) || !is_queue(v, &s))
		return false;
	*q = (struct virtio_queue){ s.size, s.desc,    s.avail,
				    s.used, s.enabled, { 0 } };
	return !s.open || restore_ring(v, q, &s);
}

static bool restore_queues(struct virtio *v, struct stash *in)
{
	bool good = true;

	for (unsigned int i = 0; i < v->nr_queues && good; i++)
		good = restore_queue(v, i, in);
	return good;
}

static bool restore_device(struct virtio *v, struct stash *in)
{
	const struct virtio_type *type = v->type;

	stash_get(in, (uint8_t *)v->dev + type->saved,
		  type->size - type->saved);
	return !in->bad && (!type->restored || type->restored(v->dev, in));
}

/* What the guest has taken has to be offered, if it has said that it is all. */
static bool check_features(struct virtio *v)
{
	const uint64_t lacks = v->features & ~v->offered;

	if (!(v->status & VIRTIO_FEATURES_OK))
		return !(v->status & VIRTIO_DRIVER_OK);
	if (lacks)
		board_refuse(v->board,
			     "the guest uses features, 0x%llx, that this run "
			     "does not offer; give it the options with which "
			     "it was saved",
			     (unsigned long long)lacks);
	return virtio_may_have(v, v->features);
}

bool virtio_restored(struct virtio *v, struct stash *in)
{
	struct saved s;

	if (board_resets(v->board)) { /* virtio_reset() was all */
		if (v->stalled)
			board_timer(v->board, 1);
		return true;
	}
	STASH_GET(in, s);
	if (s.nr_queues != v->nr_queues || s.untold_config > 1)
		return false;
	v->features = s.features;
	v->status = s.status;
	v->generation = s.generation;
	v->untold_config = s.untold_config;
	memcpy(v->config, s.config, v->type->config_size);
	if (!restore_queues(v, in) || !restore_device(v, in) ||
	    !check_features(v))
		return false;
	v->stalled = true;
	v->unheard = v->status & VIRTIO_DRIVER_OK;
	board_timer(v->board, 1);
	return true;
}

static void go_on(struct virtio *v)
{
	v->stalled = false;
	if (v->unheard && !(v->status & VIRTIO_NEEDS_RESET))
		virtio_start(v);
	v->unheard = false;
	if (v->type->go_on)
		v->type->go_on(v->dev);
	for (unsigned int i = 0; i < v->nr_queues; i++)
		if (v->kicks[i].virtio)
			virtio_kick(v, i);
}

void virtio_timer(struct virtio *v)
{
	if (v->stalled)
		go_on(v);
	else if (v->type->timer)
		v->type->timer(v->dev);
}
