/* A virtio device as a function on the PCI bus, between the files of virtio/pci*.c. */
#ifndef MKVM_VIRTIO_PCI_CARD_H
#define MKVM_VIRTIO_PCI_CARD_H

#include <stddef.h>

#include "device.h"
#include "pci.h"
#include "virtio/status.h"

#define NO_VECTOR 0xffff

struct virtio_pci {
	struct pci pci; /* first: see include/pci.h */
	struct virtio virtio;
	uint32_t offer_select, take_select;
	uint16_t queue_select;
	uint16_t vectors[VIRTIO_QUEUES_MAX + 1]; /* VIRTIO_CONFIG is the last */
	uint8_t isr;
	max_align_t own[]; /* the device's state */
};

/* What plan_add() keeps: a type made for this device, and the device's own. */
struct virtio_pci_made {
	struct device_type type;
	struct pci_function function;
	const struct virtio_type *virtio;
	max_align_t given[]; /* to the device */
};

/* Plans one of @type: see virtio_add(). Its config is a struct virtio_pci_made, which
 * may be changed until the next call. NULL after one message. */
struct planned *virtio_pci_plan(struct plan *plan,
				const struct virtio_type *type,
				const void *given, size_t size);

/* Its part of the bus as at power-on: configuration space, with capabilities. */
void virtio_pci_place(struct virtio_pci *p, struct board *board);

/* The device_type's members of these names. */
uint64_t virtio_pci_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size);
void virtio_pci_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val);

#define PCI_COMMON_SIZE 0x38

/* The register at @off of the common configuration: accessed as wide as it is,
 * addresses in halves or whole. */
uint32_t virtio_pci_read_common(struct virtio_pci *p, uint64_t off);
void virtio_pci_write_common(struct virtio_pci *p, uint64_t off, uint32_t val);

/* What is the transport's is as after a reset. */
void virtio_pci_reset(struct virtio_pci *p);

/* pci_saved.c, for the device_type's members of these names. */
unsigned int virtio_pci_version(const struct virtio_type *type);
bool virtio_pci_still(void *dev);
void virtio_pci_save(void *dev, struct stash *out);
bool virtio_pci_restored(void *dev, struct stash *in);
void virtio_pci_timer(void *dev);

#endif
