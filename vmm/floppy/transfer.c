/*
 * Commands with data, a sector at a time: it is found, read into the buffer, and goes
 * to the guest; or comes from there and is written. By DMA it goes on until the
 * channel's count is through (TC); by the port, and at the end of a cylinder, until EOT,
 * which is an end that the controller calls abnormal (82077AA data sheet, "Data
 * Transfer Commands", "Result Phase").
 *
 * A file has no marks of deleted data: they are remembered as long as the guest is.
 */
#include <string.h>

#include "device.h"
#include "floppy/floppy.h"

#define UNIT	 0x03
#define HEAD	 0x04
#define MT	 0x80
#define SK	 0x20
#define DELETED	 0x08 /* of READ and WRITE, and their deleted twins */
#define EC	 0x80 /* VERIFY: its last byte says how many */
#define ND	 0x01 /* SPECIFY: not by DMA */
#define FIFO	 16
#define ID_BYTES 4 /* of FORMAT TRACK, for a sector */

static void next_sector(struct fdc *f);

static bool to_disk(const struct fdc_state *s)
{
	return s->kind == KIND_WRITE || s->kind == KIND_FORMAT;
}

void fdc_end(struct fdc *f, uint8_t ic)
{
	struct fdc_state *s = &f->state;
	const uint8_t result[] = { ic | s->head << 2 | s->unit,
				   s->st1,
				   s->st2,
				   s->id.c,
				   s->id.h,
				   s->id.r,
				   s->id.n };

	memcpy(s->result, result, sizeof(result));
	if (s->is_polled) /* a driver that has not asked for each unit */
		s->waiting = s->is_polled = s->seek_asks = false;
	s->result_asks = true;
	fdc_give_result(f, sizeof(result));
	fdc_update_line(f);
}

static void fail(struct fdc *f, uint8_t st1)
{
	f->state.st1 |= st1;
	fdc_end(f, ST0_ABNORMAL);
}

/* Sectors, of a command that counts them. */
static uint8_t count(const struct fdc_state *s)
{
	switch (s->kind) {
	case KIND_VERIFY:
		return s->command[8];
	case KIND_TRACK:
		return s->command[6];
	default:
		return s->command[3];
	}
}

void fdc_begin(struct fdc *f, enum fdc_kind kind)
{
	struct fdc_state *s = &f->state;
	const uint8_t *c = s->command;
	const bool formats = kind == KIND_FORMAT;

	s->kind = kind;
	s->unit = c[1] & UNIT;
	s->head = !!(c[1] & HEAD);
	s->by_dma = !(s->specify[1] & ND);
	s->st1 = s->st2 = s->sector = 0;
	s->is_last = s->is_over = false;
	s->id = formats ? (struct fdc_id){ .n = c[2] } :
			  (struct fdc_id){ c[2], c[3], c[4], c[5] };
	s->eot = formats ? c[3] : c[6];
	s->left = count(s);
	if (!formats && s->config & CONFIGURE_EIS)
		fdc_seek(f, s->unit, s->id.c);
	next_sector(f);
	fdc_try_dma(f);
}

/* The next number, as results have it: false: that was the cylinder's last. */
static bool advance(struct fdc_state *s)
{
	const bool turns = s->command[0] & MT && s->kind != KIND_TRACK;

	if (s->id.r != s->eot) {
		s->id.r++;
		return true;
	}
	s->id.r = 1;
	if (turns)
		s->id.h ^= 1;
	if (turns && !s->head) {
		s->head = 1;
		return true;
	}
	s->id.c++;
	return false;
}

static bool is_counted(const struct fdc_state *s)
{
	return s->kind == KIND_TRACK || s->kind == KIND_FORMAT ||
	       (s->kind == KIND_VERIFY && s->command[1] & EC);
}

static void sector_done(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	bool goes_on, is_through;

	if (s->is_over) {
		fdc_end(f, 0);
		return;
	}
	goes_on = s->kind == KIND_FORMAT || advance(s) || s->kind == KIND_TRACK;
	is_through = is_counted(s) && !--s->left;
	if (s->is_last || (is_through && s->kind != KIND_TRACK) ||
	    (!goes_on && s->kind == KIND_VERIFY))
		fdc_end(f, 0);
	else if (!goes_on || is_through)
		fail(f, ST1_EN);
	else
		next_sector(f);
}

