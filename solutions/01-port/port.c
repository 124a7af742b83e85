/*
 * A device with two ports: 520h keeps a byte, 521h counts how often that was
 * written.
 */
#include "device.h"

#define PORT_BASE   0x520
#define AT_POWER_ON 0x42

struct port {
	uint8_t byte;
	uint8_t count; /* writes of it since this was last read */
};

static uint64_t port_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct port *p = dev;
	uint8_t count = p->count;

	(void)range;
	(void)size;
	if (off == 0)
		return p->byte;
	p->count = 0;
	return count;
}

static void port_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct port *p = dev;

	(void)range;
	(void)size;
	if (off != 0)
		return;
	p->byte = val;
	p->count++;
}

static void port_init(void *dev, struct board *board)
{
	struct port *p = dev;

	(void)board;
	p->byte = AT_POWER_ON;
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
