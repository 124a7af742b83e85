/*
 * An address space of devices: a sorted table, a binary search, and a guess
 * that most often spares it. An access wider than a device decodes, or hanging
 * over the end of a claim, is split into smaller ones at consecutive addresses,
 * and each range says which of them are its (enum dev_reach).
 */
#include "core/bus.h"

#include <errno.h>
#include <stdlib.h>

#include "util/log.h"
#include "util/slow.h"

void bus_init(struct bus *bus, const char *name)
{
	*bus = (struct bus){ .name = name };
	pthread_mutex_init(&bus->stray_lock, NULL);
}

/* An access begins at its first address or is not its. */
static void claim_register(struct bus_claim *claim)
{
	claim->whole = claim->len;
	claim->width = claim->len == 1;
	claim->len = 1;
}

/* No access goes to the device as it is that is longer than the range. */
static void claim_lanes(struct bus_claim *claim)
{
	while (claim->width > claim->len)
		claim->width /= 2;
}

int bus_claim(struct bus *bus, uint64_t base, uint64_t len, struct device *dev,
	      unsigned int range)
{
	const enum dev_reach reach = dev->type->ranges[range].reach;

	if (!len || base + (len - 1) < base)
		return -EINVAL;
	if (bus->nr_claims == BUS_CLAIMS_MAX)
		return -ENOSPC;
	bus->claims[bus->nr_claims] = (struct bus_claim){
		.base = base,
		.len = len,
		.dev = dev,
		.range = range,
		.width = dev->type->width,
		.begun = reach == DEV_BEGUN,
	};
	if (reach == DEV_REGISTER)
		claim_register(&bus->claims[bus->nr_claims]);
	else
		claim_lanes(&bus->claims[bus->nr_claims]);
	bus->nr_claims++;
	return 0;
}

static int compare_claims(const void *a, const void *b)
{
	const struct bus_claim *x = a, *y = b;

	return (x->base > y->base) - (x->base < y->base);
}

/* Where two claims want the same place, the one at the lower address has it,
 * and the other is searched for. */
static void note_likely(struct bus *bus)
{
	for (unsigned int i = bus->nr_claims; i-- > 0;) {
		const struct bus_claim *claim = &bus->claims[i];

		for (uint64_t at = 0; at < claim->len && at < BUS_LIKELY; at++)
			bus->likely[(claim->base + at) % BUS_LIKELY] = i;
	}
}

int bus_freeze(struct bus *bus)
{
	const struct bus_claim *claims = bus->claims;

	qsort(bus->claims, bus->nr_claims, sizeof(claims[0]), compare_claims);
	for (unsigned int i = 1; i < bus->nr_claims; i++) {
		if (claims[i].base - claims[i - 1].base >= claims[i - 1].len)
			continue;
		log_error("%s 0x%llx: both %s and %s claim it", bus->name,
			  (unsigned long long)claims[i].base,
			  claims[i - 1].dev->type->name,
			  claims[i].dev->type->name);
		return -EEXIST;
	}
	note_likely(bus);
	return 0;
}

static const struct bus_claim *find_claim(const struct bus *bus, uint64_t addr)
{
	unsigned int low = 0, high = bus->nr_claims;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct bus_claim *claim = &bus->claims[mid];

		if (addr < claim->base)
			high = mid;
		else if (addr - claim->base >= claim->len)
			low = mid + 1;
		else
			return claim;
	}
	return NULL;
}

/* The same among those that move as well; @moving is where one is copied to. */
static const struct bus_claim *find_any(struct bus *bus, uint64_t addr,
					struct bus_claim *moving)
{
	const struct bus_claim *claim = find_claim(bus, addr);

	if (!claim && bus->moving && bus_find_moving(bus, addr, moving))
		claim = moving;
	return claim;
}

const char *bus_locate(struct bus *bus, uint64_t addr, unsigned int *range,
		       uint64_t *off)
{
	struct bus_claim moving;
	const struct bus_claim *claim = find_any(bus, addr, &moving);

	if (!claim)
		return NULL;
	*range = claim->range;
	*off = addr - claim->base;
	return claim->dev->type->name;
}

const char *bus_owner(struct bus *bus, uint64_t addr)
{
	unsigned int range;
	uint64_t off;

	return bus_locate(bus, addr, &range, &off);
}

/* The row of @addr, which may be a new one; or NULL. The lock is taken. */
static struct bus_stray *find_stray(struct bus *bus, uint64_t addr,
				    const char *what)
{
	for (unsigned int i = 0; i < bus->nr_seen; i++)
		if (bus->seen[i].addr == addr)
			return &bus->seen[i];
	if (bus->nr_seen == BUS_SEEN_MAX)
		return NULL;
	bus->seen[bus->nr_seen].addr = addr;
	log_info("%s 0x%llx: %s, but no device is there", bus->name,
		 (unsigned long long)addr, what);
	return &bus->seen[bus->nr_seen++];
}

/* Counts accesses nobody answers, and logs each address once. */
static void note_read(struct bus *bus, uint64_t addr)
{
	struct bus_stray *stray;

	pthread_mutex_lock(&bus->stray_lock);
	bus->nr_stray++;
	stray = find_stray(bus, addr, "read");
	if (stray)
		stray->reads++;
	pthread_mutex_unlock(&bus->stray_lock);
}

