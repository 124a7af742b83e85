/*
 * Between the timer (pit.c) and what is heard of its counter 2 (speaker.c, or
 * speaker_none.c where that is configured out).
 */
#ifndef MKVM_SPEAKER_H
#define MKVM_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "pit_counter.h"

struct speaker;

/* The speaker of a timer that --sound has made, which said @config; NULL: nobody
 * listens. @t: the clock at which that begins. */
struct speaker *speaker_open(const void *config, int64_t t);

/* The guest is gone, or goes on elsewhere: @t is where it begins again. */
void speaker_close(struct speaker *speaker);
void speaker_begin(struct speaker *speaker, int64_t t);

/* What is heard up to clock @t, while the data bit of port 0x61 is @on. Follows
 * counter 2, @c, from where it was followed to last. */
void speaker_follow(struct speaker *speaker, struct counter *c, bool on,
		    int64_t t);

/* The clock at which it wants to be followed again, after @t; CLOCK_NEVER while all
 * is silent. */
int64_t speaker_next(struct speaker *speaker, const struct counter *c, bool on,
		     int64_t t);

#endif
