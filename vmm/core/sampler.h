/*
 * Who has guests looked at before they are ended from outside: core/sample.h says
 * how. Where nobody makes anything of it, sample_none.c stands in.
 */
#ifndef MKVM_SAMPLER_H
#define MKVM_SAMPLER_H

#include <stdbool.h>

#include "util/event.h"

struct console;
struct vm;

struct sampler {
	struct event_loop *loop;
	struct console *console;
	struct vm *vms;
	unsigned int nr_vms;
	struct event_source timer; /* timerfd, once it has begun */
	bool begun, done;
	unsigned int ticks;
	int status; /* what quit() is to be called with */
	const char *reason;
	void (*quit)(void *arg, int status, const char *reason);
	void *arg;
};

/* For the @nr_vms guests at @vms. */
void sampler_init(struct sampler *sampler, struct event_loop *loop,
		  struct console *console, struct vm *vms, unsigned int nr_vms);
/* Who ends them. */
void sampler_then(struct sampler *sampler,
		  void (*quit)(void *arg, int status, const char *reason),
		  void *arg);

/*
 * The guests are to be ended from outside with @status and @reason. True: not yet;
 * those that run are looked at, in less than half a second, and then quit() is
 * called. That is so when time has run out, and when the user gives up on a guest
 * that has shown nothing at all. Main thread.
 */
bool sampler_goes_first(struct sampler *sampler, int status,
			const char *reason);

/* All vCPU threads are gone. */
void sampler_end(struct sampler *sampler);

#endif
