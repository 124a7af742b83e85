/*
 * The two ways in which a queue can lie in the guest's memory, split and packed,
 * behind one contract; what is common to both is queue.c and chain.c.
 *
 * All of it is the guest's, who may change it at any time: an index is loaded
 * once, a descriptor is copied once, and the copy is what is checked.
 */
#ifndef MKVM_VIRTIO_LAYOUT_H
#define MKVM_VIRTIO_LAYOUT_H

#include <stdatomic.h>
#include <string.h>

#include "virtio/status.h"

/* VIRTIO 1.1, "Reserved Feature Bits" */
#define F_INDIRECT  (1ULL << 28)
#define F_EVENT_IDX (1ULL << 29)
#define F_VERSION   (1ULL << 32)
#define F_PACKED    (1ULL << 34)

/* Flags of a descriptor in either layout */
#define DESC_NEXT     0x1
#define DESC_WRITE    0x2
#define DESC_INDIRECT 0x4

struct desc {
	uint64_t gpa;
	uint32_t len;
	uint16_t words[2]; /* split: flags, next; packed: id, flags */
};

/* A chain, while it is put together. */
struct chain_maker {
	struct virtio *virtio;
	struct virtio_chain *chain;
	uint64_t out, in; /* bytes so far */
};

struct layout {
	unsigned int avail_align; /* of the guest's part; others are the same */

	/* Bytes of the three parts, for so many buffers. */
	void (*sizes)(const struct ring *ring, size_t len[3]);

	/* From here on, in order. */
	void (*start)(struct ring *ring);

	/* Whether the guest has put a chain there, and if so: takes it. */
	bool (*is_there)(const struct ring *ring);
	bool (*take)(struct ring *ring, struct chain_maker *maker);
	void (*undo)(struct ring *ring, const struct virtio_chain *chain);

	/* Gives a chain back; show() is when the guest sees it. */
	void (*give)(struct ring *ring, const struct virtio_chain *chain,
		     uint32_t written);
	void (*show)(struct ring *ring);

	/* The guest need not kick; it is to kick for the next chain. */
	void (*hush)(struct ring *ring);
	void (*ask)(struct ring *ring);

	/* Whether it wants an interrupt for what was shown last. */
	bool (*wants)(const struct ring *ring);
};

extern const struct layout layout_split;

/* The packed one, NULL: was built without. */
const struct layout *layout_packed(void);

/* What this run offers of these features. */
uint64_t packed_offer(struct board *board);
uint64_t event_idx_offer(struct board *board);

/* The descriptors of a table beside the ring. */
struct desc_table {
	const uint8_t *descs;
	unsigned int count;
};

/* Descriptor number @i at @descs: one copy, which nobody changes. */
static inline struct desc desc_at(const uint8_t *descs, unsigned int i)
{
	struct desc desc;

	memcpy(&desc, descs + i * sizeof(desc), sizeof(desc));
	/* The compiler might else read the guest's memory again. */
	atomic_signal_fence(memory_order_seq_cst);
	return desc;
}

/* What the other side stores, and what it loads, in order. */
static inline uint16_t load16(const void *hva)
{
	return __atomic_load_n((const uint16_t *)hva, __ATOMIC_ACQUIRE);
}

static inline void store16(void *hva, uint16_t val)
{
	__atomic_store_n((uint16_t *)hva, val, __ATOMIC_RELEASE);
}

/* Whether one that waits for number @event is to hear of the last @count, which
 * end before @now (VIRTIO 1.1, "Used Buffer Notification Suppression"). */
static inline bool is_due(uint16_t event, uint16_t now, uint32_t count)
{
	return (uint16_t)(now - event - 1) < count;
}

/* Adds the buffer that @desc is, with its @flags. False: the chain is none. */
bool chain_add(struct chain_maker *maker, const struct desc *desc,
	       uint16_t flags);

/* The table that @desc is, with its @flags; nothing comes behind it. */
bool chain_enter(struct chain_maker *maker, const struct desc *desc,
		 uint16_t flags, struct desc_table *table);

#endif
