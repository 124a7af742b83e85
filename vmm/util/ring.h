/*
 * A ring of bytes with one owner: the caller serialises. Holds its storage,
 * so it may live inside another structure and needs no set-up but zeroes.
 */
#ifndef MKVM_RING_H
#define MKVM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 65536 /* bytes, a power of two */

struct ring {
	size_t head; /* bytes ever put in */
	size_t tail; /* bytes ever taken out */
	uint8_t data[RING_SIZE];
};

/* Bytes waiting, and bytes that still fit. */
size_t ring_used(const struct ring *ring);
size_t ring_room(const struct ring *ring);

/* Puts up to @len bytes in and returns how many fitted. */
size_t ring_put(struct ring *ring, const uint8_t *buf, size_t len);

/* Puts @len bytes in front of all that waits; there must be room. */
void ring_put_first(struct ring *ring, const char *buf, size_t len);

/* Puts one in; false when there is no room. */
static inline bool ring_put_one(struct ring *ring, uint8_t byte)
{
	if (ring->head - ring->tail == RING_SIZE)
		return false;
	ring->data[ring->head++ % RING_SIZE] = byte;
	return true;
}

/* The longest run of waiting bytes in one piece; its length in *@len. */
const uint8_t *ring_peek(const struct ring *ring, size_t *len);

/* The byte put in last, taken out since or not; NULL before the first. */
const uint8_t *ring_last(const struct ring *ring);

/* Forgets the first @len waiting bytes; no more than ring_used(). */
void ring_drop(struct ring *ring, size_t len);

#endif
