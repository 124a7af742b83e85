/*
 * All tests of a program twice: once as they are, and once with each device saved
 * and restored before everything that happens to it (fake_board.h, fake_reloads),
 * which nobody must be able to tell.
 */
#ifndef MKVM_RELOADED_H
#define MKVM_RELOADED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_board.h"

#define RELOADED_MAX  128
#define RELOADED_NAME 96

static inline void reloaded_run(void **state)
{
	const struct CMUnitTest *test = *state;
	void *own = test->initial_state;

	fake_reloads = true;
	if (test->setup_func)
		assert_int_equal(test->setup_func(&own), 0);
	test->test_func(&own);
	if (test->teardown_func)
		assert_int_equal(test->teardown_func(&own), 0);
}

static inline int reloaded_run_all(const char *name,
				   const struct CMUnitTest *tests, size_t nr)
{
	static struct CMUnitTest all[2 * RELOADED_MAX];
	static char names[RELOADED_MAX][RELOADED_NAME];

	if (nr > RELOADED_MAX)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		snprintf(names[i], sizeof(names[i]), "%s, restored",
			 tests[i].name);
		all[i] = tests[i];
		all[nr + i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = reloaded_run,
			.initial_state = (void *)&tests[i],
		};
	}
	return _cmocka_run_group_tests(name, all, 2 * nr, NULL, NULL);
}

#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown) \
	reloaded_run_all(#tests, tests, sizeof(tests) / sizeof((tests)[0]))

#endif
