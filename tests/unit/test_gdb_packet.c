/* objects: service/gdb/packet.o */
/*
 * Packets of gdb's remote protocol: sums, escapes, what is lost on the way, and
 * what a client that means no good can send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "service/gdb/packet.h"

static struct packet_reader reader;
static struct reply reply;

/* What the last of @text's bytes brings; those before it have to bring nothing,
 * but for a + or - between packets. */
static enum packet_event take_bytes(const char *text, size_t len)
{
	enum packet_event event = PACKET_NONE;

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(event, PACKET_NONE);
		event = packet_take(&reader, (uint8_t)text[i]);
	}
	return event;
}

static enum packet_event take(const char *text)
{
	return take_bytes(text, strlen(text));
}

static int start(void **state)
{
	(void)state;
	packet_start(&reader);
	reply.len = 0;
	return 0;
}

static void assert_payload(const char *want)
{
	assert_int_equal(reader.len, strlen(want));
	assert_string_equal(reader.data, want);
}

static void has_a_sum(void **state)
{
	(void)state;
	assert_int_equal(take("$?#3f"), PACKET_WHOLE);
	assert_payload("?");
	assert_int_equal(take("$#00"), PACKET_WHOLE);
	assert_payload("");
	assert_int_equal(take("$OK#9A"), PACKET_WHOLE);
	assert_payload("OK");
	assert_int_equal(take("$?#3e"), PACKET_BAD);
	assert_int_equal(take("$?#x0"), PACKET_BAD);
	assert_int_equal(take("$?#0x"), PACKET_BAD);
	assert_int_equal(take("$?#3f"), PACKET_WHOLE);
}

static void stands_between_other_things(void **state)
{
	(void)state;
	assert_int_equal(take("+"), PACKET_ACK);
	assert_int_equal(take("-"), PACKET_NAK);
	assert_int_equal(take("\x03"), PACKET_INTERRUPT);
	assert_int_equal(take("noise #00 \xff"), PACKET_NONE);
	assert_int_equal(take("$g#67"), PACKET_WHOLE);
	/* A byte 03h inside is one of the packet's. */
	assert_int_equal(take("$\x03#03"), PACKET_WHOLE);
	assert_payload("\x03");
}

static void begins_anew_where_another_was_cut(void **state)
{
	(void)state;
	assert_int_equal(take("$m0,10$g#67"), PACKET_WHOLE);
	assert_payload("g");
}

static void escapes(void **state)
{
	static const char want[] = { '#', '$', '}', '*', '\0' };

	(void)state;
	assert_int_equal(take("$}\x03}\x04}]}\x0a} #ff"), PACKET_WHOLE);
	assert_int_equal(reader.len, sizeof(want));
	assert_memory_equal(reader.data, want, sizeof(want));
	/* An escape with nothing behind it. */
	assert_int_equal(take("$a}#de"), PACKET_LONG);
}

/* The sum of @len times @c. */
static enum packet_event take_many(char c, size_t len)
{
	char tail[8];

	assert_int_equal(take("$"), PACKET_NONE);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(packet_take(&reader, (uint8_t)c), PACKET_NONE);
	snprintf(tail, sizeof(tail), "#%02x",
		 (unsigned int)((uint8_t)c * len & 0xff));
	return take(tail);
}

static void is_bounded(void **state)
{
	(void)state;
	assert_int_equal(take_many('a', PACKET_MAX), PACKET_WHOLE);
	assert_int_equal(reader.len, PACKET_MAX);
	assert_int_equal(take_many('a', PACKET_MAX + 1), PACKET_LONG);
	assert_int_equal(take_many('}', 3 * PACKET_MAX), PACKET_LONG);
	assert_int_equal(take("$g#67"), PACKET_WHOLE);
}

static void comes_back_as_it_was_sent(void **state)
{
	static char frame[PACKET_FRAME];
	static char sent[PACKET_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + (i >> 8));
	reply_bytes(&reply, sent, sizeof(sent));
	len = reply_frame(&reply, frame);
	assert_true(len <= sizeof(frame));
	assert_int_equal(take_bytes(frame, len), PACKET_WHOLE);
	assert_int_equal(reader.len, sizeof(sent));
	assert_memory_equal(reader.data, sent, sizeof(sent));
}

