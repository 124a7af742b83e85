/* What goes to the devices of a VM from outside: keys, the end of a line, the power
 * button, the size of the terminal; and what is seen of them. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "core/board.h"
#include "core/board_inner.h"
#include "terminal/console.h"

bool boards_have(const struct vm *vm, const char *name)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++)
		if (!strcmp(vm->boards[i].dev.type->name, name))
			return true;
	return false;
}

ssize_t board_input(struct board *board, const uint8_t *buf, size_t len)
{
	const struct device_type *type = board->dev.type;
	const struct board *reader;
	size_t taken = 0;

	if (!type->input)
		return 0;
	if (!lock_try(&board->dev.lock))
		return -EAGAIN;
	/* A guest that has asked by another device meanwhile looks here once
	 * more, for what came before that; nothing may come after. */
	reader = console_reader(board->vm->config.console);
	if (!reader || reader == board)
		taken = type->input(board->dev.state, buf, len);
	lock_give(&board->dev.lock);
	return taken;
}

bool boards_key(struct vm *vm, unsigned int code, bool down)
{
	bool has = false;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->key)
			continue;
		lock_take(&dev->lock);
		dev->type->key(dev->state, code, down);
		lock_give(&dev->lock);
		has = true;
	}
	return has;
}

bool boards_pointer(struct vm *vm, int dx, int dy, int wheel,
		    unsigned int buttons)
{
	bool has = false;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->pointer)
			continue;
		lock_take(&dev->lock);
		dev->type->pointer(dev->state, dx, dy, wheel, buttons);
		lock_give(&dev->lock);
		has = true;
	}
	return has;
}

void boards_let_go(struct vm *vm)
{
	for (unsigned int code = 0; code < KEY_CNT; code++)
		boards_key(vm, code, false);
	boards_pointer(vm, 0, 0, 0, 0);
}

bool boards_look(const struct vm *vm, struct surface *surface)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;
		bool seen;

		if (!dev->type->look || !lock_try(&dev->lock))
			continue;
		seen = dev->type->look(dev->state, surface);
		lock_give(&dev->lock);
		return seen;
	}
	return false;
}

bool boards_picture(const struct vm *vm, struct picture *picture)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;
		bool seen;

		if (!dev->type->picture || !lock_try(&dev->lock))
			continue;
		seen = dev->type->picture(dev->state, picture);
		lock_give(&dev->lock);
		return seen;
	}
	return false;
}

bool boards_look_now(const struct vm *vm, struct surface *surface, bool *has)
{
	bool seen = false;

	*has = false;
	for (unsigned int i = 0; i < vm->nr_boards && !*has; i++) {
		struct device *dev = &vm->boards[i].dev;

		*has = dev->type->look;
		if (!*has)
			continue;
		lock_take(&dev->lock);
		seen = dev->type->look(dev->state, surface);
		lock_give(&dev->lock);
	}
	return seen;
}

void boards_hang_up(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct board *board = &vm->boards[i];

		if (!board->dev.type->hang_up || board->hung_up ||
		    !lock_try(&board->dev.lock))
			continue;
		board->dev.type->hang_up(board->dev.state);
		board->hung_up = true;
		lock_give(&board->dev.lock);
	}
}

bool boards_resize(struct vm *vm)
{
	bool told = true;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->resize)
			continue;
		if (!lock_try(&dev->lock)) {
			told = false;
			continue;
		}
		dev->type->resize(dev->state);
		lock_give(&dev->lock);
	}
	return told;
}

bool boards_power(struct vm *vm)
{
	bool listens = false;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct device *dev = &vm->boards[i].dev;

		if (!dev->type->power)
			continue;
		lock_take(&dev->lock);
		listens |= dev->type->power(dev->state);
		lock_give(&dev->lock);
	}
	return listens;
}
