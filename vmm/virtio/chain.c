/*
 * Buffers become a chain, the same in both layouts: each in RAM as a whole, what
 * the device reads before what it writes, and no more bytes than 32 bits count
 * (VIRTIO 1.1, "The Virtqueue Descriptor Table", "Indirect Descriptors").
 */
#include "virtio/layout.h"

bool chain_add(struct chain_maker *m, const struct desc *desc, uint16_t flags)
{
	struct virtio_chain *chain = m->chain;
	const unsigned int at = chain->nr_out + chain->nr_in;
	void *hva;

	if (at == VIRTIO_SIZE_MAX)
		return false;
	hva = m->virtio->ram(m->virtio, desc->gpa, desc->len);
	if (!hva)
		return false;
	chain->iov[at] = (struct iovec){ hva, desc->len };
	if (flags & DESC_WRITE) {
		chain->nr_in++;
		m->in += desc->len;
	} else if (chain->nr_in) {
		return false; /* to be read, behind one to be written */
	} else {
		chain->nr_out++;
		m->out += desc->len;
	}
	return m->in + m->out <= UINT32_MAX;
}

bool chain_enter(struct chain_maker *m, const struct desc *desc, uint16_t flags,
		 struct desc_table *table)
{
	*table = (struct desc_table){
		.descs = m->virtio->ram(m->virtio, desc->gpa, desc->len),
		.count = desc->len / sizeof(*desc),
	};
	return table->descs && table->count && !(desc->len % sizeof(*desc)) &&
	       !(flags & DESC_NEXT) && virtio_has(m->virtio, F_INDIRECT);
}
