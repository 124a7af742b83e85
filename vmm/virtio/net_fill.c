/*
 * Frames into the guest's buffers, after VIRTIO 1.1, "Network Device", "Setting Up
 * Receive Buffers": one frame a buffer, or in as many as it takes if the driver
 * can have them merged.
 */
#include "virtio/net_fill.h"

#include <string.h>

#define NUMBER sizeof(struct net_header) /* where that of buffers stands */

/* The name of a chain, as much as queue_done() needs. */
struct piece {
	uint16_t head, nr_descs;
	uint32_t written;
};

size_t net_sum_lengths(const struct iovec *iov, unsigned int nr)
{
	size_t len = 0;

	while (nr--)
		len += iov++->iov_len;
	return len;
}

/* Copies what fits of the @len bytes at @data to where the device may write, from
 * byte @off of that on; how many those are. */
static size_t copy_in(const struct virtio_chain *chain, size_t off,
		      const uint8_t *data, size_t len)
{
	const struct iovec *iov = chain->iov + chain->nr_out;
	size_t put = 0;

	for (unsigned int i = 0; i < chain->nr_in && put < len; i++, iov++) {
		size_t n = iov->iov_len;

		if (off >= n) {
			off -= n;
			continue;
		}
		n -= off;
		if (n > len - put)
			n = len - put;
		memcpy((uint8_t *)iov->iov_base + off, data + put, n);
		put += n;
		off = 0;
	}
	return put;
}

/* A frame on its way into buffers. */
struct filling {
	unsigned int queue;
	const struct net_header *header;
	const uint8_t *data;
	size_t len, put; /* bytes of the frame, and those in already */
	unsigned int nr, nr_parts; /* chains, and what they are made of */
	uint8_t *number[2];	   /* where the first one says how many */
	struct piece *pieces;	   /* room for VIRTIO_SIZE_MAX */
};

static uint8_t *find_byte(const struct virtio_chain *chain, size_t off)
{
	const struct iovec *iov = chain->iov + chain->nr_out;

	for (; off >= iov->iov_len; iov++)
		off -= iov->iov_len;
	return (uint8_t *)iov->iov_base + off;
}

/* The next of the buffers, into which the frame goes on. False: it has no room for
 * the header. */
static bool fill_piece(struct filling *f, const struct virtio_chain *chain)
{
	const size_t header = f->nr ? 0 : NET_HEADER_SIZE;
	size_t put;

	if (header) {
		if (copy_in(chain, 0, (const uint8_t *)f->header, NUMBER) <
			    NUMBER ||
		    net_sum_lengths(chain->iov + chain->nr_out, chain->nr_in) <
			    NET_HEADER_SIZE)
			return false;
		f->number[0] = find_byte(chain, NUMBER);
		f->number[1] = find_byte(chain, NUMBER + 1);
	}
	put = copy_in(chain, header, f->data + f->put, f->len - f->put);
	f->put += put;
	f->pieces[f->nr++] =
		(struct piece){ chain->head, chain->nr_descs, header + put };
	f->nr_parts += chain->nr_out + chain->nr_in;
	return true;
}

static struct virtio_chain *name(struct virtio_chain *chain,
				 const struct piece *piece)
{
	chain->head = piece->head;
	chain->nr_descs = piece->nr_descs;
	return chain;
}

static void undo(struct virtio *v, const struct filling *f,
		 struct virtio_chain *chain)
{
	for (unsigned int i = f->nr; i-- > 0;)
		queue_undo(v, f->queue, name(chain, &f->pieces[i]));
}

static void give(struct virtio *v, const struct filling *f,
		 struct virtio_chain *chain)
{
	*f->number[0] = f->nr;
	*f->number[1] = f->nr >> 8;
	for (unsigned int i = 0; i < f->nr; i++)
		queue_done(v, f->queue, name(chain, &f->pieces[i]),
			   f->pieces[i].written);
}

/* Takes buffers until the frame is in them. False: there are not enough. */
static bool fill(struct virtio *v, struct filling *f,
		 struct virtio_chain *chain)
{
	const bool merges = virtio_has(v, NET_MERGES);

	do {
		if (f->nr == VIRTIO_SIZE_MAX || !queue_next(v, f->queue, chain))
			return false;
		if (fill_piece(f, chain))
			continue;
		queue_undo(v, f->queue, chain);
		virtio_break(v, "a buffer shorter than a header", 0);
		return false;
	} while (merges && f->put < f->len);
	return f->put == f->len;
}

bool fill_buffers(struct virtio *v, unsigned int queue,
		  const struct net_header *header, const uint8_t *data,
		  size_t len)
{
	struct piece pieces[VIRTIO_SIZE_MAX];
	struct filling f = { .queue = queue,
			     .header = header,
			     .data = data,
			     .len = len,
			     .pieces = pieces };
	struct virtio_chain chain;
	bool hopeless;

	if (fill(v, &f, &chain)) {
		give(v, &f, &chain);
		return true;
	}
	hopeless = f.nr_parts >= queue_size(v, queue) ||
		   (f.nr && !virtio_has(v, NET_MERGES));
	undo(v, &f, &chain);
	return hopeless;
}
