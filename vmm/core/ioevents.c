/*
 * include/ioevent.h by KVM_IOEVENTFD. KVM knows addresses, so those in a BAR are
 * given to it anew whenever the guest has moved that. The device's lock guards
 * all of it.
 *
 * One thing is not as on the bus: where a guest lays two BARs across each other,
 * KVM asks nobody which of them was there first.
 */
#include "core/ioevents.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/board_inner.h"
#include "core/plan.h"
#include "device.h"
#include "feature.h"
#include "ioevent.h"

static const struct feature ioeventfd = {
	.name = "ioeventfd",
	.what = "kicks that reach a device's thread without a way out here",
};
FEATURE(ioeventfd);

struct ioevents {
	unsigned int nr;
	struct {
		struct ioevent what;
		uint64_t addr; /* where KVM has it */
		bool known;    /* to KVM */
	} list[IOEVENTS_MAX];
};

static bool is_pio(const struct board *board, unsigned int range)
{
	const struct device_type *type = board->dev.type;

	if (type->pci)
		return type->pci->bars[range].kind == PCI_BAR_IO;
	return type->ranges[range].space == DEV_PIO;
}

static bool tell_kvm(struct board *board, const struct ioevent *what,
		     uint64_t addr, unsigned int flags)
{
	struct kvm_ioeventfd event = {
		.datamatch = what->val,
		.addr = addr,
		.len = what->size,
		.fd = what->fd,
		.flags = flags,
	};

	if (what->only)
		event.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
	if (is_pio(board, what->range))
		event.flags |= KVM_IOEVENTFD_FLAG_PIO;
	return !ioctl(board->vm->fd, KVM_IOEVENTFD, &event);
}

static void forget(struct board *board, unsigned int i)
{
	struct ioevents *events = board->ioevents;

	if (events->list[i].known)
		tell_kvm(board, &events->list[i].what, events->list[i].addr,
			 KVM_IOEVENTFD_FLAG_DEASSIGN);
	events->list[i].known = false;
}

/* What KVM refuses comes as an exit, which is as good. */
static void place(struct board *board, unsigned int i, uint64_t base)
{
	struct ioevents *events = board->ioevents;
	const struct ioevent *what = &events->list[i].what;

	events->list[i].addr = base + what->off;
	events->list[i].known = tell_kvm(board, what, events->list[i].addr, 0);
}

/* Where a range is now; false: nowhere. */
static bool find_base(const struct board *board, unsigned int range,
		      uint64_t *base)
{
	if (board->bars) {
		*base = board->bars[range].claim.base;
		return board->bars[range].claim.len;
	}
	*base = board->planned ? board->planned->ranges[range].base :
				 board->dev.type->ranges[range].base;
	return true;
}

void board_add_ioevent(struct board *board, const struct ioevent *event)
{
	uint64_t base;

	if (!board_has(board, ioeventfd.name))
		return;
	if (!board->ioevents)
		board->ioevents = calloc(1, sizeof(*board->ioevents));
	if (!board->ioevents || board->ioevents->nr == IOEVENTS_MAX)
		return;
	board->ioevents->list[board->ioevents->nr].what = *event;
	if (find_base(board, event->range, &base))
		place(board, board->ioevents->nr, base);
	board->ioevents->nr++;
}

void board_drop_ioevents(struct board *board)
{
	while (board->ioevents && board->ioevents->nr) {
		forget(board, board->ioevents->nr - 1);
		board->ioevents->nr--;
	}
}

void board_move_ioevents(struct board *board, unsigned int bar, uint64_t base,
			 bool on)
{
	for (unsigned int i = 0; board->ioevents && i < board->ioevents->nr;
	     i++) {
		if (board->ioevents->list[i].what.range != bar)
			continue;
		forget(board, i);
		if (on)
			place(board, i, base);
	}
}

void board_free_ioevents(struct board *board)
{
	free(board->ioevents);
}
