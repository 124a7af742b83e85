/*
 * A CD-ROM: packets of 12 bytes, which are commands of SCSI. ATA/ATAPI-6 has how they
 * come, MMC-2 (T10 1228D) and SPC-2 (T10 1236D) what they mean. An image is one track
 * of data, in blocks of 2,048 bytes; El Torito is a matter of what is on it.
 *
 * Left out: sound, raw sectors, subchannels, other sessions, anything written.
 */
#include "ide/packet.h"

#include <string.h>

#include "device.h"
#include "ide/dma.h"

#define FEATURE_DMA 0x01 /* of PACKET */
#define LIMIT_MAX   0xfffe

#define START_START 0x01
#define START_EJECT 0x02

#define READ_CD_DATA 0x10 /* user data, and nothing else */
#define READ_CD_MASK 0xf8

void packet_refuse(struct ide_channel *c, uint8_t sense, uint8_t code)
{
	struct ide_drive *d = ide_drive(c);

	d->sense = sense;
	d->sense_code = code;
	ide_finish(c, sense << 4 | ERROR_ABRT);
}

void ide_packet_fail(struct ide_channel *c)
{
	packet_refuse(c, SENSE_MEDIUM, CODE_UNREADABLE);
}

static void refuse_field(struct ide_channel *c)
{
	packet_refuse(c, SENSE_ILLEGAL, CODE_FIELD);
}

uint32_t packet_blocks(const struct ide_channel *c)
{
	return ide_slot(c)->disk->size / CD_BLOCK;
}

static void do_nothing(struct ide_channel *c, const uint8_t *packet)
{
	(void)packet;
	ide_finish(c, 0);
}

static void read_blocks(struct ide_channel *c, uint32_t lba, uint32_t count)
{
	const uint64_t pos = (uint64_t)lba * CD_BLOCK;
	const uint64_t len = (uint64_t)count * CD_BLOCK;

	if (lba > packet_blocks(c) || count > packet_blocks(c) - lba)
		packet_refuse(c, SENSE_ILLEGAL, CODE_ADDRESS);
	else if (!len)
		ide_finish(c, 0);
	else if (c->state->by_dma)
		ide_begin_dma(c, pos, len, false);
	else
		ide_begin_in(c, pos, len);
}

static void do_read_10(struct ide_channel *c, const uint8_t *packet)
{
	read_blocks(c, packet_32(packet + 2), packet_16(packet + 7));
}

static void do_read_12(struct ide_channel *c, const uint8_t *packet)
{
	read_blocks(c, packet_32(packet + 2), packet_32(packet + 6));
}

static void do_read_cd(struct ide_channel *c, const uint8_t *packet)
{
	const uint32_t count = packet_32(packet + 5) & 0xffffff;
	const uint8_t what = packet[9] & READ_CD_MASK;

	if (!what)
		ide_finish(c, 0);
	else if (what == READ_CD_DATA)
		read_blocks(c, packet_32(packet + 2), count);
	else
		refuse_field(c);
}

static void do_seek(struct ide_channel *c, const uint8_t *packet)
{
	if (packet_32(packet + 2) >= packet_blocks(c))
		packet_refuse(c, SENSE_ILLEGAL, CODE_ADDRESS);
	else
		ide_finish(c, 0);
}

static void do_start_stop(struct ide_channel *c, const uint8_t *packet)
{
	struct ide_drive *d = ide_drive(c);
	const bool open = !(packet[4] & START_START);

	if (!(packet[4] & START_EJECT)) {
		ide_finish(c, 0);
	} else if (open && d->is_locked) {
		packet_refuse(c, SENSE_ILLEGAL, CODE_LOCKED);
	} else {
		d->is_open = open;
		ide_finish(c, 0);
	}
}

static void do_lock(struct ide_channel *c, const uint8_t *packet)
{
	ide_drive(c)->is_locked = packet[4] & 1;
	ide_finish(c, 0);
}

/* A reply of @len bytes in the buffer, of which the guest wants @want at most. */
static void reply(struct ide_channel *c, int len, uint32_t want)
{
	struct ide_state *s = c->state;

	if (len < 0) {
		refuse_field(c);
		return;
	}
	if ((uint32_t)len > want)
		len = want;
	s->at = 0;
	s->len = len;
	if (!len)
		ide_finish(c, 0);
	else if (s->by_dma)
		ide_begin_dma(c, 0, 0, false);
	else
		ide_give(c, len);
}

