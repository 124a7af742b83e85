/* objects: devices/hypercall.o devices/hypercall_saved.o */
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
	SENDS(2),
	STOPS(0),
	ODD(0),
	IN(HC_PORT, 0),
};

static const struct step getchar_next_in[] = {
	TYPE("", 0),
	READY(0),
	OUT(HC_PORT, HC_GETCHAR),
	READY(1),
	TYPE("ab", 2),
	IN(HC_PORT, 'a'),
	IN(HC_PORT, 0), /* one request, one character */
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

/* A character that was asked for and not fetched waits for the next request. */
static const struct step other_call_forgets_getchar[] = {
	OUT(HC_PORT, HC_GETCHAR), TYPE("ab", 2),
	OUT(HC_PORT, HC_NEWLINE), IN(HC_PORT, 0),
	OUT(HC_PORT, HC_RANDOM),  IN16(HC_PORT, 0x0100),
	OUT(HC_PORT, 0xee),	  IN(HC_PORT, HC_ERROR),
	OUT(HC_PORT, HC_GETCHAR), OUT(HC_PORT, HC_GETCHAR),
	IN(HC_PORT, 'a'),	  OUT(HC_PORT, HC_TIME),
	IN32(HC_PORT, 0),	  IN32(HC_PORT, 0),
	IN32(HC_PORT, 0),	  OUT(HC_PORT, HC_GETCHAR),
	IN(HC_PORT, 'b'),	  READY(1),
};

/* The character is that of the first `in`, of whatever width: one byte. */
static const struct step getchar_wide[] = {
	OUT(HC_PORT, HC_GETCHAR),
	IN32(HC_PORT, HC_NOCHAR),
	IN32(HC_PORT, 0),
	TYPE("wxyz", 4),
	IN32(HC_PORT, 0), /* too late for that request */
	OUT(HC_PORT, HC_GETCHAR),
	IN16(HC_PORT, 'w'),
	IN16(HC_PORT, 0),
	OUT16(HC_PORT, 0xff00 | HC_GETCHAR),
	IN32(HC_PORT, 'x'),
	IN(HC_PORT, 0),
	OUT32(HC_PORT, 0xffffff00 | HC_GETCHAR),
	IN(HC_PORT, 'y'),
	IN16(HC_PORT, 0),
	OUT(HC_PORT, HC_GETCHAR),
	IN(HC_PORT, 'z'),
	ODD(0),
};

/* BX counts, all of it and no more; a number is one piece of output. */
static const struct step putnum[] = {
	RBX(0),
	OUT(HC_PORT, HC_PUTNUM),
	SENT("0"),
	SENDS(1),
	RBX(0xffffffffffff0007),
	OUT(HC_PORT, HC_PUTNUM),
	SENT("07"),
	SENDS(2),
	RBX(0x8000),
	OUT16(HC_PORT, 0xaa00 | HC_PUTNUM),
	SENT("0732768"),
	RBX(0xffff),
	OUT32(HC_PORT, 0x12345600 | HC_PUTNUM),
	SENT("073276865535"),
	SENDS(4),
	IN32(HC_PORT, 0),
	ODD(0),
};

static const struct step newline[] = {
	RBX('x'),
	OUT(HC_PORT, HC_NEWLINE),
	SENT("\n"),
	OUT16(HC_PORT, HC_NEWLINE),
	OUT32(HC_PORT, HC_NEWLINE),
	SENT("\n\n\n"),
	SENDS(3),
	IN(HC_PORT, 0),
	IN16(HC_PORT, 0),
	IN32(HC_PORT, 0),
	ODD(0),
};

/* Eight bytes of the moment of the call, in pieces of any width, then zeros. */
static const struct step time_ns[] = {
	NOW(0x1122334455667788),
	OUT(HC_PORT, HC_TIME),
	NOW(0x9999999999999999),
	IN32(HC_PORT, 0x55667788),
	IN32(HC_PORT, 0x11223344),
	IN32(HC_PORT, 0),
	NOW(0xf1f2f3f4f5f6f7f8),
	OUT16(HC_PORT, HC_TIME),
	IN(HC_PORT, 0xf8),
	IN16(HC_PORT, 0xf6f7),
	IN32(HC_PORT, 0xf2f3f4f5),
	IN16(HC_PORT, 0x00f1), /* the last byte, and the first beyond */
	IN(HC_PORT, 0),
	OUT32(HC_PORT, HC_TIME),
	IN(HC_PORT, 0xf8),
	NOW(1),
	OUT(HC_PORT, HC_TIME), /* drops what was left */
	IN16(HC_PORT, 1),
	NOW(0x2222222222222222),
	OUT(HC_PORT, HC_TIME),
	OUT(HC_PORT, HC_NEWLINE), /* so does one without a result */
	IN32(HC_PORT, 0),
	SENT("\n"),
	ODD(0),
};

/* The fake board's random bytes count up, so that one too many is seen. */
static const struct step random_bytes[] = {
	OUT(HC_PORT, HC_RANDOM),
	IN(HC_PORT, 0x00),
	IN16(HC_PORT, 0x0201),
	IN32(HC_PORT, 0x06050403),
	IN32(HC_PORT, 0x0a090807),
	IN32(HC_PORT, 0x0e0d0c0b),
	IN(HC_PORT, 0x0f),
	OUT16(HC_PORT, HC_RANDOM),
	IN(HC_PORT, 0x10),
	OUT32(HC_PORT, HC_RANDOM),
	IN16(HC_PORT, 0x1211),
	SENT(""),
	ODD(0),
};

static const struct step guest_id[] = {
	GUEST(0x01020304),
	OUT(HC_PORT, HC_GUEST_ID),
	IN32(HC_PORT, 0x01020304),
	IN32(HC_PORT, 0),
	OUT16(HC_PORT, HC_GUEST_ID),
	IN(HC_PORT, 4),
	IN16(HC_PORT, 0x0203),
	IN16(HC_PORT, 0x0001),
	IN(HC_PORT, 0),
	GUEST(0),
	OUT32(HC_PORT, HC_GUEST_ID),
	IN32(HC_PORT, 0),
	ODD(0),
};

static const struct step before_any_call[] = {
	IN(HC_PORT, HC_NOCHAR),
	IN16(HC_PORT, 0xffff),
	IN32(HC_PORT, 0xffffffff),
	READY(0),
	ODD(0),
};

static const struct step unknown[] = {
	OUT(HC_PORT, 0xee),
	IN(HC_PORT, HC_ERROR),
	IN16(HC_PORT, 0xffff),
	IN32(HC_PORT, 0xffffffff),
	IN(HC_PORT, HC_ERROR),
	ODD(1),
	OUT16(HC_PORT, 0x01ee),
	IN(HC_PORT, HC_ERROR),
	OUT32(HC_PORT, 0xff),
	IN32(HC_PORT, 0xffffffff),
	ODD(3),
	STOPS(0),
	SENT(""),
	OUT(HC_PORT, HC_NEWLINE),
	IN32(HC_PORT, 0),
};

static const struct step beside[] = {
	NOW(0x55),
	OUT(HC_PORT, HC_TIME),
	OUT(HC_PORT + 1, HC_PUTCHAR),
	OUT16(HC_PORT + 2, HC_PUTCHAR),
	SENT(""),
	ODD(2),
	IN(HC_PORT + 1, 0xff),
	IN16(HC_PORT + 2, 0xffff),
	IN(HC_PORT + 3, 0xff),
	IN(HC_PORT, 0x55), /* the result is untouched */
};

TEST_STEPS(test_putchar, "hypercall", putchar_bl)
TEST_STEPS(test_getchar, "hypercall", getchar_next_in)
TEST_STEPS(test_fifo, "hypercall", getchar_fifo)
TEST_STEPS(test_forgets, "hypercall", other_call_forgets_getchar)
TEST_STEPS(test_getchar_wide, "hypercall", getchar_wide)
TEST_STEPS(test_putnum, "hypercall", putnum)
TEST_STEPS(test_newline, "hypercall", newline)
TEST_STEPS(test_time, "hypercall", time_ns)
TEST_STEPS(test_random, "hypercall", random_bytes)
TEST_STEPS(test_guest_id, "hypercall", guest_id)
TEST_STEPS(test_before, "hypercall", before_any_call)
TEST_STEPS(test_unknown, "hypercall", unknown)
TEST_STEPS(test_beside, "hypercall", beside)

/* Programs of the original end with 0 and leave anything in BL. */
static void test_exit(void **state)
{
	static const struct {
		uint8_t function;
		uint64_t rbx;
		int status;
		unsigned int oddities;
	} rows[] = {
		{ HC_EXIT, 0, 0, 0 },
		{ HC_EXIT, ' ', 0, 0 },
		{ HC_EXIT, 0x12345600 | 255, 0, 0 },
		{ HC_EXIT_STATUS, 0, 0, 0 },
		{ HC_EXIT_STATUS, 1, 1, 0 },
		{ HC_EXIT_STATUS, 63, 63, 0 },
		{ HC_EXIT_STATUS, 64, 63, 1 },
		{ HC_EXIT_STATUS, 255, 63, 1 },
		{ HC_EXIT_STATUS, 0x12345600 | 7, 7, 0 },
	};
	struct board b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_board_open(&b, "hypercall");
		b.rbx = rows[i].rbx;
		fake_out(&b, HC_PORT, 1, rows[i].function);
		assert_int_equal(b.stops, 1);
		assert_int_equal(b.stop_why, BOARD_STOP_EXIT);
		assert_int_equal(b.stop_status, rows[i].status);
		assert_int_equal(b.oddities, rows[i].oddities);
		fake_board_close(&b);
	}
}

