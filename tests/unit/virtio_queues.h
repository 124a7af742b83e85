/*
 * A driver of several queues, for a device that the only plug makes: each queue of
 * 8 lies on a page of its own, and its buffers where a test puts them.
 */
#ifndef MKVM_VIRTIO_QUEUES_H
#define MKVM_VIRTIO_QUEUES_H

#include "virtio_driver.h"

#define QUEUE_OF(q) (0x8000 + 0x1000 * (q))
#define AVAIL_OF(q) (QUEUE_OF(q) + 0x100)
#define USED_OF(q)  (QUEUE_OF(q) + 0x200)
#define DATA	    0x10000 /* and all behind it is for buffers */

/* The low half of what it offers. */
static inline uint32_t offers(void)
{
	wr(OFFER_SELECT, 4, 0);
	return rd(OFFER, 4);
}

/* As far as DRIVER_OK, with @features of the low half and @nr queues. */
static inline void start_queues(uint32_t features, unsigned int nr)
{
	memset(w->ram, 0, RAM_SIZE);
	wr(STATUS, 1, 0);
	wr(STATUS, 1, 3);
	wr(TAKE_SELECT, 4, 0);
	wr(TAKE, 4, features);
	wr(TAKE_SELECT, 4, 1);
	wr(TAKE, 4, 1);
	wr(STATUS, 1, FEATURES_OK);
	assert_int_equal(rd(STATUS, 1), FEATURES_OK);
	for (unsigned int q = 0; q < nr; q++) {
		wr(QUEUE_SELECT, 2, q);
		wr(QUEUE_SIZE, 2, 8);
		wr(QUEUE_DESC, 4, QUEUE_OF(q));
		wr(QUEUE_AVAIL, 4, AVAIL_OF(q));
		wr(QUEUE_USED, 4, USED_OF(q));
		wr(QUEUE_ENABLE, 2, 1);
	}
	wr(STATUS, 1, DRIVER_OK);
}

/* The chain that begins with @head is the next one in queue @q. */
static inline void offer_in(unsigned int q, uint16_t head)
{
	*half(AVAIL_OF(q) + 4 + *half(AVAIL_OF(q) + 2) % 8 * 2) = head;
	++*half(AVAIL_OF(q) + 2);
}

/* A chain of one buffer, with descriptor @i; the kick is the caller's. */
static inline void give(unsigned int q, unsigned int i, uint64_t gpa,
			uint32_t len, uint16_t flags)
{
	describe(QUEUE_OF(q), i, gpa, len, flags, 0);
	offer_in(q, i);
}

/* How many chains have come back, and the length that number @n says. */
static inline unsigned int used_in(unsigned int q)
{
	return *half(USED_OF(q) + 2);
}

static inline uint32_t used_len(unsigned int q, unsigned int n)
{
	return *word(USED_OF(q) + 4 + n % 8 * 8 + 4);
}

#endif
