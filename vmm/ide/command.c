/*
 * The commands of a disk, and those of a CD-ROM that are no packets: ATA/ATAPI-6,
 * "Command descriptions", and of ATA-3 what old systems give: RECALIBRATE, SEEK, and
 * the power commands at their first codes. Left out: security, SMART, CFA, host
 * protected areas, queued commands, firmware; they are aborted, as the drive
 * says that it has none of them.
 */
#include <stddef.h>

#include "device.h"
#include "ide/dma.h"
#include "ide/ide.h"

#define CMD_DEVICE_RESET 0x08
#define CMD_DIAGNOSTIC	 0x90

/* SET FEATURES: subcommands, and modes of transfer */
#define FEATURE_CACHE	   0x02
#define FEATURE_MODE	   0x03
#define FEATURE_KEEP	   0x66 /* over a reset */
#define FEATURE_NO_AHEAD   0x55
#define FEATURE_NO_CACHE   0x82
#define FEATURE_AHEAD	   0xaa
#define FEATURE_NO_KEEP	   0xcc
#define MODE_PIO_DEFAULT   0x01 /* and 0 */
#define MODE_PIO	   0x08 /* 0 to 4 */
#define MODE_PIO_LAST	   0x0c
#define MODE_MULTIWORD	   0x20 /* 0 to 2 */
#define MODE_MULTIWORD_END 0x22
#define MODE_ULTRA	   0x40 /* 0 to 5 */
#define MODE_ULTRA_LAST	   0x45

#define POWER_ACTIVE 0xff /* CHECK POWER MODE */
#define HEAD_MASK    0x0f

void ide_finish(struct ide_channel *c, uint8_t error)
{
	struct ide_state *s = c->state;
	struct ide_drive *d = ide_drive(c);

	s->phase = PHASE_IDLE;
	s->job = JOB_NONE;
	s->at = s->end = s->len = 0;
	s->left = 0;
	d->error = error;
	d->status = STATUS_DRDY | STATUS_DSC | (error ? STATUS_ERR : 0);
	if (ide_slot(c)->is_cd)
		d->count.now = REASON_IO | REASON_COD;
	ide_ask(c, true);
}

void ide_fail(struct ide_channel *c, uint8_t error)
{
	if (ide_slot(c)->is_cd)
		ide_packet_fail(c);
	else
		ide_finish(c, error);
}

static void do_nothing(struct ide_channel *c)
{
	ide_finish(c, 0);
}

static void do_abort(struct ide_channel *c)
{
	ide_finish(c, ERROR_ABRT);
}

/* What a disk would do: the host finds out so that it is a CD-ROM. */
static void do_sign(struct ide_channel *c)
{
	do_abort(c);
	ide_sign(c, c->state->unit);
}

/* The sectors of the command in bytes. False: there are none, and it has ended. */
static bool find(struct ide_channel *c, uint64_t *pos, uint64_t *len)
{
	uint64_t lba;
	uint32_t count;

	if (!ide_address(c, &lba, &count)) {
		ide_finish(c, ERROR_IDNF);
		return false;
	}
	*pos = lba * DISK_SECTOR;
	*len = (uint64_t)count * DISK_SECTOR;
	return true;
}

static void read_blocks(struct ide_channel *c, unsigned int sectors)
{
	uint64_t pos, len;

	c->state->block = sectors * DISK_SECTOR;
	if (!sectors)
		do_abort(c);
	else if (find(c, &pos, &len))
		ide_begin_in(c, pos, len);
}

static void write_blocks(struct ide_channel *c, unsigned int sectors)
{
	uint64_t pos, len;

	c->state->block = sectors * DISK_SECTOR;
	if (!sectors || ide_slot(c)->disk->read_only)
		do_abort(c);
	else if (find(c, &pos, &len))
		ide_begin_out(c, pos, len);
}

static void do_read(struct ide_channel *c)
{
	read_blocks(c, 1);
}

static void do_read_multiple(struct ide_channel *c)
{
	read_blocks(c, ide_drive(c)->multiple);
}

static void do_write(struct ide_channel *c)
{
	write_blocks(c, 1);
}

static void do_write_multiple(struct ide_channel *c)
{
	write_blocks(c, ide_drive(c)->multiple);
}

