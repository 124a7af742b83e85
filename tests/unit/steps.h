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
#include "reloaded.h"

enum step_op {
	STEP_OUT,
	STEP_IN,
	STEP_IRQ,
	STEP_EDGES,
	STEP_TYPE,
	STEP_READY,
	STEP_SENT,
	STEP_SENDS,
	STEP_STOPS,
	STEP_ODD,
	STEP_RBX,
	STEP_CLOCK,
	STEP_NOW,
	STEP_GUEST,
	STEP_UNTIL,
	STEP_LINE,
	STEP_INTR,
	STEP_ACK,
	STEP_EOI,
	STEP_SENDINGS,
	STEP_MESSAGE,
	STEP_TARGET,
	STEP_LISTS,
	STEP_WANTED,
	STEP_POWER,
	STEP_WORK,
	STEP_KEY,
	STEP_POINTER,
	STEP_PUT,
	STEP_WANT,
	STEP_EVENT,
	STEP_EJECTED,
};

struct step {
	enum step_op op;
	uint8_t size; /* bytes, of an access */
	uint32_t at;
	uint64_t val;
	const char *text;
};

/* clang-format off */
#define STEP(op, at, val)	  { op, 1, at, val, NULL }
#define STEP_WIDE(op, n, at, val) { op, n, at, val, NULL }
#define STEP_TEXT(op, val, text)  { op, 1, 0, val, text }

/* What the test does */
#define OUT(port, byte)	  STEP(STEP_OUT, port, byte)
#define OUT16(port, val)  STEP_WIDE(STEP_OUT, 2, port, val)
#define OUT32(port, val)  STEP_WIDE(STEP_OUT, 4, port, val)
#define TYPE(text, taken) STEP_TEXT(STEP_TYPE, taken, text) /* offers input */
#define RBX(val)	  STEP(STEP_RBX, 0, val)
#define CLOCK(seconds)	  STEP(STEP_CLOCK, 0, seconds) /* the host's */
#define NOW(ns)		  STEP(STEP_NOW, 0, ns) /* the guest's age */
#define GUEST(id)	  STEP(STEP_GUEST, 0, id)
#define UNTIL(ns)	  STEP(STEP_UNTIL, 0, ns) /* with timers on time */
#define LINE(irq, level)  STEP(STEP_LINE, irq, level) /* of a device */
#define PRESS(key)	  STEP(STEP_KEY, key, 1) /* somebody, KEY_ */
#define LET_GO(key)	  STEP(STEP_KEY, key, 0)
#define POINT(buttons, dx, dy, wheel)                          \
	STEP_WIDE(STEP_POINTER, (uint8_t)(wheel), buttons,     \
		  (uint64_t)(uint32_t)(dx) << 32 | (uint32_t)(dy))
#define PUT(nr)		  STEP(STEP_PUT, nr, 0) /* into a spare slot */
#define WANT(nr)	  STEP(STEP_WANT, nr, 0) /* it is wanted back */
#define EVENT(gpe)	  STEP(STEP_EVENT, gpe, 0)
#define WORK		  STEP(STEP_WORK, 0, 0) /* workers, until they wait */
#define AT_EOI(vector)	  STEP(STEP_EOI, 0, vector) /* a CPU is through */

/* What it expects; the counts are since power-on */
#define IN(port, byte)	  STEP(STEP_IN, port, byte)
#define IN16(port, val)	  STEP_WIDE(STEP_IN, 2, port, val)
#define IN32(port, val)	  STEP_WIDE(STEP_IN, 4, port, val)
#define IRQ(pin, level)	  STEP(STEP_IRQ, pin, level)
#define EDGES(pin, count) STEP(STEP_EDGES, pin, count) /* of the level */
#define READY(count)	  STEP(STEP_READY, 0, count) /* board_rx_ready() */
#define SENT(text)	  STEP_TEXT(STEP_SENT, 0, text) /* all output so far */
#define SENDS(count)	  STEP(STEP_SENDS, 0, count) /* calls of board_tx() */
#define STOPS(count)	  STEP(STEP_STOPS, 0, count)
#define ODD(count)	  STEP(STEP_ODD, 0, count) /* board_oddity() */
#define INTR(level)	  STEP(STEP_INTR, 0, level) /* board_intr() */
#define ACK(vector)	  STEP(STEP_ACK, 0, vector) /* the CPU takes it */
#define MESSAGES(count)	  STEP(STEP_SENDINGS, 0, count) /* board_send() */
#define MESSAGE(data)	  STEP(STEP_MESSAGE, 0, data) /* of the last one */
#define TARGET(address)	  STEP(STEP_TARGET, 0, address) /* likewise */
#define LISTS(count)	  STEP(STEP_LISTS, 0, count) /* board_want_eoi() */
#define WANTED(count)	  STEP(STEP_WANTED, 0, count) /* in the last one */
#define EJECTED(count)	  STEP(STEP_EJECTED, 0, count) /* board_eject() */
#define POWER(listens)	  STEP(STEP_POWER, 0, listens) /* the button */
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

