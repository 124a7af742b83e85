/*
 * The block device, after VIRTIO 1.1, "Block Device": each request is a header,
 * data, and a byte for its status. What the disk is made of, disk.h knows. Each
 * queue is served by a worker, which waits for the host's files in the vCPU's
 * place; what is in the host's memory already is copied at once, and what is
 * not is read by io_uring while others go on.
 *
 * Left out: zoned devices, secure erase, lifetime; SCSI commands are of before
 * version 1.
 */
#include "virtio/blk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "disk.h"
#include "saved.h"
#include "util/log.h"
#include "virtio/blk_config.h"
#include "virtio/blk_request.h"
#include "virtio/blk_ring.h"
#include "worker.h"

enum request_status { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPP = 2 };

struct range {
	uint64_t sector;
	uint32_t count, flags;
};
#define RANGE_UNMAP 0x1

static struct request *get_request(struct blk_queue *q)
{
	struct request *r = q->free;

	if (r) {
		q->free = r->next;
	} else if (q->nr_requests < BLK_RING_SIZE) {
		r = malloc(sizeof(*r));
		if (r)
			q->nr_requests++;
	}
	return r;
}

static void put_request(struct blk_queue *q, struct request *r)
{
	r->next = q->free;
	q->free = r;
}

static bool is_inside(const struct blk *b, uint64_t sector, uint64_t len)
{
	const uint64_t size = b->disk->size;

	return sector <= size / DISK_SECTOR && !(len % DISK_SECTOR) &&
	       len <= size - sector * DISK_SECTOR;
}

/* The guest hears of each, the person at the terminal of each kind once. */
static int failed(struct blk *b, int err)
{
	const uint64_t bit = UINT64_C(1) << (-err & 63);

	if (err == -EOPNOTSUPP)
		return STATUS_UNSUPP;
	if (err != -DISK_HAS_SAID && !(b->told & bit)) {
		b->told |= bit;
		log_error("disk %s: %s; the guest gets I/O errors",
			  b->disk->name, strerror(-err));
	}
	return STATUS_IOERR;
}

static int status_of(struct blk *b, int err)
{
	return err ? failed(b, err) : STATUS_OK;
}

static void finish(struct blk_queue *q, struct request *r, int status)
{
	if (r->header.type == TYPE_IN && status == STATUS_OK)
		r->written = r->len;
	*r->status = status;
	queue_done(q->blk->virtio, q->nr, &r->chain,
		   status == STATUS_OK || !r->len ? r->written + 1 : 0);
	put_request(q, r);
}

static void on_read(void *arg, void *request, int result)
{
	struct blk_queue *q = arg;
	struct request *r = request;
	struct blk *b = q->blk;
	int err = result < 0 ? result : 0;

	if (result >= 0 && (uint64_t)result < r->len) { /* the rest, too */
		board_let_go(b->board);
		err = b->disk->format->read(b->disk, r->data, r->nr,
					    r->header.sector * DISK_SECTOR);
		board_take_back(b->board);
	}
	finish(q, r, status_of(b, err));
}

static void serve(struct blk_queue *q);

static void on_end(void *arg)
{
	serve(arg);
}

static const struct blk_ring_calls ring_calls = { on_read, on_end };

/* Hands it to the ring; false: it has to be waited for here. */
static bool send_off(struct blk_queue *q, struct request *r)
{
	struct disk *disk = q->blk->disk;
	uint64_t at = r->header.sector * DISK_SECTOR;
	int fd = disk->format->place ? disk->format->place(disk, &at, r->len) :
				       -1;

	return fd >= 0 && q->ring &&
	       blk_ring_read(q->ring, fd, r->data, r->nr, at, r);
}

/* False: it is on its way. */
static bool do_read(struct blk_queue *q, struct request *r, int *status)
{
	struct blk *b = q->blk;
	const struct disk_format *format = b->disk->format;
	const uint64_t at = r->header.sector * DISK_SECTOR;
	int err = -EOPNOTSUPP;

	*status = STATUS_IOERR;
	if (!is_inside(b, r->header.sector, r->len))
		return true;
	board_let_go(b->board);
	if (format->read_now)
		err = format->read_now(b->disk, r->data, r->nr, at);
	if (err == -EOPNOTSUPP)
		err = format->read(b->disk, r->data, r->nr, at);
	board_take_back(b->board);
	if (err == -EAGAIN) {
		if (send_off(q, r))
			return false;
		board_let_go(b->board);
		err = format->read(b->disk, r->data, r->nr, at);
		board_take_back(b->board);
	}
	*status = status_of(b, err);
	return true;
}

