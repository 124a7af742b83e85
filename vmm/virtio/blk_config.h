/* What the block device says of itself: features, and the configuration space. */
#ifndef MKVM_VIRTIO_BLK_CONFIG_H
#define MKVM_VIRTIO_BLK_CONFIG_H

#include <stdint.h>

#define F_SEG_MAX      (1ULL << 2)
#define F_RO	       (1ULL << 5)
#define F_BLK_SIZE     (1ULL << 6)
#define F_FLUSH	       (1ULL << 9)
#define F_TOPOLOGY     (1ULL << 10)
#define F_MQ	       (1ULL << 12)
#define F_DISCARD      (1ULL << 13)
#define F_WRITE_ZEROES (1ULL << 14)

#define BLK_QUEUE_SIZE 128
#define BLK_RANGES_MAX 16	/* of a discard */
#define BLK_RANGE_MAX  0x400000 /* sectors, 2 GiB */

struct blk_config {
	uint64_t capacity; /* sectors */
	uint32_t size_max, seg_max;
	uint16_t cylinders;
	uint8_t heads, sectors;
	uint32_t blk_size;
	uint8_t physical_block_exp, alignment_offset;
	uint16_t min_io_size;
	uint32_t opt_io_size;
	uint8_t writeback, unused;
	uint16_t num_queues;
	uint32_t max_discard_sectors, max_discard_seg, discard_alignment;
	uint32_t max_zeroes_sectors, max_zeroes_seg;
	uint8_t zeroes_may_unmap, unused_too[3];
} __attribute__((packed));
_Static_assert(sizeof(struct blk_config) == 60, "as VIRTIO 1.1 has it");

struct disk;

/* Of @disk, with so many queues. */
struct blk_config blk_config_of(const struct disk *disk,
				unsigned int nr_queues);
uint64_t blk_features_of(const struct disk *disk);

#endif
