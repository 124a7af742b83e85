/*
 * What is remembered of the controller: its registers and a sector that is under way,
 * which are plain bytes, and of each drive its disk and what is marked there. Nothing is
 * begun twice: the worker is through with its job when a guest is saved. A reset finds
 * disks and marks as they are.
 */
#include "device.h"
#include "floppy/floppy.h"
#include "saved.h"
#include "util/stash.h"

void fdc_save(void *dev, struct stash *out)
{
	struct fdc *f = dev;

	if (board_resets(f->board))
		return;
	for (unsigned int i = 0; i < FDC_DRIVES; i++) {
		struct disk *disk = f->slots[i].disk;
		const uint8_t is_there = disk != NULL;

		STASH_PUT(out, is_there);
		if (!is_there)
			continue;
		disk_save(disk, f->board, out);
		STASH_PUT(out, f->deleted[i]);
	}
}

static bool are_disks(struct fdc *f, struct stash *in)
{
	for (unsigned int i = 0; i < FDC_DRIVES; i++) {
		struct disk *disk = f->slots[i].disk;
		uint8_t was_there;

		STASH_GET(in, was_there);
		if (was_there != (disk != NULL) ||
		    (was_there && !disk_restore(disk, f->board, in)))
			return false;
		if (was_there)
			STASH_GET(in, f->deleted[i]);
	}
	return true;
}

static bool is_drive(const struct fdc *f, unsigned int unit)
{
	const struct fdc_slot *slot = fdc_slot(f, unit);
	const struct fdc_drive *d = &f->state.drives[unit];

	return ARE_BOOLS(&d->is_changed) &&
	       d->head <= (slot ? slot->format->stop : 0) &&
	       (!slot || d->turned < slot->format->sectors);
}

static bool is_chip(const struct dma_chip *chip)
{
	return ARE_BOOLS(&chip->is_high) && has_only(chip->mask, 0x0f) &&
	       has_only(chip->status, 0x0f);
}

static bool to_disk(const struct fdc_state *s)
{
	return s->kind == KIND_WRITE || s->kind == KIND_FORMAT;
}

/* A buffer that is exchanged with the guest, for a sector that there is. */
static bool is_under_way(const struct fdc *f)
{
	const struct fdc_state *s = &f->state;
	const struct fdc_slot *slot = fdc_slot(f, s->unit);

	return slot && s->head < slot->format->heads &&
	       s->drives[s->unit].head < slot->format->cylinders &&
	       (s->kind == KIND_FORMAT ||
		(s->sector && s->sector <= slot->format->sectors)) &&
	       s->at < s->end &&
	       s->end == (s->kind == KIND_FORMAT ? 4 : DISK_SECTOR) &&
	       s->kind != KIND_VERIFY && !(to_disk(s) && slot->disk->read_only);
}

static bool is_phase(const struct fdc *f)
{
	const struct fdc_state *s = &f->state;

	if ((s->phase == PHASE_RESET) == !!(s->dor & DOR_RESET))
		return false;
	switch (s->phase) {
	case PHASE_DMA:
		return s->by_dma && !s->at && is_under_way(f);
	case PHASE_IN:
	case PHASE_OUT:
		return !s->by_dma && (s->phase == PHASE_OUT) == to_disk(s) &&
		       is_under_way(f);
	case PHASE_RESULT:
		return s->nr_results <= FDC_RESULTS &&
		       s->at_result < s->nr_results;
	case PHASE_COMMAND:
		return fdc_is_begun(s);
	default:
		return s->phase == PHASE_RESET && !s->nr;
	}
}

bool fdc_restored(void *dev, struct stash *in)
{
	struct fdc *f = dev;
	const struct fdc_state *s = &f->state;

	return ARE_BOOLS(&s->is_locked, &s->is_polled, &s->seek_asks,
			 &s->result_asks, &s->line, &s->by_dma, &s->is_last,
			 &s->is_over) &&
	       is_drive(f, 0) && is_drive(f, 1) && is_chip(&s->dma[0]) &&
	       is_chip(&s->dma[1]) && s->phase < PHASES && s->job < JOBS &&
	       s->kind < KINDS && s->unit < FDC_UNITS && s->head < 2 &&
	       has_only(s->rate, DSR_RATE) && has_only(s->tdr, 3) &&
	       has_only(s->waiting, 0x0f) && has_only(s->config, 0x7f) &&
	       has_only(s->perpendicular, 0x3f) && is_phase(f) &&
	       (board_resets(f->board) || are_disks(f, in));
}
