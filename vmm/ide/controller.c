/*
 * The controller: two channels at the addresses that they have had since the AT, each
 * with its interrupt line. A system without a driver for PCI polls them there.
 * Where there is PCI, it is also a function: ide/function.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>

#include "device.h"
#include "ide/controller.h"
#include "ide/dma.h"
#include "ide/geometry.h"
#include "ide/ide.h"
#include "saved.h"
#include "worker.h"

/* Of each channel the command block, then the control block; then the bus master,
 * which is BAR 4. */
enum { RANGE_COMMAND, RANGE_CONTROL, RANGES, RANGE_MASTER = 4 };

#define MODE_DMA 0x22 /* as firmware leaves drives: multiword DMA 2 */

/* What cannot be read now cannot be told of. */
static void find_geometry(const struct ide_slot *slot, struct ide_drive *d)
{
	uint8_t sector[DISK_SECTOR];
	const struct iovec iov = { sector, sizeof(sector) };

	d->own_heads = IDE_HEADS;
	d->own_sectors = IDE_SECTORS;
	if (slot->disk && !slot->is_cd &&
	    !slot->disk->format->read(slot->disk, &iov, 1, 0))
		ide_guess(sector, &d->own_heads, &d->own_sectors);
}

static void set_up_drive(struct ide_channel *c, unsigned int unit)
{
	struct ide_drive *d = &c->state->drives[unit];

	find_geometry(&c->slots[unit], d);
	d->heads = d->own_heads;
	d->sectors = d->own_sectors;
	if (c->ide->has_dma)
		d->mode = MODE_DMA;
}

void ide_init(void *dev, struct board *board)
{
	const struct ide_given *given = board_config(board);
	struct ide *ide = dev;

	ide->board = board;
	for (unsigned int i = 0; i < IDE_CHANNELS; i++) {
		struct ide_channel *c = &ide->channels[i];

		c->ide = ide;
		c->state = &ide->state[i];
		c->slots = &given->slots[i * IDE_DRIVES];
		c->nr = i;
		for (unsigned int unit = 0; unit < IDE_DRIVES; unit++) {
			set_up_drive(c, unit);
		}
		ide_come_back(c, (1 << IDE_DRIVES) - 1);
		c->work = (struct event_source){ event_fd(), ide_work, c };
		if (c->work.fd >= 0 &&
		    (ide_is_there(c, 0) || ide_is_there(c, 1)))
			board_watch(board, i, &c->work, EPOLLIN | EPOLLET);
	}
}

/* A register of a byte, at offset @off of a command block. Only data is wider. */
static uint64_t read_bytes(struct ide_channel *c, uint64_t off,
			   unsigned int size)
{
	uint64_t val = 0;

	for (unsigned int i = 0; i < size; i++)
		val |= (uint64_t)ide_read_reg(c, off + i) << 8 * i;
	return val;
}

uint64_t ide_read(void *dev, unsigned int range, uint64_t off,
		  unsigned int size)
{
	struct ide *ide = dev;
	struct ide_channel *c = &ide->channels[range / RANGES % IDE_CHANNELS];
	uint64_t val = 0;

	if (range == RANGE_MASTER) {
		for (unsigned int i = 0; i < size; i++, off++)
			val |= (uint64_t)ide_bm_read(
				       &ide->channels[off / IDE_BM_SIZE],
				       off % IDE_BM_SIZE)
			       << 8 * i;
		return val;
	}
	if (range % RANGES == RANGE_CONTROL)
		return ide_read_control(c);
	return off == IDE_DATA ? ide_read_data(c, size) :
				 read_bytes(c, off, size);
}

/* A string that is read from Data is what a disk is read by. */
void ide_read_items(void *dev, unsigned int range, uint64_t off,
		    unsigned int size, unsigned int nr, void *to)
{
	struct ide *ide = dev;
	uint8_t *at = to;

	if (range != RANGE_MASTER && range % RANGES == RANGE_COMMAND &&
	    off == IDE_DATA) {
		ide_read_words(&ide->channels[range / RANGES % IDE_CHANNELS],
			       size, nr, to);
		return;
	}
	for (; nr; nr--, at += size) {
		const uint64_t val = ide_read(dev, range, off, size);

		memcpy(at, &val, size);
	}
}

void ide_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
	       uint64_t val)
{
	struct ide *ide = dev;
	struct ide_channel *c = &ide->channels[range / RANGES % IDE_CHANNELS];

	if (range < RANGE_MASTER && range % RANGES == RANGE_COMMAND &&
	    off == IDE_DATA) {
		ide_write_data(c, size, val);
		return;
	}
	for (; size--; off++, val >>= 8) {
		if (range == RANGE_MASTER)
			ide_bm_write(&ide->channels[off / IDE_BM_SIZE],
				     off % IDE_BM_SIZE, val);
		else if (range % RANGES == RANGE_CONTROL)
			ide_write_control(c, val);
		else
			ide_write_reg(c, off, val);
	}
}

bool ide_still(void *dev)
{
	const struct ide *ide = dev;

	for (unsigned int i = 0; i < IDE_CHANNELS; i++)
		if (ide->state[i].phase == PHASE_WORK)
			return false;
	return true;
}

/* A command that was begun ends first. */
void ide_reset(void *dev)
{
	struct ide *ide = dev;

	while (!ide_still(ide) && board_wait(ide->board))
		;
	for (unsigned int i = 0; i < IDE_CHANNELS; i++)
		ide->channels[i].cut = 0;
}

static void for_disks(struct ide *ide, void (*act)(struct disk *disk))
{
	for (unsigned int i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
		struct disk *disk =
			ide->channels[i / IDE_DRIVES].slots[i % IDE_DRIVES].disk;

		if (disk)
			act(disk);
	}
}

static void abort_disk(struct disk *disk)
{
	if (disk->format->abort)
		disk->format->abort(disk);
}

void ide_abort(void *dev)
{
	for_disks(dev, abort_disk);
}

static void close_slots(const struct ide_given *given, bool unused)
{
	for (unsigned int i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
		const struct ide_slot *slot = &given->slots[i];

		if (slot->disk && unused)
			slot->disk->unused = true;
		disk_close(slot->disk);
		free(slot->text);
	}
}

void ide_release(void *dev)
{
	struct ide *ide = dev;

	for (unsigned int i = 0; i < IDE_CHANNELS; i++)
		if (ide->channels[i].work.fd >= 0)
			close(ide->channels[i].work.fd);
	close_slots(board_config(ide->board), false);
}

void ide_forget(const void *given)
{
	close_slots(given, true);
}

static const struct device_type ide = {
	.name = "ide",
	IDE_ROW,
	.still = IF_ON(CONFIG_SNAPSHOT, ide_still),
	.reset = IF_ON(CONFIG_SNAPSHOT, ide_reset),
	.version = 2,
	.saved = offsetof(struct ide, state),
	.init = ide_init,
	.save = IF_ON(CONFIG_SNAPSHOT, ide_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, ide_restored),
};

const struct device_type *ide_ports(void)
{
	return &ide;
}
