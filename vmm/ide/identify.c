/*
 * What a drive says of itself: ATA/ATAPI-6, "IDENTIFY DEVICE" and "IDENTIFY PACKET
 * DEVICE", 256 words. The words of CHS are those of ATA-5.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "ide/ide.h"

#define WORDS	    256
#define LBA_28_LAST 0x0fffffff /* as many sectors it can tell of */

#define CHECKSUM_SIGN 0xa5

static void put(struct ide_channel *c, unsigned int word, uint16_t val)
{
	c->state->buffer[2 * word] = val;
	c->state->buffer[2 * word + 1] = val >> 8;
}

static void put_32(struct ide_channel *c, unsigned int word, uint32_t val)
{
	put(c, word, val);
	put(c, word + 1, val >> 16);
}

/* The first character of two is the high byte; blanks behind. */
static void put_text(struct ide_channel *c, unsigned int word,
		     unsigned int words, const char *text, size_t size)
{
	uint8_t *to = &c->state->buffer[2 * word];
	const size_t len = strnlen(text, size);

	for (unsigned int i = 0; i < 2 * words; i++)
		to[i ^ 1] = i < len ? text[i] : ' ';
}

/* A drive without one gets its place, so that two are not taken for one. */
static void put_names(struct ide_channel *c)
{
	const struct ide_slot *slot = ide_slot(c);
	char serial[DISK_SERIAL_SIZE + 1];

	snprintf(serial, sizeof(serial), "MKVM%04u",
		 c->nr * IDE_DRIVES + c->state->unit);
	if (*slot->serial)
		memcpy(serial, slot->serial, DISK_SERIAL_SIZE);
	put_text(c, 10, 10, serial, DISK_SERIAL_SIZE);
	put_text(c, 23, 4, "1.0", 3);
	put_text(c, 27, 20, slot->is_cd ? "MINI-KVM CD-ROM" : "MINI-KVM DISK",
		 40);
}

/* Which modes there are, and which is chosen. */
static void put_modes(struct ide_channel *c)
{
	const uint8_t mode = ide_drive(c)->mode;
	const uint16_t chosen = 1 << (mode & 7) << 8;

	put(c, 49, c->ide->has_dma ? 0x0f00 : 0x0e00); /* LBA, IORDY, DMA */
	put(c, 51, 0x0200);			       /* PIO 2 */
	put(c, 53, c->ide->has_dma ? 0x0007 : 0x0003);
	put(c, 64, 0x0003); /* PIO 3 and 4 */
	for (unsigned int word = 65; word <= 68; word++)
		put(c, word, 120); /* ns of a cycle */
	if (!c->ide->has_dma)
		return;
	put(c, 63, 0x0007 | ((mode & 0xf8) == 0x20 ? chosen : 0));
	put(c, 88, 0x003f | ((mode & 0xf8) == 0x40 ? chosen : 0));
}

static void put_chs(struct ide_channel *c)
{
	const struct ide_drive *d = ide_drive(c);
	const unsigned int cylinders = ide_cylinders(c, d->heads, d->sectors);

	put(c, 1, ide_cylinders(c, d->own_heads, d->own_sectors));
	put(c, 3, d->own_heads);
	put(c, 4,
	    d->own_sectors * DISK_SECTOR); /* of ATA-1: bytes of a track */
	put(c, 5, DISK_SECTOR);		   /* and of a sector */
	put(c, 6, d->own_sectors);
	put(c, 54, cylinders);
	put(c, 55, d->heads);
	put(c, 56, d->sectors);
	put_32(c, 57, cylinders * d->heads * d->sectors);
}

static void put_size(struct ide_channel *c)
{
	const uint64_t sectors = ide_nr_sectors(c);

	put_32(c, 60, sectors < LBA_28_LAST ? sectors : LBA_28_LAST);
	put_32(c, 100, sectors);
	put_32(c, 102, sectors >> 32);
}

/* Commands that there are, and those that are on. */
static void put_commands(struct ide_channel *c)
{
	const bool through = ide_drive(c)->through;

	put(c, 80, 0x007e); /* ATA-1 to 6 */
	put(c, 82, 0x4020); /* NOP, write cache */
	put(c, 83, 0x7400); /* FLUSH CACHE, EXT; 48 bits */
	put(c, 84, 0x4000);
	put(c, 85, through ? 0x4000 : 0x4020);
	put(c, 86, 0x3400);
	put(c, 87, 0x4000);
	put(c, 93, c->state->unit ? 0x6d00 : 0x600d); /* 80 wires */
}

static void identify_disk(struct ide_channel *c)
{
	const unsigned int multiple = ide_drive(c)->multiple;

	put(c, 0, 0x0040); /* fixed */
	put_chs(c);
	put(c, 47, 0x8000 | IDE_MULTIPLE);
	put(c, 59, multiple ? 0x0100 | multiple : 0);
	put_size(c);
	put_commands(c);
}

/* Packets of 12 bytes, DRQ 50 us behind the command; what is in it can be taken
 * out. */
static void identify_cd(struct ide_channel *c)
{
	put(c, 0, 0x85c0);
	put(c, 80, 0x007e);
	put(c, 82, 0x4210); /* NOP, DEVICE RESET, PACKET */
	put(c, 83, 0x4000);
	put(c, 84, 0x4000);
	put(c, 85, 0x4210);
	put(c, 87, 0x4000);
}

static void put_checksum(struct ide_channel *c)
{
	uint8_t *buffer = c->state->buffer, sum = 0;

	buffer[2 * WORDS - 2] = CHECKSUM_SIGN;
	for (unsigned int i = 0; i < 2 * WORDS - 1; i++)
		sum += buffer[i];
	buffer[2 * WORDS - 1] = -sum;
}

void ide_identify(struct ide_channel *c)
{
	memset(c->state->buffer, 0, 2 * WORDS);
	put_names(c);
	put_modes(c);
	if (ide_slot(c)->is_cd)
		identify_cd(c);
	else
		identify_disk(c);
	put_checksum(c);
}
