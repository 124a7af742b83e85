/*
 * Device tests as tables: what the guest writes, what it must read, and what
 * the board must have seen, one row after the other.
 */
#ifndef MKVM_STEPS_H
#define MKVM_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_board.h"

enum step_op {
	STEP_OUT,
	STEP_IN,
	STEP_IRQ,
	STEP_EDGES,
	STEP_TYPE,
	STEP_READY,
	STEP_SENT,
	STEP_STOPS,
	STEP_ODD,
	STEP_RBX,
	STEP_CLOCK,
};

struct step {
	enum step_op op;
	uint16_t at;
	uint64_t val;
	const char *text;
};

/* clang-format off */
/* What the test does */
#define OUT(port, byte)	  { STEP_OUT, port, byte, NULL }
#define TYPE(text, taken) { STEP_TYPE, 0, taken, text } /* offers input */
#define RBX(val)	  { STEP_RBX, 0, val, NULL }
#define CLOCK(seconds)	  { STEP_CLOCK, 0, seconds, NULL } /* the host's */

/* What it expects; the counts are since power-on */
#define IN(port, byte)	  { STEP_IN, port, byte, NULL }
#define IRQ(pin, level)	  { STEP_IRQ, pin, level, NULL }
#define EDGES(pin, count) { STEP_EDGES, pin, count, NULL } /* of the level */
#define READY(count)	  { STEP_READY, 0, count, NULL } /* board_rx_ready() */
#define SENT(text)	  { STEP_SENT, 0, 0, text } /* all output so far */
#define STOPS(count)	  { STEP_STOPS, 0, count, NULL }
#define ODD(count)	  { STEP_ODD, 0, count, NULL } /* board_oddity() */
/* clang-format on */

static inline void step_expect(const char *table, size_t row, const char *what,
			       uint64_t got, uint64_t want)
{
	if (got != want)
		fail_msg("%s[%zu]: %s is 0x%llx, expected 0x%llx", table, row,
			 what, (unsigned long long)got,
			 (unsigned long long)want);
}

static inline void step_sent(const char *table, size_t row,
			     const struct board *b, const char *text)
{
	step_expect(table, row, "length of the output", b->tx_len,
		    strlen(text));
	step_expect(table, row, "difference in the output",
		    memcmp(b->tx, text, strlen(text)), 0);
}

static inline void step_run(struct board *b, const char *table, size_t row,
			    const struct step *s)
{
	switch (s->op) {
	case STEP_OUT:
		fake_out(b, s->at, 1, s->val);
		break;
	case STEP_IN:
		step_expect(table, row, "value read", fake_in(b, s->at, 1),
			    s->val);
		break;
	case STEP_IRQ:
		step_expect(table, row, "level", b->irq[s->at], s->val);
		break;
	case STEP_EDGES:
		step_expect(table, row, "level changes", b->irq_changes[s->at],
			    s->val);
		break;
	case STEP_TYPE:
		step_expect(table, row, "input taken",
			    fake_offer(b, s->text, strlen(s->text)), s->val);
		break;
	case STEP_READY:
		step_expect(table, row, "calls of board_rx_ready",
			    b->rx_readies, s->val);
		break;
	case STEP_SENT:
		step_sent(table, row, b, s->text);
		break;
	case STEP_STOPS:
		step_expect(table, row, "stops", b->stops, s->val);
		break;
	case STEP_ODD:
		step_expect(table, row, "oddities", b->oddities, s->val);
		break;
	case STEP_RBX:
		b->rbx = s->val;
		break;
	case STEP_CLOCK:
		b->wall_s = s->val;
		break;
	}
}

/* Runs the array @steps on board @b, which must be open. */
#define RUN_STEPS(b, steps)                                             \
	do {                                                            \
		for (size_t row_ = 0;                                   \
		     row_ < sizeof(steps) / sizeof((steps)[0]); row_++) \
			step_run(b, #steps, row_, &(steps)[row_]);      \
	} while (0)

/* One whole test: device @name from power-on through the array @steps. */
#define TEST_STEPS(test, name, steps)      \
	static void test(void **state)     \
	{                                  \
		struct board b;            \
                                           \
		(void)state;               \
		fake_board_open(&b, name); \
		RUN_STEPS(&b, steps);      \
		fake_board_close(&b);      \
	}

#endif
