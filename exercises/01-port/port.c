/*
 * A device with two ports: 520h keeps a byte, 521h counts how often that was
 * written. Nobody answers yet: a bus on which nobody answers reads as ones.
 */
#include "device.h"

#define PORT_BASE 0x520

struct port {
	uint8_t unused;
};

static uint64_t port_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	return 0xff;
}

static void port_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	(void)val;
}

static void port_init(void *dev, struct board *board)
{
	(void)dev;
	(void)board;
}

static const struct device_type port = {
	.name = "port",
	.what = "a byte at port 0x520, and how often it was written",
	.ranges = { { DEV_PIO, PORT_BASE, 2, DEV_LANES } },
	.width = 1,
	.size = sizeof(struct port),
	.init = port_init,
	.read = port_read,
	.write = port_write,
};

DEVICE(port);
