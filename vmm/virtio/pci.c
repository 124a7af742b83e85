/*
 * virtio over PCI, after VIRTIO 1.1, "Virtio Over PCI Bus", for drivers of
 * version 1: capabilities tell where in BAR 0 the registers are, BAR 1 is that
 * of MSI-X, with a vector for each queue and one for the configuration.
 *
 *   BAR 0   0x0000 common   0x1000 ISR   0x2000 notify   0x3000 device
 *   BAR 2   ports: notify
 *
 * Each queue has a notify register of its own, and any write there is a kick.
 * They are told of twice, ports first: an instruction that writes memory where a
 * register is has to be taken apart by the host, and OUT says what it is. Only
 * kicks by the ports are ioevents.
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
#include "ioevent.h"
#include "plug.h"
#include "saved.h"
#include "transport.h"
#include "util/log.h"
#include "virtio/pci_card.h"

enum { BAR_REGS, BAR_MSIX, BAR_NOTIFY };

#define REGS_SIZE 0x4000
#define COMMON	  0x0000
#define ISR	  0x1000
#define NOTIFY	  0x2000
#define OF_DEVICE 0x3000

#define NOTIFY_STEP 4 /* from one queue's to the next one's */
#define NOTIFY_SIZE (VIRTIO_QUEUES_MAX * NOTIFY_STEP)

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

#define ISR_QUEUE  0x1
#define ISR_CONFIG 0x2

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

/* All of them do; a driver that polls is told of nothing. */
static bool hear_reads(struct virtio *virtio, bool hear)
{
	const struct virtio_pci *p = of(virtio);

	(void)hear;
	return pci_has_msix(&p->pci) ? p->vectors[VIRTIO_CONFIG] != NO_VECTOR :
				       pci_has_line(&p->pci);
}

static void listen(struct virtio *virtio, unsigned int queue, int fd)
{
	const struct ioevent kick = { .range = BAR_NOTIFY,
				      .off = queue * NOTIFY_STEP,
				      .size = 2,
				      .fd = fd };

	board_add_ioevent(virtio->board, &kick);
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
	if (off < PCI_COMMON_SIZE)
		return virtio_pci_read_common(p, off);
	if (off >= OF_DEVICE)
		return virtio_read_config(&p->virtio, off - OF_DEVICE, size);
	return off == ISR ? read_isr(p) : 0;
}

static void write_regs(struct virtio_pci *p, uint64_t off, unsigned int size,
		       uint32_t val)
{
	if (off < PCI_COMMON_SIZE)
		virtio_pci_write_common(p, off, val);
	else if (off >= OF_DEVICE)
		virtio_write_config(&p->virtio, off - OF_DEVICE, size, val);
	else if (off - NOTIFY < NOTIFY_SIZE)
		virtio_kick(&p->virtio, (off - NOTIFY) / NOTIFY_STEP);
}

/* Registers are accessed as wide as they are, addresses in halves or whole. */
uint64_t virtio_pci_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size)
{
	struct virtio_pci *p = dev;

	if (range == BAR_MSIX)
		return pci_msix_read(&p->pci, off, size);
	return range == BAR_REGS ? read_regs(p, off, size) : 0;
}

void virtio_pci_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val)
{
	struct virtio_pci *p = dev;

	if (range == BAR_MSIX)
		pci_msix_write(&p->pci, off, size, val);
	else if (range == BAR_NOTIFY)
		virtio_kick(&p->virtio, off / NOTIFY_STEP);
	else
		write_regs(p, off, size, val);
}

