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

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_CASES(without_other),
		OUTPUT_CASES(without_batching),
		cmocka_unit_test_prestate(test_wakes_once, without_other),
		cmocka_unit_test(test_wakes_once),
		cmocka_unit_test_prestate(test_every_byte_wakes,
					  without_batching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
