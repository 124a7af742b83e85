/*
 * Commands of an 82077AA (its data sheet, "Command Set"): their bytes come, and those
 * without data are done at once. Any other code is invalid, as its PART ID (18h) and
 * the scans of older controllers are.
 */
#include "device.h"
#include "floppy/floppy.h"

#define STEPS_MAX     79 /* that RECALIBRATE takes */
#define UNIT	      0x03
#define HEAD	      0x04
#define VERSION	      0x90
#define OVERWRITE     0x80 /* PERPENDICULAR MODE: its other bits count */
#define D_BITS	      0x3c
#define WGATE_GAP     0x03
#define LOCK	      0x80
#define LOCK_RESULT   4
#define LOCK_DUMPED   7
#define DIRECTION     0x40 /* RELATIVE SEEK: inwards */
#define CONFIGURE_ALL 0x7f

static struct fdc_drive *drive(struct fdc *f, unsigned int unit)
{
	return fdc_slot(f, unit) ? &f->state.drives[unit] : NULL;
}

/* Steps take the heads as far as the drive lets them, and tell it of a new disk. */
static void step(struct fdc *f, unsigned int unit, int steps)
{
	struct fdc_drive *d = drive(f, unit);
	int to;

	if (!d || !steps)
		return;
	to = d->head + steps;
	if (to < 0)
		to = 0;
	if (to > f->slots[unit].format->stop)
		to = f->slots[unit].format->stop;
	d->head = to;
	d->is_changed = false;
}

void fdc_seek(struct fdc *f, unsigned int unit, unsigned int cylinder)
{
	struct fdc_drive *d = drive(f, unit);

	if (!d)
		return;
	step(f, unit, (int)cylinder - d->pcn);
	d->pcn = cylinder;
}

/* A seek has ended: SENSE INTERRUPT STATUS will say so. */
static void sought(struct fdc *f, uint8_t st0)
{
	struct fdc_state *s = &f->state;
	const unsigned int unit = s->command[1] & UNIT;

	if (s->is_polled)
		s->waiting = 0;
	s->is_polled = false;
	s->waiting |= 1 << unit;
	s->st0[unit] = st0 | unit;
	s->seek_asks = true;
	s->nr = 0;
	fdc_update_line(f);
}

static void invalid(struct fdc *f)
{
	f->state.result[0] = ST0_INVALID;
	fdc_give_result(f, 1);
}

static void read_data(struct fdc *f)
{
	fdc_begin(f, KIND_READ);
}

static void write_data(struct fdc *f)
{
	fdc_begin(f, KIND_WRITE);
}

static void verify(struct fdc *f)
{
	fdc_begin(f, KIND_VERIFY);
}

static void read_track(struct fdc *f)
{
	fdc_begin(f, KIND_TRACK);
}

static void format_track(struct fdc *f)
{
	fdc_begin(f, KIND_FORMAT);
}

static void read_id(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	s->unit = s->command[1] & UNIT;
	s->head = !!(s->command[1] & HEAD);
	s->st2 = 0;
	s->st1 = fdc_find_next(f);
	fdc_end(f, s->st1 ? ST0_ABNORMAL : 0);
}

static void specify(struct fdc *f)
{
	f->state.specify[0] = f->state.command[1];
	f->state.specify[1] = f->state.command[2];
	f->state.nr = 0;
}

static void sense_drive(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const unsigned int unit = s->command[1] & UNIT;
	const struct fdc_slot *slot = fdc_slot(f, unit);
	uint8_t st3 = ST3_ONES | (s->command[1] & (UNIT | HEAD));

	if (slot && slot->disk->read_only)
		st3 |= ST3_WP;
	if (slot && !s->drives[unit].head)
		st3 |= ST3_TRACK;
	s->result[0] = st3;
	fdc_give_result(f, 1);
}

static void sense_interrupt(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const unsigned int unit = __builtin_ctz(s->waiting | 1 << UNIT);

	if (!s->waiting) {
		invalid(f);
		return;
	}
	s->waiting &= ~(1 << unit);
	s->seek_asks = s->waiting && !s->is_polled;
	s->result[0] = s->st0[unit];
	s->result[1] = drive(f, unit) ? s->drives[unit].pcn : 0;
	fdc_give_result(f, 2);
	fdc_update_line(f);
}

