/*
 * A request to the block device: what lies in a chain as bytes, however the
 * driver has cut it into buffers. VIRTIO 1.1, "Block Device / Device Operation".
 */
#ifndef MKVM_VIRTIO_BLK_REQUEST_H
#define MKVM_VIRTIO_BLK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio.h"

enum request_type {
	TYPE_IN = 0,
	TYPE_OUT = 1,
	TYPE_FLUSH = 4,
	TYPE_GET_ID = 8,
	TYPE_DISCARD = 11,
	TYPE_WRITE_ZEROES = 13,
};

struct request_header {
	uint32_t type, reserved;
	uint64_t sector;
};

struct request {
	struct request *next; /* of those that are free */
	struct request_header header;
	uint8_t *status;
	struct iovec *data; /* in the chain */
	unsigned int nr;
	uint64_t len;	  /* bytes of data */
	uint32_t written; /* of the chain's bytes */
	struct virtio_chain chain;
};

/* Takes the chain apart. False: it is no request. */
bool request_parse(struct request *r);

/* Moves the next @len bytes of what the driver wrote to @to. False: there are
 * not as many. */
bool request_take(struct request *r, void *to, size_t len);

#endif