/* Which there are. What needs no disc is done with an open tray as well. */
static const struct packet_row {
	uint8_t code;
	bool needs_disc;
	void (*run)(struct ide_channel *c, const uint8_t *packet);

	/* Or it is a reply: its length, and where the packet has how much of it is
	 * wanted, a number of so many bytes; none: all of it. */
	int (*make)(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
	uint8_t want_at, want_bytes;
} rows[] = {
	{ .code = 0x00, .needs_disc = true, .run = do_nothing }, /* ready? */
	{ .code = 0x03, .make = reply_sense, .want_at = 4, .want_bytes = 1 },
	{ .code = 0x12, .make = reply_inquiry, .want_at = 3, .want_bytes = 2 },
	{ .code = 0x1b, .run = do_start_stop },
	{ .code = 0x1e, .run = do_lock },
	{ .code = 0x25, .needs_disc = true, .make = reply_capacity },
	{ .code = 0x28, .needs_disc = true, .run = do_read_10 },
	{ .code = 0x2b, .needs_disc = true, .run = do_seek },
	{ .code = 0x43,
	  .needs_disc = true,
	  .make = reply_toc,
	  .want_at = 7,
	  .want_bytes = 2 },
	{ .code = 0x46,
	  .make = reply_configuration,
	  .want_at = 7,
	  .want_bytes = 2 },
	{ .code = 0x4a, .make = reply_event, .want_at = 7, .want_bytes = 2 },
	{ .code = 0x51,
	  .needs_disc = true,
	  .make = reply_disc,
	  .want_at = 7,
	  .want_bytes = 2 },
	{ .code = 0x5a, .make = reply_mode, .want_at = 7, .want_bytes = 2 },
	{ .code = 0xa8, .needs_disc = true, .run = do_read_12 },
	{ .code = 0xbd, .make = reply_mechanism, .want_at = 8, .want_bytes = 2 },
	{ .code = 0xbe, .needs_disc = true, .run = do_read_cd },
};

static const struct packet_row *find(uint8_t code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static void run(struct ide_channel *c, const struct packet_row *row,
		const uint8_t *packet)
{
	uint32_t want = UINT32_MAX;

	if (row->run) {
		row->run(c, packet);
		return;
	}
	if (row->want_bytes == 1)
		want = packet[row->want_at];
	else if (row->want_bytes)
		want = packet_16(packet + row->want_at);
	memset(c->state->buffer, 0, IDE_BUFFER);
	reply(c, row->make(c, packet, c->state->buffer), want);
}

/* What was wrong with the last one is told until the next one that asks for
 * something else. */
void ide_packet(struct ide_channel *c)
{
	struct ide_drive *d = ide_drive(c);
	uint8_t packet[IDE_PACKET];
	const struct packet_row *row;

	memcpy(packet, c->state->buffer, sizeof(packet));
	row = find(packet[0]);
	c->state->at = c->state->end = 0;
	if (!row || row->make != reply_sense)
		d->sense = d->sense_code = 0;
	if (!row) {
		board_oddity(c->ide->board, "no such packet", packet[0]);
		packet_refuse(c, SENSE_ILLEGAL, CODE_COMMAND);
	} else if (row->needs_disc && d->is_open) {
		packet_refuse(c, SENSE_NOT_READY, CODE_NO_DISC);
	} else {
		run(c, row, packet);
	}
}

/* The registers say how much comes at a time, and whether by the bus master. */
void ide_begin_packet(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	struct ide_drive *d = ide_drive(c);
	const unsigned int limit = (d->lba[1].now | d->lba[2].now << 8) &
				   LIMIT_MAX;

	s->by_dma = d->features.now & FEATURE_DMA;
	if (s->by_dma && !c->ide->has_dma) {
		ide_finish(c, ERROR_ABRT);
		return;
	}
	s->block = limit ? limit : LIMIT_MAX;
	s->at = 0;
	s->end = IDE_PACKET;
	s->phase = PHASE_PACKET;
	d->count.now = REASON_COD;
	d->status = STATUS_DRDY | STATUS_DRQ;
}