/* Without a drive there is nobody who would say that the heads have come there. */
static void recalibrate(struct fdc *f)
{
	const unsigned int unit = f->state.command[1] & UNIT;
	struct fdc_drive *d = drive(f, unit);
	int steps;

	if (!d) {
		sought(f, ST0_ABNORMAL | ST0_SE | ST0_EC);
		return;
	}
	steps = d->head < STEPS_MAX ? d->head : STEPS_MAX;
	step(f, unit, -steps);
	d->pcn = 0;
	sought(f, d->head ? ST0_ABNORMAL | ST0_SE | ST0_EC : ST0_SE);
}

static void seek(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	fdc_seek(f, s->command[1] & UNIT, s->command[2]);
	sought(f, ST0_SE | (s->command[1] & HEAD));
}

static void relative_seek(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const unsigned int unit = s->command[1] & UNIT;
	const int steps = s->command[0] & DIRECTION ? s->command[2] :
						      -s->command[2];
	struct fdc_drive *d = drive(f, unit);

	step(f, unit, steps);
	if (d)
		d->pcn += steps;
	sought(f, ST0_SE | (s->command[1] & HEAD));
}

static void version(struct fdc *f)
{
	f->state.result[0] = VERSION;
	fdc_give_result(f, 1);
}

static void dump(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	for (unsigned int i = 0; i < FDC_UNITS; i++)
		s->result[i] = drive(f, i) ? s->drives[i].pcn : 0;
	s->result[4] = s->specify[0];
	s->result[5] = s->specify[1];
	s->result[6] = s->eot;
	s->result[7] = s->is_locked << LOCK_DUMPED | s->perpendicular;
	s->result[8] = s->config;
	s->result[9] = s->pretrk;
	fdc_give_result(f, FDC_RESULTS);
}

static void configure(struct fdc *f)
{
	f->state.config = f->state.command[2] & CONFIGURE_ALL;
	f->state.pretrk = f->state.command[3];
	f->state.nr = 0;
}

static void perpendicular(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const uint8_t mask = WGATE_GAP |
			     (s->command[1] & OVERWRITE ? D_BITS : 0);

	s->perpendicular &= ~mask;
	s->perpendicular |= s->command[1] & mask;
	s->nr = 0;
}

static void lock(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	s->is_locked = s->command[0] & LOCK;
	s->result[0] = s->is_locked << LOCK_RESULT;
	fdc_give_result(f, 1);
}

/* Bits of @mask in the first byte are MT, MFM, SK, or the command's own. */
static const struct code {
	uint8_t code, mask, nr; /* bytes in all */
	void (*run)(struct fdc *f);
} codes[] = {
	{ 0x02, 0x40, 9, read_track },
	{ 0x03, 0, 3, specify },
	{ 0x04, 0, 2, sense_drive },
	{ 0x05, 0xc0, 9, write_data },
	{ 0x06, 0xe0, 9, read_data },
	{ 0x07, 0, 2, recalibrate },
	{ 0x08, 0, 1, sense_interrupt },
	{ 0x09, 0xc0, 9, write_data }, /* deleted */
	{ 0x0a, 0x40, 2, read_id },
	{ 0x0c, 0xe0, 9, read_data }, /* deleted */
	{ 0x0d, 0x40, 6, format_track },
	{ 0x0e, 0, 1, dump },
	{ 0x0f, 0, 3, seek },
	{ 0x10, 0, 1, version },
	{ 0x12, 0, 2, perpendicular },
	{ 0x13, 0, 4, configure },
	{ 0x14, 0x80, 1, lock },
	{ 0x16, 0xe0, 9, verify },
	{ 0x8f, 0x40, 3, relative_seek },
};

static const struct code *find(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if ((byte & ~codes[i].mask) == codes[i].code)
			return &codes[i];
	return NULL;
}

bool fdc_is_begun(const struct fdc_state *s)
{
	const struct code *code = find(s->command[0]);

	return !s->nr || (code && s->nr < code->nr);
}

void fdc_take_byte(struct fdc *f, uint8_t byte)
{
	struct fdc_state *s = &f->state;
	const struct code *code = find(s->nr ? s->command[0] : byte);

	s->command[s->nr++] = byte;
	if (!code)
		invalid(f);
	else if (s->nr == code->nr)
		code->run(f);
}
