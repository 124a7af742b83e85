/*
 * A queue as a device has it: chains are taken, held, and given back, whatever
 * the layout in the guest's memory (split.c, packed.c).
 *
 * The guest kicks only when it is asked to: while there is something in a queue
 * the device comes again anyway. So the first chain hushes the guest, and an
 * empty queue asks it again, looking once more: what was put there between the
 * two looks came without a kick.
 */
#include "device.h"
#include "util/fence.h"
#include "virtio/layout.h"
#include "worker.h"

uint64_t queue_offer(struct board *board)
{
	return F_INDIRECT | F_VERSION | event_idx_offer(board) |
	       packed_offer(board);
}

static bool is_going(const struct virtio *v)
{
	return v->status & VIRTIO_DRIVER_OK &&
	       !(v->status & VIRTIO_NEEDS_RESET);
}

/* Where DMA cannot go (any more), nothing of the ring is touched. */
static bool can_reach(struct virtio *v, const struct virtio_queue *q)
{
	if (!v->reaches || v->reaches(v))
		return true;
	virtio_break(v, "a queue that DMA cannot reach", q->desc);
	return false;
}

void queue_find_low(struct virtio *v)
{
	const struct board_size size = board_size(v->board);

	v->low = board_ram(v->board, 0, size.ram_low);
	v->low_len = v->low ? size.ram_low : 0;
}

const struct layout *queue_layout(const struct virtio *v)
{
	return virtio_has(v, F_PACKED) ? layout_packed() : &layout_split;
}

bool queue_find(struct virtio *v, const struct virtio_queue *q, struct ring *r,
		queue_ram *ram)
{
	size_t len[3];

	r->layout->sizes(r, len);
	r->desc = ram(v, q->desc, len[0]);
	r->avail = ram(v, q->avail, len[1]);
	r->used = ram(v, q->used, len[2]);
	return r->desc && r->avail && r->used &&
	       !(q->avail % r->layout->avail_align);
}

/* The first use: RAM does not move, so its parts are looked for once. */
static bool open_ring(struct virtio *v, unsigned int queue)
{
	struct virtio_queue *q = &v->queues[queue];
	struct ring r = { .layout = queue_layout(v),
			  .size = q->size,
			  .event_idx = virtio_has(v, F_EVENT_IDX),
			  .asked = true };

	if (!queue_find(v, q, &r, v->ram)) {
		virtio_break(v, "a queue that is not in RAM", q->desc);
		return false;
	}
	queue_find_low(v);
	r.layout->start(&r);
	r.layout->ask(&r);
	q->ring = r;
	v->counts[queue].size = q->size;
	v->counts[queue].packed = r.layout != &layout_split;
	return true;
}

/* Asks for a kick, and looks again: whatever the guest put there before it could
 * see that is seen here. */
static bool ask(struct ring *r)
{
	if (r->asked)
		return false;
	r->layout->ask(r);
	r->asked = true;
	full_fence();
	return r->layout->is_there(r);
}

static enum taking take(struct virtio *v, struct virtio_queue *q,
			struct virtio_chain *chain, uint64_t *bytes_out)
{
	const struct layout *layout = q->ring.layout;
	enum taking took;

	taken_from_guest(v->low);
	took = layout->take(&q->ring, v, chain, bytes_out);
	if (took == TOOK_NONE && ask(&q->ring))
		took = layout->take(&q->ring, v, chain, bytes_out);
	if (took == TOOK_WRONG)
		virtio_break(v, "a chain that is none", chain->head);
	return took;
}

/* Chains are told of only while somebody listens, so this is not on their way. */
static void tell_taken(struct virtio *v, unsigned int queue,
		       const struct virtio_chain *chain, uint64_t bytes_out)
{
	struct queue_event event = { .what = QUEUE_TAKEN,
				     .nr_out = chain->nr_out,
				     .nr_in = chain->nr_in,
				     .out = bytes_out,
				     .head = chain->head,
				     .asked = v->queues[queue].ring.asked };

	for (unsigned int i = 0; i < chain->nr_in; i++)
		event.in += chain->iov[chain->nr_out + i].iov_len;
	board_event(v->board, queue, &event);
}

static void count_taken(struct queue_counts *counts,
			const struct virtio_chain *chain, uint64_t bytes_out)
{
	counts->chains++;
	counts->buffers += chain->nr_out + chain->nr_in;
	counts->bytes_out += bytes_out;
}

bool queue_next(struct virtio *v, unsigned int queue,
		struct virtio_chain *chain)
{
	struct virtio_queue *q = &v->queues[queue];
	struct queue_counts *counts = &v->counts[queue];
	struct ring *r = &q->ring;
	uint64_t bytes_out;

	if (!is_going(v) || v->pausing || !q->enabled ||
	    (!r->layout && !open_ring(v, queue)) || !can_reach(v, q) ||
	    take(v, q, chain, &bytes_out) != TOOK_ONE)
		return false;
	v->nr_held++;
	count_taken(counts, chain, bytes_out);
	if (v->tells)
		tell_taken(v, queue, chain, bytes_out);
	if (r->asked) {
		r->layout->hush(r);
		r->asked = false;
		counts->kicked++;
	}
	return true;
}

/* One that breaks or is reset meanwhile gets nothing more. */
static bool let_go(struct virtio *v, struct virtio_queue *q)
{
	v->nr_held--;
	if ((v->resetting || v->pausing || v->awaited) && !v->nr_held)
		board_ring(v->board);
	return is_going(v) && q->ring.layout;
}

void queue_done(struct virtio *v, unsigned int queue,
		const struct virtio_chain *chain, uint32_t written)
{
	struct virtio_queue *q = &v->queues[queue];

	if (!let_go(v, q) || !can_reach(v, q))
		return;
	q->ring.layout->give(&q->ring, chain, written);
	v->counts[queue].given++;
	v->counts[queue].bytes_in += written;
	if (v->tells)
		board_event(v->board, queue,
			    &(struct queue_event){ .what = QUEUE_GIVEN,
						   .head = chain->head,
						   .in = written });
}

void queue_undo(struct virtio *v, unsigned int queue,
		const struct virtio_chain *chain)
{
	struct virtio_queue *q = &v->queues[queue];

	if (!let_go(v, q))
		return;
	q->ring.layout->undo(&q->ring, chain);
	v->counts[queue].chains--;
}

/* What the guest wants is looked at after what was given back is shown: it does
 * both, too, the other way round. */
void queue_tell(struct virtio *v, unsigned int queue)
{
	struct virtio_queue *q = &v->queues[queue];
	struct ring *r = &q->ring;
	bool wants;

	if (!r->untold || !is_going(v) || !can_reach(v, q))
		return;
	given_to_guest(v->low);
	r->layout->show(r);
	full_fence();
	wants = r->layout->wants(r);
	r->untold = 0;
	v->counts[queue].interrupts += wants;
	if (v->tells)
		board_event(v->board, queue,
			    &(struct queue_event){ .what = QUEUE_TOLD,
						   .asked = wants });
	if (wants)
		v->interrupt(v, queue);
}

bool queue_is_on(const struct virtio *v, unsigned int queue)
{
	return queue < v->nr_queues && v->queues[queue].enabled &&
	       v->status & VIRTIO_DRIVER_OK;
}

unsigned int queue_size(const struct virtio *v, unsigned int queue)
{
	return v->queues[queue].size;
}
