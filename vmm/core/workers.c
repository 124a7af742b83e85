/*
 * The threads of include/worker.h: each an event loop of its own. Whoever comes
 * first may be a vCPU, which makes no threads: that is an errand for the main one,
 * and what happens until then waits in the event loop.
 */
#include "core/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/board_inner.h"
#include "core/errand.h"
#include "core/sandbox.h"
#include "util/log.h"
#include "worker.h"

#define BATCH 16

struct worker {
	struct board *board;
	struct event_loop loop;
	struct event_source bell; /* eventfd: it is to end */
	pthread_t thread;
	struct errand start;
	bool opens_files; /* constant once it is ready */
	bool ending;	  /* of this thread alone */
	bool ready;	  /* has all but a thread */
	bool runs;	  /* main thread */
};

static void on_bell(void *arg, uint32_t events)
{
	struct worker *w = arg;

	(void)events;
	w->ending = true;
}

/* A guest that was saved and is to end: what it has asked for since, a kick that nobody
 * has looked at yet, is done where it is restored, and not here as well. */
static bool has_to_answer(const struct worker *w,
			  const struct event_source *src)
{
	return !w->ending &&
	       (src == &w->bell || !atomic_load(&w->board->vm->frozen));
}

static void answer(struct worker *w, const struct epoll_event *ready, int n)
{
	struct lock *lock = &w->board->dev.lock;

	lock_take(lock);
	for (int i = 0; i < n; i++) {
		struct event_source *src = ready[i].data.ptr;

		if (has_to_answer(w, src))
			src->ready(src->arg, ready[i].events);
	}
	lock_give(lock);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct epoll_event ready[BATCH];

	if (sandbox_thread(w->opens_files ? SANDBOX_SHARE : SANDBOX_WORKER,
			   w - w->board->workers))
		vm_stop(w->board->vm, STATUS_FAILED, NULL);
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
	static const int faults[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGSYS };
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

static void say_failed(const struct board *board, int err)
{
	log_error("%s: %s: a thread of its own: %s%s", board->vm->config.name,
		  board->dev.type->name, strerror(-err), log_advice(-err));
}

/* On the main thread. */
static int start(struct worker *w)
{
	int err = start_thread(w);

	w->runs = !err;
	if (err)
		say_failed(w->board, err);
	return err;
}

static void on_errand(void *arg)
{
	struct worker *w = arg;

	if (start(w))
		vm_stop(w->board->vm, STATUS_FAILED, NULL);
}

static int make_ready(struct worker *w, struct board *board)
{
	int err = event_init(&w->loop);

	if (err)
		return err;
	w->board = board;
	w->start = (struct errand){ .run = on_errand, .arg = w };
	w->bell = (struct event_source){ event_fd(), on_bell, w };
	err = w->bell.fd < 0 ? w->bell.fd :
			       event_add(&w->loop, &w->bell, EPOLLIN);
	w->ready = !err;
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
	*err = w->ready ? 0 : make_ready(w, board);
	return *err ? NULL : w;
}

/* As find(), and it has a thread, or will have soon. */
static struct worker *hire(struct board *board, unsigned int nr, int *err)
{
	const bool was_there = board->workers && board->workers[nr].ready;
	struct worker *w = find(board, nr, err);

	if (w && !was_there && board->vm->raised)
		errand_post(board->vm, &w->start);
	return w;
}

int board_hire(struct board *board, unsigned int nr)
{
	int err;
	struct worker *w = find(board, nr, &err);

	if (w)
		w->opens_files = true;
	else
		say_failed(board, err);
	return err;
}

static int raise_those(struct vm *vm, bool open_files)
{
	int err = 0;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct worker *w = vm->boards[i].workers;

		for (unsigned int nr = 0; w && nr < WORKERS_MAX && !err; nr++)
			if (w[nr].ready && w[nr].opens_files == open_files)
				err = start(&w[nr]);
	}
	return err;
}

int workers_raise_openers(struct vm *vm)
{
	return raise_those(vm, true);
}

int workers_raise_others(struct vm *vm)
{
	vm->raised = true;
	return raise_those(vm, false);
}

int board_watch(struct board *board, unsigned int worker,
		struct event_source *src, uint32_t events)
{
	int err;
	struct worker *w = hire(board, worker, &err);

	if (w)
		err = event_add(&w->loop, src, events);
	if (err)
		say_failed(board, err);
	return err;
}

void board_unwatch(struct board *board, unsigned int worker,
		   struct event_source *src)
{
	if (board->workers && board->workers[worker].ready)
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
		if (board->workers[i].ready)
			event_notify(board->workers[i].bell.fd);
	for (unsigned int i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &board->workers[i];

		if (!w->ready)
			continue;
		if (w->runs)
			pthread_join(w->thread, NULL);
		close(w->bell.fd);
		event_free(&w->loop);
	}
	free(board->workers);
	board->workers = NULL;
}
