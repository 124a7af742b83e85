/*
 * virtio over MMIO, version 2, after VIRTIO 1.1, "Virtio Over MMIO": a page of
 * 32-bit registers, of which the guest is told where it is, and one interrupt
 * line. No bus, nothing to look through.
 *
 * The line is high while InterruptStatus is not 0. It is an ISA line, an edge,
 * so where one reason is acknowledged and another is left it goes down for a
 * moment. A guest that has it as a level sees the same.
 *
 * What there is to be read is in a page that the guest reads without a VM exit,
 * if the host can (include/shown_page.h). And Linux's driver, which looks at its
 * queues at every interrupt, is not waited for to acknowledge one: the line stays
 * high, with an edge for each, and InterruptStatus goes on saying that it is for a
 * queue. Why none is lost: docs/machine.md, "virtio: two ways to the same device".
 *
 * Left out: version 1, which no system has needed since 2014.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "ioevent.h"
#include "plug.h"
#include "saved.h"
#include "shown_page.h"
#include "transport.h"
#include "virtio/mmio_card.h"

#define WINDOW_LEN 0x1000
#define MAGIC	   0x74726976 /* "virt" */
#define VERSION	   2
#define VENDOR	   0x4d564b4d /* "MKVM" */

enum {
	MAGIC_VALUE = 0x000,
	DEVICE_VERSION = 0x004,
	DEVICE_ID = 0x008,
	VENDOR_ID = 0x00c,
	OFFER = 0x010,
	OFFER_SELECT = 0x014,
	TAKE = 0x020,
	TAKE_SELECT = 0x024,
	QUEUE_SELECT = 0x030,
	QUEUE_SIZE_MAX = 0x034,
	QUEUE_SIZE = 0x038,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACK = 0x064,
	STATUS = 0x070,
	QUEUE_DESC = 0x080,
	QUEUE_AVAIL = 0x090,
	QUEUE_USED = 0x0a0,
	GENERATION = 0x0fc,
	OF_DEVICE = 0x100,
};

#define INTERRUPT_QUEUE	 0x1
#define INTERRUPT_CONFIG 0x2

/* What plan_add() keeps: a type made for this device, and the device's own. */
struct made {
	struct device_type type;
	const struct virtio_type *virtio;
	bool is_for_linux;   /* whose driver is known */
	max_align_t given[]; /* to the device */
};

static void *ram(struct virtio *virtio, uint64_t gpa, size_t len)
{
	return board_ram(virtio->board, gpa, len);
}

static void set_line(struct virtio_mmio *m, bool level)
{
	if (m->line != level)
		board_irq(m->virtio.board, 0, level);
	m->line = level;
}

/* High for as long as there is a reason; where nobody says that there is none any
 * more, an edge for each. It ends high: an 8259 takes back what goes low before the
 * CPU has taken it. */
static void raise_line(struct virtio_mmio *m)
{
	if (m->quiet)
		set_line(m, false);
	set_line(m, true);
}

static void show_register(struct virtio_mmio *m, uint64_t off, uint32_t val)
{
	if (m->page)
		atomic_store_explicit(&m->page[off / 4], val,
				      memory_order_release);
}

static void interrupt(struct virtio *virtio, unsigned int queue)
{
	struct virtio_mmio *m = (struct virtio_mmio *)virtio;

	m->interrupts |= queue == VIRTIO_CONFIG ? INTERRUPT_CONFIG :
						  INTERRUPT_QUEUE;
	show_register(m, INTERRUPT_STATUS, m->interrupts);
	raise_line(m);
}

static void acknowledge(struct virtio_mmio *m, uint32_t val)
{
	m->interrupts &= ~val;
	show_register(m, INTERRUPT_STATUS, m->interrupts);
	set_line(m, false);
	if (m->interrupts)
		raise_line(m);
}

/* Acknowledging a queue and nothing else rings an eventfd that nobody hears. */
static void stop_waiting(struct virtio_mmio *m)
{
	struct ioevent ack = { .off = INTERRUPT_ACK,
			       .size = 4,
			       .only = true,
			       .val = INTERRUPT_QUEUE };

	if (m->ack_fd <= 0)
		m->ack_fd = event_fd();
	if (m->ack_fd < 0)
		return;
	ack.fd = m->ack_fd;
	board_add_ioevent(m->virtio.board, &ack);
	m->quiet = m->hears_acks = true;
}

/* One register for all queues: which it is, is what is written. */
static void listen(struct virtio *virtio, unsigned int queue, int fd)
{
	struct virtio_mmio *m = (struct virtio_mmio *)virtio;
	const struct ioevent kick = { .off = QUEUE_NOTIFY,
				      .size = 4,
				      .only = true,
				      .val = queue,
				      .fd = fd };

	board_add_ioevent(virtio->board, &kick);
	if (m->is_for_linux && !m->hears_acks)
		stop_waiting(m);
}

