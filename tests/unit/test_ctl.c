/* objects: service/control/line.o service/control/answer.o util/json.o
 * util/json_read.o util/utf8.o util/lane.o util/log.o util/sink.o */
/* Lines of the control socket: which command, for whom, and what is refused; and what
 * answers look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "service/control/control.h"
#include "service/control/line.h"
#include "util/json_read.h"

static void run(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	(void)call;
	(void)vms;
	(void)nr_vms;
}

static const struct ctl_command all = {
	.name = "all",
	.args = "",
	.what = "",
	.reach = CTL_ALL,
	.run = run,
};
CTL(all);

static const struct ctl_command whole = {
	.name = "whole",
	.args = "",
	.what = "",
	.reach = CTL_RUN,
	.run = run,
};
CTL(whole);

static struct ctl_answer answer;

/* What the answer is, whose text is NULL behind it. */
static const char *answered(struct ctl_call *call)
{
	const char *text = answer_text(call);
	char *copy = malloc(answer.len + 1);

	assert_true(json_is_line(text, answer.len));
	memcpy(copy, text, answer.len);
	copy[answer.len - 1] = '\0';
	return copy;
}

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		const struct ctl_command *command; /* NULL: refused, and why */
		unsigned int guest;
		const char *rest;
	} rows[] = {
		{ "all", &all, 0, "" },
		{ "  all\t", &all, 0, "" },
		{ "all\r", &all, 0, "" },
		{ "all a  b ", &all, 0, "a  b " },
		{ "guest 2 all x", &all, 2, "x" },
		{ "guest 256 all", &all, 256, "" },
		{ "whole", &whole, 0, "" },
		{ "all \xc3\xa9\xff", &all, 0, "\xc3\xa9\xff" },
		{ "guest 2 whole", NULL, 0, "not about a guest" },
		{ "guest 257 all", NULL, 0, "a number from 1" },
		{ "guest 0 all", NULL, 0, "a number from 1" },
		{ "guest 2all", NULL, 0, "a number from 1" },
		{ "guest -1 all", NULL, 0, "a number from 1" },
		{ "guest", NULL, 0, "a number from 1" },
		{ "guest 1", NULL, 0, "a command" },
		{ "guest 1 guest 1 all", NULL, 0, "no such command" },
		{ "", NULL, 0, "no such command" },
		{ "al", NULL, 0, "al: no such command" },
		{ "alll", NULL, 0, "alll: no such command" },
		{ "ALL", NULL, 0, "no such command" },
		{ "all\x01", NULL, 0, "without control characters" },
		{ "all\x7f", NULL, 0, "without control characters" },
		{ "al\rl", NULL, 0, "without control characters" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ctl_call call = { .answer = &answer };
		char *line = strdup(rows[i].line);
		bool good = line_parse(&call, line, strlen(line));

		if (good != !!rows[i].command)
			fail_msg("\"%s\": have %d", rows[i].line, good);
		if (good) {
			assert_ptr_equal(call.command, rows[i].command);
			assert_int_equal(call.guest, rows[i].guest);
			assert_string_equal(call.rest, rows[i].rest);
		} else {
			const char *text = answered(&call);

			if (!strstr(text, rows[i].rest))
				fail_msg("\"%s\": %s", rows[i].line, text);
			free((char *)text);
		}
		free(line);
	}
}

static void test_nul(void **state)
{
	struct ctl_call call = { .answer = &answer };
	char line[] = "all\0all";

	(void)state;
	assert_false(line_parse(&call, line, sizeof(line) - 1));
	free((char *)answered(&call));
}

static void test_numbers(void **state)
{
	const char *rest = "12  34 x 5x 99999999999999999999";
	uint64_t number;

	(void)state;
	assert_true(ctl_number(&rest, 12, &number));
	assert_int_equal(number, 12);
	assert_false(ctl_number(&rest, 33, &number));
	assert_true(ctl_number(&rest, 34, &number));
	assert_false(ctl_number(&rest, 34, &number));
	assert_string_equal(rest, "x 5x 99999999999999999999");
	rest = "5x";
	assert_false(ctl_number(&rest, 34, &number));
	rest = "18446744073709551615";
	assert_true(ctl_number(&rest, UINT64_MAX, &number));
	assert_int_equal(number, UINT64_MAX);
	rest = "18446744073709551616";
	assert_false(ctl_number(&rest, UINT64_MAX, &number));
	rest = "5"; /* a digit alone can be too much */
	assert_false(ctl_number(&rest, 4, &number));
	rest = "";
	assert_false(ctl_number(&rest, 1, &number));
	rest = "8";
	assert_false(ctl_number(&rest, 7, &number)); /* less than a digit */
	assert_true(ctl_number(&rest, 8, &number));
}

/* Each answer replaces what was begun, is closed, and is one line. */
static void test_answers(void **state)
{
	struct ctl_call call = { .command = &all, .answer = &answer };
	struct json *json;
	const char *text;

	(void)state;
	answer_clear(&answer);
	text = answered(&call);
	assert_non_null(strstr(text, "nobody has answered"));
	free((char *)text);
	json = ctl_reply(&call);
	json_string(json, "long", "one that is longer than what follows");
	json_array(json, "open");
	assert_true(ctl_is_ok(&call));
	ctl_refuse(&call, "do that", "\"%s\"\n\xff", "x");
	assert_false(ctl_is_ok(&call));
	text = answered(&call);
	assert_string_equal(text,
			    "{\"ok\": false, \"error\": \"\\\"x\\\"\\u000a"
			    "\\ufffd\", \"hint\": \"do that\"}");
	free((char *)text);
	json = ctl_reply(&call);
	json_array(json, "a");
	text = answered(&call);
	assert_string_equal(text, "{\"ok\": true, \"a\": []}");
	free((char *)text);
	assert_false(ctl_no_more(&call, " x"));
	text = answered(&call);
	assert_non_null(strstr(text, "all: it takes no ` x`"));
	free((char *)text);
	assert_true(ctl_no_more(&call, " \t"));
}

static void test_too_long(void **state)
{
	struct ctl_call call = { .command = &all, .answer = &answer };
	struct json *json = ctl_reply(&call);
	const char *text;

	(void)state;
	for (int i = 0; i < CTL_ANSWER_MAX / 16; i++)
		json_string(json, NULL, "more than 16 bytes");
	text = answered(&call);
	assert_non_null(strstr(text, "the answer is too long"));
	free((char *)text);
	ctl_reply(&call);
	text = answered(&call);
	assert_string_equal(text, "{\"ok\": true}");
	free((char *)text);
}

static int set_up(void **state)
{
	(void)state;
	return answer_init(&answer);
}

static int tear_down(void **state)
{
	(void)state;
	answer_free(&answer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	 cmocka_unit_test(test_nul),
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_answers),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
