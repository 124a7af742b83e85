/*
 * The contract between virtio and its transports: how a guest finds a virtio
 * device and reaches its registers. Each is a row; which of them a device gets,
 * virtio/transport.c decides, and the device never knows.
 */
#ifndef MKVM_TRANSPORT_H
#define MKVM_TRANSPORT_H

#include <stddef.h>

#include "table.h"

struct plan;
struct virtio_type;

struct virtio_transport {
	const char *name; /* for --virtio */
	const char *what; /* one line for --list */
	const char *part; /* the feature that --no-NAME leaves out with it, or
			   * NULL: there is none */

	/* As virtio_add(), for a guest that will look here. */
	int (*add)(struct plan *plan, const struct virtio_type *type,
		   const void *given, size_t size);
};

#define TRANSPORT(row) TABLE_ROW(transport, virtio_transport, row)

#endif
