/* Clocks, in nanoseconds. */
#ifndef MKVM_CLOCK_H
#define MKVM_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US  1000LL
#define NS_PER_MS  1000000LL
#define NS_PER_SEC 1000000000LL

/* @time in ns; it is not before the epoch of its clock. */
static inline uint64_t clock_ns_of(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * NS_PER_SEC + (uint64_t)time->tv_nsec;
}

/* @ns as the system calls take it. */
static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				  .tv_nsec = (long)(ns % NS_PER_SEC) };
}

/* What @clock (CLOCK_MONOTONIC, ...) reads now; 0 when there is no such. */
static inline uint64_t clock_read_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return clock_ns_of(&now);
}

/* Time since some moment in the past; it never goes back. */
static inline uint64_t clock_now_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

#endif
