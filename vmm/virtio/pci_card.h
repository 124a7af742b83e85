/* A virtio device as a function on the PCI bus, between the files of virtio/pci*.c. */
#ifndef MKVM_VIRTIO_PCI_CARD_H
#define MKVM_VIRTIO_PCI_CARD_H

#include <stddef.h>

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
