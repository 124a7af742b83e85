/*
 * A run that can be repeated: --judge has the same date and the same "random" bytes
 * come from the host each time, whenever and wherever it is. Where it is not built
 * in, fixed_none.c stands in.
 *
 * What is not fixed, for KVM gives it to the guest without asking: the frequency of the
 * time stamp counter and what it reads, and RDRAND.
 */
#ifndef MKVM_FIXED_H
#define MKVM_FIXED_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* The date at which the wall clock starts, in seconds since 1970: Saturday, 1 January
 * 2000, 00:00:00 UTC. */
#define FIXED_START 946684800

/* From here on. Before there is a guest, or a thread. */
void fixed_begin(void);

/* True: @now is the date, which goes on with the clock of this host. */
bool fixed_wall(struct timespec *now);

/* True: the @len bytes at @buf are the next ones. Any thread. */
bool fixed_random(void *buf, size_t len);

#endif
