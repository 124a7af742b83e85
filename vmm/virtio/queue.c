/*
 * The split queue, after VIRTIO 1.1, "Split Virtqueues": a table of descriptors,
 * a ring in which the guest puts the number of a chain's first, and one in which
 * the device gives that back. All three are the guest's, who may change them at
 * any time: a word is read once, and what was read is what is checked.
 *
 * Left out: the event index (VIRTIO_F_EVENT_IDX), a finer way of asking for fewer
 * interrupts than the flag in the ring; and packed queues.
 */
#include <stdatomic.h>
#include <string.h>

#include "virtio/status.h"
#include "worker.h"

#define DESC_NEXT     0x1
#define DESC_WRITE    0x2
#define DESC_INDIRECT 0x4
#define NO_INTERRUPT  0x1 /* in the flags of the guest's ring */

struct desc {
	uint64_t gpa;
	uint32_t len;
	uint16_t flags, next;
};

struct ring {
	uint16_t flags, index;
};

struct used {
	uint32_t head, written;
};

static uint16_t load16(const void *hva)
{
	uint16_t val;

	memcpy(&val, hva, sizeof(val));
	return val;
}

/* The parts of a queue; NULL where they are not RAM as a whole. */
static struct ring *avail_ring(struct virtio *v, const struct virtio_queue *q)
{
	return v->ram(v, q->avail,
		      sizeof(struct ring) + q->size * sizeof(uint16_t));
}

static struct ring *used_ring(struct virtio *v, const struct virtio_queue *q)
{
	return v->ram(v, q->used,
		      sizeof(struct ring) + q->size * sizeof(struct used));
}

/* A table of descriptors, while one goes through it. */
struct table {
	const uint8_t *descs;
	unsigned int count;
};

static bool add_buffer(struct virtio *v, struct virtio_chain *chain,
		       const struct desc *desc)
{
	const unsigned int at = chain->nr_out + chain->nr_in;
	void *hva = v->ram(v, desc->gpa, desc->len);

	if (!hva || at == VIRTIO_SIZE_MAX)
		return false;
	chain->iov[at] = (struct iovec){ hva, desc->len };
	if (desc->flags & DESC_WRITE)
		chain->nr_in++;
	else if (chain->nr_in)
		return false; /* to be read, behind one to be written */
	else
		chain->nr_out++;
	return true;
}

/* A chain of buffers in a table of their own, which has no further one. */
static bool enter_indirect(struct virtio *v, struct table *table,
			   const struct desc *desc)
{
	*table = (struct table){
		.descs = v->ram(v, desc->gpa, desc->len),
		.count = desc->len / sizeof(*desc),
	};
	return table->descs && table->count && !(desc->len % sizeof(*desc)) &&
	       !(desc->flags & DESC_NEXT);
}

/* Follows the chain from descriptor @head on: no further than a queue is long,
 * so that one in a circle has an end. False: it is none. */
static bool follow(struct virtio *v, struct table table, unsigned int head,
		   struct virtio_chain *chain)
{
	bool inside = false;
	struct desc desc = { .flags = DESC_NEXT, .next = head };

	while (desc.flags & DESC_NEXT) {
		if (desc.next >= table.count)
			return false;
		memcpy(&desc, table.descs + desc.next * sizeof(desc),
		       sizeof(desc));
		if (!(desc.flags & DESC_INDIRECT)) {
			if (!add_buffer(v, chain, &desc))
				return false;
			continue;
		}
		if (inside || !enter_indirect(v, &table, &desc))
			return false;
		inside = true;
		desc = (struct desc){ .flags = DESC_NEXT };
	}
	return true;
}

static bool take_chain(struct virtio *v, struct virtio_queue *q, uint16_t head,
		       struct virtio_chain *chain)
{
	const struct table table = {
		.descs = v->ram(v, q->desc, q->size * sizeof(struct desc)),
		.count = q->size,
	};

	chain->head = head;
	chain->nr_descs = 1;
	chain->nr_out = chain->nr_in = 0;
	q->next_avail++;
	return table.descs && follow(v, table, head, chain);
}

bool queue_next(struct virtio *v, unsigned int queue,
		struct virtio_chain *chain)
{
	struct virtio_queue *q = &v->queues[queue];
	const struct ring *ring = avail_ring(v, q);
	uint16_t waiting, head;

	if (v->status & VIRTIO_NEEDS_RESET || !(v->status & VIRTIO_DRIVER_OK))
		return false;
	if (!ring) {
		virtio_break(v, "a queue that is not in RAM", q->avail);
		return false;
	}
	waiting = load16(&ring->index) - q->next_avail;
	atomic_thread_fence(memory_order_acquire);
	if (!waiting)
		return false;
	head = load16((const uint16_t *)(ring + 1) + q->next_avail % q->size);
	if (waiting > q->size || !take_chain(v, q, head, chain)) {
		virtio_break(v, "a chain that is none", head);
		return false;
	}
	v->nr_held++;
	return true;
}

/* One that breaks or is reset meanwhile gets nothing more. */
static bool let_go(struct virtio *v)
{
	v->nr_held--;
	if (v->resetting && !v->nr_held)
		board_ring(v->board);
	return v->status & VIRTIO_DRIVER_OK &&
	       !(v->status & VIRTIO_NEEDS_RESET);
}

void queue_done(struct virtio *v, unsigned int queue,
		const struct virtio_chain *chain, uint32_t written)
{
	struct virtio_queue *q = &v->queues[queue];
	const struct used used = { chain->head, written };
	struct ring *ring = used_ring(v, q);

	if (!let_go(v))
		return;
	if (!ring) {
		virtio_break(v, "a queue that is not in RAM", q->used);
		return;
	}
	memcpy((struct used *)(ring + 1) + q->next_used % q->size, &used,
	       sizeof(used));
	q->next_used++;
	q->untold = true;
}

void queue_undo(struct virtio *v, unsigned int queue,
		const struct virtio_chain *chain)
{
	if (let_go(v))
		v->queues[queue].next_avail -= chain->nr_descs;
}

/* The flag is looked at after what was given back is seen: the guest does both,
 * too, the other way round. */
void queue_tell(struct virtio *v, unsigned int queue)
{
	struct virtio_queue *q = &v->queues[queue];
	const struct ring *avail = avail_ring(v, q);
	struct ring *ring = used_ring(v, q);

	if (!q->untold || !avail || !ring)
		return;
	q->untold = false;
	atomic_thread_fence(memory_order_release);
	memcpy(&ring->index, &q->next_used, sizeof(q->next_used));
	atomic_thread_fence(memory_order_seq_cst);
	if (!(load16(&avail->flags) & NO_INTERRUPT))
		v->interrupt(v, queue);
}

bool queue_is_on(const struct virtio *v, unsigned int queue)
{
	return queue < v->nr_queues && v->queues[queue].enabled &&
	       v->status & VIRTIO_DRIVER_OK;
}
