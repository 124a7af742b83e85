/* virtio devices in spare slots of PCI (include/spare.h). */
#ifndef MKVM_VIRTIO_PCI_SPARE_H
#define MKVM_VIRTIO_PCI_SPARE_H

#include <stddef.h>

struct plan;
struct virtio_type;

/* As virtio_add(), for spare slot @nr from 0: what is in it may go, and something else
 * of @type, which has .spare, may come. */
int virtio_pci_add_spare(struct plan *plan, unsigned int nr,
			 const struct virtio_type *type, const void *given,
			 size_t size);

#endif
