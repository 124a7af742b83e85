/*
 * The contract between a virtio device and the transport it is behind, after
 * "Virtual I/O Device (VIRTIO) Version 1.1".
 *
 * A device knows queues of buffers and no transport; a transport knows no
 * device. Both run on the thread of the vCPU that asks, with the lock of the
 * device. What lies in queues is the guest's: it is read once, and every address
 * and length is checked against guest RAM.
 */
#ifndef MKVM_VIRTIO_H
#define MKVM_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct board;
struct plan;
struct virtio; /* one device; virtio/status.h */

#define VIRTIO_QUEUES_MAX 4
#define VIRTIO_SIZE_MAX	  64 /* buffers in a queue */

struct virtio_type {
	const char *name;  /* one word: "virtio-rng" */
	uint16_t id;	   /* VIRTIO 1.1, "Device Types" */
	uint64_t features; /* of its own: those of a device of that id */
	unsigned int nr_queues;
	size_t size; /* bytes of state */

	/* Power-on state. @dev is zeroed; keep @virtio for later calls. */
	void (*init)(void *dev, struct virtio *virtio, struct board *board);

	/* The guest says that there are buffers in queue number @queue. */
	void (*kick)(void *dev, unsigned int queue);

	/* The guest starts afresh. NULL: there is nothing to forget. */
	void (*reset)(void *dev);
};

/* What the guest has put into a queue as one: first what the device reads,
 * behind it what it writes. */
struct virtio_chain {
	uint16_t head; /* its name, for queue_done() */
	unsigned int nr_out, nr_in;
	struct iovec iov[VIRTIO_SIZE_MAX];
};

/*
 * Takes the next chain out of queue number @queue. False: none is there, or
 * the queue is none, which the guest is told of (DEVICE_NEEDS_RESET).
 */
bool queue_next(struct virtio *virtio, unsigned int queue,
		struct virtio_chain *chain);

/* Gives @chain back with @written bytes in what the device writes, and asks for
 * an interrupt unless the guest wants none. */
void queue_done(struct virtio *virtio, unsigned int queue,
		const struct virtio_chain *chain, uint32_t written);

/* For a plug: adds a device of @type to @plan, behind the transport that was
 * built in. 0, or -EINVAL after one message. */
int virtio_add(struct plan *plan, const struct virtio_type *type);

#endif
