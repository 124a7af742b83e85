/* What transports have of a device: its status, its features and its queues. */
#ifndef MKVM_VIRTIO_STATUS_H
#define MKVM_VIRTIO_STATUS_H

#include "queue.h"
#include "util/event.h"
#include "virtio.h"

/* VIRTIO 1.1, "Device Status Field" */
#define VIRTIO_FEATURES_OK 0x08
#define VIRTIO_DRIVER_OK   0x04
#define VIRTIO_NEEDS_RESET 0x40

/* What is not a queue's. */
#define VIRTIO_CONFIG VIRTIO_QUEUES_MAX

struct layout;

/* A queue in use, and where it is in the VMM: of virtio/queue.c alone. */
struct ring {
	const struct layout *layout; /* NULL: not used yet */
	uint8_t *desc, *avail, *used;
	uint16_t size;
	uint16_t next_avail, next_used; /* split: only grow; packed: places */
	bool avail_bit, used_bit;	/* packed: what these places have */
	bool event_idx;
	bool asked;		     /* the guest is to kick */
	uint32_t untold;	     /* places given back since queue_tell() */
	uint16_t first, first_flags; /* packed: of these, and what it gets */
};

/* As the guest has set it up; a reset forgets all of it. */
struct virtio_queue {
	uint16_t size;		    /* a power of two */
	uint64_t desc, avail, used; /* gpa of each part */
	bool enabled;
	struct ring ring;
};

/* How a queue's worker hears of a kick; from the first DRIVER_OK on. */
struct virtio_kick {
	struct virtio *virtio;
	struct event_source source; /* an eventfd; 0: none */
};

struct virtio {
	const struct virtio_type *type;
	struct board *board;
	const void *given;
	void *dev; /* its own state */
	uint8_t status;
	uint8_t generation;   /* of config */
	bool resetting;	      /* it waits for chains that are held */
	bool pausing;	      /* so does one that disables a queue */
	unsigned int nr_held; /* by the device */
	unsigned int nr_queues;
	uint64_t offered, features; /* and those that the guest takes */
	bool tells;		    /* probes want to hear of events */
	struct virtio_queue queues[VIRTIO_QUEUES_MAX];
	struct queue_counts counts[VIRTIO_QUEUES_MAX];
	struct virtio_kick kicks[VIRTIO_QUEUES_MAX];
	uint8_t config[VIRTIO_CONFIG_MAX];
	bool untold_config; /* it has changed before DRIVER_OK */
	bool hears_reads;   /* of it */

	/* virtio/state.c: somebody waits for the device to be still; it was
	 * restored, and is to go on; and has yet to hear of kicks. */
	bool awaited, stalled, unheard;

	uint8_t *low; /* RAM from gpa 0 on, once a queue is in use */
	size_t low_len;

	/* The transport's: whether DMA goes anywhere, NULL: always; the hva of
	 * @len bytes at @gpa or NULL; an interrupt for queue number @queue, or
	 * VIRTIO_CONFIG. */
	bool (*reaches)(struct virtio *virtio);
	void *(*ram)(struct virtio *virtio, uint64_t gpa, size_t len);
	void (*interrupt)(struct virtio *virtio, unsigned int queue);

	/* The same for kicks of queue number @queue: what of them the host's
	 * kernel can tell by eventfd @fd, until a reset. */
	void (*listen)(struct virtio *virtio, unsigned int queue, int fd);

	/* And for what the guest sees: status or configuration space has
	 * changed by the device. NULL: it looks by itself. */
	void (*changed)(struct virtio *virtio);

	/* Sees to it that each read of the configuration space comes to
	 * virtio_read_config(), or need not. False: some would not, or the
	 * guest takes no interrupt for VIRTIO_CONFIG. */
	bool (*hear_reads)(struct virtio *virtio, bool hear);
};

/* The features that every device has by its queues, in this run. */
uint64_t queue_offer(struct board *board);

/* Power-on state, once; type, board, given, dev and what is the transport's are
 * set. Calls the device's init(). */
void virtio_init(struct virtio *virtio);

/* What a reset leaves; waits until the device holds no chain. */
void virtio_reset(struct virtio *virtio);

/* The half number @select, from 0, of the features that are offered; and of
 * those that the guest takes. */
uint32_t virtio_offers(const struct virtio *virtio, uint32_t select);
uint32_t virtio_taken(const struct virtio *virtio, uint32_t select);
void virtio_take(struct virtio *virtio, uint32_t select, uint32_t val);

void virtio_set_status(struct virtio *virtio, uint8_t status);

/* The guest wants queue number @queue to have @size buffers: none but a power of
 * two, and no more than were offered. */
void virtio_set_size(struct virtio *virtio, unsigned int queue, uint32_t size);

/* The most that were offered. */
unsigned int virtio_size_max(const struct virtio *virtio);

/* The guest has said where queue number @queue is: it is used from now on. */
void virtio_enable(struct virtio *virtio, unsigned int queue);

/* The guest wants queue number @queue no longer; waits until the device holds
 * none of its chains. */
void virtio_disable(struct virtio *virtio, unsigned int queue);

/* The guest says that queue number @queue has something. */
void virtio_kick(struct virtio *virtio, unsigned int queue);

/* An access of @size bytes at @off of the configuration space. */
uint32_t virtio_read_config(struct virtio *virtio, uint64_t off,
			    unsigned int size);
void virtio_write_config(struct virtio *virtio, uint64_t off, unsigned int size,
			 uint32_t val);

/* The guest has set the device up, or has it as it was: from now on kicks are
 * heard. */
void virtio_start(struct virtio *virtio);

/* Whether the guest may take @features, and no less. */
bool virtio_may_have(const struct virtio *virtio, uint64_t features);

/* state.c, for the device_type's members of these names: the version, where that of
 * the transport is @transport; and the others. restored() sets the timer. */
unsigned int virtio_version(const struct virtio_type *type,
			    unsigned int transport);
bool virtio_still(struct virtio *virtio);
void virtio_save(struct virtio *virtio, struct stash *out);
bool virtio_restored(struct virtio *virtio, struct stash *in);
void virtio_timer(struct virtio *virtio);

/* For the device_type's members of these names; the first three only where the
 * virtio_type has them. */
size_t virtio_input(struct virtio *virtio, const uint8_t *buf, size_t len);
void virtio_hang_up(struct virtio *virtio);
void virtio_resize(struct virtio *virtio);
void virtio_abort(struct virtio *virtio);
void virtio_release(struct virtio *virtio);

#endif