/* All bytes have to be escaped: the longest there is. */
static void fits_when_all_is_escaped(void **state)
{
	static char frame[PACKET_FRAME];
	static char sent[PACKET_MAX];

	(void)state;
	memset(sent, '#', sizeof(sent));
	reply_bytes(&reply, sent, sizeof(sent));
	reply_bytes(&reply, sent, 1); /* and no more */
	assert_int_equal(reply_frame(&reply, frame), PACKET_FRAME);
}

static void leaves_out_what_does_not_fit(void **state)
{
	static char sent[PACKET_MAX - 3];

	(void)state;
	memset(sent, 'x', sizeof(sent));
	reply_bytes(&reply, sent, sizeof(sent));
	reply_text(&reply, "%d", 123456);
	assert_int_equal(reply.len, PACKET_MAX - 3);
	reply_hex(&reply, "\xab\xcd", 2);
	assert_int_equal(reply.len, PACKET_MAX - 1);
	assert_memory_equal(reply.data + PACKET_MAX - 3, "ab", 2);
	reply_text(&reply, "%d", 7);
	assert_true(reply.len <= PACKET_MAX);
}

static struct scan scan_of(const char *text)
{
	return (struct scan){ text, text + strlen(text) };
}

static void scans_numbers(void **state)
{
	struct scan scan = scan_of("1f,FFFFFFFFFFFFFFFFx");
	uint64_t number;

	(void)state;
	assert_true(scan_number(&scan, &number));
	assert_int_equal(number, 0x1f);
	assert_false(scan_number(&scan, &number));
	assert_true(scan_char(&scan, ','));
	assert_true(scan_number(&scan, &number));
	assert_true(number == UINT64_MAX);
	assert_false(scan_done(&scan));
	scan = scan_of("10000000000000000");
	assert_false(scan_number(&scan, &number)); /* 17 digits */
	scan = scan_of("");
	assert_false(scan_number(&scan, &number));
	assert_false(scan_char(&scan, '\0'));
}

static void scans_words(void **state)
{
	struct scan scan = scan_of("vCont?");

	(void)state;
	assert_false(scan_word(&scan, "vCont?more"));
	assert_true(scan_word(&scan, "vCont"));
	assert_true(scan_char(&scan, '?'));
	assert_true(scan_done(&scan));
}

static void scans_threads(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t id;
	} rows[] = {
		{ "1", true, 1 },     { "-1", true, -1 },
		{ "0", true, 0 },     { "7fffffff", true, 0x7fffffff },
		{ "-2", false, 0 },   { "80000000", false, 0 },
		{ "-", false, 0 },    { "", false, 0 },
		{ "p1.1", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scan scan = scan_of(rows[i].text);
		int64_t id = 0;

		assert_int_equal(scan_thread(&scan, &id), rows[i].good);
		if (rows[i].good)
			assert_true(id == rows[i].id);
		else
			assert_ptr_equal(scan.at, rows[i].text);
	}
}

static void scans_bytes(void **state)
{
	struct scan scan = scan_of("00fFa5");
	uint8_t bytes[3];

	(void)state;
	assert_int_equal(scan_bytes(&scan, bytes, 2), 0); /* too many */
	assert_int_equal(scan_bytes(&scan, bytes, 3), 3);
	assert_memory_equal(bytes, "\x00\xff\xa5", 3);
	scan = scan_of("000");
	assert_int_equal(scan_bytes(&scan, bytes, 3), 0);
	scan = scan_of("0g");
	assert_int_equal(scan_bytes(&scan, bytes, 3), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_a_sum),
		TEST(stands_between_other_things),
		TEST(begins_anew_where_another_was_cut),
		TEST(escapes),
		TEST(is_bounded),
		TEST(comes_back_as_it_was_sent),
		TEST(fits_when_all_is_escaped),
		TEST(leaves_out_what_does_not_fit),
		TEST(scans_numbers),
		TEST(scans_words),
		TEST(scans_threads),
		TEST(scans_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
