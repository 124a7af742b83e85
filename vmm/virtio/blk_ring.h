/*
 * Reads that go on by themselves while the worker does something else:
 * io_uring(7), by liburing. One ring for each queue, all calls on its worker and
 * with the device's lock.
 */
#ifndef MKVM_VIRTIO_BLK_RING_H
#define MKVM_VIRTIO_BLK_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define BLK_RING_SIZE 64 /* under way at once */

struct blk_ring;
struct board;

/* Called for each that is through; bytes, or -errno. Afterwards ended(). */
struct blk_ring_calls {
	void (*done)(void *arg, void *request, int result);
	void (*ended)(void *arg);
};

/* Of init(): before the guest runs, as a filter of system calls lets none be made
 * behind it. NULL: this host has none, or the run goes without. */
struct blk_ring *blk_ring_new(struct board *board, unsigned int worker,
			      const struct blk_ring_calls *calls, void *arg);

/* Begins to read; @iov stays where it is until done() is called with @request.
 * False: it has no room. */
bool blk_ring_read(struct blk_ring *ring, int fd, const struct iovec *iov,
		   unsigned int nr, uint64_t at, void *request);

/* What has been begun is on its way; call it once for several. */
void blk_ring_submit(struct blk_ring *ring);

/* Waits for what is under way, without done(). When no worker runs any more. */
void blk_ring_free(struct blk_ring *ring);

#endif
