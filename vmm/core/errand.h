/*
 * What only the main thread may do, behind its filter of system calls, and others
 * need: making a thread, creating a vCPU. It goes there as an errand, which the main
 * thread runs between two events.
 */
#ifndef MKVM_ERRAND_H
#define MKVM_ERRAND_H

#include <stdbool.h>

struct vm;

struct errand {
	void (*run)(void *arg);
	void *arg;
	bool is_waiting;     /* guarded by the VM's errand_lock, as is: */
	struct errand *next; /* of those that wait */
};

/* Has the main thread run @errand soon; at once where this is it. One that waits
 * already stays where it is. The caller keeps it until it has run. Any thread. */
void errand_post(struct vm *vm, struct errand *errand);

/* Has the main thread call @run(@arg), and waits until it has. A vCPU's thread, with
 * no lock taken that the main thread may want, and before vm_leave(). */
void errand_do(struct vm *vm, void (*run)(void *arg), void *arg);

/* The main thread, whose bell has rung. */
void errands_answer(struct vm *vm);

#endif
