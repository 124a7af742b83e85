/* What a board is, for the files of that name. */
#ifndef MKVM_BOARD_INNER_H
#define MKVM_BOARD_INNER_H

#include "core/bus.h"
#include "core/lastword.h"
#include "core/vm.h"
#include "spare.h"
#include "util/event.h"

#define ODDITIES_MAX 8

struct board {
	struct device dev;
	struct vm *vm;
	const struct planned *planned; /* NULL: as its type says */
	struct event_loop *loop;
	struct event_source timer; /* fd 0 when the device has none */
	uint64_t deadline_ns;	   /* of it, by the guest's clock; 0: not set */
	struct bus_moving *bars;   /* PCI_BARS of them; NULL: not on PCI */
	unsigned int slot;	   /* if it is */
	enum spare_state spare;	   /* guarded by dev.lock */
	bool unseen; /* so is this: in a spare slot, and not looked at yet */
	struct worker *workers;	   /* WORKERS_MAX of them, or NULL */
	void *page;		   /* core/shown.c, or NULL */
	gpa_t page_gpa;		   /* where the guest sees it, */
	unsigned int page_slot;	   /* by this slot of KVM's, */
	bool page_hidden;	   /* unless it is this */
	struct own *memories;	   /* core/slots.c: BOARD_MEMORIES, or NULL */
	struct irqfd *irqfds;	   /* core/irqfds.c, or NULL */
	struct ioevents *ioevents; /* core/ioevents.c, or NULL */
	const struct queue_counts *counts; /* nr_counts of them, or NULL */
	unsigned int nr_counts;
	bool gets_keys; /* what is typed may go here */
	bool made;	/* init() was called */
	bool hung_up;	/* the device has been told */
	bool refused;	/* board_refuse() */

	/* Guarded by dev.lock. */
	struct lastword_ear ear;
	uint64_t nr_oddities;
	unsigned int nr_logged;
	const char *logged[ODDITIES_MAX];
};

/* Whether @vm goes without @type, or without what it needs to be found. */
bool board_is_lost(const struct vm *vm, const struct device_type *type);

/* Whether @type, a row of the table, has a place in @vm. */
bool board_has_place(const struct vm *vm, const struct device_type *type);

/* Whether a device will have to do with the window of include/device_memory.h. */
bool boards_have_window(const struct vm *vm);

/* Puts @board, a function, on the PCI bus. 0, -ENOMEM, or -ENOSPC: no slot is
 * free. */
int board_take_slot(struct board *board);

/* Which of the devices of its name @board is, from 0: core/state_board.c. */
unsigned int board_number(const struct vm *vm, const struct board *board);

#endif
