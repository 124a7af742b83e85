/* objects: terminal/output.o util/lock.o terminal/output_batch.o core/feature.o terminal/screen.o */
/* objects: util/event.o util/log.o util/sink.o util/ring.o */
/* Guest output on its way to stdout, with batching and with --no-batching. */
#include "output_cases.h"

static const char *without_other[] = { "batch", "irq4", NULL };
static const char *without_batching[] = { "irq4", "batching", NULL };

static void test_wakes_once(void **state)
{
	check_wakes(state, true);
}

static void test_every_byte_wakes(void **state)
{
	check_wakes(state, false);
}

/* While the terminal shows something else: no guest waits, the last is kept. */
static void test_held(void **state)
{
	static char text[1000];
	const unsigned int times = 100;
	size_t lost;

	begin(state, SCREEN_RAW, 1);
	write_for_case = keep;
	put("before ");
	output_drain(&output);
	output_hold(&output);
	memset(text, 'x', sizeof(text));
	for (unsigned int i = 0; i < times; i++)
		output_put(&output, 0, text, sizeof(text));
	put(" the last");
	output_break(&output);
	output_drain(&output);
	assert_int_equal(len, 7);
	assert_false(output_is_drained(&output));
	assert_int_equal(output_direct(&output, "picture", 7), 7);
	lost = output_go_on(&output, "<back>");
	wanted = 7 + 7 + 6 + times * sizeof(text) + 9 - lost;
	assert_true(wanted > RING_SIZE / 2);
	event_run(&loop, finished, NULL);
	assert_memory_equal(have, "before picture<back>xxx", 23);
	assert_memory_equal(have + wanted - 9, " the last", 9);
	assert_int_equal(output.lost, 0);
	/* Lines of our own begin where a line does. */
	output_add(&output, "a line\n", 7);
	wanted += 7;
	event_run(&loop, finished, NULL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_CASES(without_other),
		OUTPUT_CASES(without_batching),
		cmocka_unit_test_prestate(test_wakes_once, without_other),
		cmocka_unit_test(test_held),
		cmocka_unit_test_prestate(test_held, without_batching),
		cmocka_unit_test(test_wakes_once),
		cmocka_unit_test_prestate(test_every_byte_wakes,
					  without_batching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
