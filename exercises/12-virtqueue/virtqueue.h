/*
 * The device's side of a split virtqueue.
 */
#ifndef EXERCISE_VIRTQUEUE_H
#define EXERCISE_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the driver has put a queue: guest-physical addresses of its three parts,
 * which all lie in RAM. @size is a power of 2, 32768 at most. */
struct queue {
	uint16_t size;
	uint64_t desc, avail, used;
	uint16_t taken; /* chains that were taken, modulo 65536 */
	uint16_t given; /* chains that were given back, likewise */
};

/* A piece of a chain: memory that the device reads, or may write. */
struct piece {
	uint64_t gpa;
	uint32_t len;
	bool write;
};

/* Guest memory at @gpa, or NULL unless all @len bytes are RAM. */
void *ram(uint64_t gpa, uint64_t len);

#define QUEUE_EMPTY 0 /* nothing is available */
#define QUEUE_BROKEN \
	-1 /* the driver did what no driver may; nothing is taken */

/*
 * Takes the next chain: its head goes to @head, its pieces to @pieces, which has room
 * for as many as the queue is large. The result is how many there are, or one of
 * the above.
 */
int queue_take(struct queue *q, uint16_t *head, struct piece *pieces);

/* Gives the chain back that begins at @head; @len bytes were written to it. */
void queue_done(struct queue *q, uint16_t head, uint32_t len);

#endif
