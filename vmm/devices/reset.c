/*
 * The reset control register at port 0xCF9, after Intel's I/O controller hubs
 * ("Reset Control Register", RST_CNT). Only an access to this one byte is its:
 * the PCI address register at 0xCF8 is four bytes wide and lies across it, and
 * bits 8 to 10 of that say which function of a device is meant.
 *
 * A hard, a soft and a full reset are the same here: the guest ends.
 */
#include "device.h"
#include "saved.h"

#define RST_CNT_PORT 0xcf9

#define RST_CNT_SYS_RST	 0x02 /* which kind: 1 is a hard reset */
#define RST_CNT_RST_CPU	 0x04 /* 0 to 1 does it */
#define RST_CNT_FULL_RST 0x08 /* with power off and on */
#define RST_CNT_MASK	 (RST_CNT_SYS_RST | RST_CNT_RST_CPU | RST_CNT_FULL_RST)

struct reset {
	struct board *board;
	uint8_t rst_cnt; /* what is remembered */
};

static uint64_t reset_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct reset *r = dev;

	(void)range;
	(void)off;
	(void)size;
	return r->rst_cnt;
}

static void reset_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct reset *r = dev;
	bool rising = val & ~r->rst_cnt & RST_CNT_RST_CPU;

	(void)range;
	(void)off;
	(void)size;
	r->rst_cnt = val & RST_CNT_MASK;
	if (rising)
		board_stop(r->board, BOARD_STOP_RESET, 0);
}

static bool reset_restored(void *dev, struct stash *in)
{
	const struct reset *r = dev;

	(void)in;
	return has_only(r->rst_cnt, RST_CNT_MASK);
}

static void reset_init(void *dev, struct board *board)
{
	struct reset *r = dev;

	r->board = board;
}

static const struct device_type reset = {
	.name = "reset",
	.what = "reset control register at port 0xcf9",
	.ranges = { { DEV_PIO, RST_CNT_PORT, 1, DEV_REGISTER } },
	.width = 1,
	.size = sizeof(struct reset),
	.init = reset_init,
	.read = reset_read,
	.write = reset_write,
	.version = 1,
	.saved = offsetof(struct reset, rst_cnt),
	.restored = IF_ON(CONFIG_SNAPSHOT, reset_restored),
};

DEVICE(reset);
