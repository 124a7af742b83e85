/*
 * Data by the port, a block at a time: when one is there, or may be written, Status
 * has DRQ and INTRQ is asserted; ATA/ATAPI-6, "PIO data-in command protocol" and the
 * next. What goes between buffer and disk, the worker does, several blocks at once.
 */
#include <string.h>

#include "ide/ide.h"

static uint32_t least(uint32_t a, uint64_t b)
{
	return b < a ? b : a;
}

/* A packet device says how many bytes there are of this block, and which way. */
static void say_bytes(struct ide_channel *c)
{
	const struct ide_state *s = c->state;
	struct ide_drive *d = ide_drive(c);
	const uint32_t len = s->end - s->at;

	d->count.now = REASON_IO;
	d->lba[1].now = len;
	d->lba[2].now = len >> 8;
}

static void give_block(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	s->end = s->at + least(s->block, s->len - s->at);
	s->phase = PHASE_IN;
	ide_drive(c)->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	if (ide_slot(c)->is_cd)
		say_bytes(c);
	ide_ask(c, true);
}

/* The first one is not asked for: the guest waits for DRQ. */
static void want_block(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	s->end = s->at + least(s->block, s->left);
	s->phase = PHASE_OUT;
	ide_drive(c)->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
}

void ide_give(struct ide_channel *c, uint32_t len)
{
	struct ide_state *s = c->state;

	s->at = 0;
	s->len = len;
	s->left = 0;
	give_block(c);
}

void ide_begin_in(struct ide_channel *c, uint64_t pos, uint64_t len)
{
	c->state->pos = pos;
	c->state->left = len;
	ide_post(c, JOB_FILL);
}

void ide_begin_out(struct ide_channel *c, uint64_t pos, uint64_t len)
{
	struct ide_state *s = c->state;

	s->pos = pos;
	s->left = len;
	s->at = 0;
	want_block(c);
}

/* The last word is read. Who reads a disk has all then, and is not told. */
static void block_is_given(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	if (s->at < s->len) {
		give_block(c);
	} else if (s->left) {
		ide_post(c, JOB_FILL);
	} else if (ide_slot(c)->is_cd) {
		ide_finish(c, 0);
	} else {
		s->phase = PHASE_IDLE;
		ide_drive(c)->status = STATUS_DRDY | STATUS_DSC;
	}
}

/* A block that fits behind this one is waited for at once. */
static void block_is_taken(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	if (s->phase == PHASE_PACKET) {
		ide_packet(c);
		return;
	}
	if (!s->left || s->at + s->block > IDE_BUFFER) {
		s->len = s->at;
		ide_post(c, JOB_STORE);
		return;
	}
	want_block(c);
	ide_ask(c, true);
}

/* Where the next bytes of the phase are, *@size of them at most; NULL: it is another,
 * or not that of the chosen drive. */
static uint8_t *next_bytes(struct ide_channel *c, bool is_in,
			   unsigned int *size)
{
	struct ide_state *s = c->state;
	const bool fits = is_in ? s->phase == PHASE_IN :
				  s->phase == PHASE_OUT ||
					  s->phase == PHASE_PACKET;

	if (!fits || ide_chosen(s) != s->unit)
		return NULL;
	*size = least(*size, s->end - s->at);
	s->at += *size;
	return s->buffer + s->at - *size;
}

uint32_t ide_read_data(struct ide_channel *c, unsigned int size)
{
	const struct ide_state *s = c->state;
	const uint8_t *from = next_bytes(c, true, &size);
	uint32_t val = UINT32_MAX;

	if (!from)
		return val;
	memcpy(&val, from, size);
	if (s->at == s->end)
		block_is_given(c);
	return val;
}

/* A word that hangs over the end of a block, and those behind it, come alone. */
void ide_read_words(struct ide_channel *c, unsigned int size, unsigned int nr,
		    uint8_t *to)
{
	while (nr) {
		const struct ide_state *s = c->state;
		unsigned int len =
			least(nr * size, s->end - s->at) / size * size;
		const uint8_t *from = len ? next_bytes(c, true, &len) : NULL;
		uint32_t val;

		if (from) {
			memcpy(to, from, len);
			if (s->at == s->end)
				block_is_given(c);
		} else {
			val = ide_read_data(c, size);
			memcpy(to, &val, size);
			len = size;
		}
		to += len;
		nr -= len / size;
	}
}

void ide_write_data(struct ide_channel *c, unsigned int size, uint32_t val)
{
	struct ide_state *s = c->state;
	uint8_t *to = next_bytes(c, false, &size);

	if (!to)
		return;
	memcpy(to, &val, size);
	if (s->phase == PHASE_OUT)
		s->left -= size;
	if (s->at == s->end)
		block_is_taken(c);
}

void ide_filled(struct ide_channel *c)
{
	c->state->at = 0;
	give_block(c);
}

void ide_stored(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	s->at = 0;
	if (!s->left) {
		ide_finish(c, 0);
		return;
	}
	want_block(c);
	ide_ask(c, true);
}