static unsigned int tell_of(struct virtio_pci *p, enum cap_type type,
			    uint8_t bar, uint32_t off, uint32_t size)
{
	const bool has_more = type == CAP_NOTIFY || type == CAP_PCI;
	const struct cap cap = {
		.len = CAP_LEN_BASE + (has_more ? sizeof(cap.more) : 0),
		.type = type,
		.bar = bar,
		.off = off,
		.size = size,
		.more = type == CAP_NOTIFY ? NOTIFY_STEP : 0,
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
	unsigned int cap = tell_of(p, CAP_PCI, BAR_REGS, 0, 0);

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

void virtio_pci_place(struct virtio_pci *p, struct board *board)
{
	const struct virtio_pci_made *made = board_config(board);

	pci_init(&p->pci, board, &made->function);
	tell_of(p, CAP_COMMON, BAR_REGS, COMMON, PCI_COMMON_SIZE);
	tell_of(p, CAP_ISR, BAR_REGS, ISR, 1);
	tell_of(p, CAP_NOTIFY, BAR_NOTIFY, 0, NOTIFY_SIZE);
	tell_of(p, CAP_NOTIFY, BAR_REGS, NOTIFY, NOTIFY_SIZE);
	if (made->virtio->config_size)
		tell_of(p, CAP_DEVICE, BAR_REGS, OF_DEVICE,
			made->virtio->config_size);
	open_window(p);
}

static void virtio_pci_init(void *dev, struct board *board)
{
	struct virtio_pci *p = dev;
	const struct virtio_pci_made *made = board_config(board);

	virtio_pci_place(p, board);
	p->virtio = (struct virtio){ .type = made->virtio,
				     .board = board,
				     .given = made->given,
				     .dev = p->own,
				     .reaches = reaches,
				     .ram = ram,
				     .interrupt = interrupt,
				     .listen = listen,
				     .hear_reads = hear_reads };
	virtio_init(&p->virtio);
	virtio_pci_reset(p);
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

static void virtio_pci_reset_all(void *dev)
{
	struct virtio_pci *p = dev;

	virtio_reset(&p->virtio);
	virtio_pci_reset(p);
}

static struct virtio_pci_made make(const struct virtio_type *type)
{
	return (struct virtio_pci_made){
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
			  .release = virtio_pci_release,
			  .reset = IF_ON(CONFIG_SNAPSHOT, virtio_pci_reset_all),
			  .version = IS_ON(CONFIG_SNAPSHOT) ?
					     virtio_pci_version(type) :
					     0,
			  .saved = sizeof(struct virtio_pci) + type->size,
			  .still = IF_ON(CONFIG_SNAPSHOT, virtio_pci_still),
			  .save = IF_ON(CONFIG_SNAPSHOT, virtio_pci_save),
			  .restored =
				  IF_ON(CONFIG_SNAPSHOT, virtio_pci_restored),
			  .timer = IF_ON(CONFIG_SNAPSHOT, virtio_pci_timer) },
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
						       PCI_BAR_MEM32 },
					[BAR_NOTIFY] = { NOTIFY_SIZE,
							 PCI_BAR_IO } },
			      .read_window = read_window,
			      .write_window = write_window },
		.virtio = type,
	};
}

static void forget(const void *config)
{
	const struct virtio_pci_made *made = config;

	if (made->virtio->forget)
		made->virtio->forget(made->given);
}

struct planned *virtio_pci_plan(struct plan *plan,
				const struct virtio_type *type,
				const void *given, size_t size)
{
	struct virtio_pci_made *made = malloc(sizeof(*made) + size);
	struct planned *planned;
	struct virtio_pci_made *kept;

	if (!made) {
		log_error("%s: %s", type->name, strerror(ENOMEM));
		return NULL;
	}
	*made = make(type);
	if (size)
		memcpy(made->given, given, size);
	planned = plan_add(plan, &made->type, made, sizeof(*made) + size);
	free(made);
	if (!planned)
		return NULL;
	planned->forget = forget;
	kept = planned->config;
	kept->type.pci = &kept->function;
	planned->type = &kept->type;
	return planned;
}

static int add(struct plan *plan, const struct virtio_type *type,
	       const void *given, size_t size)
{
	return virtio_pci_plan(plan, type, given, size) ? 0 : -EINVAL;
}

static const struct virtio_transport pci = {
	.name = "pci",
	.what = "functions on the PCI bus, for stock systems",
	.part = "pci",
	.add = add,
};
TRANSPORT(pci);