/* A step that does something; false if it is one that expects. */
static inline bool step_do(struct board *b, const struct step *s)
{
	switch (s->op) {
	case STEP_OUT:
		fake_out(b, s->at, s->size, s->val);
		return true;
	case STEP_RBX:
		b->rbx = s->val;
		return true;
	case STEP_CLOCK:
		b->wall_s = s->val;
		return true;
	case STEP_NOW:
		b->now_ns = s->val;
		return true;
	case STEP_GUEST:
		b->guest_id = s->val;
		return true;
	case STEP_UNTIL:
		fake_run_until(b, s->val);
		return true;
	case STEP_WORK:
		while (fake_work(b))
			;
		return true;
	case STEP_LINE:
		b->type->chip->line(b->dev, s->at, s->val);
		return true;
	case STEP_KEY:
		b->type->key(b->dev, s->at, s->val);
		return true;
	case STEP_POINTER:
		b->type->pointer(b->dev, (int32_t)(s->val >> 32),
				 (int32_t)s->val, (int8_t)s->size, s->at);
		return true;
	case STEP_PUT:
	case STEP_WANT:
		b->spares |= (unsigned int)(s->op == STEP_PUT) << s->at;
		b->type->spare->tell(b->dev, s->at, s->op == STEP_WANT);
		return true;
	case STEP_EVENT:
		b->type->event(b->dev, s->at);
		return true;
	case STEP_EOI:
		b->type->chip->eoi(b->dev, s->val);
		return true;
	default:
		return false;
	}
}

/* What an expecting step looks at, and its name for the message. */
static inline uint64_t step_look(struct board *b, const struct step *s,
				 const char **what)
{
	switch (s->op) {
	case STEP_IN:
		*what = "value read";
		return fake_in(b, s->at, s->size);
	case STEP_TYPE:
		*what = "input taken";
		return fake_offer(b, s->text, strlen(s->text));
	case STEP_IRQ:
		*what = "level";
		return b->irq[s->at];
	case STEP_EDGES:
		*what = "level changes";
		return b->irq_changes[s->at];
	case STEP_READY:
		*what = "calls of board_rx_ready";
		return b->rx_readies;
	case STEP_SENDS:
		*what = "calls of board_tx";
		return b->tx_calls;
	case STEP_STOPS:
		*what = "stops";
		return b->stops;
	case STEP_ODD:
		*what = "oddities";
		return b->oddities;
	case STEP_INTR:
		*what = "INTR";
		return b->intr;
	case STEP_ACK:
		*what = "vector";
		return b->type->chip->acknowledge(b->dev);
	case STEP_SENDINGS:
		*what = "calls of board_send";
		return b->sends;
	case STEP_MESSAGE:
		*what = "data of the message";
		return b->sent.data;
	case STEP_TARGET:
		*what = "address of the message";
		return b->sent.address;
	case STEP_LISTS:
		*what = "calls of board_want_eoi";
		return b->eoi_lists;
	case STEP_WANTED:
		*what = "messages whose EOI is wanted";
		return b->nr_eoi;
	case STEP_EJECTED:
		*what = "slots that were ejected";
		return b->ejected;
	case STEP_POWER:
		*what = "whether it listens to the power button";
		return b->type->power(b->dev);
	default:
		*what = "a step of no known kind";
		return ~s->val;
	}
}

static inline void step_run(struct board *b, const char *table, size_t row,
			    const struct step *s)
{
	const char *what;
	uint64_t got;

	fake_reload_now_and_then(b);
	if (step_do(b, s))
		return;
	if (s->op == STEP_SENT) {
		step_sent(table, row, b, s->text);
		return;
	}
	got = step_look(b, s, &what);
	step_expect(table, row, what, got, s->val);
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
