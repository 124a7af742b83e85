/* objects: devices/hypercall.o */
/* The hypercall port: numbers and answers are those of abi/hypercall.h. */
#include <string.h>

#include "abi/hypercall.h"
#include "steps.h"

#define SIXTEEN "0123456789abcdef"

static const struct step putchar_bl[] = {
	RBX(0xffffff41),
	OUT(HC_PORT, HC_PUTCHAR),
	SENT("A"),
	RBX('\n'),
	OUT(HC_PORT, HC_PUTCHAR),
	SENT("A\n"),
	STOPS(0),
	ODD(0),
	IN(HC_PORT, HC_NOCHAR),
};

static const struct step getchar_next_in[] = {
	IN(HC_PORT, HC_NOCHAR),
	READY(0),
	OUT(HC_PORT, HC_GETCHAR),
	READY(1),
	TYPE("ab", 2),
	IN(HC_PORT, 'a'),
	IN(HC_PORT, HC_NOCHAR), /* one request, one character */
	OUT(HC_PORT, HC_GETCHAR),
	READY(1),
	IN(HC_PORT, 'b'),
	OUT(HC_PORT, HC_GETCHAR),
	IN(HC_PORT, HC_NOCHAR),
	READY(2),
};

#define GETCHAR(c) OUT(HC_PORT, HC_GETCHAR), IN(HC_PORT, c)

/* What did not fit is asked for again when all that did has been read. */
static const struct step getchar_fifo[] = {
	OUT(HC_PORT, HC_GETCHAR),
	TYPE(SIXTEEN "x", 16),
	TYPE("x", 0),
	IN(HC_PORT, '0'),
	TYPE("gh", 1),
	READY(1),
	GETCHAR('1'),
	GETCHAR('2'),
	GETCHAR('3'),
	GETCHAR('4'),
	GETCHAR('5'),
	GETCHAR('6'),
	GETCHAR('7'),
	GETCHAR('8'),
	GETCHAR('9'),
	GETCHAR('a'),
	GETCHAR('b'),
	GETCHAR('c'),
	GETCHAR('d'),
	GETCHAR('e'),
	GETCHAR('f'),
	READY(1),
	GETCHAR('g'),
	READY(2),
	TYPE("h", 1),
	GETCHAR('h'),
	READY(2),
	ODD(0),
};

static const struct step other_call_forgets_getchar[] = {
	OUT(HC_PORT, HC_GETCHAR), TYPE("a", 1),
	OUT(HC_PORT, HC_PUTCHAR), IN(HC_PORT, HC_NOCHAR),
	OUT(HC_PORT, HC_GETCHAR), IN(HC_PORT, 'a'),
};

static const struct step unknown[] = {
	OUT(HC_PORT, 0xee), IN(HC_PORT, HC_ERROR), ODD(1), STOPS(0), SENT(""),
};

static const struct step beside[] = {
	OUT(HC_PORT + 1, HC_PUTCHAR),
	SENT(""),
	ODD(1),
	IN(HC_PORT + 1, 0xff),
};

TEST_STEPS(test_putchar, "hypercall", putchar_bl)
TEST_STEPS(test_getchar, "hypercall", getchar_next_in)
TEST_STEPS(test_fifo, "hypercall", getchar_fifo)
TEST_STEPS(test_forgets, "hypercall", other_call_forgets_getchar)
TEST_STEPS(test_unknown, "hypercall", unknown)
TEST_STEPS(test_beside, "hypercall", beside)

static void test_exit(void **state)
{
	static const struct {
		uint64_t rbx;
		int status;
		unsigned int oddities;
	} rows[] = {
		{ 0, 0, 0 },   { 1, 1, 0 },    { 63, 63, 0 },
		{ 64, 63, 1 }, { 255, 63, 1 }, { 0x12345600 | 7, 7, 0 },
	};
	struct board b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_board_open(&b, "hypercall");
		b.rbx = rows[i].rbx;
		fake_out(&b, HC_PORT, 1, HC_EXIT);
		assert_int_equal(b.stops, 1);
		assert_int_equal(b.stop_why, BOARD_STOP_EXIT);
		assert_int_equal(b.stop_status, rows[i].status);
		assert_int_equal(b.oddities, rows[i].oddities);
		fake_board_close(&b);
	}
}

/* Of a wide access AL counts, and the rest of a result is 0. */
static void test_wide(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	b.rbx = 'w';
	fake_out(&b, HC_PORT, 2, 0xff00 | HC_PUTCHAR);
	fake_out(&b, HC_PORT, 4, 0x12345600 | HC_PUTCHAR);
	assert_string_equal(b.tx, "ww");
	fake_out(&b, HC_PORT, 4, 0xffffff00 | HC_GETCHAR);
	fake_offer(&b, "xy", 2);
	assert_int_equal(fake_in(&b, HC_PORT, 4), 'x');
	fake_out(&b, HC_PORT, 2, HC_GETCHAR);
	assert_int_equal(fake_in(&b, HC_PORT, 2), 'y');
	assert_int_equal(b.oddities, 0);
	fake_board_close(&b);
}

/* A guest that asks until it gets something gets everything, in order. */
static void test_stream(void **state)
{
	enum { LEN = 10000 };
	uint8_t text[LEN];
	struct board b;
	int got = 0;

	(void)state;
	for (int i = 0; i < LEN; i++)
		text[i] = i % 251; /* never HC_NOCHAR */
	fake_board_open(&b, "hypercall");
	b.input = text;
	b.input_len = LEN;
	for (int asked = 0; asked < 2 * LEN && got < LEN; asked++) {
		uint8_t c;

		fake_out(&b, HC_PORT, 1, HC_GETCHAR);
		if (asked % 3)
			fake_console_turn(&b);
		c = fake_in(&b, HC_PORT, 1);
		if (c != HC_NOCHAR)
			assert_int_equal(c, text[got++]);
	}
	assert_int_equal(got, LEN);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_putchar), cmocka_unit_test(test_getchar),
		cmocka_unit_test(test_fifo),	cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_beside),
		cmocka_unit_test(test_exit),	cmocka_unit_test(test_wide),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
