/*
 * Which sectors a command is of: 48 bits of LBA in two bytes per register, 28 with
 * the last four in Device, or cylinder, head and sector. ATA/ATAPI-6 has the first
 * two, ATA-5 the third, "CHS translation".
 */
#include "ide/ide.h"

#define COUNT_28   256
#define COUNT_48   65536
#define HEAD_MASK  0x0f
#define CHS_SECTOR 1 /* the first one */

uint64_t ide_nr_sectors(const struct ide_channel *c)
{
	return ide_slot(c)->disk->size / DISK_SECTOR;
}

unsigned int ide_cylinders(const struct ide_channel *c, unsigned int heads,
			   unsigned int sectors)
{
	const uint64_t cylinders = ide_nr_sectors(c) / (heads * sectors);

	return cylinders < IDE_CYLINDERS ? cylinders : IDE_CYLINDERS;
}

static uint64_t wide_lba(const struct ide_drive *d)
{
	uint64_t lba = 0;

	for (unsigned int i = 0; i < 3; i++)
		lba |= (uint64_t)d->lba[i].now << 8 * i |
		       (uint64_t)d->lba[i].before << (8 * i + 24);
	return lba;
}

static uint32_t narrow_lba(const struct ide_drive *d)
{
	return d->lba[0].now | d->lba[1].now << 8 | d->lba[2].now << 16 |
	       (uint32_t)(d->device & HEAD_MASK) << 24;
}

/* False: the sector, or the head, is none. */
static bool chs_lba(const struct ide_drive *d, uint64_t *lba)
{
	const unsigned int sector = d->lba[0].now;
	const unsigned int head = d->device & HEAD_MASK;
	const unsigned int cylinder = d->lba[1].now | d->lba[2].now << 8;

	*lba = ((uint64_t)cylinder * d->heads + head) * d->sectors + sector -
	       CHS_SECTOR;
	return sector >= CHS_SECTOR && sector - CHS_SECTOR < d->sectors &&
	       head < d->heads;
}

bool ide_address(struct ide_channel *c, uint64_t *lba, uint32_t *count)
{
	const struct ide_drive *d = ide_drive(c);
	bool found = true;

	*count = d->count.now;
	if (c->state->wide) {
		*lba = wide_lba(d);
		*count |= d->count.before << 8;
		*count = *count ? *count : COUNT_48;
	} else {
		*count = *count ? *count : COUNT_28;
		if (d->device & DEVICE_LBA)
			*lba = narrow_lba(d);
		else
			found = chs_lba(d, lba);
	}
	return found && *lba < ide_nr_sectors(c) &&
	       *count <= ide_nr_sectors(c) - *lba;
}

static void put_chs(struct ide_drive *d, uint64_t lba)
{
	const uint64_t track = lba / d->sectors;
	const uint64_t cylinder = track / d->heads;

	d->lba[0].now = lba % d->sectors + CHS_SECTOR;
	d->lba[1].now = cylinder;
	d->lba[2].now = cylinder >> 8;
	d->device = (d->device & ~HEAD_MASK) | track % d->heads;
}

void ide_put_address(struct ide_channel *c, uint64_t lba)
{
	const bool is_wide = c->state->wide;
	struct ide_drive *d = ide_drive(c);

	if (!is_wide && !(d->device & DEVICE_LBA)) {
		put_chs(d, lba);
		return;
	}
	for (unsigned int i = 0; i < 3; i++) {
		d->lba[i].now = lba >> 8 * i;
		if (is_wide)
			d->lba[i].before = lba >> (8 * i + 24);
	}
	if (!is_wide)
		d->device = (d->device & ~HEAD_MASK) | (lba >> 24 & HEAD_MASK);
}
