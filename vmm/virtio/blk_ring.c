/* Reads by io_uring: see blk_ring.h. */
#include "virtio/blk_ring.h"

#include <liburing.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "device.h"
#include "feature.h"
#include "worker.h"

static const struct feature io_uring = {
	.name = "io-uring",
	.what = "reads of a disk that have to wait go on beside each other",
};
FEATURE(io_uring);

struct blk_ring {
	struct io_uring uring;
	struct event_source source;
	struct board *board;
	unsigned int worker;
	bool is_watched;
	const struct blk_ring_calls *calls;
	void *arg;
	unsigned int flying;
};

static void on_ready(void *arg, uint32_t events)
{
	struct blk_ring *ring = arg;
	struct io_uring_cqe *cqe;

	(void)events;
	while (!io_uring_peek_cqe(&ring->uring, &cqe)) {
		void *request = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&ring->uring, cqe);
		ring->flying--;
		ring->calls->done(ring->arg, request, result);
	}
	ring->calls->ended(ring->arg);
}

/* What goes through a ring is seen by no filter of system calls: so it takes reads
 * and nothing else, for ever (io_uring_register(2), IORING_REGISTER_RESTRICTIONS). */
static int bind_to_reads(struct io_uring *uring)
{
	struct io_uring_restriction only = {
		.opcode = IORING_RESTRICTION_SQE_OP,
		.sqe_op = IORING_OP_READV,
	};
	int err = io_uring_register_restrictions(uring, &only, 1);

	return err ? err : io_uring_enable_rings(uring);
}

static int make(struct io_uring *uring)
{
	int err = io_uring_queue_init(BLK_RING_SIZE, uring,
				      IORING_SETUP_R_DISABLED);

	if (err)
		return err;
	err = bind_to_reads(uring);
	if (err)
		io_uring_queue_exit(uring);
	return err;
}

struct blk_ring *blk_ring_new(struct board *board, unsigned int worker,
			      const struct blk_ring_calls *calls, void *arg)
{
	struct blk_ring *ring;

	if (!board_has(board, io_uring.name))
		return NULL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return NULL;
	ring->calls = calls;
	ring->arg = arg;
	ring->board = board;
	ring->worker = worker;
	if (make(&ring->uring)) {
		free(ring); /* a kernel before 5.10, or one that forbids it */
		return NULL;
	}
	ring->source =
		(struct event_source){ ring->uring.ring_fd, on_ready, ring };
	return ring;
}

/* Most disks are read from memory, and no ring ever says anything. */
static bool watch(struct blk_ring *ring)
{
	if (!ring->is_watched)
		ring->is_watched = !board_watch(ring->board, ring->worker,
						&ring->source, EPOLLIN);
	return ring->is_watched;
}

bool blk_ring_read(struct blk_ring *ring, int fd, const struct iovec *iov,
		   unsigned int nr, uint64_t at, void *request)
{
	struct io_uring_sqe *sqe;

	if (ring->flying == BLK_RING_SIZE || !watch(ring))
		return false;
	sqe = io_uring_get_sqe(&ring->uring);
	if (!sqe)
		return false;
	io_uring_prep_readv(sqe, fd, iov, nr, at);
	io_uring_sqe_set_data(sqe, request);
	ring->flying++;
	return true;
}

void blk_ring_submit(struct blk_ring *ring)
{
	if (io_uring_sq_ready(&ring->uring))
		io_uring_submit(&ring->uring);
}

void blk_ring_free(struct blk_ring *ring)
{
	struct io_uring_cqe *cqe;

	if (!ring)
		return;
	while (ring->flying && !io_uring_wait_cqe(&ring->uring, &cqe)) {
		io_uring_cqe_seen(&ring->uring, cqe);
		ring->flying--;
	}
	io_uring_queue_exit(&ring->uring);
	free(ring);
}
