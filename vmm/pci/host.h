/* The registers of a host bridge, for the files of this folder that are one. */
#ifndef MKVM_PCI_HOST_H
#define MKVM_PCI_HOST_H

#include <stdbool.h>

#include "abi/pc.h"
#include "device.h"
#include "pci.h"

struct host {
	struct pci pci;
	struct board *board;
	uint32_t address; /* what is remembered */
};

enum {
	HOST_RANGE_ADDRESS = 0,
	HOST_RANGE_DATA = 1,
	HOST_RANGES = 2,
};

#define HOST_RANGE_ROWS                                                     \
	[HOST_RANGE_ADDRESS] = { DEV_PIO, PC_PCI_CONFIG, 4, DEV_REGISTER }, \
	[HOST_RANGE_DATA] = { DEV_PIO, PC_PCI_CONFIG + 4, 4, DEV_LANES }

/* Those of every device_type; the state begins with a struct host. */
void host_init(struct host *h, struct board *board,
	       const struct pci_function *function);
uint64_t host_read(void *dev, unsigned int range, uint64_t off,
		   unsigned int size);
void host_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
		uint64_t val);
void host_save(void *dev, struct stash *out);
bool host_restored(void *dev, struct stash *in);
bool host_is_possible(const struct host *h);

#endif
