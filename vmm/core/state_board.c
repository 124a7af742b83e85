/* What is remembered of devices: see include/device.h, `saved`. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/board.h"
#include "core/board_inner.h"
#include "core/state.h"
#include "device.h"
#include "util/log.h"
#include "util/parts.h"

/* Which of the devices of its type @board is, from 0. */
static unsigned int number_of(const struct board *board)
{
	unsigned int nr = 0;

	for (const struct board *other = board->vm->boards; other < board;
	     other++)
		nr += !strcmp(other->dev.type->name, board->dev.type->name);
	return nr;
}

/* Waits until it has nothing on its way; the lock is taken, before and after. */
static bool wait_still(struct board *board)
{
	const struct device_type *type = board->dev.type;

	while (type->still && !type->still(board->dev.state))
		if (!bell_wait_unless(&board->vm->changed, &board->dev.lock,
				      &board->vm->stopping))
			return false;
	return true;
}

static void release(struct vm *vm, unsigned int nr, bool chips)
{
	for (unsigned int i = 0; i < nr; i++)
		if (device_is_chip(vm->boards[i].dev.type) == chips)
			lock_give(&vm->boards[i].dev.lock);
}

/* Those that are interrupt controllers, or those that are not. */
static bool hold(struct vm *vm, bool chips)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct board *board = &vm->boards[i];

		if (device_is_chip(board->dev.type) != chips)
			continue;
		lock_take(&board->dev.lock);
		if (!wait_still(board)) {
			release(vm, i + 1, chips);
			return false;
		}
	}
	return true;
}

/* In the order in which everybody takes a device's lock and a controller's. */
bool state_hold(struct vm *vm)
{
	if (!hold(vm, false))
		return false;
	if (hold(vm, true))
		return true;
	release(vm, vm->nr_boards, false);
	return false;
}

void state_release(struct vm *vm)
{
	release(vm, vm->nr_boards, true);
	release(vm, vm->nr_boards, false);
}

void board_refuse(struct board *board, const char *why, ...)
{
	char text[256];
	va_list args;

	if (board->refused)
		return;
	board->refused = true;
	va_start(args, why);
	vsnprintf(text, sizeof(text), why, args);
	va_end(args);
	log_error("%s: %s: %s", board->vm->config.name, board->dev.type->name,
		  text);
}

bool board_forks(struct board *board)
{
	return board->vm->forks;
}

static int save_board(struct board *board, struct parts *parts)
{
	const struct device_type *type = board->dev.type;
	struct stash *out;

	if (!type->version) {
		log_error("%s: %s cannot be saved", board->vm->config.name,
			  type->name);
		return -ENOTSUP;
	}
	out = parts_add(parts, type->name, number_of(board), type->version);
	STASH_PUT(out, board->deadline_ns);
	stash_put(out, (const uint8_t *)board->dev.state + type->saved,
		  type->size - type->saved);
	board->refused = false;
	if (type->save)
		type->save(board->dev.state, out);
	return board->refused ? -ENOTSUP : 0;
}

int state_save_boards(struct vm *vm, struct parts *parts)
{
	int err = 0;

	for (unsigned int i = 0; i < vm->nr_boards && !err; i++)
		err = save_board(&vm->boards[i], parts);
	return err;
}

static bool load_state(struct board *board, struct stash *in)
{
	const struct device_type *type = board->dev.type;
	uint64_t deadline_ns;

	STASH_GET(in, deadline_ns);
	stash_get(in, (uint8_t *)board->dev.state + type->saved,
		  type->size - type->saved);
	if (in->bad || (deadline_ns && !type->timer) ||
	    (type->restored && !type->restored(board->dev.state, in)))
		return false;
	if (deadline_ns)
		board_timer(board, deadline_ns);
	return stash_is_done(in);
}

static int load_board(struct board *board, struct parts *parts,
		      const char *subject)
{
	const struct device_type *type = board->dev.type;
	struct stash *in = parts_take(parts, subject, type->name,
				      number_of(board), type->version);

	if (!in)
		return -EINVAL;
	board->refused = false;
	if (load_state(board, in) && !board->refused)
		return 0;
	if (!board->refused)
		log_error("%s: %s is in a state that none of this kvm-vmm's "
			  "can be in",
			  subject, type->name);
	return -EINVAL;
}

int state_load_boards(struct vm *vm, struct parts *parts, const char *subject)
{
	int err = 0;

	for (unsigned int i = 0; i < vm->nr_boards && !err; i++)
		err = load_board(&vm->boards[i], parts, subject);
	return err;
}
