/*
 * One counter of an 8254, after the Intel data sheet ("Mode Definitions",
 * "Operation Common to All Modes"): modes 0 to 5, binary and BCD, gate, latches.
 *
 * Nothing is counted: what a counter holds at clock t is computed from the
 * clock at which it was loaded. A function that changes a counter at clock t
 * wants it followed to t before.
 */
#include "pit_counter.h"
#include "saved.h"

#define CW_BCD	     0x01
#define CW_MODE(val) ((val) >> 1 & 7)
#define CW_RW(val)   ((val) >> 4 & 3)
#define CW_KEPT	     0x3f /* as it shows in the status */

#define COUNT_MAX 65536

#define STATUS_OUT  0x80
#define STATUS_NULL 0x40 /* the count written is not the one that counts yet */

enum {
	RW_LSB = 1, /* 0 is a latch command */
	RW_MSB = 2,
	RW_BOTH = 3,
};

static bool is_periodic(const struct counter *c)
{
	return c->mode == MODE_RATE || c->mode == MODE_SQUARE;
}

static bool is_triggered(const struct counter *c)
{
	return c->mode == MODE_ONE_SHOT || c->mode == MODE_HW_STROBE;
}

static int32_t base(const struct counter *c)
{
	return c->control & CW_BCD ? 10000 : COUNT_MAX;
}

/* The count register as a number; 0 is the largest count. */
static int32_t decode(const struct counter *c)
{
	uint16_t w = c->written;
	int32_t n = w;

	if (c->control & CW_BCD)
		n = (w >> 12) * 1000 + (w >> 8 & 15) * 100 +
		    (w >> 4 & 15) * 10 + (w & 15);
	return n ? n : base(c);
}

static uint16_t encode(const struct counter *c, int32_t n)
{
	n %= base(c);
	if (!(c->control & CW_BCD))
		return n;
	return n / 1000 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10;
}

/* Is the count in the counting element, or does the next clock load it? */
static bool is_loaded(const struct counter *c, int64_t t)
{
	return c->phase != IDLE && t >= c->start;
}

static int64_t elapsed(const struct counter *c, int64_t t)
{
	return c->phase == PAUSED ? c->frozen : t - c->start;
}

/* Clocks for which the output of mode 3 is high: the longer half. */
static int32_t high_half(const struct counter *c)
{
	return (c->n + 1) / 2;
}

/* What the counting element holds at clock @t. */
static int32_t count_at(const struct counter *c, int64_t t)
{
	int32_t high = high_half(c), phase;

	if (!is_loaded(c, t))
		return c->held;
	switch (c->mode) {
	case MODE_RATE:
		return c->n - elapsed(c, t) % c->n;
	case MODE_SQUARE: /* by two, from an even number, for each half */
		phase = elapsed(c, t) % c->n;
		return (c->n & ~1) - 2 * (phase < high ? phase : phase - high);
	default: /* goes on after 0 */
		return (c->n % base(c) + base(c) - elapsed(c, t) % base(c)) %
		       base(c);
	}
}

bool counter_out(const struct counter *c, int64_t t)
{
	if (!is_loaded(c, t))
		return c->held_out;
	switch (c->mode) {
	case MODE_TERMINAL_COUNT:
	case MODE_ONE_SHOT:
		return elapsed(c, t) >= c->n;
	case MODE_RATE:
		return c->phase == PAUSED || elapsed(c, t) % c->n != c->n - 1;
	case MODE_SQUARE:
		return c->phase == PAUSED ||
		       elapsed(c, t) % c->n < high_half(c);
	default:
		return elapsed(c, t) != c->n;
	}
}

/* The first clock after @t at which OUT goes from low to high. */
static int64_t next_rise(const struct counter *c, int64_t t)
{
	int64_t rise = c->start + c->n;

	if (c->phase != RUNNING)
		return CLOCK_NEVER;
	if (c->mode >= MODE_STROBE)
		rise++;
	else if (is_periodic(c) && rise <= t)
		rise += ((t - rise) / c->n + 1) * c->n;
	return rise > t ? rise : CLOCK_NEVER;
}

