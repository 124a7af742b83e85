/*
 * What is remembered of the wires between devices, and of those to the console: who
 * asks on each wire of PCI, what the guest has said of its end, and which of its
 * devices has the keys. What was typed and not taken yet is the console's, and
 * stays with the run.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/board_inner.h"
#include "core/lastword.h"
#include "core/state.h"
#include "core/vm.h"
#include "device.h"
#include "terminal/console.h"
#include "util/log.h"
#include "util/parts.h"

#define PART	"wires"
#define VERSION 1

/* A device: its name, and which of those of that name; no name: none. */
struct place {
	char name[PART_NAME_MAX + 1];
	uint32_t nr;
};

struct saved {
	uint32_t wires[PCI_WIRES];
	uint32_t said;
	uint32_t listens;
	struct place line, last; /* see terminal/keys.h */
};

static struct place place_of(const struct vm *vm, const struct board *board)
{
	struct place place = { 0 };

	if (!board)
		return place;
	snprintf(place.name, sizeof(place.name), "%s", board->dev.type->name);
	place.nr = board_number(vm, board);
	return place;
}

/* False: there is no such device; @found is NULL where none is meant. */
static bool find(struct vm *vm, const struct place *place, struct board **found)
{
	*found = NULL;
	if (!place->name[0])
		return true;
	for (unsigned int i = 0; i < vm->nr_boards && !*found; i++) {
		struct board *board = &vm->boards[i];

		if (!strncmp(board->dev.type->name, place->name,
			     sizeof(place->name)) &&
		    board_number(vm, board) == place->nr)
			*found = board;
	}
	return *found && (*found)->dev.type->input;
}

int state_save_wires(struct vm *vm, struct parts *parts)
{
	struct keys *keys = &vm->config.console->keys;
	struct saved saved = {
		.said = atomic_load(&vm->said),
		.listens = atomic_load(&vm->listens),
		.line = place_of(vm, atomic_load(&keys->line)),
		.last = place_of(vm, atomic_load(&keys->last)),
	};

	memcpy(saved.wires, vm->wires, sizeof(saved.wires));
	STASH_PUT(parts_add(parts, PART, 0, VERSION), saved);
	return 0;
}

/* Only functions that are there can ask. */
static bool wires_fit(const struct vm *vm, const struct saved *saved)
{
	uint32_t slots = 0;

	for (unsigned int i = 0; i < PCI_SLOTS; i++)
		slots |= vm->slots[i] ? 1U << i : 0;

	for (unsigned int i = 0; i < PCI_WIRES; i++)
		if (saved->wires[i] & ~slots)
			return false;
	return true;
}

/* In the order in which they have asked. Others that listen have asked before them,
 * when they were restored: one of those has the keys if --keys says so now. */
static bool load(struct vm *vm, const struct saved *saved)
{
	struct board *line, *last;

	if (saved->said > LASTWORD_RESTART || saved->listens > 1 ||
	    !wires_fit(vm, saved) || !find(vm, &saved->line, &line) ||
	    !find(vm, &saved->last, &last))
		return false;
	memcpy(vm->wires, saved->wires, sizeof(vm->wires));
	atomic_store(&vm->said, saved->said);
	atomic_store(&vm->listens, saved->listens);
	if (line)
		board_rx_ready(line);
	if (last)
		board_rx_ready(last);
	return true;
}

int state_load_wires(struct vm *vm, struct parts *parts, const char *subject)
{
	struct stash *in = parts_take(parts, subject, PART, 0, VERSION);
	struct saved saved;

	if (!in)
		return -EINVAL;
	STASH_GET(in, saved);
	if (!in->bad && load(vm, &saved))
		return 0;
	log_error("%s: its devices are wired as none of this kvm-vmm's can be",
		  subject);
	return -EINVAL;
}