/* Of a wide `out` AL counts, whatever the function: here the other two. */
static void test_wide(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	b.rbx = 'w';
	fake_out(&b, HC_PORT, 2, 0xff00 | HC_PUTCHAR);
	fake_out(&b, HC_PORT, 4, 0x12345600 | HC_PUTCHAR);
	assert_string_equal(b.tx, "ww");
	b.rbx = 9;
	fake_out(&b, HC_PORT, 4, 0x01010100 | HC_EXIT_STATUS);
	assert_int_equal(b.stops, 1);
	assert_int_equal(b.stop_status, 9);
	assert_int_equal(b.oddities, 0);
	fake_board_close(&b);
}

/* REP OUTSB: one call per item, all with the same BX. */
static void test_string_out(void **state)
{
	static const uint8_t items[] = { HC_PUTNUM, HC_PUTCHAR, HC_NEWLINE,
					 HC_PUTNUM, HC_TIME };
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	b.rbx = '*';
	b.now_ns = 77;
	for (size_t i = 0; i < sizeof(items); i++)
		fake_out(&b, HC_PORT, 1, items[i]);
	assert_string_equal(b.tx, "42*\n42");
	assert_int_equal(fake_in(&b, HC_PORT, 4), 77); /* of the last call */
	assert_int_equal(b.oddities, 0);
	fake_board_close(&b);
}