/* A driver that knows no flush expects that what it has written is kept. */
static int do_write(struct blk *b, struct request *r)
{
	const struct disk_format *format = b->disk->format;
	int err;

	if (b->disk->read_only || !is_inside(b, r->header.sector, r->len))
		return STATUS_IOERR;
	board_let_go(b->board);
	err = format->write(b->disk, r->data, r->nr,
			    r->header.sector * DISK_SECTOR);
	if (!err && !virtio_has(b->virtio, F_FLUSH))
		err = format->flush(b->disk);
	board_take_back(b->board);
	return status_of(b, err);
}

static int do_flush(struct blk *b)
{
	int err;

	if (b->disk->read_only)
		return STATUS_OK;
	board_let_go(b->board);
	err = b->disk->format->flush(b->disk);
	board_take_back(b->board);
	return status_of(b, err);
}

static int do_get_id(struct blk *b, struct request *r)
{
	uint32_t left = DISK_SERIAL_SIZE;

	for (unsigned int i = 0; i < r->nr && left; i++) {
		size_t len = r->data[i].iov_len;

		if (len > left)
			len = left;
		memcpy(r->data[i].iov_base, b->serial + DISK_SERIAL_SIZE - left,
		       len);
		left -= len;
	}
	r->written = DISK_SERIAL_SIZE - left;
	return STATUS_OK;
}

/* VIRTIO 1.1, "Block Device / Device Operation": which flags there can be, and
 * where a range can be. */
static int check_range(const struct blk *b, uint32_t type,
		       const struct range *range)
{
	const uint32_t known = type == TYPE_WRITE_ZEROES ? RANGE_UNMAP : 0;

	if (range->flags & ~known)
		return STATUS_UNSUPP;
	if (range->count > BLK_RANGE_MAX ||
	    !is_inside(b, range->sector, (uint64_t)range->count * DISK_SECTOR))
		return STATUS_IOERR;
	return STATUS_OK;
}

static int clear(struct blk *b, uint32_t type, const struct range *range)
{
	const struct disk_format *format = b->disk->format;
	const uint64_t at = range->sector * DISK_SECTOR;
	const uint64_t len = (uint64_t)range->count * DISK_SECTOR;
	int err = 0;

	if (!len)
		return STATUS_OK;
	board_let_go(b->board);
	if (type == TYPE_DISCARD)
		err = format->discard(b->disk, at, len);
	else
		err = format->zero(b->disk, at, len,
				   range->flags & RANGE_UNMAP);
	if (!err && !virtio_has(b->virtio, F_FLUSH))
		err = format->flush(b->disk);
	board_take_back(b->board);
	return status_of(b, err);
}

static int do_ranges(struct blk *b, struct request *r)
{
	const uint64_t feature =
		r->header.type == TYPE_DISCARD ? F_DISCARD : F_WRITE_ZEROES;
	struct range ranges[BLK_RANGES_MAX];
	const unsigned int nr = r->len / sizeof(ranges[0]);
	int status = STATUS_OK;

	if (!virtio_has(b->virtio, feature))
		return STATUS_UNSUPP;
	if (!nr || nr > BLK_RANGES_MAX || r->len % sizeof(ranges[0]) ||
	    !request_take(r, ranges, r->len))
		return STATUS_IOERR;
	for (unsigned int i = 0; i < nr && status == STATUS_OK; i++)
		status = check_range(b, r->header.type, &ranges[i]);
	for (unsigned int i = 0; i < nr && status == STATUS_OK; i++)
		status = clear(b, r->header.type, &ranges[i]);
	return status;
}

/* What takes long does not keep the guest from what is through. */
static int do_slow(struct blk_queue *q, struct request *r)
{
	struct blk *b = q->blk;

	queue_tell(b->virtio, q->nr);
	return r->header.type == TYPE_FLUSH ? do_flush(b) : do_ranges(b, r);
}

static void begin(struct blk_queue *q, struct request *r)
{
	struct blk *b = q->blk;
	int status = STATUS_UNSUPP;

	switch (r->header.type) {
	case TYPE_IN:
		if (!do_read(q, r, &status))
			return;
		break;
	case TYPE_OUT:
		status = do_write(b, r);
		break;
	case TYPE_GET_ID:
		status = do_get_id(b, r);
		break;
	case TYPE_FLUSH:
	case TYPE_DISCARD:
	case TYPE_WRITE_ZEROES:
		status = do_slow(q, r);
		break;
	}
	finish(q, r, status);
}

