/*
 * The teaching device `edu` of QEMU, after its documentation ("EDU device"), so
 * that the drivers which courses write for it run here: identification, a value
 * that comes back inverted, a factorial that takes its time, interrupts by hand,
 * and DMA between guest RAM and a page of its own.
 *
 *   0x00 identification     0x24 interrupt status    0x80 DMA source
 *   0x04 liveness           0x60 interrupt raise     0x88 DMA destination
 *   0x08 factorial          0x64 interrupt ack       0x90 DMA count
 *   0x20 status                                      0x98 DMA command
 *
 * As there, registers below 0x80 are 4 bytes, those from there on 4 or 8, and a
 * DMA address has 28 bits. A transfer that would leave RAM or the page, or that
 * is asked of a function that may not be a bus master, does not take place.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "pci.h"
#include "plug.h"
#include "saved.h"

#define EDU_SIZE 0x100000

enum edu_reg {
	REG_ID = 0x00,
	REG_LIVE = 0x04,
	REG_FACTORIAL = 0x08,
	REG_STATUS = 0x20,
	REG_IRQ_STATUS = 0x24,
	REG_IRQ_RAISE = 0x60,
	REG_IRQ_ACK = 0x64,
	REG_DMA_SRC = 0x80,
	REG_DMA_DST = 0x88,
	REG_DMA_COUNT = 0x90,
	REG_DMA_CMD = 0x98,
};

#define ID		 0x010000ed /* version 1.0 */
#define STATUS_COMPUTING 0x01
#define STATUS_IRQ	 0x80 /* when the factorial is there */
#define DMA_RUN		 0x01
#define DMA_TO_RAM	 0x02
#define DMA_IRQ		 0x04 /* when it is done */
#define DMA_MASK	 0x0fffffffULL

/* Causes of its own, in the interrupt status */
#define CAUSE_FACTORIAL 0x001
#define CAUSE_DMA	0x100

/* The page, as DMA addresses it */
#define PAGE_START 0x40000
#define PAGE_SIZE  4096

/* From the 34th on there are 32 factors of two in it. */
#define FACTORIAL_END 34

/* How long it is at it: long enough for a driver to see it wait. */
#define FACTORIAL_NS 100000
#define DMA_NS	     1000000

struct edu {
	struct pci pci; /* first: see include/pci.h */
	struct board *board;

	/* What is remembered of it begins here. */
	uint32_t live, factorial, status, causes;
	uint64_t dma_src, dma_dst, dma_count, dma_cmd;
	uint64_t factorial_ns, dma_ns; /* when each is done; 0: at rest */
	uint8_t page[PAGE_SIZE];
};

static void raise(struct edu *e, uint32_t causes)
{
	e->causes |= causes;
	pci_level(&e->pci, e->causes);
	if (e->causes)
		pci_message(&e->pci, 0);
}

static void acknowledge(struct edu *e, uint32_t causes)
{
	e->causes &= ~causes;
	pci_level(&e->pci, e->causes);
}

/* The timer is for whichever comes first. */
static void set_timer(struct edu *e)
{
	uint64_t next = e->factorial_ns;

	if (e->dma_ns && (!next || e->dma_ns < next))
		next = e->dma_ns;
	board_timer(e->board, next);
}

static uint32_t factorial_of(uint32_t n)
{
	uint32_t product = 1;

	if (n >= FACTORIAL_END)
		return 0;
	for (; n > 1; n--)
		product *= n;
	return product;
}

static void end_factorial(struct edu *e)
{
	e->factorial_ns = 0;
	e->factorial = factorial_of(e->factorial);
	e->status &= ~STATUS_COMPUTING;
	if (e->status & STATUS_IRQ)
		raise(e, CAUSE_FACTORIAL);
}

/* @count bytes at @at of the page; NULL: not all of them are in it. */
static uint8_t *page_part(struct edu *e, uint64_t at, uint64_t count)
{
	uint64_t off = at - PAGE_START;

	if (count > PAGE_SIZE || off > PAGE_SIZE - count)
		return NULL;
	return e->page + off;
}

static void copy(struct edu *e)
{
	bool to_ram = e->dma_cmd & DMA_TO_RAM;
	uint64_t gpa = (to_ram ? e->dma_dst : e->dma_src) & DMA_MASK;
	uint8_t *page =
		page_part(e, to_ram ? e->dma_src : e->dma_dst, e->dma_count);
	void *ram = pci_dma(&e->pci, gpa, e->dma_count);

	if (!page || !ram)
		board_oddity(e->board, "DMA that cannot be", gpa);
	else if (to_ram)
		memcpy(ram, page, e->dma_count);
	else
		memcpy(page, ram, e->dma_count);
}

static void end_dma(struct edu *e)
{
	e->dma_ns = 0;
	copy(e);
	e->dma_cmd &= ~DMA_RUN;
	if (e->dma_cmd & DMA_IRQ)
		raise(e, CAUSE_DMA);
}

