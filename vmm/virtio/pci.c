/*
 * virtio over PCI, after VIRTIO 1.1, "Virtio Over PCI Bus", for drivers of
 * version 1: capabilities tell where in BAR 0 the registers are, BAR 1 is that
 * of MSI-X, with a vector for each queue and one for the configuration.
 *
 *   BAR 0   0x0000 common   0x1000 ISR   0x2000 notify   0x3000 device
 *
 * Any write to the notify register is a kick, and its value says of which queue.
 * A window in PCI's configuration space reaches these, too, for who cannot map
 * memory yet.
 *
 * Left out: the legacy registers.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "pci.h"
#include "plug.h"
#include "transport.h"
#include "virtio/status.h"

enum { BAR_REGS, BAR_MSIX };

#define REGS_SIZE 0x4000
#define PAGE	  0x1000
#define COMMON	  0x0000
#define ISR	  0x1000
#define NOTIFY	  0x2000
#define OF_DEVICE 0x3000

/* A vendor's capability; what it tells of */
#define CAP_VENDOR 0x09
enum cap_type {
	CAP_COMMON = 1,
	CAP_NOTIFY = 2,
	CAP_ISR = 3,
	CAP_DEVICE = 4,
	CAP_PCI = 5,
};

struct cap {
	uint8_t len, type, bar, id, padding[2];
	uint32_t off, size;
	uint32_t more; /* of CAP_NOTIFY: what a queue's number is times; of
			* CAP_PCI: the window */
} __attribute__((packed));
#define CAP_LEN_BASE 16 /* with the two bytes that are no part of the struct */

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
	COMMON_END = 0x38,
};

#define NO_VECTOR  0xffff
#define ISR_QUEUE  0x1
#define ISR_CONFIG 0x2

/* What plan_add() keeps: a type made for this device, and the device's own. */
struct made {
	struct device_type type;
	struct pci_function function;
	const struct virtio_type *virtio;
	max_align_t given[]; /* to the device */
};

struct virtio_pci {
	struct pci pci; /* first: see include/pci.h */
	struct virtio virtio;
	uint32_t offer_select, take_select;
	uint16_t queue_select;
	uint16_t vectors[VIRTIO_QUEUES_MAX + 1]; /* VIRTIO_CONFIG is the last */
	uint8_t isr;
	max_align_t own[]; /* the device's state */
};

static struct virtio_pci *of(struct virtio *virtio)
{
	return (struct virtio_pci *)((uint8_t *)virtio -
				     offsetof(struct virtio_pci, virtio));
}

static void *ram(struct virtio *virtio, uint64_t gpa, size_t len)
{
	return pci_dma(&of(virtio)->pci, gpa, len);
}

static bool reaches(struct virtio *virtio)
{
	return pci_is_master(&of(virtio)->pci);
}

static void interrupt(struct virtio *virtio, unsigned int queue)
{
	struct virtio_pci *p = of(virtio);

	if (pci_has_msix(&p->pci)) {
		if (p->vectors[queue] != NO_VECTOR)
			pci_message(&p->pci, p->vectors[queue]);
		return;
	}
	p->isr |= queue == VIRTIO_CONFIG ? ISR_CONFIG : ISR_QUEUE;
	pci_level(&p->pci, true);
}

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
		return 0; /* all at the same place */
	}
	address = find_address(q, off);
	return address ? *address >> (off & 4) * 8 : 0;
}

static uint32_t read_common(struct virtio_pci *p, uint64_t off)
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

static void reset(struct virtio_pci *p)
{
	p->offer_select = p->take_select = p->queue_select = 0;
	for (unsigned int i = 0; i <= VIRTIO_CONFIG; i++)
		p->vectors[i] = NO_VECTOR;
	p->isr = 0;
	pci_level(&p->pci, false);
}

static void write_common(struct virtio_pci *p, uint64_t off, uint32_t val)
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
			reset(p);
		break;
	case QUEUE_SELECT:
		p->queue_select = val;
		break;
	default:
		write_queue(p, off, val);
	}
}

/* Reading says what it was, and that it is seen. */
static uint8_t read_isr(struct virtio_pci *p)
{
	uint8_t isr = p->isr;

	p->isr = 0;
	pci_level(&p->pci, false);
	return isr;
}

static uint64_t read_regs(struct virtio_pci *p, uint64_t off, unsigned int size)
{
	if (off < COMMON_END)
		return read_common(p, off);
	if (off >= OF_DEVICE)
		return virtio_read_config(&p->virtio, off - OF_DEVICE, size);
	return off == ISR ? read_isr(p) : 0;
}

static void write_regs(struct virtio_pci *p, uint64_t off, unsigned int size,
		       uint32_t val)
{
	if (off < COMMON_END)
		write_common(p, off, val);
	else if (off >= OF_DEVICE)
		virtio_write_config(&p->virtio, off - OF_DEVICE, size, val);
	else if (off - NOTIFY < PAGE)
		virtio_kick(&p->virtio, val & UINT16_MAX);
}

/* Registers are accessed as wide as they are, addresses in halves or whole. */
static uint64_t virtio_pci_read(void *dev, unsigned int range, uint64_t off,
				unsigned int size)
{
	struct virtio_pci *p = dev;

	if (range == BAR_MSIX)
		return pci_msix_read(&p->pci, off, size);
	return read_regs(p, off, size);
}

static void virtio_pci_write(void *dev, unsigned int range, uint64_t off,
			     unsigned int size, uint64_t val)
{
	struct virtio_pci *p = dev;

	if (range == BAR_MSIX)
		pci_msix_write(&p->pci, off, size, val);
	else
		write_regs(p, off, size, val);
}