/* The end of a period, or half of a square wave, takes the new count. */
static void reload(struct counter *c)
{
	bool falls = c->mode == MODE_SQUARE && !counter_out(c, c->reload_at);

	c->n = decode(c);
	c->start = c->reload_at - (falls ? high_half(c) : 0);
	c->null = false;
}

static bool reload_waits(const struct counter *c)
{
	return c->null && c->phase == RUNNING && is_periodic(c);
}

static void follow_to(struct counter *c, int64_t t)
{
	int64_t rise = next_rise(c, c->seen);

	for (; rise <= t && c->rises < COUNTER_RISES_MAX;
	     rise = next_rise(c, rise))
		c->rises++;
	c->seen = t;
}

/* Brings a counter to clock @t. */
void counter_follow(struct counter *c, int64_t t)
{
	if (reload_waits(c) && t >= c->reload_at) {
		follow_to(c, c->reload_at);
		reload(c);
	}
	follow_to(c, t);
}

static void hold(struct counter *c, int64_t t, bool out)
{
	c->held = count_at(c, t);
	c->held_out = out;
}

/* The next clock loads the count register. */
static void load(struct counter *c, int64_t t)
{
	bool out = c->mode == MODE_ONE_SHOT ? counter_out(c, t) :
					      c->mode != MODE_TERMINAL_COUNT;

	hold(c, t, out);
	c->n = decode(c);
	c->start = t + 1;
	c->frozen = 0;
	c->phase = c->gate || is_triggered(c) ? RUNNING : PAUSED;
	c->null = false;
}

static void write_whole_count(struct counter *c, uint16_t val, int64_t t)
{
	int64_t phase, half = high_half(c);

	c->written = val;
	c->has_count = true;
	c->null = true;
	if (is_triggered(c) || (is_periodic(c) && c->phase == PAUSED))
		return; /* the gate loads it */
	if (!is_periodic(c) || !is_loaded(c, t)) {
		load(c, t);
		return;
	}
	phase = elapsed(c, t) % c->n;
	c->reload_at = t - phase + c->n;
	if (c->mode == MODE_SQUARE && phase < half)
		c->reload_at = t - phase + half;
}

void counter_write(struct counter *c, uint8_t val, int64_t t)
{
	switch (CW_RW(c->control)) {
	case RW_LSB:
		write_whole_count(c, val, t);
		return;
	case RW_MSB:
		write_whole_count(c, val << 8, t);
		return;
	}
	c->write_msb = !c->write_msb;
	if (!c->write_msb) {
		write_whole_count(c, val << 8 | c->lsb, t);
		return;
	}
	c->lsb = val;
	if (c->mode == MODE_TERMINAL_COUNT) { /* stops between the halves */
		hold(c, t, false);
		c->phase = IDLE;
	}
}

static uint8_t status_at(const struct counter *c, int64_t t)
{
	bool null = c->null || (c->phase != IDLE && t < c->start);

	return (counter_out(c, t) ? STATUS_OUT : 0) | (null ? STATUS_NULL : 0) |
	       c->control;
}

void counter_latch_count(struct counter *c, int64_t t)
{
	if (c->count_latched)
		return;
	c->count_latched = true;
	c->count_latch = encode(c, count_at(c, t));
}

void counter_latch_status(struct counter *c, int64_t t)
{
	if (c->status_latched)
		return;
	c->status_latched = true;
	c->status_latch = status_at(c, t);
}

uint8_t counter_read(struct counter *c, int64_t t)
{
	uint16_t count = encode(c, count_at(c, t));
	uint8_t rw = CW_RW(c->control);
	bool msb = rw == RW_BOTH ? c->read_msb : rw == RW_MSB;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status_latch;
	}
	if (c->count_latched)
		count = c->count_latch;
	if (rw == RW_BOTH)
		c->read_msb = !msb;
	if (msb || rw == RW_LSB)
		c->count_latched = false;
	return msb ? count >> 8 : count;
}

