/*
 * Formats of floppies (IBM PC/AT Technical Reference; ECMA-66, -70, -99, -125 and ISO
 * 10994 for 2.88 MB). Disks of double density are read at 250 kbit/s, or at 300 in a
 * drive that turns faster: either will do.
 */
#include "floppy/media.h"

#include <stddef.h>

/* DRATE */
#define RATE_500 (1 << 0)
#define RATE_300 (1 << 1)
#define RATE_250 (1 << 2)
#define RATE_1M	 (1 << 3)
#define DOUBLE	 (RATE_250 | RATE_300)

/* Of drives with 40 and 80 tracks, heads that go on a little. */
#define STOP_40 41
#define STOP_80 83

static const struct floppy_format formats[] = {
	{ 160, 40, 1, 8, DOUBLE, STOP_40, 1, false },
	{ 180, 40, 1, 9, DOUBLE, STOP_40, 1, false },
	{ 320, 40, 2, 8, DOUBLE, STOP_40, 1, false },
	{ 360, 40, 2, 9, DOUBLE, STOP_40, 1, false },
	{ 720, 80, 2, 9, DOUBLE, STOP_80, 3, false },
	{ 1200, 80, 2, 15, RATE_500, STOP_80, 2, true },
	{ 1440, 80, 2, 18, RATE_500, STOP_80, 4, true },
	{ 2880, 80, 2, 36, RATE_1M, STOP_80, 5, true },
};

const struct floppy_format *floppy_format(uint64_t size)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (size == (uint64_t)formats[i].kib << 10)
			return &formats[i];
	return NULL;
}
