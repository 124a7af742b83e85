/* What is remembered of a virtio device behind registers in memory: these. Its line
 * is high while there is a reason, and the interrupt controllers know that. */
#include "saved.h"
#include "util/stash.h"
#include "virtio/mmio_card.h"

#define SAVED_VERSION 101 /* 1..: MMIO */
#define INTERRUPTS    0x3 /* that there are */

struct saved {
	uint32_t offer_select, take_select, queue_select;
	uint32_t interrupts;
	uint8_t is_for_linux, quiet, unused[2];
};

unsigned int virtio_mmio_version(const struct virtio_type *type)
{
	return virtio_version(type, SAVED_VERSION);
}

bool virtio_mmio_still(void *dev)
{
	return virtio_still(dev);
}

void virtio_mmio_save(void *dev, struct stash *out)
{
	struct virtio_mmio *m = dev;
	const struct saved saved = {
		.offer_select = m->offer_select,
		.take_select = m->take_select,
		.queue_select = m->queue_select,
		.interrupts = m->interrupts,
		.is_for_linux = m->is_for_linux,
		.quiet = m->quiet,
	};

	STASH_PUT(out, saved);
	virtio_save(&m->virtio, out);
}

bool virtio_mmio_restored(void *dev, struct stash *in)
{
	struct virtio_mmio *m = dev;
	struct saved s;

	STASH_GET(in, s);
	if (!has_only(s.interrupts, INTERRUPTS) || s.is_for_linux > 1 ||
	    s.quiet > 1 || !virtio_restored(&m->virtio, in))
		return false;
	m->offer_select = s.offer_select;
	m->take_select = s.take_select;
	m->queue_select = s.queue_select;
	m->interrupts = s.interrupts;
	m->line = s.interrupts;
	m->is_for_linux = s.is_for_linux;
	m->quiet = s.quiet;
	virtio_mmio_show(&m->virtio);
	return true;
}

void virtio_mmio_timer(void *dev)
{
	virtio_timer(dev);
}
