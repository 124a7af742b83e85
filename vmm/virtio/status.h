/* What transports have of a device: its status, its features and its queues. */
#ifndef MKVM_VIRTIO_STATUS_H
#define MKVM_VIRTIO_STATUS_H

#include "virtio.h"

/* VIRTIO 1.1, "Device Status Field" */
#define VIRTIO_FEATURES_OK 0x08
#define VIRTIO_DRIVER_OK   0x04
#define VIRTIO_NEEDS_RESET 0x40

/* What is not a queue's. */
#define VIRTIO_CONFIG VIRTIO_QUEUES_MAX

struct virtio_queue {
	uint16_t size;		    /* a power of two */
	uint64_t desc, avail, used; /* gpa of each part */
	bool enabled;
	uint16_t next_avail, next_used; /* indices that only grow */
};

struct virtio {
	const struct virtio_type *type;
	struct board *board;
	void *dev; /* its own state */
	uint8_t status;
	uint64_t features; /* those that the guest takes */
	struct virtio_queue queues[VIRTIO_QUEUES_MAX];

	/* The transport's: the hva of @len bytes at @gpa or NULL; an interrupt
	 * for queue number @queue, or VIRTIO_CONFIG. */
	void *(*ram)(struct virtio *virtio, uint64_t gpa, size_t len);
	void (*interrupt)(struct virtio *virtio, unsigned int queue);
};

/* Power-on state and that after a reset; type, board, dev and what is the
 * transport's are set. */
void virtio_reset(struct virtio *virtio);

/* The half number @select, from 0, of the features that are offered; and of
 * those that the guest takes. */
uint32_t virtio_offers(const struct virtio *virtio, uint32_t select);
uint32_t virtio_taken(const struct virtio *virtio, uint32_t select);
void virtio_take(struct virtio *virtio, uint32_t select, uint32_t val);

void virtio_set_status(struct virtio *virtio, uint8_t status);

/* The guest has said where queue number @queue is: it is used from now on. */
void virtio_enable(struct virtio *virtio, unsigned int queue);

/* The guest says that queue number @queue has something. */
void virtio_kick(struct virtio *virtio, unsigned int queue);

/* The guest did what cannot be: nothing goes on until it resets the device. */
void virtio_break(struct virtio *virtio, const char *what, uint64_t val);

#endif
