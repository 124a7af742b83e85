/*
 * What becomes of guests that wait for input when stdin has ended, --eof:
 * nothing, or they are ended, or their serial line is hung up.
 *
 * A guest waits when it listens, has had all there was, and is quiet: for a
 * second nothing has been printed, and its vCPUs have used little time, or,
 * where it has no interrupts, have looked for input. So what the last line was
 * about is done before.
 */
#ifndef MKVM_EOF_H
#define MKVM_EOF_H

#include <stddef.h>
#include <stdint.h>

#include "util/event.h"

struct console;
struct vm;

enum eof_action {
	EOF_WAIT,
	EOF_POWEROFF,
	EOF_HANGUP,
};

struct eof {
	enum eof_action action;
	struct event_loop *loop;
	struct console *console;
	struct vm *vms;
	unsigned int nr_vms;
	struct event_source tick; /* timerfd, once stdin has ended */
	unsigned int quiet;	  /* ticks in which nothing was printed */
	size_t count;		  /* console_count() at the last tick */
	struct eof_guest *guests;
};

/* For the @nr_vms guests at @vms. */
void eof_init(struct eof *eof, enum eof_action action, struct event_loop *loop,
	      struct console *console, struct vm *vms, unsigned int nr_vms);

/* stdin has ended. 0, or -errno after one message. */
int eof_begin(struct eof *eof);
void eof_end(struct eof *eof);

#endif