static unsigned int tell_of(struct virtio_pci *p, enum cap_type type,
			    uint32_t off, uint32_t size)
{
	const bool has_more = type == CAP_NOTIFY || type == CAP_PCI;
	const struct cap cap = {
		.len = CAP_LEN_BASE + (has_more ? sizeof(cap.more) : 0),
		.type = type,
		.bar = BAR_REGS,
		.off = off,
		.size = size,
	};

	return pci_add_capability(&p->pci, CAP_VENDOR, &cap, cap.len - 2);
}

/* Where in its capability the guest says what the window shows. */
#define WINDOW_BAR  4
#define WINDOW_OFF  8
#define WINDOW_SIZE 12
#define WINDOW_DATA 16

static void open_window(struct virtio_pci *p)
{
	unsigned int cap = tell_of(p, CAP_PCI, 0, 0);

	pci_allow(&p->pci, cap + WINDOW_BAR, 1, UINT8_MAX);
	pci_allow(&p->pci, cap + WINDOW_OFF, 4, UINT32_MAX);
	pci_allow(&p->pci, cap + WINDOW_SIZE, 4, UINT32_MAX);
	p->pci.window = cap + WINDOW_DATA;
}

/* Whether the guest has set it to what an access of @size bytes there can be,
 * and where in BAR 0 that is. */
static bool find_place(const struct pci *pci, unsigned int off,
		       unsigned int size, uint32_t *at)
{
	const uint8_t *cap = &pci->config[pci->window - WINDOW_DATA];
	uint32_t len;

	memcpy(at, cap + WINDOW_OFF, sizeof(*at));
	memcpy(&len, cap + WINDOW_SIZE, sizeof(len));
	return !off && len == size && cap[WINDOW_BAR] == BAR_REGS &&
	       *at < REGS_SIZE && !(*at % size);
}

static uint32_t read_window(struct pci *pci, unsigned int off,
			    unsigned int size)
{
	uint32_t at;

	if (!find_place(pci, off, size, &at))
		return UINT32_MAX;
	return read_regs((struct virtio_pci *)pci, at, size);
}

static void write_window(struct pci *pci, unsigned int off, unsigned int size,
			 uint32_t val)
{
	uint32_t at;

	if (find_place(pci, off, size, &at))
		write_regs((struct virtio_pci *)pci, at, size, val);
}

static void virtio_pci_init(void *dev, struct board *board)
{
	struct virtio_pci *p = dev;
	const struct made *made = board_config(board);

	pci_init(&p->pci, board, &made->function);
	tell_of(p, CAP_COMMON, COMMON, COMMON_END);
	tell_of(p, CAP_ISR, ISR, 1);
	tell_of(p, CAP_NOTIFY, NOTIFY, 4);
	if (made->virtio->config_size)
		tell_of(p, CAP_DEVICE, OF_DEVICE, made->virtio->config_size);
	open_window(p);
	p->virtio = (struct virtio){ .type = made->virtio,
				     .board = board,
				     .given = made->given,
				     .dev = p->own,
				     .reaches = reaches,
				     .ram = ram,
				     .interrupt = interrupt };
	virtio_init(&p->virtio);
	reset(p);
}

static size_t virtio_pci_input(void *dev, const uint8_t *buf, size_t len)
{
	return virtio_input(&((struct virtio_pci *)dev)->virtio, buf, len);
}

static void virtio_pci_hang_up(void *dev)
{
	virtio_hang_up(&((struct virtio_pci *)dev)->virtio);
}

static void virtio_pci_resize(void *dev)
{
	virtio_resize(&((struct virtio_pci *)dev)->virtio);
}

static void virtio_pci_abort(void *dev)
{
	virtio_abort(&((struct virtio_pci *)dev)->virtio);
}

static void virtio_pci_release(void *dev)
{
	virtio_release(&((struct virtio_pci *)dev)->virtio);
}

static struct made make(const struct virtio_type *type)
{
	return (struct made){
		.type = { .name = type->name,
			  .width = 4,
			  .size = sizeof(struct virtio_pci) + type->size,
			  .init = virtio_pci_init,
			  .read = virtio_pci_read,
			  .write = virtio_pci_write,
			  .input = type->input ? virtio_pci_input : NULL,
			  .hang_up = type->hang_up ? virtio_pci_hang_up : NULL,
			  .resize = type->resize ? virtio_pci_resize : NULL,
			  .abort = virtio_pci_abort,
			  .release = virtio_pci_release },
		.function = { .vendor = 0x1af4,
			      .device = 0x1040 + type->id,
			      .subvendor = 0x1af4,
			      .subdevice = 0x1100,
			      .class = 0x00ff00,
			      .revision = 1,
			      .pin = 1,
			      .nr_msix = type->nr_queues + 1,
			      .msix_bar = BAR_MSIX,
			      .bars = { [BAR_REGS] = { REGS_SIZE,
						       PCI_BAR_MEM32 },
					[BAR_MSIX] = { PCI_MSIX_SIZE,
						       PCI_BAR_MEM32 } },
			      .read_window = read_window,
			      .write_window = write_window },
		.virtio = type,
	};
}

static int add(struct plan *plan, const struct virtio_type *type,
	       const void *given, size_t size)
{
	struct made *made = malloc(sizeof(*made) + size);
	struct planned *planned;
	struct made *kept;

	if (!made)
		return -ENOMEM;
	*made = make(type);
	if (size)
		memcpy(made->given, given, size);
	planned = plan_add(plan, &made->type, made, sizeof(*made) + size);
	free(made);
	if (!planned)
		return -EINVAL;
	kept = planned->config;
	kept->type.pci = &kept->function;
	planned->type = &kept->type;
	return 0;
}

static const struct virtio_transport pci = {
	.name = "pci",
	.what = "functions on the PCI bus, for stock systems",
	.part = "pci",
	.add = add,
};
TRANSPORT(pci);
