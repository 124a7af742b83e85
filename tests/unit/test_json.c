/* objects: util/json.o util/utf8.o */
/*
 * The JSON writer: layout, commas at every level, and strings of any bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"

static char *text;
static size_t len;
static FILE *to;
static struct json json;

static int setup(void **state)
{
	(void)state;
	to = open_memstream(&text, &len);
	json_begin(&json, to);
	return !to;
}

static int teardown(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void must_be(const char *want)
{
	fclose(to);
	assert_string_equal(text, want);
}

static void levels_are_indented_and_rows_are_not(void **state)
{
	(void)state;
	json_object(&json, NULL);
	json_number(&json, "most", UINT64_MAX);
	json_array(&json, "rows");
	for (unsigned int i = 0; i < 2; i++) {
		json_row(&json, NULL);
		json_number(&json, "i", i);
		json_array(&json, "list");
		json_bool(&json, NULL, true);
		json_bool(&json, NULL, false);
		json_close(&json);
		json_close(&json);
	}
	json_close(&json);
	json_object(&json, "after");
	json_string(&json, "a", "b");
	json_close(&json);
	json_close(&json);
	must_be("{\n"
		"  \"most\": 18446744073709551615,\n"
		"  \"rows\": [\n"
		"    {\"i\": 0, \"list\": [true, false]},\n"
		"    {\"i\": 1, \"list\": [true, false]}\n"
		"  ],\n"
		"  \"after\": {\n"
		"    \"a\": \"b\"\n"
		"  }\n"
		"}\n");
}

static void what_is_empty_stays_on_its_line(void **state)
{
	(void)state;
	json_array(&json, NULL);
	json_object(&json, NULL);
	json_close(&json);
	json_row(&json, NULL);
	json_close(&json);
	json_close(&json);
	must_be("[\n  {},\n  {}\n]\n");
}

static void strings_are_quoted(void **state)
{
	static const struct {
		const char *value, *quoted;
	} rows[] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\n\x1b\x7f", "\"\\u000a\\u001b\\u007f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		/* Alone, cut off, overlong, a surrogate, beyond Unicode. */
		{ "\x80!", "\"\\ufffd!\"" },
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};
	char want[1024] = "[";

	(void)state;
	json_array(&json, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = strlen(want);

		json_string(&json, NULL, rows[i].value);
		snprintf(want + at, sizeof(want) - at, "%s\n  %s", i ? "," : "",
			 rows[i].quoted);
	}
	json_close(&json);
	strncat(want, "\n]\n", sizeof(want) - strlen(want) - 1);
	must_be(want);
}

static void formatted_strings_are_quoted_too(void **state)
{
	char want[300];

	(void)state;
	json_array(&json, NULL);
	json_format(&json, NULL, "0x%x\n", 255);
	json_format(&json, NULL, "%300s", "");
	json_close(&json);
	snprintf(want, sizeof(want), "[\n  \"0xff\\u000a\",\n  \"%255s\"\n]\n",
		 "");
	must_be(want);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(levels_are_indented_and_rows_are_not),
		CASE(what_is_empty_stays_on_its_line),
		CASE(strings_are_quoted),
		CASE(formatted_strings_are_quoted_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
