/*
 * The main thread's event loop: file descriptors and what to do when they
 * are ready. Everything that is not guest code or a VM exit happens here.
 */
#ifndef MKVM_EVENT_H
#define MKVM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

struct event_loop {
	int epoll_fd;
	struct epoll_event *ready; /* what is handled now, */
	int nr_ready;		   /* of event_run()'s thread */
};

/* One file descriptor; the caller owns it and keeps it while registered. */
struct event_source {
	int fd;
	void (*ready)(void *arg, uint32_t events); /* EPOLLIN, ... */
	void *arg;
};

/* 0 or -errno. */
int event_init(struct event_loop *loop);
void event_free(struct event_loop *loop);

/* Watches @src for @events (EPOLLIN, EPOLLOUT); from now on for those, if it is
 * watched already. 0, or -EPERM for a file that is always ready (a regular file),
 * or another -errno. */
int event_add(struct event_loop *loop, struct event_source *src,
	      uint32_t events);

/* Stops watching @src; the descriptor stays open. Its handler may still be called, if
 * it was found ready together with what is handled now. */
void event_del(struct event_loop *loop, struct event_source *src);

/* The same, and it is not called any more: @src may be freed. From a handler. */
void event_forget(struct event_loop *loop, struct event_source *src);

/* Runs handlers until @finished, asked between batches, says so. */
void event_run(struct event_loop *loop, bool (*finished)(void *arg), void *arg);

/* An eventfd, or a timerfd on CLOCK_MONOTONIC: fd, or -errno with a message. */
int event_fd(void);
int event_timer_fd(void);

/* Makes an eventfd ready; from any thread and from signal handlers. */
void event_notify(int fd);

/* Takes the readiness of an eventfd or timerfd away again. */
void event_ack(int fd);

/* Arms a timerfd once at @ns from now, and every @period_ns after; 0 = never */
void event_arm(int fd, uint64_t ns, uint64_t period_ns);

#endif
