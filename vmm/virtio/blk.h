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
	char *said; /* likewise; the option's whole argument. NULL: nobody asks */
	bool added; /* while the guest ran */
	char serial[DISK_SERIAL_SIZE];
};

void blk_free_texts(const struct blk_given *given);

/* The device, for one of its own kind in a spare slot (blk_spare.c). */
struct blk;

struct blk_queue {
	struct blk *blk;
	unsigned int nr;
	unsigned int nr_requests;
	struct request *free;
	struct blk_ring *ring;
};

struct blk {
	struct board *board;
	struct virtio *virtio;
	struct disk *disk; /* NULL: none just now */
	const char *serial;
	unsigned int nr_queues;
	uint64_t told; /* errors that there was a message about, a bit each */
	struct blk_queue queues[VIRTIO_QUEUES_MAX];
};

/* What the guest is told of its disk. */
void blk_show(struct blk *b);

/* The virtio_type's members of these names. */
void blk_init(void *dev, struct virtio *virtio, struct board *board);
void blk_kick(void *dev, unsigned int queue);
void blk_save(void *dev, struct stash *out);
bool blk_restored(void *dev, struct stash *in);
void blk_abort(void *dev);
void blk_release(void *dev);
void blk_forget(const void *given);

extern const struct virtio_type blk_type;

#endif
