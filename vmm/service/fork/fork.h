/*
 * `fork N`: running copies of a guest. They begin with its pages, which they have in
 * common until they write to them, and each is a kvm-vmm of its own.
 *
 *   client        broker                          VMM               copies
 *   fork 3   ---> a memfd              -------->  saves the guest
 *                 sealed: nobody writes <-------  ok
 *                 fork(), exec() -----------------------------------> kvm-vmm
 *                 each tells that it runs <-------------------------- --copy-of
 *            <--- {"ok": true, "copies": ...}
 *
 * The VMM starts nothing. What machine the copies are, the broker was told before
 * the guest ran, and passes on: a guest that has broken out of its VMM could write
 * the words for other files into the snapshot, and there they count for nothing.
 *
 *   fork.c     the command: what is asked, saving, and the answer
 *   start.c    the broker's: starts processes and hears what becomes of them
 */
#ifndef MKVM_FORK_H
#define MKVM_FORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctl.h"
#include "util/event.h"

#define COPIES_MAX 256
#define SAID_MAX   512

struct copies;

struct copy {
	struct copies *copies;
	char name[CTL_NAME_MAX];
	pid_t pid;		  /* 0: not started, or its end was seen */
	struct event_source tell; /* from there it is heard; fd -1: it is not */
	char said[SAID_MAX];	  /* before it ran: complaints */
	size_t said_len;
};

/* Those of one call. */
struct copies {
	struct copies *next;
	struct ctl_call *call;
	int snapshot; /* opened to be read; -1: not yet */
	char stem[CTL_NAME_MAX];
	unsigned int first_nr; /* that is in the first one's name */
	uint32_t first_copy;   /* and its --copy-of */
	unsigned int nr, nr_started, nr_running;
	const struct copy *failed; /* the first that did; or NULL */
	const char *why;	   /* beside what that has said */
	struct event_source limit; /* timerfd: they take too long */
	struct copy list[];
};

/* The folder in which the words that make the machine were said, and they; ends with
 * NULL. NULL: unknown, or none. */
extern char **fork_words;

/* Begins to start @copies, which finish() is called for once; broker. */
void copies_start(struct copies *copies);

/* All run, or none: answers. */
void copies_finish(struct copies *copies);

#endif
