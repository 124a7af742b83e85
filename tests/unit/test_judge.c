/* objects: probes/judge/printed.o probes/judge/verdict.o util/sha256.o util/json.o util/utf8.o util/log_plain.o util/fixed.o */
/* The judge: what was printed against what was to be, its sum, and the verdict. */
#include "probes/judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixed.h"

struct judge_options judge_options = { .expected = "want" };

static int pipe_with(const char *text, size_t len)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, len), (ssize_t)len);
	close(ends[1]);
	return ends[0];
}

/* Of FIPS 180-4's examples, and lengths about a block's: by sha256sum. */
static void test_sums(void **state)
{
	static const struct {
		size_t len; /* of the letter a */
		const char *sum;
	} rows[] = {
		{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		     "7852b855" },
		{ 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e91"
		      "0f734318" },
		{ 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef797068"
		      "6ec6738a" },
		{ 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df"
		      "154668eb" },
		{ 1000000,
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d"
		  "39ccc7112cd0" },
	};
	struct sha256 sha;
	char text[SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha256_begin(&sha);
		for (size_t n = 0; n < rows[i].len; n++)
			sha256_add(&sha, "a", 1);
		sha256_end(&sha, text);
		assert_string_equal(text, rows[i].sum);
	}
}

static void test_differences(void **state)
{
	static const struct {
		const char *want, *have;
		bool differs;
		unsigned int line, column;
		int wanted, had;
	} rows[] = {
		{ "", "", false, 1, 1, 0, 0 },
		{ "a\nb", "a\nb", false, 2, 2, 0, 0 },
		{ "a\nbc", "a\nbd", true, 2, 2, 'c', 'd' },
		{ "a\n", "a", true, 1, 2, '\n', -1 },
		{ "a", "a\n", true, 1, 2, -1, '\n' },
		{ "", "x", true, 1, 1, -1, 'x' },
		{ "\xff", "\x7f", true, 1, 1, 0xff, 0x7f },
	};
	static struct judge_output output;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = pipe_with(rows[i].want, strlen(rows[i].want));

		assert_int_equal(printed_begin(&output, fd), 0);
		for (const char *at = rows[i].have; *at; at++)
			printed_take(&output, at, 1);
		printed_end(&output);
		close(fd);
		free((void *)output.want);
		assert_int_equal(output.differs, rows[i].differs);
		assert_int_equal(output.line, rows[i].line);
		assert_int_equal(output.column, rows[i].column);
		assert_int_equal(output.wanted, rows[i].wanted);
		assert_int_equal(output.had, rows[i].had);
	}
}

/* What a guest has printed ends neither the string nor the line. */
static void test_line(void **state)
{
	static const char hostile[] = "\"}\n{\\\0\xff\x7f";
	static struct judge_output output;
	struct judge_verdict verdict = { .image = "a\"b", .output = &output };
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(printed_begin(&output, -1), 0);
	printed_take(&output, hostile, sizeof(hostile) - 1);
	printed_end(&output);
	verdict_write(&verdict, to);
	fclose(to);
	assert_non_null(strstr(text, "\"first\": \"\\u0022}\\u000a{\\u005c"
				     "\\u0000\\u00ff\\u007f\"}"));
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	free(text);
}

/* The date is one for all, and so are the bytes: they go on with each call. */
static void test_fixed(void **state)
{
	static const uint8_t want[] = { 0xaf, 0xcd, 0x1d, 0x7b,
					0x39, 0xa8, 0x20, 0xe2 };
	struct timespec now;
	uint8_t some[12];

	(void)state;
	assert_false(fixed_wall(&now));
	assert_false(fixed_random(some, sizeof(some)));
	fixed_begin();
	assert_true(fixed_wall(&now));
	assert_in_range(now.tv_sec, FIXED_START, FIXED_START + 600);
	assert_true(fixed_random(some, 8));
	assert_memory_equal(some, want, 8);
	assert_true(fixed_random(some, sizeof(some)));
	assert_memory_not_equal(some, want, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
