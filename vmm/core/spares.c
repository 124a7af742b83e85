/*
 * Spare slots of PCI: see include/spare.h. A function in one of them has its lock, as
 * every device; the registers that tell of it have theirs. Lock order: those, then
 * the function, as with bridges. Power management, which makes an interrupt of it,
 * is told when neither is held.
 *
 * A guest that is slow is asked for a disk more than once, and ejects as often: the
 * second time, it may be another disk's turn, of which it does not know yet. So what
 * nobody has looked at, nor asked for, is not ejected.
 */
#include <errno.h>
#include <poll.h>

#include "abi/pc.h"
#include "core/board.h"
#include "core/board_inner.h"
#include "core/state.h"
#include "device.h"
#include "plug.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/log.h"

enum spare_state spare_begins(const struct device_type *type,
			      const struct planned *planned)
{
	if (!type->spare || !type->spare->is_full || !planned)
		return SPARE_NOT;
	return type->spare->is_full(planned->config) ? SPARE_FULL : SPARE_EMPTY;
}

bool board_is_there(const struct board *board)
{
	return board->spare == SPARE_NOT || board->spare == SPARE_FULL;
}

void board_leaves(struct board *board)
{
	board->spare = SPARE_LEAVING;
}

void board_emptied(struct board *board)
{
	board->spare = SPARE_EMPTY;
	if (board->vm->spare_bell)
		event_notify(board->vm->spare_bell);
	bell_ring(&board->vm->changed);
}

static struct board *find(const struct vm *vm, unsigned int nr)
{
	struct board *board =
		nr < PC_PCI_SPARES ? vm->slots[PC_PCI_SPARE + nr] : NULL;

	return board && board->dev.type->spare ? board : NULL;
}

bool board_spare_is_full(struct board *registers, unsigned int nr)
{
	return spare_look(registers->vm, nr, NULL) == SPARE_FULL;
}

bool board_eject(struct board *registers, unsigned int nr)
{
	struct board *board = find(registers->vm, nr);
	bool was_full;

	if (!board)
		return false;
	lock_take(&board->dev.lock);
	was_full = board->spare == SPARE_FULL && !board->unseen;
	if (was_full) {
		board->spare = SPARE_LEAVING;
		board->dev.type->spare->empty(board->dev.state);
	}
	lock_give(&board->dev.lock);
	return was_full;
}

static bool has_slots(const struct vm *vm)
{
	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++)
		if (find(vm, nr))
			return true;
	return false;
}

void spare_prepare(struct vm *vms, unsigned int nr_vms)
{
	for (unsigned int i = 0; i < nr_vms; i++) {
		int fd = has_slots(&vms[i]) ? event_fd() : 0;

		vms[i].spare_bell = fd > 0 ? fd : 0;
	}
}

enum spare_state spare_look_held(struct vm *vm, unsigned int nr,
				 struct spare_view *view)
{
	struct board *board = find(vm, nr);

	if (!board)
		return SPARE_NOT;
	if (view) {
		*view = (struct spare_view){ .state = board->spare };
		board->dev.type->spare->view(board->dev.state, view);
	}
	return board->spare;
}

enum spare_state spare_look(struct vm *vm, unsigned int nr,
			    struct spare_view *view)
{
	struct board *board = find(vm, nr);
	enum spare_state state;

	if (!board)
		return SPARE_NOT;
	lock_take(&board->dev.lock);
	state = spare_look_held(vm, nr, view);
	lock_give(&board->dev.lock);
	return state;
}

unsigned int spare_find(struct vm *vm)
{
	unsigned int nr = 0;

	while (nr < PC_PCI_SPARES && spare_look(vm, nr, NULL) != SPARE_EMPTY)
		nr++;
	return nr;
}

/* The registers first: what they say is so when the event comes. */
static void tell(struct vm *vm, unsigned int nr, bool wanted)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->spare || !dev->type->spare->tell)
			continue;
		lock_take(&dev->lock);
		dev->type->spare->tell(dev->state, nr, wanted);
		lock_give(&dev->lock);
	}
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->event)
			continue;
		lock_take(&dev->lock);
		dev->type->event(dev->state, nr);
		lock_give(&dev->lock);
	}
}

bool spare_fill(struct vm *vm, unsigned int nr, const void *what)
{
	struct board *board = find(vm, nr);
	bool fits;

	if (!board)
		return false;
	lock_take(&board->dev.lock);
	fits = board->spare == SPARE_EMPTY;
	if (fits) {
		board->dev.type->spare->fill(board->dev.state, what);
		board->spare = SPARE_FULL;
		board->unseen = true;
	}
	lock_give(&board->dev.lock);
	if (fits)
		tell(vm, nr, false);
	return fits;
}

void spare_want(struct vm *vm, unsigned int nr)
{
	struct board *board = find(vm, nr);

	if (!board)
		return;
	lock_take(&board->dev.lock);
	board->unseen = false;
	lock_give(&board->dev.lock);
	tell(vm, nr, true);
}

bool spare_wait(struct vm *vm, unsigned int nr, uint64_t limit_ns)
{
	struct pollfd bell = { vm->spare_bell, POLLIN, 0 };
	uint64_t now_ns;

	while (spare_look(vm, nr, NULL) != SPARE_EMPTY) {
		now_ns = clock_now_ns();
		if (now_ns >= limit_ns || !vm->spare_bell ||
		    atomic_load(&vm->stopping))
			return false;
		if (poll(&bell, 1, (int)((limit_ns - now_ns) / NS_PER_MS) + 1) >
		    0)
			event_ack(vm->spare_bell);
	}
	return true;
}