static void edu_timer(void *dev)
{
	struct edu *e = dev;
	uint64_t now_ns = board_now_ns(e->board);

	if (e->factorial_ns && e->factorial_ns <= now_ns)
		end_factorial(e);
	if (e->dma_ns && e->dma_ns <= now_ns)
		end_dma(e);
	set_timer(e);
}

static uint64_t read_dma(const struct edu *e, uint64_t off)
{
	switch (off) {
	case REG_DMA_SRC:
		return e->dma_src;
	case REG_DMA_DST:
		return e->dma_dst;
	case REG_DMA_COUNT:
		return e->dma_count;
	case REG_DMA_CMD:
		return e->dma_cmd;
	}
	return UINT64_MAX;
}

static bool is_wrong(uint64_t off, unsigned int size)
{
	return size < 4 || (size == 8 && off < REG_DMA_SRC);
}

static uint64_t edu_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size)
{
	const struct edu *e = dev;

	(void)range;
	if (is_wrong(off, size))
		return UINT64_MAX;
	switch (off) {
	case REG_ID:
		return ID;
	case REG_LIVE:
		return e->live;
	case REG_FACTORIAL:
		return e->factorial;
	case REG_STATUS:
		return e->status;
	case REG_IRQ_STATUS:
		return e->causes;
	}
	return read_dma(e, off);
}

static void begin_factorial(struct edu *e, uint32_t n)
{
	if (e->status & STATUS_COMPUTING)
		return;
	e->factorial = n;
	e->status |= STATUS_COMPUTING;
	e->factorial_ns = board_now_ns(e->board) + FACTORIAL_NS;
	set_timer(e);
}

/* Nothing is taken while it is at work. */
static void write_dma(struct edu *e, uint64_t off, uint64_t val)
{
	if (e->dma_cmd & DMA_RUN)
		return;
	switch (off) {
	case REG_DMA_SRC:
		e->dma_src = val;
		break;
	case REG_DMA_DST:
		e->dma_dst = val;
		break;
	case REG_DMA_COUNT:
		e->dma_count = val;
		break;
	case REG_DMA_CMD:
		if (!(val & DMA_RUN))
			break;
		e->dma_cmd = val;
		e->dma_ns = board_now_ns(e->board) + DMA_NS;
		set_timer(e);
		break;
	}
}

static void edu_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val)
{
	struct edu *e = dev;

	(void)range;
	if (is_wrong(off, size))
		return;
	switch (off) {
	case REG_LIVE:
		e->live = ~val;
		break;
	case REG_FACTORIAL:
		begin_factorial(e, val);
		break;
	case REG_STATUS:
		e->status = (e->status & ~STATUS_IRQ) | (val & STATUS_IRQ);
		break;
	case REG_IRQ_RAISE:
		raise(e, val);
		break;
	case REG_IRQ_ACK:
		acknowledge(e, val);
		break;
	default:
		write_dma(e, off, val);
	}
}

static const struct pci_function function = {
	.vendor = 0x1234,
	.device = 0x11e8,
	.subvendor = 0x1af4,
	.subdevice = 0x1100,
	.class = 0x00ff00,
	.revision = 0x10,
	.pin = 1,
	.nr_msi = 1,
	.bars = { { EDU_SIZE, PCI_BAR_MEM32 } },
};

static void edu_init(void *dev, struct board *board)
{
	struct edu *e = dev;

	e->board = board;
	pci_init(&e->pci, board, &function);
}

static void edu_save(void *dev, struct stash *out)
{
	const struct edu *e = dev;

	pci_save(&e->pci, out);
}

/* What it was at goes on, or is done at once. */
static bool edu_restored(void *dev, struct stash *in)
{
	struct edu *e = dev;

	return pci_restored(&e->pci, in) &&
	       has_only(e->status, STATUS_COMPUTING | STATUS_IRQ);
}

static void edu_reset(void *dev)
{
	struct edu *e = dev;

	pci_level(&e->pci, false);
}

static const struct device_type edu = {
	.name = "edu",
	.width = 8,
	.size = sizeof(struct edu),
	.init = edu_init,
	.read = edu_read,
	.write = edu_write,
	.timer = edu_timer,
	.version = 1,
	.saved = offsetof(struct edu, live),
	.reset = IF_ON(CONFIG_SNAPSHOT, edu_reset),
	.save = IF_ON(CONFIG_SNAPSHOT, edu_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, edu_restored),
	.pci = &function,
};

static int edu_plug(struct plan *plan, const char *arg)
{
	(void)arg;
	return plan_add(plan, &edu, NULL, 0) ? 0 : -EINVAL;
}

static const struct plug plug = {
	.option = "--edu",
	.what = "teaching device of QEMU, PCI 1234:11e8",
	.plug = edu_plug,
};

PLUG(plug);
