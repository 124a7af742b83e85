/*
 * The contract of what comes and goes while a guest runs: functions on the PCI bus
 * in slots that were kept for them, and the registers by which the guest is told.
 *
 * A spare function is made with the machine, as any device is: its place on the
 * bus, its threads' loops and whatever a filter of system calls lets nobody make
 * later. While there is nothing in it, nobody sees it.
 *
 *            spare_fill()              the guest ejects           board_emptied()
 *   EMPTY -----------------> FULL ------------------> LEAVING -----------------> EMPTY
 *
 * What takes it out is the guest, asked or not: it may be at it just then.
 */
#ifndef MKVM_SPARE_H
#define MKVM_SPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct device_type;
struct planned;
struct vm;

#define SPARE_SAYS_MAX 4096

enum spare_state {
	SPARE_NOT, /* no spare slot */
	SPARE_EMPTY,
	SPARE_FULL,
	SPARE_LEAVING, /* the guest has no part in it any more */
};

/* What is in a slot, for people and for words that make it again. */
struct spare_view {
	enum spare_state state;
	char says[SPARE_SAYS_MAX]; /* as its option has it: "FILE,ro" */
	uint64_t bytes;
	bool read_only;
};

/* Of a device_type; all calls with its lock. */
struct spare {
	/* A function: whether something is in it from the start, by what
	 * board_config() will be. */
	bool (*is_full)(const void *config);

	/* @what is put in, of the kind that its plug has: from now on it is the
	 * device's. As after power-on, but nothing of it is decoded. On the thread
	 * of --control. */
	void (*fill)(void *dev, const void *what);

	/* The guest has let it go, and does not see it any more. Waits for what it
	 * has begun, gives back what was put in, and says board_emptied(), then or
	 * later. On a vCPU's thread. */
	void (*empty)(void *dev);

	/* All of @view but its state. */
	void (*view)(void *dev, struct spare_view *view);

	/* The registers: something was put in slot @nr, or it is wanted back. */
	void (*tell)(void *dev, unsigned int nr, bool wanted);
};

/* For a function, with its lock: whether it is seen, SPARE_FULL that is, as all that
 * are no spare ones always are; it is empty again; it is SPARE_LEAVING
 * though nobody has ejected it. */
bool board_is_there(const struct board *board);
void board_emptied(struct board *board);
void board_leaves(struct board *board);

/* For the registers: whether spare slot @nr, from 0, is full; the guest ejects it,
 * and what it has begun there is waited for. False: there is nothing in it, or what
 * was put in since the guest last looked, and is not wanted back: it means another. */
bool board_spare_is_full(struct board *board, unsigned int nr);
bool board_eject(struct board *board, unsigned int nr);

/* For core/board.c: what a device of @type begins as. */
enum spare_state spare_begins(const struct device_type *type,
			      const struct planned *planned);

/* --- For who puts something in. Slot @nr from 0. --- */

/* The main thread, before guests run: spare_wait() will be called for those that have
 * slots. */
void spare_prepare(struct vm *vms, unsigned int nr_vms);

/* What is there; SPARE_NOT: no such slot. @view may be NULL. */
enum spare_state spare_look(struct vm *vm, unsigned int nr,
			    struct spare_view *view);

/* The same for one who has the locks of all devices (core/state.h). */
enum spare_state spare_look_held(struct vm *vm, unsigned int nr,
				 struct spare_view *view);

/* The first that is empty, or PC_PCI_SPARES. */
unsigned int spare_find(struct vm *vm);

/* Puts @what in and tells the guest. False: it is not empty, and @what stays the
 * caller's. */
bool spare_fill(struct vm *vm, unsigned int nr, const void *what);

/* Asks the guest for it. */
void spare_want(struct vm *vm, unsigned int nr);

/* Whether it is empty, or becomes so before @limit_ns of clock_now_ns(). */
bool spare_wait(struct vm *vm, unsigned int nr, uint64_t limit_ns);

#endif
