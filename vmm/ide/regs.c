/*
 * The registers of a channel: see ide.h. ATA/ATAPI-6, "Register definitions" and
 * "Device 0 only configurations": a drive that is not there leaves the other to
 * answer for it, but its status is 0, and no command is for it.
 */
#include "device.h"
#include "ide/dma.h"
#include "ide/ide.h"

#define DIAGNOSTIC_PASSED 0x01

static void set_line(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	const bool line = s->asks && !(s->control & CONTROL_NIEN);

	if (line == s->line)
		return;
	s->line = line;
	if (line)
		s->bm_status |= IDE_BM_INTERRUPT;
	board_irq(c->ide->board, c->nr, line);
}

void ide_ask(struct ide_channel *c, bool asks)
{
	c->state->asks = asks;
	set_line(c);
}

/* The drive whose registers are read: the other one answers for one that is not
 * there. */
static struct ide_drive *answering(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	unsigned int unit = ide_chosen(s);

	if (!ide_is_there(c, unit) && ide_is_there(c, !unit))
		unit = !unit;
	return &s->drives[unit];
}

static uint8_t status_of(struct ide_channel *c)
{
	const struct ide_state *s = c->state;
	const unsigned int unit = ide_chosen(s);

	return ide_is_there(c, unit) ? s->drives[unit].status : 0;
}

static uint8_t half(const struct ide_channel *c, const struct ide_pair *pair)
{
	return c->state->control & CONTROL_HOB ? pair->before : pair->now;
}

uint8_t ide_read_reg(struct ide_channel *c, enum ide_reg reg)
{
	const struct ide_drive *d = answering(c);

	if (!ide_is_there(c, 0) && !ide_is_there(c, 1))
		return 0; /* who writes here finds nothing of it again */
	switch (reg) {
	case IDE_ERROR:
		return d->error;
	case IDE_COUNT:
		return half(c, &d->count);
	case IDE_LBA_LOW ... IDE_LBA_HIGH:
		return half(c, &d->lba[reg - IDE_LBA_LOW]);
	case IDE_DEVICE:
		return d->device;
	case IDE_STATUS:
		if (ide_is_there(c, ide_chosen(c->state)))
			ide_ask(c, false);
		return status_of(c);
	default:
		return UINT8_MAX;
	}
}

uint8_t ide_read_control(struct ide_channel *c)
{
	return status_of(c);
}

static void push(struct ide_pair *pair, uint8_t val)
{
	pair->before = pair->now;
	pair->now = val;
}

static void write_drive(struct ide_drive *d, enum ide_reg reg, uint8_t val)
{
	switch (reg) {
	case IDE_ERROR:
		push(&d->features, val);
		break;
	case IDE_COUNT:
		push(&d->count, val);
		break;
	case IDE_LBA_LOW ... IDE_LBA_HIGH:
		push(&d->lba[reg - IDE_LBA_LOW], val);
		break;
	case IDE_DEVICE:
		d->device = val | DEVICE_OLD;
		break;
	default:
		break;
	}
}

/* Nothing is taken while the chosen drive is at work, or waits for data. */
void ide_write_reg(struct ide_channel *c, enum ide_reg reg, uint8_t val)
{
	struct ide_state *s = c->state;

	s->control &= ~CONTROL_HOB;
	if (reg == IDE_STATUS) {
		ide_command(c, val);
		return;
	}
	if (status_of(c) & (STATUS_BSY | STATUS_DRQ))
		return;
	for (unsigned int i = 0; i < IDE_DRIVES; i++)
		write_drive(&s->drives[i], reg, val);
}

/* ATA/ATAPI-6, "Signature and persistence": which kind of drive it is. */
void ide_sign(struct ide_channel *c, unsigned int unit)
{
	struct ide_drive *d = &c->state->drives[unit];
	const bool is_cd = c->slots[unit].is_cd;

	d->count = (struct ide_pair){ .now = 1 };
	d->lba[0] = (struct ide_pair){ .now = 1 };
	d->lba[1] = (struct ide_pair){ .now = is_cd ? 0x14 : 0 };
	d->lba[2] = (struct ide_pair){ .now = is_cd ? 0xeb : 0 };
}

static void sign_on(struct ide_channel *c, unsigned int unit)
{
	struct ide_drive *d = &c->state->drives[unit];

	ide_sign(c, unit);
	d->error = DIAGNOSTIC_PASSED;
	d->status = c->slots[unit].is_cd ? 0 : STATUS_DRDY | STATUS_DSC;
	d->multiple = IDE_MULTIPLE;
}

/* The chosen drive is the first one then. */
void ide_come_back(struct ide_channel *c, unsigned int units)
{
	struct ide_state *s = c->state;

	s->phase = PHASE_IDLE;
	s->job = JOB_NONE;
	s->at = s->end = s->len = 0;
	s->pos = s->left = 0;
	for (unsigned int i = 0; i < IDE_DRIVES; i++) {
		if (units >> i & 1)
			sign_on(c, i);
		if (units == (1 << IDE_DRIVES) - 1)
			s->drives[i].device = DEVICE_OLD;
	}
	ide_ask(c, false);
}

/* What the worker is at ends before it takes effect. */
static void begin_reset(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	for (unsigned int i = 0; i < IDE_DRIVES; i++) {
		s->drives[i].status = STATUS_BSY;
		s->drives[i].device &= ~DEVICE_DEV;
	}
	if (s->phase == PHASE_WORK)
		c->cut = (1 << IDE_DRIVES) - 1;
	else
		s->phase = PHASE_RESET;
	ide_ask(c, false);
}

void ide_write_control(struct ide_channel *c, uint8_t val)
{
	struct ide_state *s = c->state;
	const uint8_t changed = s->control ^ val;

	s->control = val & (CONTROL_NIEN | CONTROL_SRST | CONTROL_HOB);
	if (changed & val & CONTROL_SRST)
		begin_reset(c);
	else if (changed & CONTROL_SRST && s->phase == PHASE_RESET)
		ide_come_back(c, (1 << IDE_DRIVES) - 1);
	set_line(c);
}
