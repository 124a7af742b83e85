/* The threads of a board's device, for core/board.c; include/worker.h is what the
 * device sees. */
#ifndef MKVM_WORKERS_H
#define MKVM_WORKERS_H

struct board;
struct vm;

/*
 * On the main thread: starts the threads that devices have asked for so far. First
 * those that open files, which the main thread must still be able to; then, behind
 * its walls, the others, and from then on whatever is asked for. 0, or -errno after
 * one message.
 */
int workers_raise_openers(struct vm *vm);
int workers_raise_others(struct vm *vm);

/* Waits until all of them have ended; the guest has. What a device waits for is
 * broken off by its abort(). */
void board_end_workers(struct board *board);

#endif
