/* What is remembered of a virtio device on the PCI bus: the bus' part, and the
 * registers of the transport. */
#include <string.h>

#include "saved.h"
#include "util/stash.h"
#include "virtio/pci_card.h"

#define SAVED_VERSION 201 /* 2..: PCI */
#define ISR_BITS      0x3 /* that there are */

struct saved {
	uint32_t offer_select, take_select;
	uint16_t queue_select;
	uint16_t vectors[VIRTIO_QUEUES_MAX + 1];
	uint8_t isr, unused[3];
};

unsigned int virtio_pci_version(const struct virtio_type *type)
{
	return virtio_version(type, SAVED_VERSION);
}

bool virtio_pci_still(void *dev)
{
	return virtio_still(&((struct virtio_pci *)dev)->virtio);
}

void virtio_pci_save(void *dev, struct stash *out)
{
	struct virtio_pci *p = dev;
	struct saved saved = {
		.offer_select = p->offer_select,
		.take_select = p->take_select,
		.queue_select = p->queue_select,
		.isr = p->isr,
	};

	memcpy(saved.vectors, p->vectors, sizeof(saved.vectors));
	pci_save(&p->pci, out);
	STASH_PUT(out, saved);
	virtio_save(&p->virtio, out);
}

static bool are_vectors(const struct virtio_pci *p, const struct saved *s)
{
	for (unsigned int i = 0; i <= VIRTIO_CONFIG; i++)
		if (s->vectors[i] != NO_VECTOR &&
		    s->vectors[i] >= p->pci.function->nr_msix)
			return false;
	return true;
}

bool virtio_pci_restored(void *dev, struct stash *in)
{
	struct virtio_pci *p = dev;
	struct saved s;

	if (!pci_restored(&p->pci, in))
		return false;
	STASH_GET(in, s);
	if (!are_vectors(p, &s) || !has_only(s.isr, ISR_BITS))
		return false;
	p->offer_select = s.offer_select;
	p->take_select = s.take_select;
	p->queue_select = s.queue_select;
	p->isr = s.isr;
	memcpy(p->vectors, s.vectors, sizeof(p->vectors));
	return virtio_restored(&p->virtio, in);
}

void virtio_pci_timer(void *dev)
{
	virtio_timer(&((struct virtio_pci *)dev)->virtio);
}
