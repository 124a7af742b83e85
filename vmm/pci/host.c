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
#include "pci/host.h"

#include "pci/config.h"
#include "saved.h"

#define ADDRESS_ENABLE	 0x80000000
#define ADDRESS_WRITABLE 0x80fffffc
#define BUS_SHIFT	 16
#define DEVFN_SHIFT	 8

/* Whether the data ports are a register of bus 0, the only one. */
static bool is_open(const struct host *h)
{
	return h->address & ADDRESS_ENABLE && !(h->address >> BUS_SHIFT & 0xff);
}

static unsigned int devfn(const struct host *h)
{
	return h->address >> DEVFN_SHIFT & 0xff;
}

uint64_t host_read(void *dev, unsigned int range, uint64_t off,
		   unsigned int size)
{
	const struct host *h = dev;

	if (range == HOST_RANGE_ADDRESS)
		return h->address;
	if (!is_open(h))
		return UINT32_MAX;
	return pci_config_read(h->board, devfn(h), (h->address & 0xff) + off,
			       size);
}

void host_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
		uint64_t val)
{
	struct host *h = dev;

	if (range == HOST_RANGE_ADDRESS)
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

void host_init(struct host *h, struct board *board,
	       const struct pci_function *function)
{
	h->board = board;
	pci_init(&h->pci, board, function);
}

static void bridge_init(void *dev, struct board *board)
{
	host_init(dev, board, &bridge);
}

void host_save(void *dev, struct stash *out)
{
	const struct host *h = dev;

	pci_save(&h->pci, out);
}

bool host_is_possible(const struct host *h)
{
	return has_only(h->address, ADDRESS_WRITABLE);
}

bool host_restored(void *dev, struct stash *in)
{
	struct host *h = dev;

	return pci_restored(&h->pci, in) && host_is_possible(h);
}

static const struct device_type pci = {
	.name = "pci",
	.what = "PCI host bridge 1b36:0008 at 0xcf8, if there is a device for "
		"it",
	.ranges = { HOST_RANGE_ROWS },
	.width = 4,
	.size = sizeof(struct host),
	.init = bridge_init,
	.read = host_read,
	.write = host_write,
	.version = 1,
	.saved = offsetof(struct host, address),
	.save = IF_ON(CONFIG_SNAPSHOT, host_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, host_restored),
	.pci = &bridge,
	.is_bridge = true,
};

DEVICE(pci);
