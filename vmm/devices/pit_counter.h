/* The counters of the timer (pit.c): what pit_counter.c models. */
#ifndef MKVM_PIT_COUNTER_H
#define MKVM_PIT_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ	    1193182
#define CLOCK_NEVER INT64_MAX

enum {
	MODE_TERMINAL_COUNT = 0,
	MODE_ONE_SHOT = 1,
	MODE_RATE = 2,
	MODE_SQUARE = 3,
	MODE_STROBE = 4,
	MODE_HW_STROBE = 5,
};

enum phase {
	IDLE = 0, /* no count, or no trigger */
	RUNNING,
	PAUSED, /* by the gate */
};

#define COUNTER_RISES_MAX 100

struct counter {
	uint8_t control; /* as written */
	uint8_t mode;	 /* 0-5 */
	bool gate;

	uint8_t lsb; /* the first half of a count that is being written */
	bool write_msb, read_msb; /* the second half comes next */
	uint16_t written;	  /* count register */
	bool has_count;		  /* since the control word */
	bool null;		  /* it waits to be loaded */

	enum phase phase;
	int32_t n;	/* counts from here, 1 to 65536 */
	int64_t start;	/* the clock that loads n, perhaps the next one */
	int64_t frozen; /* PAUSED: clocks since then */
	int32_t held;	/* before it: what is counted down from, and OUT */
	bool held_out;
	int64_t reload_at; /* null while RUNNING: the clock that takes it */

	bool count_latched, status_latched;
	uint16_t count_latch;
	uint8_t status_latch;

	int64_t seen;	    /* OUT has been followed up to this clock */
	unsigned int rises; /* how often it rose on the way, not yet told */
};

/* Control word @val: the counter stops until it has a count. */
void counter_program(struct counter *c, uint8_t val, int64_t t);

/* The counter's port: the next byte of a count, or of what is latched. */
void counter_write(struct counter *c, uint8_t val, int64_t t);
uint8_t counter_read(struct counter *c, int64_t t);

void counter_latch_count(struct counter *c, int64_t t);
void counter_latch_status(struct counter *c, int64_t t);
void counter_set_gate(struct counter *c, bool gate, int64_t t);

/* The level of OUT at clock @t. */
bool counter_out(const struct counter *c, int64_t t);

/* Lets time go on to clock @t; `rises` grows, up to COUNTER_RISES_MAX. */
void counter_follow(struct counter *c, int64_t t);

/*
 * The first clock after @t at which OUT rises, or begins to run at another
 * pace; CLOCK_NEVER if that takes an access first.
 */
int64_t counter_next(const struct counter *c, int64_t t);

/* The first clock after @t at which OUT may change; CLOCK_NEVER if that takes an
 * access first. */
int64_t counter_edge(const struct counter *c, int64_t t);

/*
 * Whether a counter can be so that was saved at clock @saved, which is @t now. If so,
 * it is followed to @t, and has risen once at most meanwhile: its guest stood still,
 * and nobody owes it ticks of that time.
 */
bool counter_restored(struct counter *c, int64_t saved, int64_t t);

#endif
