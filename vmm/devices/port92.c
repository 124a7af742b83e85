/*
 * System control port A of a PS/2, port 0x92: bit 1 is the fast gate of address
 * line 20, bit 0 resets (IBM PS/2 Technical Reference, "System Control Port A").
 *
 * Address line 20 is on and stays on: KVM cannot mask it, and no program that
 * runs here needs memory to wrap at 1 MiB. The bit reads back as written, which
 * is what a program waits for that switches it. Left out: the other bits, which
 * lit a disk's lamp and locked a password, read as written, too.
 */
#include "device.h"

#define PORT_A 0x92

#define A_RESET 0x01
#define A_A20	0x02

struct port92 {
	struct board *board;
	uint8_t val; /* what is remembered */
};

static uint64_t port92_read(void *dev, unsigned int range, uint64_t off,
			    unsigned int size)
{
	struct port92 *p = dev;

	(void)range;
	(void)off;
	(void)size;
	return p->val;
}

/* Only from 0 to 1 it resets: who reads, changes and writes may leave it set. */
static void port92_write(void *dev, unsigned int range, uint64_t off,
			 unsigned int size, uint64_t val)
{
	struct port92 *p = dev;
	bool rising = val & ~p->val & A_RESET;

	(void)range;
	(void)off;
	(void)size;
	p->val = val;
	if (rising)
		board_stop(p->board, BOARD_STOP_RESET, 0);
}

static void port92_init(void *dev, struct board *board)
{
	struct port92 *p = dev;

	p->board = board;
	p->val = A_A20;
}

static const struct device_type port92 = {
	.name = "port92",
	.what = "fast A20 gate and reset at port 0x92",
	.ranges = { { DEV_PIO, PORT_A, 1, DEV_LANES } },
	.width = 1,
	.size = sizeof(struct port92),
	.init = port92_init,
	.read = port92_read,
	.write = port92_write,
	.version = 1,
	.saved = offsetof(struct port92, val),
};

DEVICE(port92);
