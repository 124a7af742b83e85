/* What the files of the block device share. */
#ifndef MKVM_VIRTIO_BLK_H
#define MKVM_VIRTIO_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"
#include "virtio.h"

struct disk;

/* What the option says, for virtio_given(). */
struct blk_given {
	struct disk *disk;
	char *text; /* with its names; freed after it; NULL: they are kept */
	char serial[DISK_SERIAL_SIZE];
};

extern const struct virtio_type blk_type;

#endif
