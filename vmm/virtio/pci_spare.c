/*
 * A virtio device on the PCI bus that may come and go: see include/spare.h. The
 * function, its queues and its kicks are there all the time, as they are across a
 * reset; what changes is whether anybody sees it, and what the device is made of.
 *
 * Who looks a BAR up may arrive when it has gone: that finds nothing.
 */
#include "virtio/pci_spare.h"

#include <errno.h>

#include "abi/pc.h"
#include "device.h"
#include "plug.h"
#include "saved.h"
#include "spare.h"
#include "util/stash.h"
#include "virtio/pci_card.h"
#include "worker.h"

#define TRANSPORT_VERSION \
	211 /* 2..: PCI; what is saved here goes before that */

struct saved {
	uint32_t full, zero;
};

static const struct spare *inner(const struct virtio_pci *p)
{
	return p->virtio.type->spare;
}

static uint64_t spare_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct virtio_pci *p = dev;

	return board_is_there(p->pci.board) ?
		       virtio_pci_read(dev, range, off, size) :
		       UINT64_MAX;
}

static void spare_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct virtio_pci *p = dev;

	if (board_is_there(p->pci.board))
		virtio_pci_write(dev, range, off, size, val);
}

static bool is_full(const void *config)
{
	const struct virtio_pci_made *made = config;

	return made->virtio->spare->is_full(made->given);
}

static void fill_slot(void *dev, const void *what)
{
	struct virtio_pci *p = dev;
	struct virtio *v = &p->virtio;

	virtio_pci_place(p, p->pci.board);
	pci_unplace(&p->pci);
	virtio_reset(v);
	virtio_pci_reset(p);
	v->offered = v->type->features | queue_offer(v->board);
	inner(p)->fill(v->dev, what);
	v->untold_config = false;
}

/* Another vCPU may be in the middle of a reset, and waits as this one does. Where the
 * guest ends meanwhile, release() finds what is left. */
static void empty_slot(void *dev)
{
	struct virtio_pci *p = dev;
	struct virtio *v = &p->virtio;

	pci_unplace(&p->pci);
	virtio_reset(v);
	while ((v->nr_held || v->resetting || v->pausing) &&
	       board_wait(v->board))
		;
	virtio_pci_reset(p);
	if (!v->nr_held)
		inner(p)->empty(v->dev);
}

static void view_slot(void *dev, struct spare_view *view)
{
	struct virtio_pci *p = dev;

	inner(p)->view(p->virtio.dev, view);
}

static const struct spare spare = {
	.is_full = is_full,
	.fill = fill_slot,
	.empty = empty_slot,
	.view = view_slot,
};

/* --- Snapshots --- */

static bool spare_still(void *dev)
{
	struct virtio_pci *p = dev;
	bool leaves = !board_is_there(p->pci.board) &&
		      is_full(board_config(p->pci.board));

	return !leaves && virtio_pci_still(dev);
}

static void spare_save(void *dev, struct stash *out)
{
	struct virtio_pci *p = dev;
	const struct saved saved = { .full = board_is_there(p->pci.board) };

	STASH_PUT(out, saved);
	virtio_pci_save(dev, out);
}

/* What the options have put there may have gone since. A reset leaves things as they
 * are. */
static bool spare_restored(void *dev, struct stash *in)
{
	struct virtio_pci *p = dev;
	struct board *board = p->pci.board;
	struct saved saved;

	STASH_GET(in, saved);
	if (in->bad || saved.full > 1 || saved.zero)
		return false;
	if (!board_resets(board) && saved.full && !board_is_there(board)) {
		board_refuse(board,
			     "spare slot %u is empty, and was not when the "
			     "guest was saved; --spare-disk %u:FILE fills it",
			     board_slot(board) - PC_PCI_SPARE + 1,
			     board_slot(board) - PC_PCI_SPARE + 1);
		return false;
	}
	if (!board_resets(board) && !saved.full && board_is_there(board)) {
		board_leaves(board);
		inner(p)->empty(p->virtio.dev);
	}
	return virtio_pci_restored(dev, in);
}

int virtio_pci_add_spare(struct plan *plan, unsigned int nr,
			 const struct virtio_type *type, const void *given,
			 size_t size)
{
	struct planned *planned = virtio_pci_plan(plan, type, given, size);
	struct virtio_pci_made *made;

	if (!planned)
		return -EINVAL;
	made = planned->config;
	made->function.slot = PC_PCI_SPARE + nr;
	made->type.spare = &spare;
	made->type.read = spare_read;
	made->type.write = spare_write;
	made->type.version = IS_ON(CONFIG_SNAPSHOT) ?
				     virtio_version(type, TRANSPORT_VERSION) :
				     0;
	made->type.still = IF_ON(CONFIG_SNAPSHOT, spare_still);
	made->type.save = IF_ON(CONFIG_SNAPSHOT, spare_save);
	made->type.restored = IF_ON(CONFIG_SNAPSHOT, spare_restored);
	return 0;
}
