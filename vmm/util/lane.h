/*
 * Memory of a thread's own, for counting without locks: each thread adds a
 * lane once and writes to it alone; when all of them are gone, the list of
 * lanes says what they counted.
 */
#ifndef MKVM_LANE_H
#define MKVM_LANE_H

#include <stdatomic.h>
#include <stddef.h>

/* The first member of what a thread writes to. */
struct lane {
	struct lane *next;
};

struct lanes {
	_Atomic(struct lane *) first;
};

/* @size zeroed bytes that begin with a struct lane, added to @lanes for good;
 * any thread. NULL: no memory, after one message for all of them. */
void *lane_add(struct lanes *lanes, size_t size);

/* The same in two, for who must fill in what others look for before they can see it. */
void *lane_new(size_t size);
void lane_publish(struct lanes *lanes, struct lane *lane);

/* Walks @lanes with @lane, a struct lane pointer. */
#define LANE_FOREACH(lanes, lane) \
	for ((lane) = (lanes)->first; (lane); (lane) = (lane)->next)

#endif
