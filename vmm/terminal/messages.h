/*
 * The log's place in the event loop: messages that stderr did not take are
 * written when it does, and the main thread never waits for that.
 */
#ifndef MKVM_MESSAGES_H
#define MKVM_MESSAGES_H

#include <stdbool.h>

#include "util/event.h"

struct messages {
	struct event_loop *loop;
	struct event_source again; /* timerfd: time to try once more */
	bool no_timer;		   /* there is none to be had */
};

/* Rings @bell, an eventfd of @loop, for messages_answer(). Before the first
 * thread. 0, or -errno after one message. */
int messages_start(struct messages *messages, struct event_loop *loop,
		   int bell);

/* The bell has rung, for messages perhaps. */
void messages_answer(struct messages *messages);

/* All other threads are gone, and the loop has ended. */
void messages_stop(struct messages *messages);

#endif
