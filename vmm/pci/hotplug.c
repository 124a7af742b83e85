/*
 * The registers of spare slots (include/spare.h), a bit for each, for ACPI's methods
 * (boot/firmware/dsdt/spare.asl) and after what emulated PCs have always had there:
 *
 *   0  FULL   something is in it; read only
 *   1  WANT   it is wanted back; 1 clears
 *   2  EJECT  1 lets it go, when all that was begun there is through; reads as 0
 *
 * A general purpose event, one for each slot, says when to look (devices/pm.c).
 */
#include "device.h"
#include "pci.h"
#include "saved.h"
#include "spare.h"

#include "abi/pc.h"

enum { FULL, WANT, EJECT };

#define SLOTS ((1 << PC_PCI_SPARES) - 1)

struct hotplug {
	struct board *board;

	/* What is remembered of it begins here. */
	uint8_t want;
};

static uint8_t find_full(struct hotplug *h)
{
	uint8_t full = 0;

	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++)
		full |= board_spare_is_full(h->board, nr) << nr;
	return full;
}

static uint64_t hotplug_read(void *dev, unsigned int range, uint64_t off,
			     unsigned int size)
{
	struct hotplug *h = dev;

	(void)range;
	(void)size;
	switch (off) {
	case FULL:
		return find_full(h);
	case WANT:
		return h->want;
	}
	return 0;
}

static void eject(struct hotplug *h, uint8_t slots)
{
	const uint8_t full = find_full(h);

	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++) {
		if (!(slots >> nr & 1))
			continue;
		h->want &= ~(1 << nr);
		if (!board_eject(h->board, nr))
			board_oddity(
				h->board,
				full >> nr & 1 ?
					"ejects a disk that it has not seen" :
					"ejects from a slot that is empty",
				nr);
	}
}

static void hotplug_write(void *dev, unsigned int range, uint64_t off,
			  unsigned int size, uint64_t val)
{
	struct hotplug *h = dev;

	(void)range;
	(void)size;
	if (off == WANT)
		h->want &= ~val;
	else if (off == EJECT)
		eject(h, val & SLOTS);
}

static void hotplug_tell(void *dev, unsigned int nr, bool wanted)
{
	struct hotplug *h = dev;

	h->want &= ~(1 << nr);
	h->want |= wanted << nr;
}

static void hotplug_init(void *dev, struct board *board)
{
	((struct hotplug *)dev)->board = board;
}

static void hotplug_reset(void *dev)
{
	((struct hotplug *)dev)->want = 0;
}

static bool hotplug_restored(void *dev, struct stash *in)
{
	(void)in;
	return has_only(((struct hotplug *)dev)->want, SLOTS);
}

static const struct spare spare = {
	.tell = hotplug_tell,
};

static const struct device_type hotplug = {
	.name = "hotplug",
	.what = "what is in spare slots of PCI, for ACPI",
	.ranges = { { DEV_PIO, PC_PCI_SPARE_PORT, PC_PCI_SPARE_PORT_LEN,
		      DEV_LANES } },
	.width = 1,
	.size = sizeof(struct hotplug),
	.init = hotplug_init,
	.read = hotplug_read,
	.write = hotplug_write,
	.reset = IF_ON(CONFIG_SNAPSHOT, hotplug_reset),
	.version = 1,
	.saved = offsetof(struct hotplug, want),
	.restored = IF_ON(CONFIG_SNAPSHOT, hotplug_restored),
	.spare = &spare,
};
DEVICE(hotplug);
