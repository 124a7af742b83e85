/* The threads of include/worker.h: each an event loop of its own. */
#include "core/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/board_inner.h"
#include "util/log.h"
#include "worker.h"

#define BATCH 16

struct worker {
	struct board *board;
	struct event_loop loop;
	struct event_source bell; /* eventfd: it is to end */
	pthread_t thread;
	bool ending; /* of this thread alone */
	bool runs;
};

static void on_bell(void *arg, uint32_t events)
{
	struct worker *w = arg;

	(void)events;
	w->ending = true;
}

static void answer(struct worker *w, const struct epoll_event *ready, int n)
{
	struct lock *lock = &w->board->dev.lock;

	lock_take(lock);
	for (int i = 0; i < n && !w->ending; i++) {
		struct event_source *src = ready[i].data.ptr;

		src->ready(src->arg, ready[i].events);
	}
	lock_give(lock);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct epoll_event ready[BATCH];

	while (!w->ending) {
		int n = epoll_wait(w->loop.epoll_fd, ready, BATCH, -1);

		if (n > 0)
			answer(w, ready, n);
	}
	return NULL;
}

/* Signals are the main thread's, but for those that a fault brings. */
static int start_thread(struct worker *w)
{
	static const int faults[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE };
	sigset_t most, old;
	int err;

	sigfillset(&most);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&most, faults[i]);
	pthread_sigmask(SIG_SETMASK, &most, &old);
	err = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static int start(struct worker *w, struct board *board)
{
	int err = event_init(&w->loop);

	if (err)
		return err;
	w->board = board;
	w->bell = (struct event_source){ event_fd(), on_bell, w };
	err = w->bell.fd < 0 ? w->bell.fd :
			       event_add(&w->loop, &w->bell, EPOLLIN);
	if (!err)
		err = start_thread(w);
	w->runs = !err;
	if (!err)
		return 0;
	if (w->bell.fd >= 0)
		close(w->bell.fd);
	event_free(&w->loop);
	return err;
}

/* Two vCPUs never come here at once: the device's lock is taken, or the machine is
 * being built. */
static struct worker *find(struct board *board, unsigned int nr, int *err)
{
	struct worker *w;

	if (!board->workers)
		board->workers = calloc(WORKERS_MAX, sizeof(*w));
	*err = -ENOMEM;
	if (!board->workers)
		return NULL;
	w = &board->workers[nr];
	*err = w->runs ? 0 : start(w, board);
	return *err ? NULL : w;
}

int board_watch(struct board *board, unsigned int worker,
		struct event_source *src, uint32_t events)
{
	int err;
	struct worker *w = find(board, worker, &err);

	if (w)
		err = event_add(&w->loop, src, events);
	if (err)
		log_error("%s: %s: a thread of its own: %s%s",
			  board->vm->config.name, board->dev.type->name,
			  strerror(-err), log_advice(-err));
	return err;
}

void board_unwatch(struct board *board, unsigned int worker,
		   struct event_source *src)
{
	if (board->workers && board->workers[worker].runs)
		event_del(&board->workers[worker].loop, src);
}

void board_let_go(struct board *board)
{
	lock_give(&board->dev.lock);
}

void board_take_back(struct board *board)
{
	lock_take(&board->dev.lock);
}

bool board_wait(struct board *board)
{
	return bell_wait_unless(&board->vm->changed, &board->dev.lock,
				&board->vm->stopping);
}

void board_ring(struct board *board)
{
	bell_ring(&board->vm->changed);
}

void board_end_workers(struct board *board)
{
	if (!board->workers)
		return;
	if (board->dev.type->abort)
		board->dev.type->abort(board->dev.state);
	for (unsigned int i = 0; i < WORKERS_MAX; i++)
		if (board->workers[i].runs)
			event_notify(board->workers[i].bell.fd);
	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &board->workers[i];

		if (!w->runs)
			continue;
		pthread_join(w->thread, NULL);
		close(w->bell.fd);
		event_free(&w->loop);
	}
	free(board->workers);
	board->workers = NULL;
}
