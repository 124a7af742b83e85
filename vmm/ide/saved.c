/*
 * What is remembered of the controller: its registers and the data that is under way,
 * which are plain bytes, and of each drive its disk. Nothing is begun twice: the
 * worker is through with its job when a guest is saved.
 */
#include <string.h>

#include "device.h"
#include "ide/ide.h"
#include "saved.h"
#include "util/stash.h"

void ide_save(void *dev, struct stash *out)
{
	struct ide *ide = dev;

	if (board_resets(ide->board))
		return;
	for (unsigned int i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
		const struct ide_slot *slot =
			&ide->channels[i / IDE_DRIVES].slots[i % IDE_DRIVES];
		const uint8_t is_there = slot->disk != NULL;

		STASH_PUT(out, is_there);
		if (is_there)
			disk_save(slot->disk, ide->board, out);
	}
}

static bool are_disks(struct ide *ide, struct stash *in)
{
	for (unsigned int i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
		const struct ide_slot *slot =
			&ide->channels[i / IDE_DRIVES].slots[i % IDE_DRIVES];
		uint8_t was_there;

		STASH_GET(in, was_there);
		if (was_there != (slot->disk != NULL) ||
		    (was_there && !disk_restore(slot->disk, ide->board, in)))
			return false;
	}
	return true;
}

static bool is_drive(const struct ide_drive *d)
{
	return ARE_BOOLS(&d->through, &d->is_open, &d->is_locked) && d->heads &&
	       d->sectors && d->own_heads && d->own_sectors &&
	       d->multiple <= IDE_MULTIPLE &&
	       !(d->multiple & (d->multiple - 1));
}

/* Where its bytes are, in the buffer and on the disk of its command. */
static bool has_places(const struct ide_channel *c)
{
	const struct ide_state *s = c->state;
	const struct disk *disk = c->slots[s->unit].disk;
	const uint64_t size = disk ? disk->size : 0;

	return s->at <= s->end && s->end <= IDE_BUFFER &&
	       s->len <= IDE_BUFFER && s->pos <= size &&
	       s->left <= size - s->pos && !(s->pos % DISK_SECTOR);
}

/* The bytes that are here already, and those to come, are whole sectors of it. */
static bool is_out(const struct ide_state *s, const struct disk *disk)
{
	return s->at < s->end && s->block && s->block <= IDE_BUFFER &&
	       !(s->block % DISK_SECTOR) && !(s->end % DISK_SECTOR) &&
	       s->end - s->at <= s->left &&
	       !((s->at + s->left) % DISK_SECTOR) && !disk->read_only &&
	       s->at + s->left <= disk->size - s->pos;
}

/* What a phase needs so that its blocks end. */
static bool is_phase(const struct ide_channel *c)
{
	const struct ide_state *s = c->state;

	if (s->phase != PHASE_IDLE && s->phase != PHASE_RESET &&
	    !ide_is_there(c, s->unit))
		return false;
	switch (s->phase) {
	case PHASE_IDLE:
		return s->at == s->end;
	case PHASE_IN:
		return s->at < s->end && s->end <= s->len && s->block &&
		       !(s->left % DISK_SECTOR);
	case PHASE_OUT:
		return is_out(s, c->slots[s->unit].disk);
	case PHASE_PACKET:
		return s->at < s->end && s->end == IDE_PACKET &&
		       c->slots[s->unit].is_cd;
	case PHASE_DMA:
		return c->ide->has_dma && s->at <= s->len &&
		       !(s->left % DISK_SECTOR) &&
		       !(s->to_disk && c->slots[s->unit].disk->read_only);
	case PHASE_RESET:
		return s->control & CONTROL_SRST;
	default:
		return false;
	}
}

static bool is_channel(const struct ide_channel *c)
{
	const struct ide_state *s = c->state;

	return ARE_BOOLS(&s->asks, &s->line, &s->wide, &s->to_disk,
			 &s->by_dma) &&
	       s->phase < PHASES && s->job < JOBS && s->unit < IDE_DRIVES &&
	       has_only(s->control,
			CONTROL_NIEN | CONTROL_SRST | CONTROL_HOB) &&
	       has_only(s->bm_command, 0x09) && has_only(s->bm_status, 0x67) &&
	       !(s->bm_table & 3) && is_drive(&s->drives[0]) &&
	       is_drive(&s->drives[1]) && has_places(c) && is_phase(c);
}

bool ide_restored(void *dev, struct stash *in)
{
	struct ide *ide = dev;

	for (unsigned int i = 0; i < IDE_CHANNELS; i++)
		if (!is_channel(&ide->channels[i]))
			return false;
	return board_resets(ide->board) || are_disks(ide, in);
}