static void do_read_dma(struct ide_channel *c)
{
	uint64_t pos, len;

	if (!c->ide->has_dma)
		do_abort(c);
	else if (find(c, &pos, &len))
		ide_begin_dma(c, pos, len, false);
}

static void do_write_dma(struct ide_channel *c)
{
	uint64_t pos, len;

	if (!c->ide->has_dma || ide_slot(c)->disk->read_only)
		do_abort(c);
	else if (find(c, &pos, &len))
		ide_begin_dma(c, pos, len, true);
}

static void do_verify(struct ide_channel *c)
{
	struct ide_state *s = c->state;

	if (find(c, &s->pos, &s->left))
		ide_post(c, JOB_VERIFY);
}

static void do_flush(struct ide_channel *c)
{
	ide_post(c, JOB_FLUSH);
}

static void do_seek(struct ide_channel *c)
{
	uint64_t lba;
	uint32_t count;

	ide_drive(c)->count.now = 1;
	ide_finish(c, ide_address(c, &lba, &count) ? 0 : ERROR_IDNF);
}

static void do_identify(struct ide_channel *c)
{
	ide_identify(c);
	c->state->block = DISK_SECTOR;
	ide_give(c, DISK_SECTOR);
}

static void do_identify_disk(struct ide_channel *c)
{
	if (ide_slot(c)->is_cd)
		do_sign(c);
	else
		do_identify(c);
}

static void do_set_parameters(struct ide_channel *c)
{
	struct ide_drive *d = ide_drive(c);

	if (!d->count.now) {
		do_abort(c);
		return;
	}
	d->sectors = d->count.now;
	d->heads = (d->device & HEAD_MASK) + 1;
	do_nothing(c);
}

static void do_set_multiple(struct ide_channel *c)
{
	struct ide_drive *d = ide_drive(c);
	const unsigned int count = d->count.now;

	if (count > IDE_MULTIPLE || count & (count - 1)) {
		do_abort(c);
		return;
	}
	d->multiple = count;
	do_nothing(c);
}

static bool is_mode(const struct ide_channel *c, unsigned int mode)
{
	return mode <= MODE_PIO_DEFAULT ||
	       (mode >= MODE_PIO && mode <= MODE_PIO_LAST) ||
	       (c->ide->has_dma &&
		((mode >= MODE_MULTIWORD && mode <= MODE_MULTIWORD_END) ||
		 (mode >= MODE_ULTRA && mode <= MODE_ULTRA_LAST)));
}

static void do_set_features(struct ide_channel *c)
{
	struct ide_drive *d = ide_drive(c);
	bool known = true;

	switch (d->features.now) {
	case FEATURE_CACHE:
	case FEATURE_NO_CACHE:
		d->through = d->features.now == FEATURE_NO_CACHE;
		break;
	case FEATURE_MODE:
		known = is_mode(c, d->count.now);
		if (known)
			d->mode = d->count.now;
		break;
	case FEATURE_KEEP:
	case FEATURE_NO_KEEP:
	case FEATURE_AHEAD:
	case FEATURE_NO_AHEAD:
		break;
	default:
		known = false;
	}
	ide_finish(c, known ? 0 : ERROR_ABRT);
}

static void do_check_power(struct ide_channel *c)
{
	do_nothing(c);
	ide_drive(c)->count.now = POWER_ACTIVE;
}

static void do_read_max(struct ide_channel *c)
{
	const uint64_t last = ide_nr_sectors(c) - 1;

	ide_put_address(c, c->state->wide || last < 0x0fffffff ? last :
								 0x0fffffff);
	do_nothing(c);
}

static void do_packet(struct ide_channel *c)
{
	ide_begin_packet(c);
}

#define OF_DISK 1
#define OF_CD	2
#define OF_ANY	(OF_DISK | OF_CD)

struct command {
	void (*run)(struct ide_channel *c);
	uint8_t of;
	bool wide;
};

