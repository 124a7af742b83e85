/*
 * Guest output on its way to stdout: devices fill a ring from their vCPU's
 * thread, the main thread drains it.
 *
 * With batching (terminal/output_batch.h) the first byte after a silence wakes the
 * main thread at once; while more follow, it looks every 4 milliseconds, so
 * that a talkative guest does not pay for a wake-up with every character.
 * Without, every character wakes it. Either way a full ring makes its writer
 * wait, so nothing is lost however fast it comes.
 */
#ifndef MKVM_OUTPUT_H
#define MKVM_OUTPUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "terminal/output_batch.h"
#include "terminal/screen.h"
#include "util/event.h"
#include "util/lock.h"
#include "util/ring.h"
#include "util/sink.h"

struct output {
	struct event_loop *loop;
	struct sink sink;	    /* stdout */
	struct event_source out;    /* its descriptor */
	struct event_source wake;   /* eventfd: output came */
	struct event_source tick;   /* timerfd: time to look for output again */
	void (*drained)(void *arg); /* there is room again */
	void (*broken)(void *arg, int err); /* stdout is of no use any more */
	void *arg;
	pthread_t main; /* the thread of the event loop */
	bool waits;	/* main thread: stdout cannot take more just now */
	bool watched;	/* main thread: and the event loop tells when it can */
	bool ticking;	/* main thread: the timer is armed */
	bool no_timer;	/* main thread: there is none to be had */

	struct lock lock; /* guards what follows */
	struct bell room; /* the ring was drained, or nobody writes */
	struct ring ring;
	struct screen screen;
	struct output_batch batch;
	bool held;   /* nothing is written: the terminal shows something else */
	size_t lost; /* bytes that there was no room to keep meanwhile */
	size_t seen; /* ring.head at the last tick */
	bool writing;	  /* somebody is writing, with the lock let go */
	bool abandoned;	  /* nobody will read: drop output */
	int error;	  /* errno of a write that failed, until it is told */
	struct ring *tap; /* what the guest in front prints, once more; or NULL */

	/* Main thread: something may be there, output_tapped(). */
	void (*tapped)(void *arg);
	void *tapped_arg;
};

/*
 * Prepares stdout for the guests of @config, with batching unless @without
 * names it. @drained and @broken are called on the main thread. 0, or -errno
 * after one message.
 */
int output_init(struct output *output, struct event_loop *loop,
		const struct screen_config *config, const char *const *without);
void output_free(struct output *output);

/* Queues output of guest @id; waits when the ring is full. Any thread; on the
 * main thread, what does not fit is lost. */
void output_put(struct output *output, unsigned int id, const void *buf,
		size_t len);

/* Before a message of ours: writes what stdout takes without blocking, and
 * leaves a terminal at the start of a line. Any thread. */
void output_break(struct output *output);

/* Main thread: writes what stdout takes now, the rest when it takes more. */
void output_drain(struct output *output);

/* Main thread: what terminal/screen.h says of the same name. */
void output_legend(struct output *output);
void output_set_front(struct output *output, unsigned int id, bool say);
void output_end(struct output *output, unsigned int id);

/*
 * Main thread: keeps what comes, the last 32 KiB at least, and writes nothing
 * until output_go_on(), which writes @first before it and returns how many
 * bytes were not kept.
 */
void output_hold(struct output *output);
size_t output_go_on(struct output *output, const char *first);

/* Main thread: adds text of our own, on lines of its own. */
void output_add(struct output *output, const char *buf, size_t len);

/* Main thread, while output is held: writes to stdout what it takes now, and
 * returns how many bytes of it that were. */
size_t output_direct(struct output *output, const char *buf, size_t len);

/* Drops output from now on instead of waiting for stdout to take it. */
void output_abandon(struct output *output);

/*
 * Before guests run: what the guest in front prints is kept once more, the last 64
 * KiB of it, and @tapped(@arg) called on the main thread when there may be some. The
 * second takes up to @size bytes of it to @buf, and returns how many. 0 or -ENOMEM.
 */
int output_tap(struct output *output, void (*tapped)(void *arg), void *arg);
size_t output_tapped(struct output *output, void *buf, size_t size);

/* Which guest has the keyboard. Any thread. */
unsigned int output_front(struct output *output);

/* How many bytes have come so far; it wraps. */
size_t output_count(struct output *output);

/* Whether all output has been written, or been given up. */
bool output_is_drained(struct output *output);

#endif
