/* The parts of the sandbox, for the files of this folder. */
#ifndef MKVM_SANDBOX_SANDBOX_H
#define MKVM_SANDBOX_SANDBOX_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/sandbox.h"
#include "util/sanitized.h"

/* The filter of a thread of @kind, in which this process's number has yet to take
 * the place of SELF; its length in instructions at @len. */
const struct sock_filter *filter_of(enum sandbox_kind kind, size_t *len);

/* Gives the calling thread the filter of its @kind; with @gate, what that calls is
 * let through. 0 or -errno. */
int filter_take(enum sandbox_kind kind, const void *gate);

/* Whether this host's kernel has filters of system calls. */
bool filter_is_there(void);

/* Its name, or "?". */
const char *filter_call_name(int nr);

/* Has SIGSYS, which a call brings that is none of its thread's, end the program; or,
 * with @goes_on, be named once and made after all. */
void violation_catch(bool goes_on);

/* How the calling thread is called when it does. */
void violation_introduce(enum sandbox_kind kind, unsigned int nr);

/* Behind the one instruction that makes calls for violation_catch(true). */
const void *violation_gate(void);

/*
 * Landlock: from now on this thread, and those that it makes, open no file but below
 * those of util/reach.h. Returns the version of its interface, 0 where the host has
 * none, or one that is too old for what is shared, or -errno.
 */
int landlock_restrict(void);

/* Its version on this host; 0 or less: it has none. */
int landlock_version(void);

#endif