static const struct command commands[] = {
	[0x00] = { do_abort, OF_ANY, false }, /* NOP does just that */
	[0x10 ... 0x1f] = { do_nothing, OF_DISK, false }, /* RECALIBRATE */
	[0x20 ... 0x21] = { do_read, OF_DISK, false },
	[0x24] = { do_read, OF_DISK, true },
	[0x25] = { do_read_dma, OF_DISK, true },
	[0x27] = { do_read_max, OF_DISK, true },
	[0x29] = { do_read_multiple, OF_DISK, true },
	[0x30 ... 0x31] = { do_write, OF_DISK, false },
	[0x34] = { do_write, OF_DISK, true },
	[0x35] = { do_write_dma, OF_DISK, true },
	[0x39] = { do_write_multiple, OF_DISK, true },
	[0x40 ... 0x41] = { do_verify, OF_DISK, false },
	[0x42] = { do_verify, OF_DISK, true },
	[0x70 ... 0x7f] = { do_seek, OF_DISK, false },
	[0x91] = { do_set_parameters, OF_DISK, false },
	[0x94 ... 0x97] = { do_nothing, OF_ANY, false }, /* power */
	[0x98] = { do_check_power, OF_ANY, false },
	[0x99] = { do_nothing, OF_ANY, false },
	[0xa0] = { do_packet, OF_CD, false },
	[0xa1] = { do_identify, OF_CD, false },
	[0xc4] = { do_read_multiple, OF_DISK, false },
	[0xc5] = { do_write_multiple, OF_DISK, false },
	[0xc6] = { do_set_multiple, OF_DISK, false },
	[0xc8 ... 0xc9] = { do_read_dma, OF_DISK, false },
	[0xca ... 0xcb] = { do_write_dma, OF_DISK, false },
	[0xe0 ... 0xe3] = { do_nothing, OF_ANY, false }, /* power */
	[0xe5] = { do_check_power, OF_ANY, false },
	[0xe6] = { do_nothing, OF_ANY, false },
	[0xe7] = { do_flush, OF_ANY, false },
	[0xea] = { do_flush, OF_DISK, true },
	[0xec] = { do_identify_disk, OF_ANY, false },
	[0xef] = { do_set_features, OF_ANY, false },
	[0xf8] = { do_read_max, OF_DISK, false },
};

/* Both drives look at themselves, and the first one says how they are. */
static void diagnose(struct ide_channel *c)
{
	ide_come_back(c, (1 << IDE_DRIVES) - 1);
	ide_ask(c, ide_is_there(c, 0));
}

/* It is taken also while the drive is busy. */
static void reset_drive(struct ide_channel *c, unsigned int unit)
{
	c->state->drives[unit].status = STATUS_BSY;
	if (c->state->phase == PHASE_WORK)
		c->cut |= 1 << unit;
	else
		ide_come_back(c, 1 << unit);
}

/* The row of @command; NULL: no drive has it. */
static const struct command *find_command(uint8_t command)
{
	if (command >= sizeof(commands) / sizeof(commands[0]) ||
	    !commands[command].run)
		return NULL;
	return &commands[command];
}

static void run(struct ide_channel *c, uint8_t command)
{
	const struct command *row = find_command(command);
	const bool is_cd = ide_slot(c)->is_cd;

	c->state->command = command;
	ide_drive(c)->error = 0;
	c->state->wide = row && row->wide;
	if (!row)
		board_oddity(c->ide->board, "no such command", command);
	if (row && row->of & (is_cd ? OF_CD : OF_DISK))
		row->run(c);
	else if (row && is_cd && row->run == do_read)
		do_sign(c);
	else
		do_abort(c);
}

void ide_command(struct ide_channel *c, uint8_t command)
{
	struct ide_state *s = c->state;
	const unsigned int unit = ide_chosen(s);

	if (s->control & CONTROL_SRST)
		return;
	if (command == CMD_DEVICE_RESET && c->slots[unit].is_cd) {
		reset_drive(c, unit);
		return;
	}
	if (!ide_is_there(c, unit) && command != CMD_DIAGNOSTIC)
		return;
	if (s->phase != PHASE_IDLE) {
		board_oddity(c->ide->board, "a command while busy", command);
		return;
	}
	ide_ask(c, false);
	if (command == CMD_DIAGNOSTIC) {
		diagnose(c);
		return;
	}
	s->unit = unit;
	run(c, command);
}
