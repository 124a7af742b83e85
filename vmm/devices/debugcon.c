/*
 * The debug console of Bochs and QEMU: a byte written to port 0xE9 is printed,
 * with nothing to set up first. Reading gives 0xE9, which is how a guest
 * finds out that it is there (Bochs, "port_e9_hack").
 */
#include "device.h"

#define DEBUGCON_PORT	  0xe9
#define DEBUGCON_PRESENCE 0xe9

struct debugcon {
	struct board *board;
};

static uint64_t debugcon_read(void *dev, unsigned int range, uint64_t off,
			      unsigned int size)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	return DEBUGCON_PRESENCE;
}

static void debugcon_write(void *dev, unsigned int range, uint64_t off,
			   unsigned int size, uint64_t val)
{
	struct debugcon *d = dev;
	uint8_t c = val;

	(void)range;
	(void)off;
	(void)size;
	board_tx(d->board, &c, 1);
}

static void debugcon_init(void *dev, struct board *board)
{
	struct debugcon *d = dev;

	d->board = board;
}

static const struct device_type debugcon = {
	.name = "debugcon",
	.what = "debug console: bytes written to port 0xe9 are printed",
	.ranges = { { DEV_PIO, DEBUGCON_PORT, 1, DEV_BEGUN } },
	.width = 1,
	.size = sizeof(struct debugcon),
	.init = debugcon_init,
	.read = debugcon_read,
	.write = debugcon_write,
	.version = 1,
	.saved = sizeof(struct debugcon), /* nothing */
};

DEVICE(debugcon);
