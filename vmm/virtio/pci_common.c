/* The common configuration of a virtio device on the PCI bus, after VIRTIO 1.1,
 * "Common configuration structure layout". */
#include "virtio/pci_card.h"

/* Registers of the common configuration */
enum {
	OFFER_SELECT = 0x00,
	OFFER = 0x04,
	TAKE_SELECT = 0x08,
	TAKE = 0x0c,
	CONFIGURATION_VECTOR = 0x10,
	NR_QUEUES = 0x12,
	STATUS = 0x14,
	GENERATION = 0x15,
	QUEUE_SELECT = 0x16,
	QUEUE_SIZE = 0x18,
	QUEUE_VECTOR = 0x1a,
	QUEUE_ENABLE = 0x1c,
	QUEUE_NOTIFY = 0x1e,
	QUEUE_DESC = 0x20,
	QUEUE_AVAIL = 0x28,
	QUEUE_USED = 0x30,
};

/* The queue that is selected; NULL: there is none of that number. */
static struct virtio_queue *selected(struct virtio_pci *p)
{
	return p->queue_select < p->virtio.nr_queues ?
		       &p->virtio.queues[p->queue_select] :
		       NULL;
}

/* Of an address, which is two registers. */
static uint64_t *find_address(struct virtio_queue *q, uint64_t off)
{
	switch (off & ~7ULL) {
	case QUEUE_DESC:
		return &q->desc;
	case QUEUE_AVAIL:
		return &q->avail;
	case QUEUE_USED:
		return &q->used;
	}
	return NULL;
}

static uint32_t read_queue(struct virtio_pci *p, uint64_t off)
{
	struct virtio_queue *q = selected(p);
	const uint64_t *address;

	if (!q)
		return off == QUEUE_VECTOR ? NO_VECTOR : 0;
	switch (off) {
	case QUEUE_SIZE:
		return q->size;
	case QUEUE_VECTOR:
		return p->vectors[p->queue_select];
	case QUEUE_ENABLE:
		return q->enabled;
	case QUEUE_NOTIFY:
		return p->queue_select;
	}
	address = find_address(q, off);
	return address ? *address >> (off & 4) * 8 : 0;
}

uint32_t virtio_pci_read_common(struct virtio_pci *p, uint64_t off)
{
	switch (off) {
	case OFFER_SELECT:
		return p->offer_select;
	case OFFER:
		return virtio_offers(&p->virtio, p->offer_select);
	case TAKE_SELECT:
		return p->take_select;
	case TAKE:
		return virtio_taken(&p->virtio, p->take_select);
	case CONFIGURATION_VECTOR:
		return p->vectors[VIRTIO_CONFIG];
	case NR_QUEUES:
		return p->virtio.nr_queues;
	case STATUS:
		return p->virtio.status;
	case GENERATION:
		return p->virtio.generation;
	case QUEUE_SELECT:
		return p->queue_select;
	}
	return read_queue(p, off);
}

/* One that there is not reads back as none: so a driver learns of it. */
static void set_vector(struct virtio_pci *p, unsigned int queue, uint16_t val)
{
	p->vectors[queue] = val < p->pci.function->nr_msix ? val : NO_VECTOR;
}

static void set_half(uint64_t *address, unsigned int shift, uint32_t val)
{
	*address &= ~(UINT64_C(0xffffffff) << shift);
	*address |= (uint64_t)val << shift;
}

/* Where it is cannot change while it is in use. */
static void write_queue(struct virtio_pci *p, uint64_t off, uint32_t val)
{
	struct virtio_queue *q = selected(p);
	uint64_t *address;

	if (q && off == QUEUE_VECTOR)
		set_vector(p, p->queue_select, val);
	if (!q || q->enabled)
		return;
	address = find_address(q, off);
	if (off == QUEUE_SIZE)
		virtio_set_size(&p->virtio, p->queue_select, val);
	else if (off == QUEUE_ENABLE && val == 1)
		virtio_enable(&p->virtio, p->queue_select);
	else if (address)
		set_half(address, (off & 4) * 8, val);
}

void virtio_pci_reset(struct virtio_pci *p)
{
	p->offer_select = p->take_select = p->queue_select = 0;
	for (unsigned int i = 0; i <= VIRTIO_CONFIG; i++)
		p->vectors[i] = NO_VECTOR;
	p->isr = 0;
	pci_level(&p->pci, false);
}

void virtio_pci_write_common(struct virtio_pci *p, uint64_t off, uint32_t val)
{
	switch (off) {
	case OFFER_SELECT:
		p->offer_select = val;
		break;
	case TAKE_SELECT:
		p->take_select = val;
		break;
	case TAKE:
		virtio_take(&p->virtio, p->take_select, val);
		break;
	case CONFIGURATION_VECTOR:
		set_vector(p, VIRTIO_CONFIG, val);
		break;
	case STATUS:
		virtio_set_status(&p->virtio, val);
		if (!(val & 0xff))
			virtio_pci_reset(p);
		break;
	case QUEUE_SELECT:
		p->queue_select = val;
		break;
	default:
		write_queue(p, off, val);
	}
}
