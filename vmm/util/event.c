/* The main thread's event loop over epoll, eventfd and timerfd. */
#include "util/event.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

#define BATCH 16

int event_init(struct event_loop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd >= 0)
		return 0;
	log_error("epoll: %s", strerror(errno));
	return -errno;
}

void event_free(struct event_loop *loop)
{
	close(loop->epoll_fd);
}

int event_add(struct event_loop *loop, struct event_source *src,
	      uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, src->fd, &ev) &&
	    (errno != EEXIST ||
	     epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, src->fd, &ev)))
		return -errno;
	return 0;
}

void event_del(struct event_loop *loop, struct event_source *src)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, src->fd, NULL);
}

void event_forget(struct event_loop *loop, struct event_source *src)
{
	event_del(loop, src);
	for (int i = 0; i < loop->nr_ready; i++)
		if (loop->ready[i].data.ptr == src)
			loop->ready[i].data.ptr = NULL;
}

void event_run(struct event_loop *loop, bool (*finished)(void *arg), void *arg)
{
	struct epoll_event ready[BATCH];

	loop->ready = ready;
	loop->nr_ready = 0;
	while (!finished(arg)) {
		loop->nr_ready = epoll_wait(loop->epoll_fd, ready, BATCH, -1);
		for (int i = 0; i < loop->nr_ready; i++) {
			struct event_source *src = ready[i].data.ptr;

			if (src)
				src->ready(src->arg, ready[i].events);
		}
	}
	loop->ready = NULL;
	loop->nr_ready = 0;
}

static int checked(int fd, const char *what)
{
	int err;

	if (fd >= 0)
		return fd;
	err = errno;
	log_error("%s: %s%s", what, strerror(err), log_advice(err));
	return -err;
}

int event_fd(void)
{
	return checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

int event_timer_fd(void)
{
	return checked(timerfd_create(CLOCK_MONOTONIC,
				      TFD_CLOEXEC | TFD_NONBLOCK),
		       "timerfd");
}

void event_notify(int fd)
{
	uint64_t one = 1;

	/* It only fails when the counter is full, and then fd is ready. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void event_ack(int fd)
{
	uint64_t count;

	/* Nothing to read means that nothing was pending: just as well. */
	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

void event_arm(int fd, uint64_t ns, uint64_t period_ns)
{
	struct itimerspec spec = { .it_value = clock_timespec(ns),
				   .it_interval = clock_timespec(period_ns) };

	timerfd_settime(fd, 0, &spec, NULL);
}
