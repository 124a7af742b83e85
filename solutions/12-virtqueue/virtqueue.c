/*
 * The device's side of a split virtqueue: virtio 1.2, "Split Virtqueues". What lies
 * in guest memory is read once and then checked.
 */
#include "virtqueue.h"

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

#define DESC_NEXT  1
#define DESC_WRITE 2

struct avail {
	uint16_t flags, idx, ring[];
};

struct used {
	uint16_t flags, idx;
	struct {
		uint32_t id, len;
	} ring[];
};

static int chain_take(struct queue *q, uint16_t at, struct piece *pieces)
{
	const struct desc *table = ram(q->desc, q->size * sizeof(*table));
	struct desc desc;
	int count = 0;

	do {
		if (at >= q->size || count == q->size)
			return QUEUE_BROKEN;
		desc = table[at];
		if (!ram(desc.addr, desc.len))
			return QUEUE_BROKEN;
		pieces[count++] = (struct piece){ desc.addr, desc.len,
						  desc.flags & DESC_WRITE };
		at = desc.next;
	} while (desc.flags & DESC_NEXT);
	return count;
}

int queue_take(struct queue *q, uint16_t *head, struct piece *pieces)
{
	const struct avail *avail = ram(q->avail, 4 + q->size * 2);
	uint16_t waiting = avail->idx - q->taken;
	int count;

	if (!waiting)
		return QUEUE_EMPTY;
	if (waiting > q->size)
		return QUEUE_BROKEN;
	*head = avail->ring[q->taken % q->size];
	count = chain_take(q, *head, pieces);
	if (count > 0)
		q->taken++;
	return count;
}

void queue_done(struct queue *q, uint16_t head, uint32_t len)
{
	struct used *used = ram(q->used, 4 + q->size * 8);

	used->ring[q->given % q->size].id = head;
	used->ring[q->given % q->size].len = len;
	q->given++;
	/* The driver looks at the index first: it comes last. */
	__atomic_store_n(&used->idx, q->given, __ATOMIC_RELEASE);
}