static void note_write(struct bus *bus, uint64_t addr, uint8_t val)
{
	struct bus_stray *stray;

	pthread_mutex_lock(&bus->stray_lock);
	bus->nr_stray++;
	stray = find_stray(bus, addr, "write");
	if (stray) {
		stray->writes++;
		stray->last[stray->at] = val;
		stray->at = (stray->at + 1) % BUS_LAST;
	}
	pthread_mutex_unlock(&bus->stray_lock);
}

/* So many bytes of them. */
static const uint64_t ones[] = {
	0,	    0xff,	  0xffff,	  0xffffff,
	0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
	UINT64_MAX,
};

static inline uint64_t read_piece(const struct bus_claim *claim, uint64_t addr,
				  unsigned int size)
{
	struct device *dev = claim->dev;
	const unsigned int range = claim->range;
	const uint64_t off = addr - claim->base;
	uint64_t val;

	lock_take(&dev->lock);
	val = dev->type->read(dev->state, range, off, size);
	lock_give(&dev->lock);
	return val & ones[size];
}

static inline void write_piece(const struct bus_claim *claim, uint64_t addr,
			       unsigned int size, uint64_t val)
{
	struct device *dev = claim->dev;
	const unsigned int range = claim->range;
	const uint64_t off = addr - claim->base;

	lock_take(&dev->lock);
	dev->type->write(dev->state, range, off, size, val & ones[size]);
	lock_give(&dev->lock);
}

/* The claim that an access at @addr is likely to begin in. */
static const struct bus_claim *guess_claim(const struct bus *bus, uint64_t addr)
{
	return &bus->claims[bus->likely[addr % BUS_LIKELY]];
}

/* Whether it is that claim's and the device decodes the access as it is. */
static bool is_direct(const struct bus_claim *claim, uint64_t addr,
		      unsigned int size)
{
	return size <= claim->width && addr - claim->base <= claim->len - size;
}

/* Largest access at @addr that one call into the claim's device can take. */
static unsigned int piece_size(const struct bus_claim *claim, uint64_t addr,
			       unsigned int size)
{
	uint64_t left = claim->base + claim->len - addr;
	unsigned int piece = claim->width;

	while (piece > size || piece > left)
		piece /= 2;
	return piece;
}

/* A piece of an access: whose it is, or NULL, and how long. */
struct piece {
	const struct bus_claim *claim;
	unsigned int size;
	struct bus_claim moving;
};

/* The next one of an access of @size bytes at @addr of which @done are
 * through. */
static void next_piece(struct bus *bus, uint64_t addr, unsigned int size,
		       unsigned int done, struct piece *piece)
{
	const struct bus_claim *claim =
		find_any(bus, addr + done, &piece->moving);

	piece->claim = NULL;
	piece->size = 1;
	if (!claim)
		return;
	if (claim->whole) {
		if (done || size != claim->whole)
			return;
		piece->size = size;
	} else if (claim->begun && addr < claim->base) {
		return;
	} else {
		piece->size = piece_size(claim, addr + done, size - done);
	}
	piece->claim = claim;
}

SLOW static uint64_t read_split(struct bus *bus, uint64_t addr,
				unsigned int size)
{
	uint64_t val = 0;
	struct piece piece;

	for (unsigned int done = 0; done < size; done += piece.size) {
		uint64_t part = ones[1];

		next_piece(bus, addr, size, done, &piece);
		if (piece.claim)
			part = read_piece(piece.claim, addr + done, piece.size);
		else
			note_read(bus, addr + done);
		val |= part << done * 8;
	}
	return val;
}

SLOW static void write_split(struct bus *bus, uint64_t addr, unsigned int size,
			     uint64_t val)
{
	struct piece piece;

	for (unsigned int done = 0; done < size; done += piece.size) {
		next_piece(bus, addr, size, done, &piece);
		if (piece.claim)
			write_piece(piece.claim, addr + done, piece.size,
				    val >> done * 8);
		else
			note_write(bus, addr + done, val >> done * 8);
	}
}

static inline uint64_t read_at(struct bus *bus, uint64_t addr,
			       unsigned int size)
{
	const struct bus_claim *claim = guess_claim(bus, addr);

	if (is_direct(claim, addr, size))
		return read_piece(claim, addr, size);
	return read_split(bus, addr, size);
}

static inline void write_at(struct bus *bus, uint64_t addr, unsigned int size,
			    uint64_t val)
{
	const struct bus_claim *claim = guess_claim(bus, addr);

	if (is_direct(claim, addr, size))
		write_piece(claim, addr, size, val);
	else
		write_split(bus, addr, size, val);
}

uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned int size)
{
	return read_at(bus, addr, size);
}

void bus_write(struct bus *bus, uint64_t addr, unsigned int size, uint64_t val)
{
	write_at(bus, addr, size, val);
}

bool bus_read_items(struct bus *bus, uint64_t addr, unsigned int size,
		    unsigned int nr, void *to)
{
	const struct bus_claim *claim = guess_claim(bus, addr);
	struct device *dev = claim->dev;

	if (!is_direct(claim, addr, size) || !dev->type->read_items)
		return false;
	lock_take(&dev->lock);
	dev->type->read_items(dev->state, claim->range, addr - claim->base,
			      size, nr, to);
	lock_give(&dev->lock);
	return true;
}

/* Apart from the above because a size that is known makes them shorter. */
uint8_t bus_read_byte(struct bus *bus, uint64_t addr)
{
	return read_at(bus, addr, 1);
}

void bus_write_byte(struct bus *bus, uint64_t addr, uint8_t val)
{
	write_at(bus, addr, 1, val);
}
