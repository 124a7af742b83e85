/*
 * What a drive does while it is busy: the worker of its channel reads and writes the
 * disk, with the device's lock let go. Until it is back nobody else touches the
 * buffer, nor where the transfer is; a reset waits for it, as it would for a drive.
 * What the host has in its memory is read on the vCPU's thread, at once: to wake a
 * worker takes longer than that, and the guest never finds the drive busy.
 */
#include <string.h>

#include "device.h"
#include "ide/dma.h"
#include "ide/ide.h"
#include "util/log.h"
#include "worker.h"

typedef int (*read_fn)(struct disk *disk, const struct iovec *iov,
		       unsigned int nr, uint64_t at);

/* As much as is left and fits. */
static int fill(struct ide_channel *c, read_fn read)
{
	struct ide_state *s = c->state;
	const uint32_t len = s->left < IDE_BUFFER ? s->left : IDE_BUFFER;
	const struct iovec iov = { s->buffer, len };
	int err = read(ide_slot(c)->disk, &iov, 1, s->pos);

	if (err)
		return err;
	s->len = len;
	s->pos += len;
	s->left -= len;
	return 0;
}

/* False: something would be waited for, or it writes. Nothing has changed then. */
static bool do_now(struct ide_channel *c)
{
	const read_fn read = ide_slot(c)->disk->format->read_now;

	if (!read)
		return false;
	if (c->state->job == JOB_DMA)
		return ide_dma_now(c);
	if (c->state->job != JOB_FILL || fill(c, read))
		return false;
	ide_filled(c);
	return true;
}

void ide_post(struct ide_channel *c, enum ide_job job)
{
	struct ide_state *s = c->state;

	s->phase = PHASE_WORK;
	s->job = job;
	ide_drive(c)->status = STATUS_BSY;
	if (!do_now(c))
		event_notify(c->work.fd);
}

/* The guest hears of each, the person at the terminal of each kind once. */
static void tell(struct ide_channel *c, int err)
{
	const uint64_t bit = UINT64_C(1) << (-err & 63);

	if (err == -DISK_HAS_SAID || c->told & bit)
		return;
	c->told |= bit;
	log_error("disk %s: %s; the guest gets I/O errors",
		  ide_slot(c)->disk->name, strerror(-err));
}

static int flush(struct disk *disk)
{
	return disk->read_only ? 0 : disk->format->flush(disk);
}

static int store(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	struct disk *disk = ide_slot(c)->disk;
	const struct iovec iov = { s->buffer, s->len };
	int err = disk->format->write(disk, &iov, 1, s->pos);

	if (!err && ide_drive(c)->through)
		err = flush(disk);
	if (!err)
		s->pos += s->len;
	return err;
}

static int verify(struct ide_channel *c)
{
	int err = 0;

	while (c->state->left && !err)
		err = fill(c, ide_slot(c)->disk->format->read);
	return err;
}

static int run(struct ide_channel *c)
{
	switch (c->state->job) {
	case JOB_FILL:
		return fill(c, ide_slot(c)->disk->format->read);
	case JOB_STORE:
		return store(c);
	case JOB_VERIFY:
		return verify(c);
	case JOB_FLUSH:
		return flush(ide_slot(c)->disk);
	default:
		return 0;
	}
}

static bool reads(const struct ide_state *s)
{
	return s->job == JOB_FILL || s->job == JOB_VERIFY ||
	       (s->job == JOB_DMA && !s->to_disk);
}

/* It was sector @s->pos that failed, or one of those behind. */
static void fail(struct ide_channel *c, int err)
{
	tell(c, err);
	if (c->state->job != JOB_FLUSH && !ide_slot(c)->is_cd)
		ide_put_address(c, c->state->pos / DISK_SECTOR);
	ide_fail(c, reads(c->state) ? ERROR_UNC : ERROR_ABRT);
}

static void go_on(struct ide_channel *c)
{
	switch (c->state->job) {
	case JOB_FILL:
		ide_filled(c);
		break;
	case JOB_STORE:
		ide_stored(c);
		break;
	default:
		ide_finish(c, 0);
	}
}

/* A bit for each drive; and SRST may still be set. */
static void come_back(struct ide_channel *c)
{
	const unsigned int units = c->cut;

	c->cut = 0;
	if (c->state->control & CONTROL_SRST)
		c->state->phase = PHASE_RESET;
	else
		ide_come_back(c, units);
}

void ide_work(void *channel, uint32_t events)
{
	struct ide_channel *c = channel;
	struct board *board = c->ide->board;
	int err;

	(void)events;
	if (c->state->phase != PHASE_WORK)
		return;
	if (c->state->job == JOB_DMA) {
		err = ide_dma_run(c);
	} else {
		board_let_go(board);
		err = run(c);
		board_take_back(board);
	}
	if (c->cut)
		come_back(c);
	else if (err)
		fail(c, err);
	else if (c->state->phase == PHASE_WORK)
		go_on(c);
	board_ring(board);
}
