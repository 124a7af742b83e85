/*
 * The controller as a device: an 82077AA with up to two drives at the ports that PCs
 * have had since the first one, on IRQ6; and, as nothing else here needs them, the two
 * 8237s with their page registers, of which it has channel 2.
 */
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>

#include "device.h"
#include "floppy/floppy.h"
#include "saved.h"
#include "worker.h"

enum { RANGE_REGS, RANGE_DIR, RANGE_DMA1, RANGE_DMA2, RANGE_PAGES };

#define PAGES_AT 0x81

static void init(void *dev, struct board *board)
{
	const struct fdc_given *given = board_config(board);
	struct fdc *f = dev;
	struct fdc_state *s = &f->state;

	f->board = board;
	f->slots = given->slots;
	for (unsigned int i = 0; i < FDC_DRIVES; i++)
		s->drives[i].is_changed = fdc_slot(f, i) != NULL;
	s->phase = PHASE_RESET;
	s->config = CONFIGURE_AT_RST;
	s->rate = 2; /* 250 kbit/s */
	dma_init(f);
	f->work = (struct event_source){ event_fd(), fdc_work, f };
	if (f->work.fd >= 0)
		board_watch(board, 0, &f->work, EPOLLIN | EPOLLET);
}

static uint64_t read_port(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct fdc *f = dev;

	(void)size;
	switch (range) {
	case RANGE_REGS:
		return fdc_read(f, off);
	case RANGE_DIR:
		return fdc_read_dir(f);
	case RANGE_PAGES:
		return f->state.pages[off + PAGES_AT % DMA_PAGES];
	default: /* the second has 16-bit channels, and A0 is not decoded */
		return dma_read(f, range == RANGE_DMA2,
				range == RANGE_DMA2 ? off / 2 : off);
	}
}

static void write_port(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct fdc *f = dev;

	(void)size;
	switch (range) {
	case RANGE_REGS:
		fdc_write(f, off, val);
		break;
	case RANGE_DIR:
		fdc_write_rate(f, val);
		break;
	case RANGE_PAGES:
		f->state.pages[off + PAGES_AT % DMA_PAGES] = val;
		break;
	default:
		dma_write(f, range == RANGE_DMA2,
			  range == RANGE_DMA2 ? off / 2 : off, val);
		fdc_try_dma(f);
	}
}

static bool still(void *dev)
{
	const struct fdc *f = dev;

	return f->state.phase != PHASE_WORK;
}

/* What was begun on the disk ends first. */
static void reset(void *dev)
{
	struct fdc *f = dev;

	while (!still(f) && board_wait(f->board))
		;
	f->is_cut = false;
}

static void abort_disks(void *dev)
{
	const struct fdc *f = dev;

	for (unsigned int i = 0; i < FDC_DRIVES; i++) {
		struct disk *disk = f->slots[i].disk;

		if (disk && disk->format->abort)
			disk->format->abort(disk);
	}
}

static void close_slots(const struct fdc_given *given, bool unused)
{
	for (unsigned int i = 0; i < FDC_DRIVES; i++) {
		const struct fdc_slot *slot = &given->slots[i];

		if (slot->disk && unused)
			slot->disk->unused = true;
		disk_close(slot->disk);
		free(slot->text);
	}
}

static void release(void *dev)
{
	struct fdc *f = dev;

	if (f->work.fd >= 0)
		close(f->work.fd);
	close_slots(board_config(f->board), false);
}

void fdc_forget(const void *given)
{
	close_slots(given, true);
}

static const struct device_type floppy = {
	.name = "floppy",
	.ranges = {
		{ DEV_PIO, 0x3f0, 6, DEV_LANES },
		{ DEV_PIO, 0x3f7, 1, DEV_LANES },
		{ DEV_PIO, 0x00, 16, DEV_LANES },
		{ DEV_PIO, 0xc0, 32, DEV_LANES },
		{ DEV_PIO, PAGES_AT, 15, DEV_LANES },
	},
	.irqs = { 6 },
	.nr_irqs = 1,
	.width = 1,
	.size = sizeof(struct fdc),
	.init = init,
	.read = read_port,
	.write = write_port,
	.abort = abort_disks,
	.release = release,
	.still = IF_ON(CONFIG_SNAPSHOT, still),
	.reset = IF_ON(CONFIG_SNAPSHOT, reset),
	.version = 2,
	.saved = offsetof(struct fdc, state),
	.save = IF_ON(CONFIG_SNAPSHOT, fdc_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, fdc_restored),
};

const struct device_type *fdc_device(void)
{
	return &floppy;
}
