/* objects: util/text.o */
/* Text put together piece by piece: never more than fits, always ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "util/text.h"

static void pieces_follow_each_other(void **state)
{
	char buf[64];
	struct text text;

	(void)state;
	text_init(&text, buf, sizeof(buf));
	assert_string_equal(buf, "");
	text_add(&text, "%s %d", "one", 2);
	text_add(&text, "!");
	assert_string_equal(buf, "one 2!");
	assert_int_equal(text.len, 6);
}

static void what_does_not_fit_is_left_out(void **state)
{
	char buf[8 + 1];
	struct text text;

	(void)state;
	memset(buf, 'x', sizeof(buf));
	text_init(&text, buf, 8);
	text_add(&text, "12345");
	text_add(&text, "67890");
	text_add(&text, "more");
	text_pad(&text, 40);
	text_byte(&text, 0);
	assert_string_equal(buf, "1234567");
	assert_int_equal(text.len, 7);
	assert_int_equal(buf[8], 'x');
}

static void a_column_counts_from_the_line(void **state)
{
	char buf[64];
	struct text text;

	(void)state;
	text_init(&text, buf, sizeof(buf));
	text_add(&text, "a");
	text_pad(&text, 3);
	text_add(&text, "b\nlonger");
	text_pad(&text, 3);
	text_pad(&text, 8);
	text_add(&text, "c");
	assert_string_equal(buf, "a  b\nlonger  c");
}

static void bytes_are_written_as_in_c(void **state)
{
	static const uint8_t bytes[] = { 'l',  '\n', 0,	   0x1b, '"',
					 '\'', '\\', 0x7f, 0x80, 1 };
	char buf[64];
	struct text text;

	(void)state;
	text_init(&text, buf, sizeof(buf));
	for (size_t i = 0; i < sizeof(bytes); i++)
		text_byte(&text, bytes[i]);
	assert_string_equal(buf, "l\\n\\0\\e\\\"\\'\\\\\\x7f\\x80\\x01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_follow_each_other),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(a_column_counts_from_the_line),
		cmocka_unit_test(bytes_are_written_as_in_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
