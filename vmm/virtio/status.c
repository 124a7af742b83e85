/*
 * What every virtio device has, whatever the transport: the status field, which
 * the guest goes through step by step, and the features it takes. After VIRTIO
 * 1.1, "Device Status Field" and "Feature Bits". Devices are of version 1 alone.
 */
#include "virtio/status.h"

#include "device.h"

#define F_INDIRECT (1ULL << 28)
#define F_VERSION  (1ULL << 32)

static uint64_t all_features(const struct virtio *v)
{
	return v->type->features | F_INDIRECT | F_VERSION;
}

void virtio_reset(struct virtio *v)
{
	v->status = 0;
	v->features = 0;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		v->queues[i] = (struct virtio_queue){ .size = VIRTIO_SIZE_MAX };
	if (v->type->reset)
		v->type->reset(v->dev);
}

uint32_t virtio_offers(const struct virtio *v, uint32_t select)
{
	return select < 2 ? all_features(v) >> 32 * select : 0;
}

uint32_t virtio_taken(const struct virtio *v, uint32_t select)
{
	return select < 2 ? v->features >> 32 * select : 0;
}

void virtio_take(struct virtio *v, uint32_t select, uint32_t val)
{
	const unsigned int shift = 32 * select;

	if (select >= 2 || v->status & VIRTIO_FEATURES_OK)
		return;
	v->features &= ~(UINT64_C(0xffffffff) << shift);
	v->features |= (uint64_t)val << shift;
}

/* What was not offered cannot be taken, and version 1 must be. */
static bool are_features_right(const struct virtio *v)
{
	return !(v->features & ~all_features(v)) && v->features & F_VERSION;
}

void virtio_set_status(struct virtio *v, uint8_t status)
{
	if (!status) {
		virtio_reset(v);
		return;
	}
	if (status & VIRTIO_FEATURES_OK && !are_features_right(v))
		status &= ~VIRTIO_FEATURES_OK;
	v->status = status | (v->status & VIRTIO_NEEDS_RESET);
}

/* Each part is aligned, VIRTIO 1.1, "Virtqueues". */
void virtio_enable(struct virtio *v, unsigned int queue)
{
	struct virtio_queue *q = &v->queues[queue];

	if (q->desc % 16 || q->avail % 2 || q->used % 4)
		virtio_break(v, "a queue that is not aligned", queue);
	else
		q->enabled = true;
}

void virtio_kick(struct virtio *v, unsigned int queue)
{
	if (queue < v->type->nr_queues && v->status & VIRTIO_DRIVER_OK &&
	    !(v->status & VIRTIO_NEEDS_RESET) && v->queues[queue].enabled)
		v->type->kick(v->dev, queue);
}

void virtio_break(struct virtio *v, const char *what, uint64_t val)
{
	board_oddity(v->board, what, val);
	v->status |= VIRTIO_NEEDS_RESET;
	v->interrupt(v, VIRTIO_CONFIG);
}
