/*
 * Threads that serve a device, for one that waits for files, sockets or other
 * programs: a vCPU never waits for those, and neither does the main thread.
 *
 * A worker is made when it is first given something to watch, by the main thread
 * and soon, and it ends with the guest. It calls the device as everybody does, with its lock taken, so the
 * device is still written as if single threaded; around what may take long it
 * lets go of the lock, and looks again at what may have changed meanwhile.
 */
#ifndef MKVM_WORKER_H
#define MKVM_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/event.h"

struct board;

#define WORKERS_MAX 16 /* of one device */

/*
 * Calls @src->ready() on worker number @worker of this device, from 0, as soon as
 * any of @events (EPOLLIN, ... of epoll) is there; with EPOLLET once for each time
 * that it comes, and nobody has to read an eventfd. The caller keeps @src, and
 * its descriptor open, until board_unwatch() or release(). One that is watched
 * already is watched for these @events from now on. Any thread. 0, or -errno after
 * one message.
 */
int board_watch(struct board *board, unsigned int worker,
		struct event_source *src, uint32_t events);

/* init(): worker number @worker will open files of the host, which others must not
 * (core/sandbox.h). 0, or -errno after one message. */
int board_hire(struct board *board, unsigned int worker);

/* From a handler of the same worker, or while the device has no worker running:
 * @src is not called again. */
void board_unwatch(struct board *board, unsigned int worker,
		   struct event_source *src);

/* Lets go of the device's lock, and takes it back: between these the rest of the
 * machine may use the device. */
void board_let_go(struct board *board);
void board_take_back(struct board *board);

/*
 * Waits until board_ring() for this device, with the lock let go meanwhile; may
 * end without: look again at what was waited for. False: the guest is to end,
 * so nothing more will come.
 */
bool board_wait(struct board *board);
void board_ring(struct board *board);

#endif
