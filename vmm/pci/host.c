/*
 * The host bridge, 00:00.0, and configuration mechanism #1, after the PCI Local
 * Bus Specification 3.0, "Software Generation of Configuration Transactions": a
 * double word at port 0xCF8 says which register the four ports from 0xCFC on
 * are. Nothing narrower at 0xCF8 is its, so that the reset register at 0xCF9
 * can lie across it (devices/reset.c).
 *
 *   31      30..24   23..16  15..11   10..8      7..2       1..0
 *   enable  0        bus     device   function   register   0
 *
 * It calls itself what QEMU's generic host bridge is called, which needs no
 * driver, and which no system has a correction for. It is there only beside
 * functions that options have asked for.
 */
#include "device.h"
#include "pci/config.h"
#include "saved.h"

#include "abi/pc.h"

enum {
	RANGE_ADDRESS = 0,
	RANGE_DATA = 1,
};

#define ADDRESS_ENABLE	 0x80000000
#define ADDRESS_WRITABLE 0x80fffffc
#define BUS_SHIFT	 16
#define DEVFN_SHIFT	 8

struct host {
	struct pci pci;
	struct board *board;
	uint32_t address; /* what is remembered */
};

/* Whether the data ports are a register of bus 0, the only one. */
static bool is_open(const struct host *h)
{
	return h->address & ADDRESS_ENABLE && !(h->address >> BUS_SHIFT & 0xff);
}

static unsigned int devfn(const struct host *h)
{
	return h->address >> DEVFN_SHIFT & 0xff;
}

static uint64_t host_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	const struct host *h = dev;

	if (range == RANGE_ADDRESS)
		return h->address;
	if (!is_open(h))
		return UINT32_MAX;
	return pci_config_read(h->board, devfn(h), (h->address & 0xff) + off,
			       size);
}

static void host_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct host *h = dev;

	if (range == RANGE_ADDRESS)
		h->address = val & ADDRESS_WRITABLE;
	else if (is_open(h))
		pci_config_write(h->board, devfn(h), (h->address & 0xff) + off,
				 size, val);
}

static const struct pci_function bridge = {
	.vendor = 0x1b36,
	.device = 0x0008,
	.subvendor = 0x1af4,
	.subdevice = 0x1100,
	.class = 0x060000,
};

static void host_init(void *dev, struct board *board)
{
	struct host *h = dev;

	h->board = board;
	pci_init(&h->pci, board, &bridge);
}

static void host_save(void *dev, struct stash *out)
{
	const struct host *h = dev;

	pci_save(&h->pci, out);
}

static bool host_restored(void *dev, struct stash *in)
{
	struct host *h = dev;

	return pci_restored(&h->pci, in) &&
	       has_only(h->address, ADDRESS_WRITABLE);
}

static const struct device_type pci = {
	.name = "pci",
	.what = "PCI host bridge 1b36:0008 at 0xcf8, if there is a device for "
		"it",
	.ranges = {
		[RANGE_ADDRESS] = { DEV_PIO, PC_PCI_CONFIG, 4, DEV_REGISTER },
		[RANGE_DATA] = { DEV_PIO, PC_PCI_CONFIG + 4, 4, DEV_LANES },
	},
	.width = 4,
	.size = sizeof(struct host),
	.init = host_init,
	.read = host_read,
	.write = host_write,
	.version = 1,
	.saved = offsetof(struct host, address),
	.save = IF_SAVED(host_save),
	.restored = IF_SAVED(host_restored),
	.pci = &bridge,
	.is_bridge = true,
};

DEVICE(pci);
