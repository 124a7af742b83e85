/*
 * Batching of guest output: the first byte after a silence wakes the main
 * thread, which looks by itself from then on, at a tick, until a tick finds
 * nothing. Without batching every byte wakes it.
 *
 * Here is only whether it looks by itself; ring, timer and the lock, which
 * must be held for everything below, are those of terminal/output.c.
 */
#ifndef MKVM_OUTPUT_BATCH_H
#define MKVM_OUTPUT_BATCH_H

#include <stdbool.h>

struct output_batch {
	bool wanted; /* this run does not go without */
	bool open;   /* the main thread looks again by itself */
};

/* @without: the features this run goes without, "batching" perhaps. */
void output_batch_init(struct output_batch *batch, const char *const *without);

/* A guest has printed: true if the main thread has to be woken for it. */
static inline bool output_batch_add(struct output_batch *batch)
{
	bool first = !batch->open;

	batch->open = batch->wanted;
	return first;
}

/* The main thread has looked, and found @more or nothing since last time. */
static inline void output_batch_tick(struct output_batch *batch, bool more)
{
	batch->open = batch->wanted && more;
}

/* Whether what comes now waits for the next tick. */
static inline bool output_batch_is_open(const struct output_batch *batch)
{
	return batch->open;
}

#endif
