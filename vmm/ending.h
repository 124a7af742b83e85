/*
 * How a run is made to end from outside: signals, --timeout, and the last
 * deadline behind both.
 *
 * The first signal asks the event loop to end the run in good order. From then
 * on signals have their default again, so that a second one kills; and when
 * good order takes more than ENDING_GRACE_S, an alarm ends the program, whatever
 * it waits for. Either way the terminal is restored first.
 *
 * A parent that ignores SIGHUP, SIGINT, SIGQUIT or SIGTSTP for us, as nohup(1)
 * does, is obeyed.
 */
#ifndef MKVM_ENDING_H
#define MKVM_ENDING_H

#include <stdint.h>

#include "util/event.h"

#define ENDING_GRACE_S 5

struct ending {
	struct event_source timeout; /* timerfd, with --timeout */

	/* The run is to end: with @reason to print, or NULL. Main thread. */
	void (*quit)(void *arg, int status, const char *reason);
	/* The power button of all guests is pressed: SIGPWR. Main thread. */
	void (*power)(void *arg);
	/* The terminal has another size. Main thread. */
	void (*resized)(void *arg);
	/* The process has been stopped and goes on. Main thread. */
	void (*resumed)(void *arg);
	void *arg;
};

/* Whatever comes: @timeout_ns (0: none) from now and a little, it is over. */
void ending_limit(uint64_t timeout_ns);

/*
 * From here on signals, noted by way of the eventfd @bell, and the end of
 * @timeout_ns (0: none) are passed on. 0, or -errno after one message.
 */
int ending_watch(struct ending *ending, struct event_loop *loop, int bell,
		 uint64_t timeout_ns);

/* The bell has rung: if it was for a signal, calls the members above. */
void ending_answer(struct ending *ending);

/* The run is to end with @status, for a reason of our own. */
void ending_begin(int status);

/* What is under way may take longer than that deadline: it is put off until
 * the second is called. Another signal kills as before. */
void ending_wait(void);
void ending_go_on(void);

/* There is no event loop any more: each signal does what it does by default,
 * the terminal restored. */
void ending_let_go(void);

#endif