/* Until the queue is empty; or as many are under way as can be, and it goes on
 * when one is through. */
static void serve(struct blk_queue *q)
{
	struct virtio *v = q->blk->virtio;
	struct request *r;

	while ((r = get_request(q)) && queue_next(v, q->nr, &r->chain)) {
		if (request_parse(r)) {
			begin(q, r);
			continue;
		}
		queue_done(v, q->nr, &r->chain, 0);
		put_request(q, r);
		virtio_break(v, "a request without header or status",
			     r->chain.head);
	}
	if (r)
		put_request(q, r);
	if (q->ring)
		blk_ring_submit(q->ring);
	queue_tell(v, q->nr);
}

void blk_kick(void *dev, unsigned int queue)
{
	struct blk *b = dev;

	serve(&b->queues[queue]);
}

void blk_show(struct blk *b)
{
	const struct blk_config config = blk_config_of(b->disk, b->nr_queues);

	virtio_offer(b->virtio, blk_features_of(b->disk));
	virtio_set_config(b->virtio, 0, &config, sizeof(config));
}

/* Also for what is put in later: no ring can be made then. */
static bool can_have_rings(const struct disk *disk)
{
	return !disk || disk->format->place;
}

void blk_init(void *dev, struct virtio *virtio, struct board *board)
{
	const struct blk_given *given = virtio_given(virtio);
	const unsigned int nr_cpus = board_size(board).nr_cpus;
	const unsigned int nr = nr_cpus < VIRTIO_QUEUES_MAX ? nr_cpus :
							      VIRTIO_QUEUES_MAX;
	struct blk *b = dev;

	b->board = board;
	b->virtio = virtio;
	b->disk = given->disk;
	b->serial = given->serial;
	b->nr_queues = nr;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		b->queues[i].blk = b;
		b->queues[i].nr = i;
	}
	for (unsigned int i = 0; i < nr && can_have_rings(b->disk); i++)
		b->queues[i].ring =
			blk_ring_new(board, i, &ring_calls, &b->queues[i]);
	virtio_set_queues(virtio, nr);
	if (b->disk)
		blk_show(b);
}

void blk_save(void *dev, struct stash *out)
{
	struct blk *b = dev;

	disk_save(b->disk, b->board, out);
}

/* What the guest knows of the disk is as it is. */
bool blk_restored(void *dev, struct stash *in)
{
	struct blk *b = dev;
	const struct blk_config config = blk_config_of(b->disk, b->nr_queues);

	if (!disk_restore(b->disk, b->board, in))
		return false;
	if (memcmp(virtio_config(b->virtio), &config, sizeof(config))) {
		board_refuse(b->board,
			     "%s: its blocks are not what they were when the "
			     "guest was saved",
			     b->disk->name);
		return false;
	}
	return true;
}

void blk_abort(void *dev)
{
	struct blk *b = dev;

	if (b->disk && b->disk->format->abort)
		b->disk->format->abort(b->disk);
}

void blk_free_texts(const struct blk_given *given)
{
	free(given->text);
	free(given->said);
}

void blk_release(void *dev)
{
	struct blk *b = dev;

	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		struct blk_queue *q = &b->queues[i];
		struct request *r;

		blk_ring_free(q->ring);
		while ((r = q->free)) {
			q->free = r->next;
			free(r);
		}
	}
	disk_close(b->disk);
	blk_free_texts(virtio_given(b->virtio));
}

void blk_forget(const void *given)
{
	struct disk *disk = ((const struct blk_given *)given)->disk;

	if (disk)
		disk->unused = true;
	disk_close(disk);
	blk_free_texts(given);
}

const struct virtio_type blk_type = {
	.name = "virtio-blk",
	.id = 2,
	.nr_queues = VIRTIO_QUEUES_MAX,
	.queue_size = BLK_QUEUE_SIZE,
	.config_size = sizeof(struct blk_config),
	.size = sizeof(struct blk),
	.version = 1,
	.saved = sizeof(struct blk),
	.save = IF_ON(CONFIG_SNAPSHOT, blk_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, blk_restored),
	.workers = VIRTIO_QUEUES_MAX,
	.init = blk_init,
	.kick = blk_kick,
	.abort = blk_abort,
	.release = blk_release,
	.forget = blk_forget,
};
