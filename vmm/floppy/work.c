/*
 * What takes time: the worker reads or writes a sector of the file, with the device's
 * lock let go. Until it is back nobody else touches the buffer, and the controller
 * takes nothing; a reset waits for it.
 */
#include <string.h>

#include "device.h"
#include "floppy/floppy.h"
#include "util/log.h"
#include "worker.h"

void fdc_post(struct fdc *f, enum fdc_job job)
{
	f->state.phase = PHASE_WORK;
	f->state.job = job;
	event_notify(f->work.fd);
}

/* The guest hears of each, the person at the terminal of each kind once. */
static void tell(struct fdc *f, int err)
{
	const uint64_t bit = UINT64_C(1) << (-err & 63);

	if (err == -DISK_HAS_SAID || f->told & bit)
		return;
	f->told |= bit;
	log_error("floppy %s: %s; the guest gets errors of data",
		  f->slots[f->state.unit].disk->name, strerror(-err));
}

static int run(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	struct disk *disk = f->slots[s->unit].disk;
	const struct iovec iov = { s->buffer, DISK_SECTOR };
	const uint64_t at = (uint64_t)fdc_place(f) * DISK_SECTOR;

	return s->job == JOB_STORE ? disk->format->write(disk, &iov, 1, at) :
				     disk->format->read(disk, &iov, 1, at);
}

static void go_on(struct fdc *f, int err)
{
	struct fdc_state *s = &f->state;

	if (err) {
		tell(f, err);
		s->st1 |= ST1_DE;
		s->st2 |= ST2_DD;
		fdc_end(f, ST0_ABNORMAL);
	} else if (s->job == JOB_FILL) {
		fdc_filled(f);
	} else {
		fdc_stored(f);
	}
}

/* One after the other, as long as channel 2 takes them. */
void fdc_work(void *dev, uint32_t events)
{
	struct fdc *f = dev;
	int err;

	(void)events;
	while (f->state.phase == PHASE_WORK) {
		board_let_go(f->board);
		err = run(f);
		board_take_back(f->board);
		if (f->is_cut)
			fdc_come_back(f);
		else
			go_on(f, err);
	}
	board_ring(f->board);
}