/* The buffer is the guest's: @len bytes of it. */
static void exchange(struct fdc *f, unsigned int len)
{
	struct fdc_state *s = &f->state;

	s->at = 0;
	s->end = len;
	if (s->by_dma)
		s->phase = PHASE_DMA;
	else
		s->phase = to_disk(s) ? PHASE_OUT : PHASE_IN;
	fdc_update_line(f);
}

/* Whatever the numbers are, the next one on the track. The result tells whether the
 * first that was asked for is among them. */
static uint8_t find_on_track(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const uint8_t before = s->sector, st1 = fdc_find_track(f);

	if (st1)
		return st1;
	if (before == f->slots[s->unit].format->sectors)
		return ST1_MA; /* the hole comes by for the second time */
	if (!before)
		s->st1 |= fdc_find(f);
	s->sector = before + 1;
	return 0;
}

static bool is_protected(const struct fdc *f)
{
	const struct fdc_slot *slot = fdc_slot(f, f->state.unit);

	return slot && slot->disk->read_only;
}

/* A sector with the mark that the command is not for: with SK the next one is looked
 * for, else it is the last. True: it is to be read. */
static bool has_mark(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const bool wants = s->kind == KIND_READ && s->command[0] & DELETED;

	if (s->kind == KIND_TRACK || fdc_is_deleted(f) == wants)
		return true;
	s->st2 |= ST2_CM;
	if (s->command[0] & SK)
		return false;
	s->is_over = true;
	return true;
}

static void next_track_sector(struct fdc *f)
{
	const uint8_t st1 = find_on_track(f);

	if (st1)
		fail(f, st1);
	else
		fdc_post(f, JOB_FILL);
}

static void next_sector(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	uint8_t st1;

	if (s->kind == KIND_TRACK) {
		next_track_sector(f);
		return;
	}
	if (to_disk(s) && is_protected(f)) {
		fail(f, ST1_NW);
		return;
	}
	st1 = s->kind == KIND_FORMAT ? fdc_find_track(f) : fdc_find(f);
	if (st1)
		fail(f, st1);
	else if (to_disk(s))
		exchange(f, s->kind == KIND_FORMAT ? ID_BYTES : DISK_SECTOR);
	else if (has_mark(f))
		fdc_post(f, JOB_FILL);
	else
		sector_done(f);
}

void fdc_filled(struct fdc *f)
{
	if (f->state.kind == KIND_VERIFY)
		sector_done(f);
	else
		exchange(f, DISK_SECTOR);
	fdc_try_dma(f);
}

void fdc_stored(struct fdc *f)
{
	sector_done(f);
	fdc_try_dma(f);
}

/* Where a file has no place for it, such a sector is nowhere. */
static void format_sector(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const uint8_t *have = s->buffer;

	s->id = (struct fdc_id){ have[0], have[1], have[2], have[3] };
	if (fdc_find(f)) {
		s->st2 = 0;
		board_oddity(f->board, "a sector of no usual format; its R",
			     s->id.r);
		sector_done(f);
		return;
	}
	memset(s->buffer, s->command[5], DISK_SECTOR);
	fdc_set_deleted(f, false);
	fdc_post(f, JOB_STORE);
}

/* All of the buffer has gone, or has come; or TC. */
static void exchanged(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	if (to_disk(s))
		memset(s->buffer + s->at, 0, s->end - s->at);
	s->at = s->end = 0;
	if (!to_disk(s)) {
		sector_done(f);
	} else if (s->kind == KIND_FORMAT) {
		format_sector(f);
	} else {
		fdc_set_deleted(f, s->command[0] & DELETED);
		fdc_post(f, JOB_STORE);
	}
}

void fdc_try_dma(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	while (s->phase == PHASE_DMA && s->dor & DOR_GATE && dma_is_ready(f)) {
		s->at = dma_move(f, s->buffer, s->end, !to_disk(s),
				 &s->is_last);
		exchanged(f);
	}
}

/* Without a FIFO each byte is an interrupt, with one as many as it holds. */
static void ask_again(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const unsigned int burst = s->config & CONFIGURE_EFIFO ?
					   1 :
					   FIFO - (s->config & CONFIGURE_THR);

	if (s->at % burst && s->at != s->end)
		return;
	if (s->at == s->end)
		exchanged(f);
	fdc_pulse(f);
}

uint8_t fdc_read_byte(struct fdc *f)
{
	const uint8_t byte = f->state.buffer[f->state.at++];

	ask_again(f);
	return byte;
}

void fdc_write_byte(struct fdc *f, uint8_t byte)
{
	f->state.buffer[f->state.at++] = byte;
	ask_again(f);
}
