/* What the files of the block device share. */
#ifndef MKVM_VIRTIO_BLK_H
#define MKVM_VIRTIO_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio.h"

#define BLK_SERIAL_SIZE 20 /* without a NUL if it is as long */

struct disk;

/* What the option says, for virtio_given(). */
struct blk_given {
	struct disk *disk;
	char *text; /* with its names; freed after it; NULL: they are kept */
	char serial[BLK_SERIAL_SIZE];
};

extern const struct virtio_type blk_type;

/* blk_saved.c: what is to be remembered of @disk, which nobody uses just now; what
 * cannot be, is refused on @board. */
void blk_save_disk(struct disk *disk, struct board *board, struct stash *out);
bool blk_restore_disk(struct disk *disk, struct board *board, struct stash *in);

#endif