void counter_program(struct counter *c, uint8_t val, int64_t t)
{
	uint8_t mode = CW_MODE(val);

	if (mode > MODE_HW_STROBE)
		mode -= 4; /* 6 and 7 are 2 and 3 */
	hold(c, t, mode != MODE_TERMINAL_COUNT);
	c->control = val & CW_KEPT;
	c->mode = mode;
	c->phase = IDLE;
	c->has_count = false;
	c->null = true;
	c->write_msb = c->read_msb = false;
	c->count_latched = c->status_latched = false;
}

static void gate_falls(struct counter *c, int64_t t)
{
	if (is_triggered(c) || c->phase != RUNNING)
		return;
	c->frozen = is_loaded(c, t) ? elapsed(c, t) : 0;
	c->phase = PAUSED;
}

/* Modes 0 and 4 go on; the others begin anew. */
static void gate_rises(struct counter *c, int64_t t)
{
	if (is_triggered(c) || is_periodic(c)) {
		if (c->has_count)
			load(c, t);
	} else if (c->phase == PAUSED) {
		if (is_loaded(c, t))
			c->start = t - c->frozen;
		c->phase = RUNNING;
	}
}

void counter_set_gate(struct counter *c, bool gate, int64_t t)
{
	if (gate == c->gate)
		return;
	c->gate = gate;
	if (gate)
		gate_rises(c, t);
	else
		gate_falls(c, t);
}

/* A clock that a counter can have seen by @t, or looks forward to. */
static bool is_clock(int64_t clock, int64_t t)
{
	return clock >= -4 * COUNT_MAX && clock <= t + 4 * COUNT_MAX;
}

static bool is_possible(const struct counter *c, int64_t t)
{
	return ARE_BOOLS(&c->gate, &c->write_msb, &c->read_msb, &c->has_count,
			 &c->null, &c->held_out, &c->count_latched,
			 &c->status_latched) &&
	       has_only(c->control, CW_KEPT) && c->mode <= MODE_HW_STROBE &&
	       c->phase <= PAUSED && c->n >= (c->phase != IDLE) &&
	       c->n <= COUNT_MAX && c->held >= 0 && c->held <= COUNT_MAX &&
	       is_clock(c->start, t) && is_clock(c->frozen, t) &&
	       is_clock(c->reload_at, t) && is_clock(c->seen, t) &&
	       c->rises <= COUNTER_RISES_MAX;
}

bool counter_restored(struct counter *c, int64_t saved, int64_t t)
{
	unsigned int rises;

	if (saved > t)
		saved = t; /* a clock that was set back outside */
	if (saved < 0 || !is_possible(c, saved))
		return false;
	counter_follow(c, saved);
	rises = c->rises;
	counter_follow(c, t);
	if (c->rises > rises)
		c->rises = rises + 1;
	return true;
}

int64_t counter_next(const struct counter *c, int64_t t)
{
	int64_t next = next_rise(c, t);

	return reload_waits(c) && c->reload_at < next ? c->reload_at : next;
}

int64_t counter_edge(const struct counter *c, int64_t t)
{
	int64_t since = t - c->start, phase = since % (c->n ? c->n : 1);
	int64_t edge = CLOCK_NEVER;

	if (c->phase == IDLE)
		return CLOCK_NEVER;
	if (since < 0)
		return c->start;
	if (c->phase != RUNNING)
		return CLOCK_NEVER;
	if (c->mode == MODE_RATE)
		edge = t - phase + (phase < c->n - 1 ? c->n - 1 : c->n);
	else if (c->mode == MODE_SQUARE)
		edge = t - phase + (phase < high_half(c) ? high_half(c) : c->n);
	else if (since < c->n)
		edge = c->start + c->n;
	else if (since == c->n && c->mode >= MODE_STROBE)
		edge = t + 1;
	if (reload_waits(c) && c->reload_at > t && c->reload_at < edge)
		edge = c->reload_at;
	return edge;
}
