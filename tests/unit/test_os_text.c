/* host-objects: os-1k/user/format.o os-1k/user/number.o */
/*
 * What the programs of 1K OS make of numbers: reading them, where every digit
 * too many counts, and printing them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "os-1k/user/format.h"
#include "os-1k/user/number.h"

static const struct {
	const char *text;
	enum number_result result;
	int value;
	size_t used;
} numbers[] = {
	{ "0", NUMBER_OK, 0, 1 },
	{ "  42x", NUMBER_OK, 42, 4 },
	{ "-7 8", NUMBER_OK, -7, 2 },
	{ "+5+6", NUMBER_OK, 5, 2 },
	{ "0009", NUMBER_OK, 9, 4 },
	{ "2147483647", NUMBER_OK, INT_MAX, 10 },
	{ "-2147483648", NUMBER_OK, INT_MIN, 11 },
	{ "2147483648", NUMBER_TOO_LARGE, 0, 10 },
	{ "-2147483649", NUMBER_TOO_LARGE, 0, 11 },
	{ "21474836470", NUMBER_TOO_LARGE, 0, 11 },
	{ "99999999999999999999-", NUMBER_TOO_LARGE, 0, 20 },
	{ "", NUMBER_NONE, 0, 0 },
	{ "   ", NUMBER_NONE, 0, 0 },
	{ "-", NUMBER_NONE, 0, 0 },
	{ "- 5", NUMBER_NONE, 0, 0 },
	{ "--5", NUMBER_NONE, 0, 0 },
	{ "x", NUMBER_NONE, 0, 0 },
	{ ":", NUMBER_NONE, 0, 0 },
	{ "/", NUMBER_NONE, 0, 0 },
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *at = numbers[i].text;
		int value = 0;

		assert_int_equal(number_read(&at, &value), numbers[i].result);
		assert_int_equal(at - numbers[i].text, numbers[i].used);
		if (numbers[i].result == NUMBER_OK)
			assert_int_equal(value, numbers[i].value);
	}
}

static char printed[200];
static size_t len;

static void put(char c)
{
	assert_true(len + 1 < sizeof(printed));
	printed[len++] = c;
	printed[len] = 0;
}

/* Formats and compares with what the C library prints. */
static void same(const char *text, ...)
{
	char want[sizeof(printed)];
	va_list args, again;

	len = 0;
	printed[0] = 0;
	va_start(args, text);
	va_copy(again, args);
	format(put, text, args);
	vsnprintf(want, sizeof(want), text, again);
	va_end(again);
	va_end(args);
	assert_string_equal(printed, want);
}

static void prints(void **state)
{
	static const int values[] = { 0, 1, -1, 9, 10, 4096, INT_MAX, INT_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int v = values[i];

		same("%d %u %x", v, v, v);
		same("<%2d> <%12d> <%-12d>", v, v, v);
		same("<%02d> <%08x> <%5u>", v < 0 ? 0 : v, v, v);
	}
	same("100%% of %s, %-6s|%6s|%2s|%s", "it", "left", "right", "long", "");
	same("nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
