/*
 * A ring of bytes. Both counters run freely and are reduced on use, so full
 * and empty need no flag.
 */
#include "util/ring.h"

#include <assert.h>
#include <string.h>

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t ring_used(const struct ring *ring)
{
	return ring->head - ring->tail;
}

size_t ring_room(const struct ring *ring)
{
	return RING_SIZE - ring_used(ring);
}

size_t ring_put(struct ring *ring, const uint8_t *buf, size_t len)
{
	size_t at = ring->head % RING_SIZE;
	size_t first;

	len = min_size(len, ring_room(ring));
	first = min_size(len, RING_SIZE - at);
	memcpy(ring->data + at, buf, first);
	memcpy(ring->data, buf + first, len - first);
	ring->head += len;
	return len;
}

const uint8_t *ring_peek(const struct ring *ring, size_t *len)
{
	size_t at = ring->tail % RING_SIZE;

	*len = min_size(ring_used(ring), RING_SIZE - at);
	return ring->data + at;
}

const uint8_t *ring_last(const struct ring *ring)
{
	return ring->head ? &ring->data[(ring->head - 1) % RING_SIZE] : NULL;
}

void ring_drop(struct ring *ring, size_t len)
{
	assert(len <= ring_used(ring));
	ring->tail += len;
}

void ring_put_first(struct ring *ring, const char *buf, size_t len)
{
	while (len)
		ring->data[--ring->tail % RING_SIZE] = (uint8_t)buf[--len];
}
