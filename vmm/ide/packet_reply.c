/* What a CD-ROM says when it is asked: MMC-2 (T10 1228D) and SPC-2 (T10 1236D). */
#include <string.h>

#include "ide/packet.h"

/* Blocks of a CD at most: 80 minutes. What has more is a DVD. */
#define CD_BLOCKS (80 * 60 * 75)

#define PROFILE_CD  0x0008
#define PROFILE_DVD 0x0010

#define TRACK	  1
#define LEAD_OUT  0xaa
#define DATA	  0x14 /* such a track */
#define MSF	  0x02 /* addresses as minute, second, frame */
#define MSF_START 150  /* of block 0 */

#define MODE_HEAD	  8
#define MODE_ERRORS	  0x01
#define MODE_CAPABILITIES 0x2a
#define MODE_ALL	  0x3f
#define MODE_SAVED	  0xc0

#define EVENT_POLLED 0x01
#define EVENT_MEDIA  4 /* class, and bit of it */

int reply_sense(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	struct ide_drive *d = ide_drive(c);

	(void)packet;
	to[0] = 0x70; /* current */
	to[2] = d->sense;
	to[7] = 10;
	to[12] = d->sense_code;
	to[13] = d->sense_code == CODE_LOCKED ? 2 : 0;
	d->sense = d->sense_code = 0;
	return 18;
}

int reply_inquiry(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	(void)c;
	if (packet[1] & 3) /* vital product data */
		return -1;
	to[0] = 0x05; /* CD-ROM */
	to[1] = 0x80; /* removable */
	to[3] = 0x21; /* ATAPI */
	to[4] = 31;
	memcpy(to + 8, "MINI-KVMCD-ROM          1.0 ", 28);
	return 36;
}

int reply_capacity(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	(void)packet;
	reply_32(to, packet_blocks(c) - 1);
	reply_32(to + 4, CD_BLOCK);
	return 8;
}

static void put_address(uint8_t *to, uint32_t lba, bool is_msf)
{
	const uint32_t frame = lba + MSF_START;

	if (!is_msf) {
		reply_32(to, lba);
		return;
	}
	to[1] = frame / 75 / 60;
	to[2] = frame / 75 % 60;
	to[3] = frame % 75;
}

static void put_track(uint8_t *to, uint8_t track, uint32_t lba, bool is_msf)
{
	to[1] = DATA;
	to[2] = track;
	put_address(to + 4, lba, is_msf);
}

/* The tracks, or the sessions: format 0 or 1, which ATAPI of old had in the last
 * byte. */
int reply_toc(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	const bool is_msf = packet[1] & MSF;
	const unsigned int format = (packet[2] & 0x0f) | packet[9] >> 6;
	const uint8_t first = packet[6];
	uint8_t *next = to + 4;

	to[2] = to[3] = TRACK;
	if (format > 1 || (!format && first > TRACK && first != LEAD_OUT))
		return -1;
	if (format || first != LEAD_OUT) {
		put_track(next, TRACK, 0, is_msf);
		next += 8;
	}
	if (!format) {
		put_track(next, LEAD_OUT, packet_blocks(c), is_msf);
		next += 8;
	}
	reply_16(to, next - to - 2);
	return next - to;
}

static uint8_t *put_feature(uint8_t *to, uint16_t feature, uint8_t flags,
			    uint8_t len)
{
	reply_16(to, feature);
	to[2] = flags;
	to[3] = len;
	return to + 4 + len;
}

/* What it can have in it, and has; that the guest may take it out. */
int reply_configuration(struct ide_channel *c, const uint8_t *packet,
			uint8_t *to)
{
	const bool is_dvd = packet_blocks(c) > CD_BLOCKS;
	const bool is_open = ide_drive(c)->is_open;
	uint8_t *next = to + 8, *list = next;

	(void)packet;
	if (!is_open)
		reply_16(to + 6, is_dvd ? PROFILE_DVD : PROFILE_CD);
	next = put_feature(next, 0x0000, 0x03, 8); /* profiles */
	reply_16(list + 4, PROFILE_DVD);
	list[6] = !is_open && is_dvd;
	reply_16(list + 8, PROFILE_CD);
	list[10] = !is_open && !is_dvd;
	next = put_feature(next, 0x0001, 0x03, 4); /* core: ATAPI */
	next[-1] = 0x02;
	next = put_feature(next, 0x0003, 0x03, 4); /* removable, a tray */
	next[-4] = 0x29;
	reply_32(to, next - to - 4);
	return next - to;
}

/* Nothing happens here that the guest has not done. */
int reply_event(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	const bool is_asked = packet[4] & 1 << EVENT_MEDIA;

	if (!(packet[1] & EVENT_POLLED))
		return -1;
	to[3] = 1 << EVENT_MEDIA;
	if (!is_asked) {
		reply_16(to, 2);
		to[2] = 0x80; /* no such class */
		return 4;
	}
	reply_16(to, 6);
	to[2] = EVENT_MEDIA;
	to[5] = ide_drive(c)->is_open ? 0x01 : 0x02;
	return 8;
}

int reply_disc(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	(void)c;
	if (packet[1] & 7)
		return -1;
	reply_16(to, 32);
	to[2] = 0x0e; /* it is closed, and so is its session */
	to[3] = to[4] = to[5] = to[6] = TRACK;
	to[7] = 0x20;
	return 34;
}

static uint8_t *put_errors(uint8_t *to)
{
	to[0] = MODE_ERRORS;
	to[1] = 6;
	to[3] = 5; /* it tries so many times */
	return to + 8;
}

/* A tray that can be locked and opened; reads at 16 times the speed of a CD. */
static uint8_t *put_capabilities(uint8_t *to, const struct ide_drive *d)
{
	to[0] = MODE_CAPABILITIES;
	to[1] = 18;
	to[2] = 0x03 | 0x08; /* CD-R, CD-RW, DVD */
	to[4] = 0x60;	     /* other forms of sectors, sessions */
	to[6] = 0x29 | (d->is_locked ? 0x02 : 0);
	reply_16(to + 8, 2822);
	reply_16(to + 12, 512);
	reply_16(to + 14, 2822);
	return to + 20;
}

int reply_mode(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	const uint8_t page = packet[2] & 0x3f;
	uint8_t *next = to + MODE_HEAD;

	if ((packet[2] & MODE_SAVED) == MODE_SAVED)
		return -1;
	if (page == MODE_ERRORS || page == MODE_ALL)
		next = put_errors(next);
	if (page == MODE_CAPABILITIES || page == MODE_ALL)
		next = put_capabilities(next, ide_drive(c));
	if (next == to + MODE_HEAD)
		return -1;
	to[2] = ide_drive(c)->is_open ? 0x71 : 0x01; /* open; data, 120 mm */
	reply_16(to, next - to - 2);
	return next - to;
}

int reply_mechanism(struct ide_channel *c, const uint8_t *packet, uint8_t *to)
{
	(void)packet;
	to[1] = ide_drive(c)->is_open ? 0x10 : 0;
	to[5] = 1; /* so many discs */
	return 8;
}