/* The queue that is selected; NULL: there is none of that number. */
static struct virtio_queue *selected(struct virtio_mmio *m)
{
	return m->queue_select < m->virtio.nr_queues ?
		       &m->virtio.queues[m->queue_select] :
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

/* The others are for writing only. */
static uint32_t read_register(struct virtio_mmio *m, uint64_t off)
{
	const struct virtio_queue *q = selected(m);

	switch (off) {
	case MAGIC_VALUE:
		return MAGIC;
	case DEVICE_VERSION:
		return VERSION;
	case DEVICE_ID:
		return m->virtio.type->id;
	case VENDOR_ID:
		return VENDOR;
	case OFFER:
		return virtio_offers(&m->virtio, m->offer_select);
	case QUEUE_SIZE_MAX:
		return q ? virtio_size_max(&m->virtio) : 0;
	case QUEUE_READY:
		return q && q->enabled;
	case INTERRUPT_STATUS:
		return m->interrupts;
	case STATUS:
		return m->virtio.status;
	case GENERATION:
		return m->virtio.generation;
	}
	return 0;
}

/* Before what is new can be seen, the generation is another one, and once it can,
 * yet another: a driver that has read a part of each reads again. */
static void show_config(struct virtio_mmio *m)
{
	const struct virtio *v = &m->virtio;
	uint32_t words[VIRTIO_CONFIG_MAX / 4];

	memcpy(words, v->config, sizeof(words));
	if (!memcmp(words, (uint8_t *)m->page + OF_DEVICE, sizeof(words)))
		return;
	show_register(m, GENERATION, ~(uint32_t)v->generation);
	for (unsigned int i = 0; i < VIRTIO_CONFIG_MAX / 4; i++)
		show_register(m, OF_DEVICE + 4 * i, words[i]);
}

void virtio_mmio_show(struct virtio *virtio)
{
	static const uint16_t readable[] = {
		MAGIC_VALUE, DEVICE_VERSION,   DEVICE_ID,   VENDOR_ID,
		OFFER,	     QUEUE_SIZE_MAX,   QUEUE_READY, STATUS,
		GENERATION,  INTERRUPT_STATUS,
	};
	struct virtio_mmio *m = (struct virtio_mmio *)virtio;

	if (!m->page)
		return;
	show_config(m);
	for (unsigned int i = 0; i < sizeof(readable) / sizeof(readable[0]);
	     i++)
		show_register(m, readable[i], read_register(m, readable[i]));
}

/* Whoever reads in the page is not heard. */
static bool hear_reads(struct virtio *virtio, bool hear)
{
	const struct virtio_mmio *m = (const struct virtio_mmio *)virtio;

	return !m->page || board_hide_page(virtio->board, hear);
}

static void set_half(uint64_t *address, unsigned int shift, uint32_t val)
{
	*address &= ~(UINT64_C(0xffffffff) << shift);
	*address |= (uint64_t)val << shift;
}

/* Where it is cannot change while it is in use. */
static void write_queue(struct virtio_mmio *m, uint64_t off, uint32_t val)
{
	struct virtio_queue *q = selected(m);
	uint64_t *address;

	if (!q)
		return;
	if (off == QUEUE_READY && !val)
		virtio_disable(&m->virtio, m->queue_select);
	if (q->enabled)
		return;
	address = find_address(q, off);
	if (off == QUEUE_SIZE)
		virtio_set_size(&m->virtio, m->queue_select, val);
	else if (off == QUEUE_READY && val == 1)
		virtio_enable(&m->virtio, m->queue_select);
	else if (address)
		set_half(address, (off & 4) * 8, val);
}

static void write_status(struct virtio_mmio *m, uint32_t val)
{
	virtio_set_status(&m->virtio, val);
	if (val & 0xff)
		return;
	m->offer_select = m->take_select = m->queue_select = 0;
	m->quiet = m->hears_acks = false;
	acknowledge(m, UINT32_MAX);
}

static void write_register(struct virtio_mmio *m, uint64_t off, uint32_t val)
{
	switch (off) {
	case OFFER_SELECT:
		m->offer_select = val;
		break;
	case TAKE_SELECT:
		m->take_select = val;
		break;
	case TAKE:
		virtio_take(&m->virtio, m->take_select, val);
		break;
	case QUEUE_SELECT:
		m->queue_select = val;
		break;
	case QUEUE_NOTIFY:
		virtio_kick(&m->virtio, val);
		break;
	case INTERRUPT_ACK:
		acknowledge(m, val);
		break;
	case STATUS:
		write_status(m, val);
		break;
	default:
		write_queue(m, off, val);
	}
}

/* A register is accessed as a whole, or it is not: "MMIO Device Register
 * Layout". */
static bool is_register(uint64_t off, unsigned int size)
{
	return off < OF_DEVICE && size == 4 && !(off % 4);
}

static uint64_t virtio_mmio_read(void *dev, unsigned int range, uint64_t off,
				 unsigned int size)
{
	struct virtio_mmio *m = dev;

	(void)range;
	if (is_register(off, size))
		return read_register(m, off);
	if (off < OF_DEVICE)
		return 0;
	return virtio_read_config(&m->virtio, off - OF_DEVICE, size);
}

static void virtio_mmio_write(void *dev, unsigned int range, uint64_t off,
			      unsigned int size, uint64_t val)
{
	struct virtio_mmio *m = dev;

	(void)range;
	if (is_register(off, size))
		write_register(m, off, val);
	else if (off >= OF_DEVICE)
		virtio_write_config(&m->virtio, off - OF_DEVICE, size, val);
	if (off != QUEUE_NOTIFY && off != INTERRUPT_ACK)
		virtio_mmio_show(&m->virtio);
}

static void virtio_mmio_init(void *dev, struct board *board)
{
	struct virtio_mmio *m = dev;
	const struct made *made = board_config(board);

	m->virtio = (struct virtio){ .type = made->virtio,
				     .board = board,
				     .given = made->given,
				     .dev = m->own,
				     .ram = ram,
				     .interrupt = interrupt,
				     .listen = listen,
				     .changed = virtio_mmio_show,
				     .hear_reads = hear_reads };
	m->is_for_linux = made->is_for_linux;
	virtio_init(&m->virtio);
	m->page = board_show_page(board, 0);
	virtio_mmio_show(&m->virtio);
}

static size_t virtio_mmio_input(void *dev, const uint8_t *buf, size_t len)
{
	return virtio_input(dev, buf, len);
}

static void virtio_mmio_hang_up(void *dev)
{
	virtio_hang_up(dev);
}

static void virtio_mmio_resize(void *dev)
{
	virtio_resize(dev);
}

static void virtio_mmio_abort(void *dev)
{
	virtio_abort(dev);
}

static void virtio_mmio_release(void *dev)
{
	struct virtio_mmio *m = dev;

	virtio_release(&m->virtio);
	if (m->ack_fd > 0)
		close(m->ack_fd);
}

static void virtio_mmio_reset(void *dev)
{
	write_status(dev, 0);
}

static struct made make(const struct virtio_type *type)
{
	return (struct made){
		.type = { .name = type->name,
			  .ranges = { { DEV_MMIO, 0, WINDOW_LEN, DEV_BEGUN } },
			  .nr_irqs = 1,
			  .width = 4,
			  .size = sizeof(struct virtio_mmio) + type->size,
			  .init = virtio_mmio_init,
			  .read = virtio_mmio_read,
			  .write = virtio_mmio_write,
			  .input = type->input ? virtio_mmio_input : NULL,
			  .hang_up = type->hang_up ? virtio_mmio_hang_up : NULL,
			  .resize = type->resize ? virtio_mmio_resize : NULL,
			  .abort = virtio_mmio_abort,
			  .release = virtio_mmio_release,
			  .reset = IF_ON(CONFIG_SNAPSHOT, virtio_mmio_reset),
			  .version = IS_ON(CONFIG_SNAPSHOT) ?
					     virtio_mmio_version(type) :
					     0,
			  .saved = sizeof(struct virtio_mmio) + type->size,
			  .still = IF_ON(CONFIG_SNAPSHOT, virtio_mmio_still),
			  .save = IF_ON(CONFIG_SNAPSHOT, virtio_mmio_save),
			  .restored =
				  IF_ON(CONFIG_SNAPSHOT, virtio_mmio_restored),
			  .timer = IF_ON(CONFIG_SNAPSHOT, virtio_mmio_timer) },
		.virtio = type,
	};
}

static void forget(const void *config)
{
	const struct made *made = config;

	if (made->virtio->forget)
		made->virtio->forget(made->given);
}

static int mmio_add(struct plan *plan, const struct virtio_type *type,
		    const void *given, size_t size)
{
	struct made *made = malloc(sizeof(*made) + size);
	struct planned *planned;
	struct made *kept;

	if (!made)
		return -ENOMEM;
	*made = make(type);
	made->is_for_linux = plan_drives_windows(plan);
	if (size)
		memcpy(made->given, given, size);
	planned = plan_add(plan, &made->type, made, sizeof(*made) + size);
	free(made);
	if (!planned)
		return -EINVAL;
	planned->forget = forget;
	kept = planned->config;
	planned->type = &kept->type;
	plan_window(planned);
	return 0;
}

static const struct virtio_transport mmio = {
	.name = "mmio",
	.what = "registers at 0xfeb00000 on, for kernels that are told",
	.add = mmio_add,
};
TRANSPORT(mmio);
