/* objects: terminal/ask.o */
/*
 * Keys, and what a terminal may answer among them, in any pieces and with any time
 * between: what is typed comes out in its order, what does not is an answer's, and
 * nothing is held for longer than is said. The pieces make no difference.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/ask.h"

#define HOLD_TICKS 3  /* at most */
#define OPEN_TICKS 67 /* likewise */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Who listens, and what has come of it. */
struct side {
	struct ask ask;
	uint8_t *out;
	size_t len;
};

/* One in pieces, one byte by byte, and what the guest should have of that. */
static struct side whole, single;
static uint8_t *typed;
static size_t nr_typed;

/* CSI, numbers, and a letter. */
static void check_answer(const uint8_t *at, size_t len)
{
	assert(len >= 4 && len <= ASK_MAX + 1);
	assert(at[0] == 0x1b && at[1] == '[');
	for (size_t i = 2; i < len - 1; i++)
		assert(at[i] && strchr("0123456789;?", at[i]));
	assert(at[len - 1] && strchr("cSt", at[len - 1]));
}

/* What is neither out nor held has just been understood. */
static void one(uint8_t byte)
{
	struct side *s = &single;
	size_t gone;

	typed[nr_typed++] = byte;
	s->len += ask_sift(&s->ask, &byte, 1, s->out + s->len);
	assert(s->ask.len <= ASK_MAX && s->len + s->ask.len <= nr_typed);
	assert(!s->ask.len || ask_is_open(&s->ask));
	gone = nr_typed - s->len - s->ask.len;
	if (!gone)
		return;
	check_answer(typed + nr_typed - gone, gone);
	nr_typed -= gone;
}

static void come(const uint8_t *data, size_t size)
{
	whole.len += ask_sift(&whole.ask, data, size, whole.out + whole.len);
	for (size_t i = 0; i < size; i++)
		one(data[i]);
}

static void tick(unsigned int times)
{
	while (times--) {
		whole.len += ask_tick(&whole.ask, whole.out + whole.len);
		single.len += ask_tick(&single.ask, single.out + single.len);
	}
}

static void tick_full(unsigned int times)
{
	while (times--) {
		ask_tick_full(&whole.ask);
		ask_tick_full(&single.ask);
	}
}

static void begin(struct side *s, size_t size)
{
	*s = (struct side){ .out = malloc(size + 2 * ASK_MAX) };
	assert(s->out);
	ask_begin(&s->ask);
}

static void end(void)
{
	tick(HOLD_TICKS);
	assert(!single.ask.len && !whole.ask.len);
	tick(OPEN_TICKS);
	assert(!ask_is_open(&single.ask) && !ask_is_open(&whole.ask));
	assert(single.len == nr_typed && whole.len == nr_typed);
	assert(!memcmp(single.out, typed, nr_typed) &&
	       !memcmp(whole.out, typed, nr_typed));
	free(single.out);
	free(whole.out);
	free(typed);
}

/* The upper two bits of a byte: so many bytes come, or ticks, or ticks without room. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin(&whole, size);
	begin(&single, size);
	typed = malloc(size + 1);
	nr_typed = 0;
	assert(typed);
	while (size) {
		const unsigned int how = data[0] >> 6;
		size_t part = data[0] & 0x3f;

		data++;
		size--;
		if (how == 3) {
			tick(part);
		} else if (how == 2) {
			tick_full(part);
		} else {
			part = part < size ? part : size;
			come(data, part);
			data += part;
			size -= part;
		}
	}
	end();
	return 0;
}
