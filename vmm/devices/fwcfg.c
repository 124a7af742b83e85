/*
 * The firmware configuration device of QEMU at ports 0x510 and 0x511, after
 * "QEMU Firmware Configuration (fw_cfg) Device": a 16-bit write to the first
 * chooses an item, each byte read is its next one, zeros follow the last.
 * Kernels that are tested under QEMU ask it how much memory and how many CPUs
 * there are.
 *
 * Left out: the DMA interface, which bit 1 of the id would announce, and
 * writing items, which QEMU has given up. There are no files, as the directory
 * says, and items that nobody knows are empty.
 */
#include "device.h"

#define FW_CFG_PORT  0x510
#define FW_CFG_PORTS 2

#define KEY_WRITE 0x4000 /* was for writing, and means nothing */

enum {
	KEY_SIGNATURE = 0x00,
	KEY_ID = 0x01,	     /* 32 bits */
	KEY_RAM_SIZE = 0x03, /* 64 bits, bytes */
	KEY_NR_CPUS = 0x05,  /* 16 bits */
	KEY_MAX_CPUS = 0x0f, /* 16 bits: the highest APIC id, and one */
	KEY_FILE_DIR = 0x19, /* 32 bits, how many: none */
};

#define SIGNATURE 0x554d4551 /* "QEMU" */
#define ID_PORTS  0x01	     /* what the device does: this interface */

struct fwcfg {
	struct board *board;
	uint64_t item; /* what has not been read of it, low byte first; this is
			* remembered */
};

static uint64_t item_of(struct board *board, uint16_t key)
{
	struct board_size size = board_size(board);

	switch (key & ~KEY_WRITE) {
	case KEY_SIGNATURE:
		return SIGNATURE;
	case KEY_ID:
		return ID_PORTS;
	case KEY_RAM_SIZE:
		return size.ram_low + size.ram_high;
	case KEY_NR_CPUS:
	case KEY_MAX_CPUS:
		return size.nr_cpus;
	case KEY_FILE_DIR:
	default:
		return 0;
	}
}

/* Either port gives the next byte; there are no wider reads. */
static uint64_t fwcfg_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct fwcfg *f = dev;
	uint8_t byte = f->item;

	(void)range;
	(void)off;
	if (size > 1)
		return 0;
	f->item >>= 8;
	return byte;
}

/* A byte is data, which nobody takes. */
static void fwcfg_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct fwcfg *f = dev;

	(void)range;
	(void)off;
	if (size == 2)
		f->item = item_of(f->board, val);
}

static void fwcfg_init(void *dev, struct board *board)
{
	struct fwcfg *f = dev;

	f->board = board;
	f->item = SIGNATURE;
}

static const struct device_type fwcfg = {
	.name = "fwcfg",
	.what = "RAM and CPU count at ports 0x510 and 0x511, as in QEMU",
	.ranges = { { DEV_PIO, FW_CFG_PORT, FW_CFG_PORTS, DEV_BEGUN } },
	.width = 2,
	.size = sizeof(struct fwcfg),
	.init = fwcfg_init,
	.read = fwcfg_read,
	.write = fwcfg_write,
	.version = 1,
	.saved = offsetof(struct fwcfg, item),
};

DEVICE(fwcfg);
