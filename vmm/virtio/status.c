/*
 * What every virtio device has, whatever the transport: the status field, which
 * the guest goes through step by step, the features it takes, and how kicks come
 * to the device. After VIRTIO 1.1, "Device Status Field" and "Feature Bits".
 * Devices are of version 1 alone.
 */
#include "virtio/status.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "device.h"
#include "ioevent.h"
#include "worker.h"

#define F_VERSION (1ULL << 32)

#define USUAL_SIZE 64

unsigned int virtio_size_max(const struct virtio *v)
{
	return v->type->queue_size ? v->type->queue_size : USUAL_SIZE;
}

static void forget_queue(struct virtio *v, unsigned int queue)
{
	v->queues[queue] = (struct virtio_queue){ .size = virtio_size_max(v) };
}

static void forget_queues(struct virtio *v)
{
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		forget_queue(v, i);
}

void virtio_init(struct virtio *v)
{
	v->offered = v->type->features | queue_offer(v->board);
	v->nr_queues = v->type->nr_queues;
	forget_queues(v);
	v->tells = board_tells_events(v->board);
	board_keeps_counts(v->board, v->counts, VIRTIO_QUEUES_MAX);
	v->type->init(v->dev, v, v->board);
}

/* Until no chain is held; whether there was one, so that others may have asked
 * meanwhile and wait for board_ring(), such as virtio/pci_spare.c. */
static bool wait_for_chains(struct virtio *v)
{
	bool waited = v->nr_held;

	while (v->nr_held && board_wait(v->board))
		;
	return waited;
}

void virtio_reset(struct virtio *v)
{
	bool waited;

	if (v->resetting)
		return; /* another vCPU waits for that already */
	v->status = 0;
	board_drop_ioevents(v->board);
	v->resetting = true;
	waited = wait_for_chains(v);
	v->resetting = false;
	if (waited)
		board_ring(v->board);
	v->untold_config = v->unheard = false;
	v->features = 0;
	forget_queues(v);
	if (v->type->reset && !v->nr_held) /* some are: the guest is to end */
		v->type->reset(v->dev);
}

