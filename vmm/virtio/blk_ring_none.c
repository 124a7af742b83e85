/* Without io_uring: each read is waited for. */
#include <stddef.h>

#include "virtio/blk_ring.h"

struct blk_ring *blk_ring_new(struct board *board, unsigned int worker,
			      const struct blk_ring_calls *calls, void *arg)
{
	(void)board;
	(void)worker;
	(void)calls;
	(void)arg;
	return NULL;
}

bool blk_ring_read(struct blk_ring *ring, int fd, const struct iovec *iov,
		   unsigned int nr, uint64_t at, void *request)
{
	(void)ring;
	(void)fd;
	(void)iov;
	(void)nr;
	(void)at;
	(void)request;
	return false;
}

void blk_ring_submit(struct blk_ring *ring)
{
	(void)ring;
}

void blk_ring_free(struct blk_ring *ring)
{
	(void)ring;
}
