/* objects: terminal/ask.o */
/* What a terminal answers, among keys: whatever the pieces, each goes its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/ask.h"

#define SIXEL "\033[?62;4;22c"

static struct ask ask;
static uint8_t typed[512];
static size_t nr_typed;

static void begin(void)
{
	ask_begin(&ask);
	nr_typed = 0;
}

static void come(const char *text, size_t len)
{
	/* Just as much room as is asked for. */
	uint8_t *out = malloc(len + ASK_MAX);
	size_t nr = ask_sift(&ask, (const uint8_t *)text, len, out);

	assert_true(nr <= len + ASK_MAX);
	memcpy(typed + nr_typed, out, nr);
	nr_typed += nr;
	free(out);
}

static void tick(unsigned int times)
{
	while (times--)
		nr_typed += ask_tick(&ask, typed + nr_typed);
}

static void expect(const char *keys)
{
	assert_int_equal(nr_typed, strlen(keys));
	assert_memory_equal(typed, keys, nr_typed);
}

static const struct {
	const char *come, *typed;
	bool sixel, open;
	unsigned int registers, width, height;
} rows[] = {
	{ SIXEL, "", true, false, 0, 0, 0 },
	{ "\033[?62;22c", "", false, false, 0, 0, 0 },
	{ "\033[?4;6c", "", false, false, 0, 0, 0 }, /* a VT132 */
	{ "\033[?64c", "", false, false, 0, 0, 0 },
	{ "\033[?1;0;256S\033[6;20;10t" SIXEL, "", true, false, 256, 10, 20 },
	{ "\033[?1;3S\033[?2;0;640;480S" SIXEL, "", true, false, 0, 0, 0 },
	{ "a\033[6;18;9tb" SIXEL "c", "abc", true, false, 0, 9, 18 },
	{ "\033[A\033[1;5C\033OP\033[24~\033\033[B", NULL, false, true, 0, 0,
	  0 },
	{ "\033[8;24;80t", NULL, false, true, 0, 0, 0 },
	{ "\033[?1049h\033[?c", "\033[?1049h", false, false, 0, 0, 0 },
	{ "\033[c\033[1S\033[??c", NULL, false, true, 0, 0, 0 },
	{ "\033\033" SIXEL, "\033\033", true, false, 0, 0, 0 },
	{ "\033[" SIXEL, "\033[", true, false, 0, 0, 0 },
	{ SIXEL SIXEL, SIXEL, true, false, 0, 0, 0 }, /* it was asked once */
	{ "\033[?1;0;99999999999999999999S" SIXEL, "", true, false, 99999, 0,
	  0 },
};

/* All at once, and in two pieces, wherever they are cut. */
static void answers(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t len = strlen(rows[i].come);

		for (size_t at = 0; at <= len; at++) {
			begin();
			come(rows[i].come, at);
			tick(1);
			come(rows[i].come + at, len - at);
			tick(5);
			expect(rows[i].typed ? rows[i].typed : rows[i].come);
			assert_int_equal(ask.sixel, rows[i].sixel);
			assert_int_equal(ask_is_open(&ask), rows[i].open);
			assert_int_equal(ask.registers, rows[i].registers);
			assert_int_equal(ask.cell_width, rows[i].width);
			assert_int_equal(ask.cell_height, rows[i].height);
		}
	}
}

/* Longer than any answer, and with more numbers than one has. */
static void endless(void **unused)
{
	char text[300] = "\033[?62;";

	(void)unused;
	begin();
	memset(text + 6, ';', sizeof(text) - 6);
	come(text, sizeof(text));
	tick(5);
	assert_int_equal(nr_typed, sizeof(text));
	assert_memory_equal(typed, text, sizeof(text));
	begin();
	memset(text + 6, ';', 50);
	text[56] = 'c';
	come(text, 57);
	expect("");
	assert_int_equal(ask.state, ASK_OVER);
}

/* Esc alone is typed after two ticks. */
static void lone_escape(void **unused)
{
	(void)unused;
	begin();
	come("\033", 1);
	tick(2);
	expect("");
	tick(1);
	expect("\033");
	come("\033[", 2);
	tick(3);
	expect("\033\033[");
}

/* It does not answer: something is drawn after ten ticks, and after 66 whatever
 * comes is typed. */
static void no_answer(void **unused)
{
	(void)unused;
	begin();
	tick(10);
	assert_int_equal(ask.state, ASK_WAITING);
	tick(1);
	assert_int_equal(ask.state, ASK_LATE);
	come("\033", 1);
	tick(54);
	come("\033[?62", 5);
	assert_int_equal(ask.state, ASK_LATE);
	tick(2);
	assert_int_equal(ask.state, ASK_OVER);
	come(SIXEL, strlen(SIXEL));
	expect("\033\033[?62" SIXEL);
	assert_false(ask.sixel);
}

/* While the guest takes no keys nothing is read: that is waited for no longer than for
 * any answer, and when it comes, nobody types it. */
static void no_room(void **unused)
{
	(void)unused;
	begin();
	come("\033", 1);
	for (int i = 0; i < 11; i++)
		ask_tick_full(&ask);
	assert_int_equal(ask.state, ASK_LATE);
	for (int i = 0; i < 100; i++)
		ask_tick_full(&ask);
	assert_true(ask_is_open(&ask));
	expect("");
	come(SIXEL, strlen(SIXEL));
	expect("\033");
	assert_true(ask.sixel);
}

/* Nothing was asked: nothing is taken. */
static void not_asked(void **unused)
{
	(void)unused;
	memset(&ask, 0, sizeof(ask));
	nr_typed = 0;
	come(SIXEL, strlen(SIXEL));
	tick(100);
	expect(SIXEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),     cmocka_unit_test(endless),
		cmocka_unit_test(lone_escape), cmocka_unit_test(no_answer),
		cmocka_unit_test(no_room),     cmocka_unit_test(not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
