/* objects: util/json_read.o util/utf8.o */
/*
 * JSON that is read where it lies: what is one value and what is none, walking it, and
 * what strings say. Each text is copied to where nothing may be read behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/json_read.h"
#include "util/utf8.h"

/* Whether the @len bytes at @text are a value, of @kind then. */
static bool reads(const char *text, size_t len, enum json_kind *kind)
{
	struct json_value value = { JSON_NONE, NULL, 0 };
	char *copy = malloc(len ? len : 1);
	bool good;

	memcpy(copy, text, len);
	good = json_read(copy, len, &value);
	*kind = value.kind;
	free(copy);
	return good;
}

static const struct {
	const char *text;
	enum json_kind kind; /* JSON_NONE: it is none */
} texts[] = {
	{ "{}", JSON_OBJECT },
	{ " { } ", JSON_OBJECT },
	{ "{\"a\": 1, \"b\": [true, false, null]}", JSON_OBJECT },
	{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", JSON_ARRAY },
	{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", JSON_NONE },
	{ "\"\"", JSON_STRING },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", JSON_STRING },
	{ "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", JSON_STRING },
	{ "0", JSON_NUMBER },
	{ "-0.5e+10", JSON_NUMBER },
	{ "1E5", JSON_NUMBER },
	{ "true", JSON_BOOL },
	{ "null", JSON_NULL },
	{ "", JSON_NONE },
	{ " ", JSON_NONE },
	{ "{", JSON_NONE },
	{ "}", JSON_NONE },
	{ "[1,]", JSON_NONE },
	{ "[,1]", JSON_NONE },
	{ "[1 2]", JSON_NONE },
	{ "{\"a\"}", JSON_NONE },
	{ "{\"a\":}", JSON_NONE },
	{ "{\"a\":1,}", JSON_NONE },
	{ "{a: 1}", JSON_NONE },
	{ "{1: 1}", JSON_NONE },
	{ "[}", JSON_NONE },
	{ "{]", JSON_NONE },
	{ "1 1", JSON_NONE },
	{ "01", JSON_NONE },
	{ "1.", JSON_NONE },
	{ ".5", JSON_NONE },
	{ "+1", JSON_NONE },
	{ "1e", JSON_NONE },
	{ "-", JSON_NONE },
	{ "tru", JSON_NONE },
	{ "nul", JSON_NONE },
	{ "\"", JSON_NONE },
	{ "\"\\\"", JSON_NONE },
	{ "\"\\x\"", JSON_NONE },
	{ "\"\\u12g4\"", JSON_NONE },
	{ "\"\\u12\"", JSON_NONE },
	{ "\"\x01\"", JSON_NONE },
	{ "\"a\nb\"", JSON_NONE },
	{ "\"\xff\"", JSON_NONE },
	{ "\"\xc3\"", JSON_NONE },
	{ "\"\xc0\x80\"", JSON_NONE },	   /* overlong */
	{ "\"\xed\xa0\x80\"", JSON_NONE }, /* a surrogate */
	{ "\"\xf4\x90\x80\x80\"", JSON_NONE },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum json_kind kind;
		bool good = reads(texts[i].text, strlen(texts[i].text), &kind);

		if (good != (texts[i].kind != JSON_NONE) ||
		    kind != texts[i].kind)
			fail_msg("%s: have %d of kind %d", texts[i].text, good,
				 kind);
	}
}

/* No beginning of a text is read beyond its end; most are no values. */
static void test_cut(void **state)
{
	static const char text[] =
		"{\"ok\": true, \"a\": [1.5e3, \"\\u20ac\xe2\x82\xac\", null]}";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		enum json_kind kind;
		bool whole = len == sizeof(text) - 1;

		assert_int_equal(reads(text, len, &kind), whole);
	}
}

static void test_lines(void **state)
{
	(void)state;
	assert_true(json_is_line("{}\n", 3));
	assert_false(json_is_line("{}", 2));
	assert_false(json_is_line("", 0));
	assert_false(json_is_line("\n", 1));
	assert_false(json_is_line("[]\n", 3));
	assert_false(json_is_line("{}\n\n", 4));
	assert_false(json_is_line("{\n}\n", 4));
	assert_false(json_is_line("{}{}\n", 5));
	assert_true(json_is_true("{\"ok\": true}\n", 13, "ok"));
	assert_false(json_is_true("{\"ok\": false}\n", 14, "ok"));
	assert_false(json_is_true("{\"ok\": \"true\"}\n", 15, "ok"));
	assert_false(json_is_true("{\"a\": {\"ok\": true}}\n", 20, "ok"));
	assert_false(json_is_true("{}\n", 3, "ok"));
}

static void test_walk(void **state)
{
	static const char text[] =
		" { \"a\" : [ 1 , [ ] , \"x\" ] , \"b\":{\"c\":18446744073709551615}}";
	struct json_value whole, a, b, c, key, value;
	const char *at = NULL;
	char buf[8];

	(void)state;
	assert_true(json_read(text, strlen(text), &whole));
	a = json_member(&whole, "a");
	assert_true(json_next(&a, &at, &key, &value));
	assert_int_equal(key.kind, JSON_NONE);
	assert_int_equal(json_uint(&value), 1);
	assert_true(json_next(&a, &at, &key, &value));
	assert_int_equal(value.kind, JSON_ARRAY);
	assert_true(json_next(&a, &at, &key, &value));
	assert_int_equal(json_text(&value, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "x");
	assert_false(json_next(&a, &at, &key, &value));
	b = json_member(&whole, "b");
	c = json_member(&b, "c");
	assert_int_equal(json_uint(&c), UINT64_MAX);
	assert_int_equal(json_member(&b, "none").kind, JSON_NONE);
	assert_int_equal(json_member(&a, "a").kind, JSON_NONE);
	at = NULL;
	assert_false(json_next(&c, &at, &key, &value));
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "\"a\\n\\t\\\"\\\\\\/\"", "a\n\t\"\\/" },
		{ "\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\ud83d\"", "\xef\xbf\xbd" }, /* half of a pair */
		{ "\"\\ude00x\"", "\xef\xbf\xbdx" },
		{ "\"a\\u0000b\"", "a b" },
		{ "12.5", "12.5" },
		{ "true", "true" },
		{ "\"12345678901234567890\"", "123456789012345" }, /* cut */
		{ "\"12345678901234\\u20ac\"", "12345678901234" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_value value;
		char buf[16];

		assert_true(
			json_read(rows[i].text, strlen(rows[i].text), &value));
		json_text(&value, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].says);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t number;
	} rows[] = {
		{ "0", 0 },   { "42", 42 },    { "-1", 0 },
		{ "1.5", 0 }, { "\"42\"", 0 }, { "18446744073709551616", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_value value;

		assert_true(
			json_read(rows[i].text, strlen(rows[i].text), &value));
		assert_int_equal(json_uint(&value), rows[i].number);
	}
}

static void test_utf8(void **state)
{
	static const unsigned int codes[] = { 1,       0x7f,	0x80,	0x7ff,
					      0x800,   0xd7ff,	0xe000, 0xffff,
					      0x10000, 0x10ffff };
	char bytes[UTF8_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		size_t len = utf8_put(codes[i], bytes);

		assert_int_equal(utf8_length(bytes, len), len);
		for (size_t room = 0; room < len; room++)
			assert_int_equal(utf8_length(bytes, room), 0);
	}
	assert_int_equal(utf8_put(0xd800, bytes), 3);
	assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
	assert_int_equal(utf8_put(0x110000, bytes), 3);
	assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_walk),
		cmocka_unit_test(test_texts),  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
