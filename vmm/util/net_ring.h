/*
 * Memory that kvm-vmm and its back end kvm-net share: two lanes of frames, one for
 * each direction. A frame is copied in and copied out, and the kernel is asked only
 * when the other side sleeps: each side has an eventfd that wakes it.
 *
 *	lane:  | length, 0, frame, pad to 8 | length, 0, frame, pad | ...
 *
 * A frame lies in one piece; NET_RING_SKIP in place of a length says that the next
 * one is at the beginning of the lane. Positions count bytes for ever. Each side
 * keeps its own position to itself and only tells it; what the other side tells is
 * checked: it may be an enemy, and change what it has written at any time.
 */
#ifndef MKVM_UTIL_NET_RING_H
#define MKVM_UTIL_NET_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "util/fence.h"

#define NET_RING_LANE  (256u << 10) /* bytes; a power of two */
#define NET_RING_FRAME 65520 /* the longest frame: in a lane of which half is */
/* free there is room for it, wherever that begins */
#define NET_RING_SKIP 0xffffffffu
#define NET_RING_HEAD 8 /* bytes before a frame: its length, and nothing */

/* What is said about a lane; each side writes to lines of its own. */
struct net_lane_state {
	_Alignas(64) _Atomic uint32_t head; /* written up to here */
	_Atomic uint32_t wants_room;	    /* wake the writer when there is */
	_Alignas(64) _Atomic uint32_t tail; /* read up to here */
	_Atomic uint32_t sleeps; /* wake the reader when there is more */
};

enum net_lanes { NET_LANE_TO_GUEST, NET_LANE_FROM_GUEST, NET_LANES };

struct net_ring {
	_Alignas(4096) struct net_lane_state state[NET_LANES];
	_Alignas(4096) uint8_t data[NET_LANES][NET_RING_LANE];
};

/* One side's view of a lane. */
struct net_lane {
	struct net_lane_state *state;
	uint8_t *data;
	int wake;	/* the eventfd of the other side */
	uint32_t here;	/* our position, told or not */
	uint32_t there; /* the other's, as last seen */
	uint32_t frame; /* the reader's: where the frame that it has ends */
};

static inline void net_lane_init(struct net_lane *lane, struct net_ring *ring,
				 enum net_lanes which, int wake)
{
	*lane = (struct net_lane){ .state = &ring->state[which],
				   .data = ring->data[which],
				   .wake = wake };
}

static inline void net_lane_wake(const struct net_lane *lane)
{
	uint64_t one = 1;
	ssize_t n = write(lane->wake, &one, sizeof(one));

	(void)n; /* it is awake when that fails */
}

static inline uint32_t net_lane_size(uint32_t len)
{
	return (NET_RING_HEAD + len + 7) & ~7u;
}

/* --- The writer ------------------------------------------------------------ */

/* Bytes in the lane that were not read yet. A lie makes it full. */
static inline uint32_t net_lane_used(struct net_lane *lane)
{
	lane->there =
		atomic_load_explicit(&lane->state->tail, memory_order_acquire);
	return lane->here - lane->there;
}

/* The word at @at of the lane; what the other side writes there, it may change. */
static inline _Atomic uint32_t *net_lane_word(const struct net_lane *lane,
					      uint32_t at)
{
	return (_Atomic uint32_t *)(lane->data + (at & (NET_RING_LANE - 1)));
}

static inline uint32_t net_lane_read(const struct net_lane *lane, uint32_t at)
{
	return atomic_load_explicit(net_lane_word(lane, at),
				    memory_order_relaxed);
}

static inline void net_lane_write(const struct net_lane *lane, uint32_t at,
				  uint32_t value)
{
	atomic_store_explicit(net_lane_word(lane, at), value,
			      memory_order_relaxed);
}

