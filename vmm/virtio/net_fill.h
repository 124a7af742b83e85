/* Frames into the guest's buffers. */
#ifndef MKVM_VIRTIO_NET_FILL_H
#define MKVM_VIRTIO_NET_FILL_H

#include "net.h"
#include "virtio.h"

/* In front of each frame in a queue: what its header says, and, of those that
 * come, how many buffers it fills. */
#define NET_HEADER_SIZE (sizeof(struct net_header) + sizeof(uint16_t))

#define NET_MERGES (UINT64_C(1) << 15) /* VIRTIO_NET_F_MRG_RXBUF */

/* How many bytes the @nr pieces at @iov are. */
size_t net_sum_lengths(const struct iovec *iov, unsigned int nr);

/*
 * Gives the guest the frame of @len bytes at @data, with @header, in buffers of
 * queue number @queue. False: it has to wait until there are enough. One that is
 * larger than all that the queue can hold is lost; so is one that is larger than
 * its buffer if that may only be one.
 */
bool fill_buffers(struct virtio *virtio, unsigned int queue,
		  const struct net_header *header, const uint8_t *data,
		  size_t len);

#endif
