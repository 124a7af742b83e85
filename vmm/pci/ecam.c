/*
 * The enhanced configuration access mechanism, after the PCI Firmware
 * Specification, "MCFG Table Description": configuration space as memory, 4 KiB
 * for each function of bus 0, one behind the other. ACPI tells where.
 */
#include "device.h"
#include "pci/config.h"

#include "abi/pc.h"

#define FUNCTION_SHIFT 12
#define REGISTER_MASK  0xfff

struct ecam {
	struct board *board;
};

static uint64_t ecam_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	const struct ecam *e = dev;

	(void)range;
	return pci_config_read(e->board, off >> FUNCTION_SHIFT,
			       off & REGISTER_MASK, size);
}

static void ecam_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	const struct ecam *e = dev;

	(void)range;
	pci_config_write(e->board, off >> FUNCTION_SHIFT, off & REGISTER_MASK,
			 size, val);
}

static void ecam_init(void *dev, struct board *board)
{
	struct ecam *e = dev;

	e->board = board;
}

static const struct device_type ecam = {
	.name = "ecam",
	.what = "PCI configuration space in memory at 0xe0000000, if ACPI says "
		"so",
	.ranges = { { DEV_MMIO, PC_ECAM_GPA, PC_ECAM_LEN, DEV_BEGUN } },
	.width = 4,
	.size = sizeof(struct ecam),
	.init = ecam_init,
	.read = ecam_read,
	.write = ecam_write,
	.version = 1,
	.saved = sizeof(struct ecam), /* nothing */
	.is_bridge = true,
	.told_by = "acpi",
};

DEVICE(ecam);
