/*
 * The entropy device, after VIRTIO 1.1, "Entropy Device": one queue, and the
 * guest's buffers in it are filled with random bytes of the host's. A request
 * gets 256 bytes at most, as the specification lets a device do. None is kept in
 * stock, so a guest that is restored twice gets others each time.
 */
#include "device.h"
#include "plug.h"
#include "virtio.h"

#define BYTES_MAX 256 /* of board_random() */

struct rng {
	struct board *board;
	struct virtio *virtio;
};

static uint32_t fill(struct rng *r, const struct virtio_chain *chain)
{
	uint32_t written = 0;

	for (unsigned int i = 0; i < chain->nr_in; i++) {
		const struct iovec *iov = &chain->iov[chain->nr_out + i];
		size_t len = BYTES_MAX - written;

		if (len > iov->iov_len)
			len = iov->iov_len;
		if (len)
			board_random(r->board, iov->iov_base, len);
		written += len;
	}
	return written;
}

static void rng_kick(void *dev, unsigned int queue)
{
	struct rng *r = dev;
	struct virtio_chain chain;

	while (queue_next(r->virtio, queue, &chain))
		queue_done(r->virtio, queue, &chain, fill(r, &chain));
	queue_tell(r->virtio, queue);
}

static void rng_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct rng *r = dev;

	r->board = board;
	r->virtio = virtio;
}

static const struct virtio_type rng = {
	.name = "virtio-rng",
	.id = 4,
	.nr_queues = 1,
	.size = sizeof(struct rng),
	.version = 1,
	.saved = sizeof(struct rng),
	.init = rng_init,
	.kick = rng_kick,
};

static int rng_plug(struct plan *plan, const char *arg)
{
	(void)arg;
	return virtio_add(plan, &rng, NULL, 0);
}

static const struct plug plug = {
	.option = "--rng",
	.what = "random bytes: virtio-rng",
	.plug = rng_plug,
};

PLUG(plug);
