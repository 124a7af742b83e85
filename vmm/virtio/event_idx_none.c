/* Stands in for event_idx.c: a flag says whether one wants to hear. */
#include "virtio/layout.h"

uint64_t event_idx_offer(struct board *board)
{
	(void)board;
	return 0;
}
