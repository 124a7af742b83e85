/* What the block device says of itself: see blk_config.h. */
#include "virtio/blk_config.h"

#include "disk.h"

#define SEGMENTS_MAX (BLK_QUEUE_SIZE - 2) /* in a queue without tables */
#define PAGE_SHIFT   12

uint64_t blk_features_of(const struct disk *disk)
{
	uint64_t features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY |
			    F_MQ;

	if (disk->read_only)
		return features | F_RO;
	if (disk->can_discard)
		features |= F_DISCARD;
	if (disk->can_zero)
		features |= F_WRITE_ZEROES;
	return features;
}

/* Files are made of pages: what is smaller is read before it is written. */
struct blk_config blk_config_of(const struct disk *disk, unsigned int nr_queues)
{
	const unsigned int block_shift = __builtin_ctz(disk->block);

	return (struct blk_config){
		.capacity = disk->size / DISK_SECTOR,
		.seg_max = SEGMENTS_MAX,
		.blk_size = disk->block,
		.physical_block_exp = PAGE_SHIFT - block_shift,
		.min_io_size = 1 << (PAGE_SHIFT - block_shift),
		.num_queues = nr_queues,
		.max_discard_sectors = BLK_RANGE_MAX,
		.max_discard_seg = BLK_RANGES_MAX,
		.discard_alignment = (1 << PAGE_SHIFT) / DISK_SECTOR,
		.max_zeroes_sectors = BLK_RANGE_MAX,
		.max_zeroes_seg = BLK_RANGES_MAX,
		.zeroes_may_unmap = 1,
	};
}
