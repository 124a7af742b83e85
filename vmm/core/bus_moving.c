/*
 * Claims that a guest moves, as it does with the base address registers of PCI:
 * a list of few, searched where no fixed claim is, under a lock of its own. A
 * look-up takes a copy along, so that the lock is free again before the device's
 * is taken.
 */
#include "core/bus.h"

void bus_add_moving(struct bus *bus, struct bus_moving *moving,
		    struct device *dev, unsigned int range)
{
	struct bus_moving **end = &bus->moving;

	while (*end)
		end = &(*end)->next;
	*moving =
		(struct bus_moving){ .claim = { .dev = dev, .range = range } };
	*end = moving;
}

void bus_move(struct bus *bus, struct bus_moving *moving, uint64_t base,
	      uint64_t len)
{
	struct bus_claim *claim = &moving->claim;
	unsigned int width = claim->dev->type->width;

	if (base + (len - 1) < base) /* also when there is none */
		len = 0;
	while (width > len && len)
		width /= 2;
	lock_take(&bus->moving_lock);
	claim->base = base;
	claim->len = len;
	claim->width = width;
	lock_give(&bus->moving_lock);
}

/* Ends @claim where @other, which has not got @addr, begins behind it. */
static void cut(struct bus_claim *claim, uint64_t addr,
		const struct bus_claim *other)
{
	if (other->len && other->base > addr &&
	    other->base - claim->base < claim->len)
		claim->len = other->base - claim->base;
}

static const struct bus_moving *find(const struct bus *bus, uint64_t addr)
{
	const struct bus_moving *m = bus->moving;

	while (m && addr - m->claim.base >= m->claim.len)
		m = m->next;
	return m;
}

bool bus_find_moving(struct bus *bus, uint64_t addr, struct bus_claim *claim)
{
	const struct bus_moving *found;

	lock_take(&bus->moving_lock);
	found = find(bus, addr);
	if (found) {
		*claim = found->claim;
		for (struct bus_moving *m = bus->moving; m != found;
		     m = m->next)
			cut(claim, addr, &m->claim);
	}
	lock_give(&bus->moving_lock);
	for (unsigned int i = 0; found && i < bus->nr_claims; i++)
		cut(claim, addr, &bus->claims[i]);
	return found;
}
