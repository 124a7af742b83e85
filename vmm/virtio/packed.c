/*
 * The packed queue, after VIRTIO 1.1, "Packed Virtqueues": one ring of
 * descriptors which both sides write. The guest puts a chain into the next free
 * ones; the device writes one descriptor over them, with the chain's id, and
 * skips as many as it had. Two flags say whose a descriptor is: both are compared
 * with a bit of one's own that turns over each time round.
 *
 *   guest's:     AVAIL = its bit, USED = the contrary
 *   given back:  AVAIL = USED = the device's bit
 *
 * Two words of four bytes say what either side wants to be told of: everything,
 * nothing, or the descriptor at one place (which is the event index).
 */
#include "device.h"
#include "feature.h"
#include "virtio/layout.h"

#define DESC_AVAIL (1U << 7)
#define DESC_USED  (1U << 15)

/* Event suppression: place and bit, then what. */
enum { EVENT_PLACE = 0, EVENT_FLAGS = 2 };
enum { EVENT_ALL, EVENT_NONE, EVENT_ONE };
#define PLACE_MASK 0x7fff
#define PLACE_BIT  15

enum { WORD_ID, WORD_FLAGS }; /* of a descriptor */
#define DESC_LEN   8	      /* bytes into it */
#define DESC_FLAGS 14

static void packed_sizes(const struct ring *r, size_t len[3])
{
	len[0] = r->size * sizeof(struct desc);
	len[1] = len[2] = 4;
}

static void packed_start(struct ring *r)
{
	r->avail_bit = r->used_bit = true;
}

static uint8_t *flags_at(const struct ring *r, unsigned int i)
{
	return r->desc + i * sizeof(struct desc) + DESC_FLAGS;
}

static bool is_guests(const struct ring *r, uint16_t flags)
{
	return !!(flags & DESC_AVAIL) == r->avail_bit &&
	       !!(flags & DESC_USED) != r->avail_bit;
}

static bool packed_is_there(const struct ring *r)
{
	return is_guests(r, load16(flags_at(r, r->next_avail)));
}

/* In a table all descriptors count, in order; of their flags one does. */
static bool follow_table(struct desc_table table, struct chain_maker *m)
{
	for (unsigned int i = 0; table.descs && i < table.count; i++) {
		const struct desc desc = desc_at(table.descs, i);

		if (!chain_add(m, desc, desc.words[WORD_FLAGS] & DESC_WRITE))
			return false;
	}
	return table.descs;
}

/* No longer than the ring, whatever the guest says. */
static bool follow(struct ring *r, struct virtio_chain *chain,
		   struct chain_maker *m)
{
	unsigned int at = r->next_avail;

	for (unsigned int nr = 1; nr <= r->size; nr++) {
		const struct desc desc = desc_at(r->desc, at);
		const uint16_t flags = desc.words[WORD_FLAGS];

		chain->head = desc.words[WORD_ID];
		chain->nr_descs = nr;
		if (flags & DESC_INDIRECT)
			return follow_table(chain_table(m->virtio, desc, flags),
					    m);
		if (!chain_add(m, desc, flags))
			return false;
		if (!(flags & DESC_NEXT))
			return true;
		at = (at + 1) & (r->size - 1);
	}
	return false;
}

/* Goes on by @count places; the bit turns over at the end. The count may be of
 * before the guest made the queue a smaller one: the place is inside anyway. */
static void go_on(const struct ring *r, uint16_t *at, bool *bit,
		  unsigned int count)
{
	const unsigned int to = *at + count;

	*bit ^= to / r->size & 1;
	*at = to & (r->size - 1);
}

static enum taking packed_take(struct ring *r, struct virtio *v,
			       struct virtio_chain *chain, uint64_t *bytes_out)
{
	struct chain_maker m = chain_begin(v, chain);
	bool is_one;

	if (!packed_is_there(r))
		return TOOK_NONE;
	is_one = follow(r, chain, &m);
	go_on(r, &r->next_avail, &r->avail_bit, chain->nr_descs);
	return is_one ? chain_end(&m, chain, bytes_out) : TOOK_WRONG;
}

static void packed_undo(struct ring *r, const struct virtio_chain *chain)
{
	go_on(r, &r->next_avail, &r->avail_bit, 2 * r->size - chain->nr_descs);
}

/* The flags of the first are what show() writes: the guest goes in order, so it
 * sees none before. */
static void packed_give(struct ring *r, const struct virtio_chain *chain,
			uint32_t written)
{
	uint8_t *desc = r->desc + r->next_used * sizeof(struct desc);
	const uint16_t flags = (r->used_bit ? DESC_AVAIL | DESC_USED : 0) |
			       (written ? DESC_WRITE : 0);

	memcpy(desc + DESC_LEN, &written, sizeof(written));
	memcpy(desc + DESC_LEN + sizeof(written), &chain->head,
	       sizeof(chain->head));
	if (r->untold) {
		store16(desc + DESC_FLAGS, flags);
	} else {
		r->first = r->next_used;
		r->first_flags = flags;
	}
	go_on(r, &r->next_used, &r->used_bit, chain->nr_descs);
	r->untold += chain->nr_descs;
}

static void packed_show(struct ring *r)
{
	store16(flags_at(r, r->first), r->first_flags);
}

static void packed_hush(struct ring *r)
{
	store16(r->used + EVENT_FLAGS, EVENT_NONE);
}

static void packed_ask(struct ring *r)
{
	if (!r->event_idx) {
		store16(r->used + EVENT_FLAGS, EVENT_ALL);
		return;
	}
	store16(r->used + EVENT_PLACE,
		r->next_avail | (unsigned int)r->avail_bit << PLACE_BIT);
	store16(r->used + EVENT_FLAGS, EVENT_ONE);
}

/* The place is of this time round, or of the one before. */
static bool packed_wants(const struct ring *r)
{
	const uint32_t event =
		__atomic_load_n((const uint32_t *)r->avail, __ATOMIC_ACQUIRE);
	uint16_t place = event & PLACE_MASK;

	if (!r->event_idx || event >> 16 != EVENT_ONE)
		return event >> 16 != EVENT_NONE;
	if ((event >> PLACE_BIT & 1) != r->used_bit)
		place -= r->size;
	return is_due(place, r->next_used, r->untold);
}

static const struct layout packed = {
	.avail_align = 4,
	.sizes = packed_sizes,
	.start = packed_start,
	.is_there = packed_is_there,
	.take = packed_take,
	.undo = packed_undo,
	.give = packed_give,
	.show = packed_show,
	.hush = packed_hush,
	.ask = packed_ask,
	.wants = packed_wants,
};

const struct layout *layout_packed(void)
{
	return &packed;
}

static const struct feature feature = {
	.name = "packed",
	.what = "virtio queues in one ring, where the guest's driver can",
};

FEATURE(feature);

uint64_t packed_offer(struct board *board)
{
	return board_has(board, feature.name) ? F_PACKED : 0;
}
