/*
 * How many heads and sectors a track a disk has: a file does not say, but whoever has
 * partitioned it has written the ends of partitions in both ways, by CHS and by
 * number. Where the two agree on a geometry that IDE can have, the disk was made with
 * that, and a boot sector that reads by CHS expects it.
 */
#include "ide/geometry.h"

#define TABLE_AT   446
#define ENTRY_SIZE 16
#define ENTRIES	   4
#define SIGNATURE  510
#define HEADS_MAX  16

/* In an entry */
#define FIRST_CHS 1
#define LAST_CHS  5
#define START	  8
#define COUNT	  12

static uint32_t number(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The sector at a place of three bytes: head, sector with two bits of the
 * cylinder, cylinder. */
static uint64_t sector_of(const uint8_t *chs, unsigned int heads,
			  unsigned int sectors)
{
	const unsigned int cylinder = (chs[1] & 0xc0) << 2 | chs[2];

	return ((uint64_t)cylinder * heads + chs[0]) * sectors +
	       (chs[1] & 0x3f) - 1;
}

/* A partition ends with a cylinder. */
static bool guess_by(const uint8_t *entry, uint8_t *heads, uint8_t *sectors)
{
	const unsigned int h = entry[LAST_CHS] + 1;
	const unsigned int s = entry[LAST_CHS + 1] & 0x3f;
	const uint64_t start = number(entry + START);
	const uint64_t count = number(entry + COUNT);

	if (!count || h > HEADS_MAX || !s ||
	    sector_of(entry + FIRST_CHS, h, s) != start ||
	    sector_of(entry + LAST_CHS, h, s) != start + count - 1)
		return false;
	*heads = h;
	*sectors = s;
	return true;
}

bool ide_guess(const uint8_t *sector, uint8_t *heads, uint8_t *sectors)
{
	bool found = false;

	if (sector[SIGNATURE] != 0x55 || sector[SIGNATURE + 1] != 0xaa)
		return false;
	for (unsigned int i = 0; i < ENTRIES && !found; i++)
		found = guess_by(sector + TABLE_AT + i * ENTRY_SIZE, heads,
				 sectors);
	return found;
}
