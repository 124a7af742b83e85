/* objects: terminal/output.o util/lock.o terminal/output_batch_none.o terminal/screen.o */
/* objects: util/event.o util/log.o util/sink.o util/ring.o */
/* Guest output on its way to stdout where batching was configured out. */
#include "output_cases.h"

static void test_every_byte_wakes(void **state)
{
	check_wakes(state, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_CASES(NULL),
		cmocka_unit_test(test_every_byte_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
