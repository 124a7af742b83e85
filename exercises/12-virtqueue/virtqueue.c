/*
 * The device's side of a split virtqueue. So far nothing is ever available.
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

int queue_take(struct queue *q, uint16_t *head, struct piece *pieces)
{
	(void)q;
	(void)head;
	(void)pieces;
	return QUEUE_EMPTY;
}

void queue_done(struct queue *q, uint16_t head, uint32_t len)
{
	(void)q;
	(void)head;
	(void)len;
}
