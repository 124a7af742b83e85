/*
 * Port 0x80, where firmware shows how far its power-on self test has come.
 * The code is kept and can be read back. Nothing is printed: Linux writes
 * here by the thousand, just to spend the time of a bus cycle (io_delay).
 */
#include "device.h"

#define POST_PORT 0x80

struct post {
	uint8_t code;
};

static uint64_t post_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct post *p = dev;

	(void)range;
	(void)off;
	(void)size;
	return p->code;
}

static void post_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct post *p = dev;

	(void)range;
	(void)off;
	(void)size;
	p->code = val;
}

static void post_init(void *dev, struct board *board)
{
	(void)dev;
	(void)board;
}

static const struct device_type post = {
	.name = "post",
	.what = "POST code register at port 0x80",
	.ranges = { { DEV_PIO, POST_PORT, 1, DEV_LANES } },
	.width = 1,
	.size = sizeof(struct post),
	.init = post_init,
	.read = post_read,
	.write = post_write,
	.version = 1,
	.saved = offsetof(struct post, code),
};

DEVICE(post);