/* Room for a frame of @len bytes; NULL: there is none, or it is too long. */
static inline uint8_t *net_lane_reserve(struct net_lane *lane, uint32_t len)
{
	uint32_t used = net_lane_used(lane), size = net_lane_size(len);
	uint32_t rest = NET_RING_LANE - (lane->here & (NET_RING_LANE - 1));
	bool anew = rest < size;

	if (len > NET_RING_FRAME || used > NET_RING_LANE ||
	    NET_RING_LANE - used < size + (anew ? rest : 0))
		return NULL;
	if (anew) {
		net_lane_write(lane, lane->here, NET_RING_SKIP);
		lane->here += rest;
	}
	net_lane_write(lane, lane->here, len);
	return lane->data + (lane->here & (NET_RING_LANE - 1)) + NET_RING_HEAD;
}

/* The frame of @len bytes that room was reserved for is there. */
static inline void net_lane_commit(struct net_lane *lane, uint32_t len)
{
	lane->here += net_lane_size(len);
	atomic_store_explicit(&lane->state->head, lane->here,
			      memory_order_release);
}

/* Wakes the reader if it sleeps. */
static inline void net_lane_tell(struct net_lane *lane)
{
	full_fence();
	if (atomic_load_explicit(&lane->state->sleeps, memory_order_relaxed) &&
	    atomic_exchange(&lane->state->sleeps, 0))
		net_lane_wake(lane);
}

/* Asks to be woken when half of the lane is free. False: it is already. */
static inline bool net_lane_wait_room(struct net_lane *lane)
{
	atomic_store(&lane->state->wants_room, 1);
	return net_lane_used(lane) > NET_RING_LANE / 2;
}

/* --- The reader ------------------------------------------------------------ */

enum net_lane_found { NET_LANE_EMPTY, NET_LANE_FRAME, NET_LANE_LIE };

/* The next frame, which stays until net_lane_done(). A lie is a position or a
 * length that no honest writer tells. */
static inline enum net_lane_found net_lane_next(struct net_lane *lane,
						uint8_t **frame, uint32_t *len)
{
	uint32_t at = lane->here, there, rest;

	if (lane->there == at)
		lane->there = atomic_load_explicit(&lane->state->head,
						   memory_order_acquire);
	there = lane->there - at;
	if (!there)
		return NET_LANE_EMPTY;
	rest = NET_RING_LANE - (at & (NET_RING_LANE - 1));
	if (there > NET_RING_LANE || there % 8)
		return NET_LANE_LIE;
	*len = net_lane_read(lane, at);
	if (*len == NET_RING_SKIP) {
		if (there <= rest)
			return NET_LANE_LIE;
		at += rest;
		there -= rest;
		rest = NET_RING_LANE;
		*len = net_lane_read(lane, at);
	}
	if (*len > NET_RING_FRAME || net_lane_size(*len) > there ||
	    net_lane_size(*len) > rest)
		return NET_LANE_LIE;
	*frame = lane->data + (at & (NET_RING_LANE - 1)) + NET_RING_HEAD;
	lane->frame = at + net_lane_size(*len);
	return NET_LANE_FRAME;
}

/* The frame was read; the writer may write there. */
static inline void net_lane_done(struct net_lane *lane)
{
	lane->here = lane->frame;
	atomic_store_explicit(&lane->state->tail, lane->here,
			      memory_order_release);
}

/* All that there was is read: wakes a writer that waits for room. */
static inline void net_lane_make_room(struct net_lane *lane)
{
	full_fence();
	if (atomic_load_explicit(&lane->state->wants_room,
				 memory_order_relaxed) &&
	    atomic_exchange(&lane->state->wants_room, 0))
		net_lane_wake(lane);
}

/* Asks to be woken when there is more. False: there is already. */
static inline bool net_lane_sleep(struct net_lane *lane)
{
	atomic_store(&lane->state->sleeps, 1);
	return atomic_load(&lane->state->head) == lane->here;
}

static inline void net_lane_awake(struct net_lane *lane)
{
	atomic_store_explicit(&lane->state->sleeps, 0, memory_order_relaxed);
}

#endif