uint32_t virtio_offers(const struct virtio *v, uint32_t select)
{
	return select < 2 ? v->offered >> 32 * select : 0;
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
bool virtio_may_have(const struct virtio *v, uint64_t features)
{
	return !(features & ~v->offered) && features & F_VERSION;
}

static bool has_driver(const struct virtio *v)
{
	return v->status & VIRTIO_DRIVER_OK &&
	       !(v->status & VIRTIO_NEEDS_RESET);
}

static bool is_going(const struct virtio *v)
{
	return has_driver(v) && !v->pausing;
}

static void on_kick(void *arg, uint32_t events)
{
	struct virtio_kick *kick = arg;
	struct virtio *v = kick->virtio;
	unsigned int queue = kick - v->kicks;

	(void)events;
	if (!is_going(v) || !v->queues[queue].enabled)
		return;
	v->counts[queue].kicks++;
	v->type->kick(v->dev, queue);
}

/* Those of before a reset stay. */
static bool make_kick(struct virtio *v, unsigned int queue)
{
	struct virtio_kick *kick = &v->kicks[queue];

	if (kick->virtio)
		return true;
	kick->source = (struct event_source){ event_fd(), on_kick, kick };
	if (kick->source.fd < 0 ||
	    board_watch(v->board, queue % v->type->workers, &kick->source,
			EPOLLIN | EPOLLET)) {
		virtio_break(v, "no thread to serve it", queue);
		return false;
	}
	kick->virtio = v;
	return true;
}

/* An eventfd for each queue that the guest uses. */
static void hear_kicks(struct virtio *v)
{
	for (unsigned int i = 0; i < v->nr_queues; i++)
		if (v->queues[i].enabled && make_kick(v, i))
			v->listen(v, i, v->kicks[i].source.fd);
}

void virtio_start(struct virtio *v)
{
	if (v->type->workers)
		hear_kicks(v);
	if (v->type->ready && is_going(v))
		v->type->ready(v->dev);
	if (v->untold_config)
		v->interrupt(v, VIRTIO_CONFIG);
	v->untold_config = false;
}

void virtio_set_status(struct virtio *v, uint8_t status)
{
	bool was_going = is_going(v);

	if (!status) {
		virtio_reset(v);
		return;
	}
	if (v->resetting)
		return;
	status |= v->status; /* what is set, only a reset takes back */
	if (!virtio_may_have(v, v->features))
		status &= ~VIRTIO_FEATURES_OK;
	if (!(status & VIRTIO_FEATURES_OK))
		status &= ~VIRTIO_DRIVER_OK;
	v->status = status;
	if (!was_going && is_going(v))
		virtio_start(v);
}

void virtio_set_size(struct virtio *v, unsigned int queue, uint32_t size)
{
	if (size && size <= virtio_size_max(v) && !(size & (size - 1)))
		v->queues[queue].size = size;
}

/* Each part is aligned, VIRTIO 1.1, "Virtqueues". */
void virtio_enable(struct virtio *v, unsigned int queue)
{
	struct virtio_queue *q = &v->queues[queue];

	if (q->desc % 16 || q->avail % 2 || q->used % 4)
		virtio_break(v, "a queue that is not aligned", queue);
	else
		*q = (struct virtio_queue){ q->size, q->desc, q->avail,
					    q->used, true,    { 0 } };
}

/* The device says how many chains it holds, not of which queue: all of them wait,
 * and are looked at again. */
void virtio_disable(struct virtio *v, unsigned int queue)
{
	bool waited;

	v->queues[queue].enabled = false;
	if (v->pausing || v->resetting)
		return;
	v->pausing = true;
	waited = wait_for_chains(v);
	v->pausing = false;
	if (waited)
		board_ring(v->board);
	forget_queue(v, queue);
	for (unsigned int i = 0; i < v->nr_queues; i++)
		virtio_kick(v, i);
}

void virtio_kick(struct virtio *v, unsigned int queue)
{
	if (queue >= v->nr_queues || !is_going(v) || !v->queues[queue].enabled)
		return;
	if (v->kicks[queue].virtio) {
		event_notify(v->kicks[queue].source.fd);
	} else if (!v->type->workers) {
		v->counts[queue].kicks++;
		v->type->kick(v->dev, queue);
	}
}

void virtio_break(struct virtio *v, const char *what, uint64_t val)
{
	board_oddity(v->board, what, val);
	v->status |= VIRTIO_NEEDS_RESET;
	if (v->changed)
		v->changed(v);
	v->interrupt(v, VIRTIO_CONFIG);
}

const void *virtio_given(const struct virtio *v)
{
	return v->given;
}

void virtio_offer(struct virtio *v, uint64_t features)
{
	v->offered |= features;
}

void virtio_set_queues(struct virtio *v, unsigned int nr_queues)
{
	v->nr_queues = nr_queues;
}

bool virtio_has(const struct virtio *v, uint64_t features)
{
	return (v->features & features) == features;
}

const uint8_t *virtio_config(const struct virtio *v)
{
	return v->config;
}

void virtio_set_config(struct virtio *v, unsigned int off, const void *data,
		       unsigned int size)
{
	if (!memcmp(v->config + off, data, size))
		return;
	memcpy(v->config + off, data, size);
	virtio_tell_config(v);
}

void virtio_tell_config(struct virtio *v)
{
	v->generation++;
	if (v->changed)
		v->changed(v);
	if (v->status & VIRTIO_DRIVER_OK)
		v->interrupt(v, VIRTIO_CONFIG);
	else
		v->untold_config = v->status;
}

bool virtio_hear_reads(struct virtio *v, bool hear)
{
	const bool heard = v->hear_reads(v, hear && has_driver(v));

	v->hears_reads = hear && has_driver(v) && heard;
	return v->hears_reads == hear;
}

static bool is_config(const struct virtio *v, uint64_t off, unsigned int size)
{
	return off <= v->type->config_size &&
	       size <= v->type->config_size - off;
}

uint32_t virtio_read_config(struct virtio *v, uint64_t off, unsigned int size)
{
	uint32_t val = 0;

	if (!is_config(v, off, size))
		return 0;
	memcpy(&val, v->config + off, size);
	if (v->hears_reads)
		v->type->config_read(v->dev, off, size);
	return val;
}

void virtio_write_config(struct virtio *v, uint64_t off, unsigned int size,
			 uint32_t val)
{
	if (!v->type->config_write || !is_config(v, off, size))
		return;
	memcpy(v->config + off, &val, size);
	v->type->config_write(v->dev, off, size);
}

size_t virtio_input(struct virtio *v, const uint8_t *buf, size_t len)
{
	return v->type->input(v->dev, buf, len);
}

void virtio_hang_up(struct virtio *v)
{
	v->type->hang_up(v->dev);
}

void virtio_resize(struct virtio *v)
{
	v->type->resize(v->dev);
}

void virtio_abort(struct virtio *v)
{
	if (v->type->abort)
		v->type->abort(v->dev);
}

void virtio_release(struct virtio *v)
{
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		if (v->kicks[i].virtio)
			close(v->kicks[i].source.fd);
	if (v->type->release)
		v->type->release(v->dev);
}
