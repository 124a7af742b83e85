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

/* What came of taking a chain. */
enum taking { TOOK_NONE, TOOK_ONE, TOOK_WRONG };

struct layout {
	unsigned int avail_align; /* of the guest's part; others are the same */

	/* Bytes of the three parts, for so many buffers. */
	void (*sizes)(const struct ring *ring, size_t len[3]);

	/* From here on, in order. */
	void (*start)(struct ring *ring);

	/* Whether the guest has put a chain there; takes it, and sets the bytes
	 * in what the device reads. */
	bool (*is_there)(const struct ring *ring);
	enum taking (*take)(struct ring *ring, struct virtio *virtio,
			    struct virtio_chain *chain, uint64_t *bytes_out);
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

/* queue.c: the layout that the guest has chosen; @q's parts, by @ram, to @r, whose
 * layout and size are set: false: it is no queue; RAM from gpa 0 on. */
typedef void *queue_ram(struct virtio *virtio, uint64_t gpa, size_t len);
const struct layout *queue_layout(const struct virtio *v);
bool queue_find(struct virtio *v, const struct virtio_queue *q, struct ring *r,
		queue_ram *ram);
void queue_find_low(struct virtio *v);

/* What this run offers of these features. */
uint64_t packed_offer(struct board *board);
uint64_t event_idx_offer(struct board *board);

/* A chain, while it is put together: never seen by a call, so that it stays in
 * registers. */
struct chain_maker {
	struct virtio *virtio;
	struct iovec *iov;
	unsigned int nr, nr_out; /* buffers so far, and those to be read */
	uint64_t out, in;	 /* bytes in them */
};

/* The descriptors of a table beside the ring; NULL: it is none. */
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

/* The hva of the @len bytes at @gpa, or NULL. Most RAM is below the hole, and
 * then that is two comparisons. */
static inline void *chain_hva(struct virtio *v, uint64_t gpa, size_t len)
{
	if (gpa < v->low_len && len <= v->low_len - gpa)
		return v->low + gpa;
	return v->ram(v, gpa, len);
}

/* Adds the buffer that @desc is, with its @flags. False: the chain is none. */
static inline bool chain_add(struct chain_maker *m, struct desc desc,
			     uint16_t flags)
{
	void *hva = chain_hva(m->virtio, desc.gpa, desc.len);

	if (!hva || m->nr == VIRTIO_SIZE_MAX)
		return false;
	if (flags & DESC_WRITE) {
		m->in += desc.len;
	} else {
		if (m->nr_out != m->nr)
			return false; /* to be read, behind one to be written */
		m->nr_out++;
		m->out += desc.len;
	}
	m->iov[m->nr++] = (struct iovec){ hva, desc.len };
	return true;
}

static inline struct chain_maker chain_begin(struct virtio *v,
					     struct virtio_chain *chain)
{
	return (struct chain_maker){ .virtio = v, .iov = chain->iov };
}

/* It is whole; no chain has more bytes than 32 bits count. */
static inline enum taking chain_end(const struct chain_maker *m,
				    struct virtio_chain *chain,
				    uint64_t *bytes_out)
{
	chain->nr_out = m->nr_out;
	chain->nr_in = m->nr - m->nr_out;
	*bytes_out = m->out;
	return m->in + m->out <= UINT32_MAX ? TOOK_ONE : TOOK_WRONG;
}

/* The table that @desc is, with its @flags; nothing comes behind it. */
struct desc_table chain_table(struct virtio *v, struct desc desc,
			      uint16_t flags);

#endif
