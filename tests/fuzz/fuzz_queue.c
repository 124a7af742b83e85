/* objects: virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: util/event.o util/log.o util/sink.o util/lock.o */
/*
 * A queue whose memory is the input, from the first byte to the last, in either
 * layout and of any size, while a device takes, holds, puts back and gives back,
 * and the guest writes to the ring, resets and makes the queue anew meanwhile.
 * What is handed out must be in RAM, which ASan sees: all of it is read, and
 * filled where the device may write.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_board.h"
#include "device.h"
#include "virtio/status.h"

#define RAM_SIZE 4096
#define HELD_MAX 8

/* VIRTIO_F_VERSION_1, and which of INDIRECT, EVENT_IDX, RING_PACKED */
#define F_VERSION (1ULL << 32)
#define F_LOW(n)  ((uint64_t)((n)&3) << 28)
#define F_HIGH(n) ((uint64_t)((n) >> 2 & 1) << 34)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct device_type no_device = { .name = "none" };
DEVICE(no_device);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint8_t *ram;
static uint32_t written; /* so that no read is left out */
static struct virtio_chain held[HELD_MAX];
static unsigned int nr_held;

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static void *find(struct virtio *v, uint64_t gpa, size_t len)
{
	(void)v;
	return gpa < RAM_SIZE && len <= RAM_SIZE - gpa ? ram + gpa : NULL;
}

static void interrupt(struct virtio *v, unsigned int queue)
{
	(void)v;
	(void)queue;
}

static void nothing(void *dev, struct virtio *v, struct board *board)
{
	(void)dev;
	(void)v;
	(void)board;
}

static void kick(void *dev, unsigned int queue)
{
	(void)dev;
	(void)queue;
}

static void start(struct virtio *v, struct bytes *in)
{
	const uint8_t how = next(in);
	const uint64_t features = F_VERSION | F_LOW(how) | F_HIGH(how);

	virtio_set_status(v, 0);
	virtio_take(v, 0, features);
	virtio_take(v, 1, features >> 32);
	virtio_set_status(v, 0xb);
	virtio_set_size(v, 0, 1U << (how >> 3 & 7));
	v->queues[0].desc = (uint64_t)(next(in) & 0xf) << 8;
	v->queues[0].avail = (uint64_t)next(in) << 4;
	v->queues[0].used = (uint64_t)next(in) << 4;
	virtio_enable(v, 0);
	virtio_set_status(v, 0xf);
}

static void use(const struct virtio_chain *chain)
{
	if (chain->nr_out + chain->nr_in > VIRTIO_SIZE_MAX)
		abort();
	for (unsigned int i = 0; i < chain->nr_out + chain->nr_in; i++) {
		const struct iovec *iov = &chain->iov[i];

		for (size_t j = 0; j < iov->iov_len; j += 64)
			written += ((uint8_t *)iov->iov_base)[j];
		if (i >= chain->nr_out && iov->iov_len)
			((uint8_t *)iov->iov_base)[iov->iov_len - 1] = written;
	}
}

/* Some of RAM: where is a word, and then so many bytes. */
static void fill(struct bytes *in)
{
	unsigned int at = (next(in) | next(in) << 8) % RAM_SIZE;
	unsigned int len = next(in);

	while (len-- && at < RAM_SIZE)
		ram[at++] = next(in);
}

static void give(struct virtio *v, unsigned int how)
{
	const unsigned int which = how % nr_held;

	queue_done(v, 0, &held[which], how);
	held[which] = held[--nr_held];
}

static void step(struct virtio *v, struct bytes *in)
{
	const uint8_t how = next(in);

	switch (how & 7) {
	case 0:
		/* A device that holds chains is reset only by a guest that
		 * goes, which is what the fake board says. */
		start(v, in);
		break;
	case 1:
		fill(in);
		break;
	case 2:
		if (nr_held)
			give(v, how >> 3);
		break;
	case 3:
		if (nr_held)
			queue_undo(v, 0, &held[--nr_held]);
		break;
	case 4:
		queue_tell(v, 0);
		break;
	default:
		if (nr_held < HELD_MAX && queue_next(v, 0, &held[nr_held]))
			use(&held[nr_held++]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct virtio_type type = { .name = "fuzzed",
						 .nr_queues = 1,
						 .queue_size = 128,
						 .init = nothing,
						 .kick = kick };
	static struct board board;
	struct bytes in = { data, size };
	struct virtio v = { .type = &type,
			    .board = &board,
			    .ram = find,
			    .interrupt = interrupt };

	ram = aligned_alloc(RAM_SIZE, RAM_SIZE);
	if (!ram)
		abort();
	memset(ram, 0, RAM_SIZE);
	nr_held = 0;
	board.ram = ram;
	board.ram_size = RAM_SIZE;
	board.size.ram_low = size % 2 ? RAM_SIZE : RAM_SIZE / 2;
	virtio_init(&v);
	start(&v, &in);
	for (unsigned int n = next(&in) & 7; n; n--)
		fill(&in);
	while (in.left)
		step(&v, &in);
	virtio_release(&v);
	free(ram);
	return 0;
}
