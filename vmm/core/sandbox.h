/*
 * The walls around this process: what a guest that has broken out of its RAM
 * would find. Raised in two steps, by sandbox_process() for what all threads
 * have in common, and by sandbox_thread() for the system calls of each.
 *
 * A thread has the filter of the one that made it and its own, and neither can be
 * taken off again. So the threads of vCPUs, and those that open files for the guest,
 * are made before the main thread has one, and all others by the main thread
 * (core/errand.h), which may make every call that they may make.
 *
 * vmm/sandbox/calls.h is the table of all calls. Where SANDBOX is not built in,
 * sandbox_none.c stands in.
 */
#ifndef MKVM_SANDBOX_H
#define MKVM_SANDBOX_H

#include <stdbool.h>

enum sandbox_kind {
	SANDBOX_MAIN,	/* the event loop: console, timers, messages, the end */
	SANDBOX_MAKER,	/* the same, and makes workers */
	SANDBOX_VCPU,	/* executes a guest: whatever that can reach first */
	SANDBOX_WORKER, /* waits for a device's files and sockets, all open */
	SANDBOX_SHARE,	/* the same, and opens files below a shared directory */
	SANDBOX_SERVICE, /* a debugger's server, and whoever else is asked */
	SANDBOX_SAVER,	 /* writes the guest to a file that the user named */
	SANDBOX_KINDS
};

/* --sandbox @word: strict, log or off. 0, or -EINVAL after one message. */
int sandbox_choose(const char *word);

/* Before the first thread is made: whether there will be walls at all. With
 * "sandbox" in @without, or --sandbox off: there will be none. */
void sandbox_begin(const char *const *without);

/* Whether those will be, that end the run at whatever is none of its business. */
bool sandbox_is_strict(void);

/*
 * On the main thread, when all files are open and before a guest runs: no new
 * privileges, no capabilities, no core, no files but those in util/reach.h. 0, or
 * -errno after one message.
 */
int sandbox_process(void);

/*
 * The calling thread, of @kind and number @nr, makes from now on no system call but
 * those of its kind. A host without such filters was reported by sandbox_process().
 * 0, or -errno after one message.
 */
int sandbox_thread(enum sandbox_kind kind, unsigned int nr);

#endif
