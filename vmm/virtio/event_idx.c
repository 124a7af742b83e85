/* The event index is offered: VIRTIO 1.1, "Reserved Feature Bits". */
#include "device.h"
#include "feature.h"
#include "virtio/layout.h"

static const struct feature feature = {
	.name = "event-idx",
	.what = "virtio queues say from which request on they want to hear",
};

FEATURE(feature);

uint64_t event_idx_offer(struct board *board)
{
	return board_has(board, feature.name) ? F_EVENT_IDX : 0;
}
