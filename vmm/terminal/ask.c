/* What the terminal answers, among what is typed: see ask.h. */
#include "terminal/ask.h"

#include <string.h>

#define ESC	    0x1b
#define WAIT_TICKS  10 /* 0.3 s: until something is drawn without an answer */
#define OPEN_TICKS  66 /* 2 s: until whatever comes is typed */
#define HOLD_TICKS  2
#define NUMBERS_MAX 32
#define NUMBER_MAX  9999
#define CLASS_FIRST 60 /* terminals that list what they have */
#define HAS_SIXEL   4
#define CELL_SIZE   6

const bool ask_is_here = true;

void ask_begin(struct ask *ask)
{
	*ask = (struct ask){ .state = ASK_WAITING };
}

/* The numbers of held, behind its first @at bytes; how many. */
static unsigned int parse(const struct ask *ask, size_t at,
			  unsigned int numbers[NUMBERS_MAX])
{
	unsigned int nr = 1;

	numbers[0] = 0;
	for (; at < ask->len; at++) {
		if (ask->held[at] == ';') {
			if (nr == NUMBERS_MAX)
				return nr;
			numbers[nr++] = 0;
		} else if (numbers[nr - 1] <= NUMBER_MAX) {
			numbers[nr - 1] =
				numbers[nr - 1] * 10 + ask->held[at] - '0';
		}
	}
	return nr;
}

static bool is_private(const struct ask *ask)
{
	return ask->len > 2 && ask->held[2] == '?';
}

/* Whether what is held, with @last behind it, is an answer. */
static bool understand(struct ask *ask, uint8_t last)
{
	unsigned int numbers[NUMBERS_MAX];
	const bool private = is_private(ask);
	const unsigned int nr = parse(ask, private ? 3 : 2, numbers);

	if (last == 'c' && private) {
		for (unsigned int i = 1; i < nr; i++)
			ask->sixel |= numbers[0] >= CLASS_FIRST &&
				      numbers[i] == HAS_SIXEL;
		ask->state = ASK_OVER;
		return true;
	}
	if (last == 'S' && private) {
		if (nr == 3 && numbers[0] == 1 && numbers[1] == 0)
			ask->registers = numbers[2];
		return true;
	}
	if (last == 't' && !private && nr == 3 && numbers[0] == CELL_SIZE) {
		ask->cell_height = numbers[1];
		ask->cell_width = numbers[2];
		return true;
	}
	return false;
}

/* Whether @c may follow what is held of an answer. */
static bool continues(const struct ask *ask, uint8_t c)
{
	if (ask->len == 0)
		return c == ESC;
	if (ask->len == 1)
		return c == '[';
	if (ask->len == ASK_MAX)
		return false;
	return (c >= '0' && c <= '9') || c == ';' ||
	       (c == '?' && ask->len == 2);
}

static size_t let_go(struct ask *ask, uint8_t *out)
{
	const size_t len = ask->len;

	memcpy(out, ask->held, len);
	ask->len = 0;
	return len;
}

/* One byte; how many that makes of what is typed. */
static size_t sift_one(struct ask *ask, uint8_t c, uint8_t *out)
{
	size_t len;

	if (ask->len >= 3 && understand(ask, c)) {
		ask->len = 0;
		return 0;
	}
	len = continues(ask, c) ? 0 : let_go(ask, out);
	if (continues(ask, c)) {
		if (!ask->len)
			ask->held_for = 0;
		ask->held[ask->len++] = c;
		return len;
	}
	out[len] = c;
	return len + 1;
}

size_t ask_sift(struct ask *ask, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t done = 0, at = 0;

	for (; at < len && ask_is_open(ask); at++)
		done += sift_one(ask, in[at], out + done);
	memcpy(out + done, in + at, len - at);
	return done + len - at;
}

size_t ask_tick(struct ask *ask, uint8_t *out)
{
	if (!ask_is_open(ask))
		return 0;
	ask->ticks++;
	if (ask->ticks > WAIT_TICKS)
		ask->state = ASK_LATE;
	if (ask->ticks > OPEN_TICKS)
		ask->state = ASK_OVER;
	if (!ask->len ||
	    (ask->held_for++ < HOLD_TICKS && ask->state != ASK_OVER))
		return 0;
	return let_go(ask, out);
}

void ask_tick_full(struct ask *ask)
{
	if (ask->state == ASK_WAITING && ++ask->ticks > WAIT_TICKS)
		ask->state = ASK_LATE;
}
