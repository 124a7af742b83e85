/*
 * Which sector is under the heads, as they are numbered on the disk: by cylinder, head
 * and sector, 512 bytes each (82077AA data sheet, "Status Register 1" and "2").
 */
#include "device.h"
#include "floppy/floppy.h"

#define MFM	  0x40
#define BAD_TRACK 0xff

static const struct floppy_format *format(const struct fdc *f)
{
	return f->slots[f->state.unit].format;
}

uint8_t fdc_find_track(struct fdc *f)
{
	const struct fdc_state *s = &f->state;
	const struct fdc_slot *slot = fdc_slot(f, s->unit);

	if (!slot)
		return ST1_MA;
	if (!(s->dor & DOR_MOTORS & 0x10 << s->unit))
		board_oddity(f->board,
			     "data of a disk whose motor is off; drive",
			     s->unit);
	if (!(s->command[0] & MFM) || !(slot->format->rates >> s->rate & 1) ||
	    s->drives[s->unit].head >= slot->format->cylinders ||
	    s->head >= slot->format->heads)
		return ST1_MA;
	return 0;
}

uint8_t fdc_find(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const struct fdc_id *id = &s->id;
	const uint8_t st1 = fdc_find_track(f);

	if (st1)
		return st1;
	if (id->c != s->drives[s->unit].head) {
		s->st2 |= id->c == BAD_TRACK ? ST2_BC | ST2_WC : ST2_WC;
		return ST1_ND;
	}
	if (id->h != s->head || id->n != ID_N || !id->r ||
	    id->r > format(f)->sectors)
		return ST1_ND;
	s->sector = id->r;
	return 0;
}

uint8_t fdc_find_next(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const uint8_t st1 = fdc_find_track(f);
	struct fdc_drive *d;

	s->id = (struct fdc_id){ 0 };
	if (st1)
		return st1;
	d = &s->drives[s->unit];
	d->turned = (d->turned + 1) % format(f)->sectors;
	s->id = (struct fdc_id){ d->head, s->head, d->turned + 1, ID_N };
	return 0;
}

unsigned int fdc_place(const struct fdc *f)
{
	const struct fdc_state *s = &f->state;
	const struct floppy_format *has = format(f);

	return (s->drives[s->unit].head * has->heads + s->head) * has->sectors +
	       s->sector - 1;
}

bool fdc_is_deleted(const struct fdc *f)
{
	const unsigned int at = fdc_place(f);

	return f->deleted[f->state.unit][at / 8] >> at % 8 & 1;
}

void fdc_set_deleted(struct fdc *f, bool is_deleted)
{
	const unsigned int at = fdc_place(f);
	uint8_t *byte = &f->deleted[f->state.unit][at / 8];

	*byte &= ~(1 << at % 8);
	*byte |= is_deleted << at % 8;
}
