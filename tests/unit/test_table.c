/*
 * Link-time tables: every row is there once, and a table that nobody added to
 * is empty instead of an error of the linker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "table.h"

struct thing {
	int value;
};

TABLE_DECLARE(full, thing);
TABLE_DECLARE(empty, thing);

static const struct thing one = { 1 }, two = { 2 }, four = { 4 };
TABLE_ROW(full, thing, one);
TABLE_ROW(full, thing, two);
TABLE_ROW(full, thing, four);

static void rows_are_there_once(void **state)
{
	const struct thing *const *row;
	int sum = 0, count = 0;

	(void)state;
	TABLE_FOREACH(full, row) {
		sum += (*row)->value;
		count++;
	}
	assert_int_equal(sum, 7);
	assert_int_equal(count, 3);
}

static void an_empty_table_has_no_rows(void **state)
{
	const struct thing *const *row;

	(void)state;
	TABLE_FOREACH(empty, row)
		fail_msg("a row in a table nobody added to");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_there_once),
		cmocka_unit_test(an_empty_table_has_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
