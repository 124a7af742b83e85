/*
 * The split queue, after VIRTIO 1.1, "Split Virtqueues": a table of descriptors,
 * a ring in which the guest puts the number of a chain's first, and one in which
 * the device gives that back. Only one side writes to each.
 *
 *   guest's ring    flags  index  number of a chain's first ...   used_event
 *   device's ring   flags  index  number, bytes written ...       avail_event
 *
 * With the event index the two words at the ends say up to where the other side
 * need not be told, in place of the flags.
 */
#include "virtio/layout.h"

#define NO_INTERRUPT 0x1 /* in the flags of the guest's ring */
#define NO_NOTIFY    0x1 /* in the flags of the device's */

enum { FLAGS = 0, INDEX = 2, ENTRIES = 4 }; /* bytes into either ring */
enum { WORD_FLAGS, WORD_NEXT };		    /* of a descriptor */

struct used {
	uint32_t head, written;
};

static void split_sizes(const struct ring *r, size_t len[3])
{
	const size_t event = r->event_idx ? sizeof(uint16_t) : 0;

	len[0] = r->size * sizeof(struct desc);
	len[1] = ENTRIES + r->size * sizeof(uint16_t) + event;
	len[2] = ENTRIES + r->size * sizeof(struct used) + event;
}

static uint8_t *avail_event(const struct ring *r)
{
	return r->used + ENTRIES + r->size * sizeof(struct used);
}

static const uint8_t *used_event(const struct ring *r)
{
	return r->avail + ENTRIES + r->size * sizeof(uint16_t);
}

static void split_start(struct ring *r)
{
	(void)r; /* both indices are 0 */
}

static bool split_is_there(const struct ring *r)
{
	return load16(r->avail + INDEX) != r->next_avail;
}

/* Follows the chain from descriptor @next on: no further than the longest is, so
 * that one in a circle has an end. */
static bool follow(struct desc_table table, unsigned int next,
		   struct chain_maker *m)
{
	bool inside = false;

	for (;;) {
		struct desc desc;
		uint16_t flags;

		if (next >= table.count)
			return false;
		desc = desc_at(table.descs, next);
		flags = desc.words[WORD_FLAGS];
		if (flags & DESC_INDIRECT) {
			table = chain_table(m->virtio, desc, flags);
			if (inside || !table.descs)
				return false;
			inside = true;
			next = 0;
			continue;
		}
		if (!chain_add(m, desc, flags))
			return false;
		if (!(flags & DESC_NEXT))
			return true;
		next = desc.words[WORD_NEXT];
	}
}

static enum taking split_take(struct ring *r, struct virtio *v,
			      struct virtio_chain *chain, uint64_t *bytes_out)
{
	const struct desc_table table = { r->desc, r->size };
	const uint16_t waiting = load16(r->avail + INDEX) - r->next_avail;
	const unsigned int at = r->next_avail & (r->size - 1);
	struct chain_maker m = chain_begin(v, chain);

	if (!waiting)
		return TOOK_NONE;
	chain->head = load16(r->avail + ENTRIES + at * sizeof(uint16_t));
	chain->nr_descs = 1;
	r->next_avail++;
	if (waiting > r->size || !follow(table, chain->head, &m))
		return TOOK_WRONG;
	return chain_end(&m, chain, bytes_out);
}

static void split_undo(struct ring *r, const struct virtio_chain *chain)
{
	r->next_avail -= chain->nr_descs;
}

static void split_give(struct ring *r, const struct virtio_chain *chain,
		       uint32_t written)
{
	const struct used used = { chain->head, written };
	const unsigned int at = r->next_used & (r->size - 1);

	memcpy(r->used + ENTRIES + at * sizeof(used), &used, sizeof(used));
	r->next_used++;
	r->untold++;
}

static void split_show(struct ring *r)
{
	store16(r->used + INDEX, r->next_used);
}

/* With the event index: the guest kicks for one number, which goes by. */
static void split_hush(struct ring *r)
{
	if (!r->event_idx)
		store16(r->used + FLAGS, NO_NOTIFY);
}

static void split_ask(struct ring *r)
{
	if (r->event_idx)
		store16(avail_event(r), r->next_avail);
	else
		store16(r->used + FLAGS, 0);
}

static bool split_wants(const struct ring *r)
{
	if (r->event_idx)
		return is_due(load16(used_event(r)), r->next_used, r->untold);
	return !(load16(r->avail + FLAGS) & NO_INTERRUPT);
}

const struct layout layout_split = {
	.avail_align = 2,
	.sizes = split_sizes,
	.start = split_start,
	.is_there = split_is_there,
	.take = split_take,
	.undo = split_undo,
	.give = split_give,
	.show = split_show,
	.hush = split_hush,
	.ask = split_ask,
	.wants = split_wants,
};
