/* What is remembered of devices: see include/device.h, `saved`. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/board.h"
#include "core/board_inner.h"
#include "core/state.h"
#include "device.h"
#include "util/log.h"
#include "util/parts.h"

/* What a board remembers beside its device. */
struct saved {
	uint64_t deadline_ns; /* of the timer */
	uint32_t ear;	      /* lastword_place() */
	uint32_t zero;
};

unsigned int board_number(const struct vm *vm, const struct board *board)
{
	unsigned int nr = 0;

	for (const struct board *other = vm->boards; other < board; other++)
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

/* One at a time: a guest that is half reset is not to be saved. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void state_take_turn(void)
{
	pthread_mutex_lock(&turn);
}

void state_give_turn(void)
{
	pthread_mutex_unlock(&turn);
}

/* In the order in which everybody takes a device's lock and a controller's. */
bool state_hold(struct vm *vm)
{
	state_take_turn();
	if (hold(vm, false)) {
		if (hold(vm, true))
			return true;
		release(vm, vm->nr_boards, false);
	}
	state_give_turn();
	return false;
}

void state_release(struct vm *vm)
{
	release(vm, vm->nr_boards, true);
	release(vm, vm->nr_boards, false);
	state_give_turn();
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

bool board_resets(struct board *board)
{
	return board->vm->resets;
}

static int save_board(struct board *board, struct parts *parts)
{
	const struct device_type *type = board->dev.type;
	struct saved saved = { 0 };
	struct stash *out;

	if (!type->version) {
		log_error("%s: %s cannot be saved", board->vm->config.name,
			  type->name);
		return -ENOTSUP;
	}
	out = parts_add(parts, type->name, board_number(board->vm, board),
			type->version);
	saved.deadline_ns = board->deadline_ns;
	saved.ear = lastword_place(&board->ear);
	STASH_PUT(out, saved);
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
	struct saved saved;

	STASH_GET(in, saved);
	stash_get(in, (uint8_t *)board->dev.state + type->saved,
		  type->size - type->saved);
	if (in->bad || (saved.deadline_ns && !type->timer) ||
	    !lastword_set_place(&board->ear, saved.ear))
		return false;
	if (saved.deadline_ns)
		board_timer(board, saved.deadline_ns);
	if (type->restored && !type->restored(board->dev.state, in))
		return false;
	return stash_is_done(in);
}

/* Its lock is taken. */
static int load_locked(struct board *board, struct stash *in,
		       const char *subject)
{
	board->refused = false;
	if (load_state(board, in) && !board->refused)
		return 0;
	if (!board->refused)
		log_error("%s: %s is in a state that none of this kvm-vmm's "
			  "can be in",
			  subject, board->dev.type->name);
	return -EINVAL;
}

static int load_board(struct board *board, struct parts *parts,
		      const char *subject)
{
	const struct device_type *type = board->dev.type;
	struct stash *in = parts_take(parts, subject, type->name,
				      board_number(board->vm, board),
				      type->version);
	int err;

	if (!in)
		return -EINVAL;
	lock_take(&board->dev.lock);
	err = load_locked(board, in, subject);
	lock_give(&board->dev.lock);
	return err;
}

/* Those that are interrupt controllers, or those that are not. */
static int load_boards(struct vm *vm, bool chips, struct parts *parts,
		       const char *subject)
{
	int err = 0;

	for (unsigned int i = 0; i < vm->nr_boards && !err; i++)
		if (device_is_chip(vm->boards[i].dev.type) == chips)
			err = load_board(&vm->boards[i], parts, subject);
	return err;
}

/* A device may find its world changed, and set its line: the controllers, which
 * know what that was, come first. The terminal may be another size. */
int state_load_boards(struct vm *vm, struct parts *parts, const char *subject)
{
	int err = load_boards(vm, true, parts, subject);

	if (!err)
		err = load_boards(vm, false, parts, subject);
	if (!err)
		boards_resize(vm);
	return err;
}

static void reset_board(struct board *board)
{
	const struct device_type *type = board->dev.type;

	lock_take(&board->dev.lock);
	board_timer(board, 0);
	if (type->reset)
		type->reset(board->dev.state);
	for (unsigned int pin = 0; pin < type->nr_irqs; pin++)
		board_irq(board, pin, false);
	lock_give(&board->dev.lock);
}

void state_reset_boards(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++)
		reset_board(&vm->boards[i]);
}
