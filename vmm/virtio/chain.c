/* The rarer half of putting a chain together: tables beside the ring (VIRTIO 1.1,
 * "Indirect Descriptors"). */
#include "virtio/layout.h"

struct desc_table chain_table(struct virtio *v, struct desc desc,
			      uint16_t flags)
{
	struct desc_table table = { .count = desc.len / sizeof(desc) };

	if (virtio_has(v, F_INDIRECT) && table.count &&
	    !(desc.len % sizeof(desc)) && !(flags & DESC_NEXT))
		table.descs = chain_hva(v, desc.gpa, desc.len);
	return table;
}
