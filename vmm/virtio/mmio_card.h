/* A virtio device behind registers in memory, between the files of virtio/mmio*.c. */
#ifndef MKVM_VIRTIO_MMIO_CARD_H
#define MKVM_VIRTIO_MMIO_CARD_H

#include <stdatomic.h>
#include <stddef.h>

#include "virtio/status.h"

struct virtio_mmio {
	struct virtio virtio; /* first */
	uint32_t offer_select, take_select, queue_select;
	uint32_t interrupts;
	bool line; /* is high */
	bool is_for_linux;
	bool quiet;	   /* nobody waits for queues to be acknowledged */
	bool hears_acks;   /* they go to ack_fd, in this process */
	int ack_fd;	   /* 0: not made yet */
	atomic_uint *page; /* what the guest reads; or NULL */
	max_align_t own[]; /* the device's state */
};

/* Whatever can be read, as it is now. */
void virtio_mmio_show(struct virtio *virtio);

/* mmio_saved.c, for the device_type's members of these names. */
unsigned int virtio_mmio_version(const struct virtio_type *type);
bool virtio_mmio_still(void *dev);
void virtio_mmio_save(void *dev, struct stash *out);
bool virtio_mmio_restored(void *dev, struct stash *in);
void virtio_mmio_timer(void *dev);

#endif
