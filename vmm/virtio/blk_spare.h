/* Disks in spare slots, between the files of virtio/blk_*.c. */
#ifndef MKVM_VIRTIO_BLK_SPARE_H
#define MKVM_VIRTIO_BLK_SPARE_H

struct blk_given;
struct disk_ask;

/* What is put in: @said is an option's argument, FILE[,WORD]..., of @option, and @ask
 * what is known beside that. 0, or -EINVAL after one message. */
int blk_spare_open(struct blk_given *given, const char *option,
		   const char *said, const struct disk_ask *ask);

#endif
