/*
 * What a frame's header asks for, done by ourselves: for a guest, or a cable, that
 * leaves it to nobody else.
 */
#ifndef MKVM_VIRTIO_NET_OFFLOAD_H
#define MKVM_VIRTIO_NET_OFFLOAD_H

#include "net.h"

/* Whether @header can be that of a frame of @len bytes: what it names lies in it,
 * and is a kind of segment that there is. */
bool offload_is_right(const struct net_header *header, size_t len);

/* What a card or guest has to take to be given a frame with @header as it is: bits
 * of enum net_offload. */
unsigned int offload_wants(const struct net_header *header);

/* Puts the sum into @frame, whose header is right and no segment's, and then asks
 * for nothing any more. */
void offload_complete(struct net_frame *frame);

/*
 * Writes segment number @nr of @frame, whose header is right, to @out, where there
 * is room for NET_FRAME_MAX bytes, with its sums. Returns its length; 0: there are
 * not so many, or the frame is no TCP that could be cut.
 */
size_t offload_cut(const struct net_frame *frame, unsigned int nr,
		   uint8_t *out);

#endif
