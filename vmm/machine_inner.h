/*
 * What machine.c and its parts share: the machine itself.
 */
#ifndef MKVM_MACHINE_INNER_H
#define MKVM_MACHINE_INNER_H

#include <stdbool.h>

#include "core/kvm.h"
#include "core/sampler.h"
#include "core/watch.h"
#include "ending.h"
#include "eof.h"
#include "files.h"
#include "putoff.h"
#include "terminal/console.h"
#include "terminal/messages.h"
#include "util/event.h"
#include "view.h"

struct cpu_state;
struct options;
struct vm;

struct machine {
	const struct options *opt;
	struct kvm kvm;
	struct event_loop loop;
	struct event_source bell; /* eventfd: a guest has ended, a signal came,
				   * or a message waits for stderr */
	struct ending ending;
	struct messages messages;
	struct eof eof;
	struct console console;
	struct view view;
	struct watch watch;
	struct sampler sampler;
	struct putoff putoff;
	struct files files; /* of the guest that is being built */
	struct vm *vms;	    /* one per guest */
	unsigned int nr_vms;
	struct cpu_state *cpus; /* their first registers */
	char **names;		/* as messages call them */
	unsigned int nr_started, nr_ended;
	int status;    /* exit status, so far */
	bool ran;      /* the guests were started */
	bool quitting; /* out of patience: what stdout refuses may be lost */
	int failure; /* STATUS_FAILED when guest output could not be written */
};

/* Ends the run with @status, of a struct machine at @arg; nobody is waited for
 * longer than a moment. */
void machine_quit(void *arg, int status);

/* machine_console.c: steps of machine.c. */
int machine_open_view(struct machine *m);
void machine_close_view(struct machine *m);
int machine_open_console(struct machine *m);
void machine_close_console(struct machine *m);

#endif
