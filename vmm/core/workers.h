/* The threads of a board's device, for core/board.c; include/worker.h is what the
 * device sees. */
#ifndef MKVM_WORKERS_H
#define MKVM_WORKERS_H

struct board;

/* Waits until all of them have ended; the guest has. What a device waits for is
 * broken off by its abort(). */
void board_end_workers(struct board *board);

#endif