/* REP INSB, INSW and INSD: the same bytes, however they are read. */
static void test_string_in(void **state)
{
	static const uint8_t bytes[12] = { 8, 7, 6, 5, 4, 3, 2, 1 };
	uint8_t got[sizeof(bytes)];
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	b.now_ns = 0x0102030405060708;
	for (unsigned int size = 1; size <= 4; size *= 2) {
		fake_out(&b, HC_PORT, 1, HC_TIME);
		for (size_t i = 0; i < sizeof(got); i += size) {
			uint32_t val = fake_in(&b, HC_PORT, size);

			memcpy(got + i, &val, size);
		}
		assert_memory_equal(got, bytes, sizeof(bytes));
	}
	fake_board_close(&b);
}

/* As many random bytes are drawn as are read, and none for another call. */
static void test_random_drawn(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	fake_out(&b, HC_PORT, 1, HC_RANDOM);
	assert_int_equal(b.random_len, 0);
	fake_in(&b, HC_PORT, 4);
	fake_in(&b, HC_PORT, 1);
	assert_int_equal(b.random_len, 5);
	fake_out(&b, HC_PORT, 1, HC_NEWLINE);
	fake_in(&b, HC_PORT, 4);
	assert_int_equal(b.random_len, 5);
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

/* The answer to HC_SAVE comes when the guest goes on: as one, or as the other. */
static uint8_t ask_to_be_saved(struct board *b, bool saves, bool is_saved,
			       bool restored)
{
	uint8_t result;

	fake_board_open(b, "hypercall");
	b->saves = saves;
	fake_out(b, HC_PORT, 1, HC_SAVE);
	b->is_saved = is_saved;
	if (restored)
		assert_true(b->type->restored(b->dev, NULL));
	result = fake_in(b, HC_PORT, 1);
	assert_int_equal(fake_in(b, HC_PORT, 4), 0);
	assert_int_equal(b->saving, 1);
	assert_int_equal(b->oddities, 0);
	return result;
}

static void test_save(void **state)
{
	static const struct {
		bool saves, is_saved, restored;
		uint8_t result;
	} rows[] = {
		{ true, true, false, HC_SAVED },
		{ true, false, false, HC_UNSAVED },
		{ false, false, false, HC_UNSAVED },
		{ false, true, false, HC_UNSAVED }, /* an earlier one was */
		{ true, false, true, HC_RESTORED },
	};
	struct board b;

	(void)state, fake_reloads = false; /* which it counts */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ask_to_be_saved(&b, rows[i].saves,
						 rows[i].is_saved,
						 rows[i].restored),
				 rows[i].result);
		fake_board_close(&b);
	}
}

/* A guest is restored as often as it is, and asks when it likes. */
static void test_restores(void **state)
{
	struct board b;

	(void)state, fake_reloads = false;
	fake_board_open(&b, "hypercall");
	fake_out(&b, HC_PORT, 1, HC_COPY);
	assert_int_equal(fake_in(&b, HC_PORT, 4), 0);
	for (unsigned int times = 0; times < 3; times++) {
		fake_out(&b, HC_PORT, 1, HC_RESTORES);
		assert_int_equal(fake_in(&b, HC_PORT, 4), times);
		assert_int_equal(fake_in(&b, HC_PORT, 4), 0);
		assert_true(b.type->restored(b.dev, NULL));
	}
	fake_board_close(&b);
}

static void test_wall_time(void **state)
{
	static const uint64_t ns = 1700000000123456789ULL;
	struct board b;

	(void)state;
	fake_board_open(&b, "hypercall");
	b.wall_s = ns / 1000000000;
	b.now_ns = ns % 1000000000;
	fake_out(&b, HC_PORT, 1, HC_WALL_TIME);
	assert_int_equal(fake_in(&b, HC_PORT, 4), ns & 0xffffffff);
	assert_int_equal(fake_in(&b, HC_PORT, 4), ns >> 32);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_putchar),
		cmocka_unit_test(test_getchar),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_getchar_wide),
		cmocka_unit_test(test_putnum),
		cmocka_unit_test(test_newline),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_guest_id),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_string_out),
		cmocka_unit_test(test_string_in),
		cmocka_unit_test(test_random_drawn),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_restores),
		cmocka_unit_test(test_wall_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
