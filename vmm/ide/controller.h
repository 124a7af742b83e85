/* The controller as a device, between its rows with and without PCI. */
#ifndef MKVM_IDE_CONTROLLER_H
#define MKVM_IDE_CONTROLLER_H

#include "device.h"
#include "ide/ide.h"

/* What both rows have. */
#define IDE_ROW \
	.ranges = {                                                    \
		{ DEV_PIO, 0x1f0, 8, DEV_LANES },                      \
		{ DEV_PIO, 0x3f6, 1, DEV_LANES },                      \
		{ DEV_PIO, 0x170, 8, DEV_LANES },                      \
		{ DEV_PIO, 0x376, 1, DEV_LANES },                      \
	},                                                             \
	.irqs = { 14, 15 }, .nr_irqs = IDE_CHANNELS, .width = 4,       \
	.size = sizeof(struct ide), .read = ide_read,                  \
	.write = ide_write, .read_items = ide_read_items, .abort = ide_abort, .release = ide_release

/* As ports alone; and as a function on PCI as well, NULL: that was not built. */
const struct device_type *ide_ports(void);
const struct device_type *ide_function(void);

#endif
