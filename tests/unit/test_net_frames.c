/* host-objects: backends/net/frames.o */
/* Frames in a stream (backends/net/frames.c), however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backends/net/frames.h"

#define ROOM (2 * (FRAME_HEAD + FRAME_MAX))

static uint8_t data[ROOM], stream[ROOM];
static struct frames in;

static int set_up(void **state)
{
	(void)state;
	in = (struct frames){ .data = data, .room = ROOM };
	return 0;
}

/* Appends a frame of @len bytes, all of them @fill, to @stream at @at. */
static size_t add(size_t at, size_t len, uint8_t fill)
{
	frames_put_head(stream + at, len);
	memset(stream + at + FRAME_HEAD, fill, len);
	return at + FRAME_HEAD + len;
}

static void feed(const uint8_t *bytes, size_t len)
{
	frames_make_room(&in);
	assert_true(in.room - in.end >= len);
	memcpy(in.data + in.end, bytes, len);
	in.end += len;
}

static void expect(size_t len, uint8_t fill)
{
	uint8_t *frame;
	size_t got;

	assert_int_equal(frames_next(&in, &frame, &got), FRAMES_FRAME);
	assert_int_equal(got, len);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(frame[i], fill);
}

static void expect_none(enum frames_found found)
{
	uint8_t *frame;
	size_t len;

	assert_int_equal(frames_next(&in, &frame, &len), found);
}

static void the_head_is_high_byte_first(void **state)
{
	uint8_t head[FRAME_HEAD];

	(void)state;
	frames_put_head(head, 0x01020304);
	assert_memory_equal(head, "\1\2\3\4", 4);
}

static void many_come_at_once(void **state)
{
	size_t end = add(add(add(0, 60, 1), 0, 0), 1514, 2);

	(void)state;
	feed(stream, end);
	expect(60, 1);
	expect(0, 0);
	expect(1514, 2);
	expect_none(FRAMES_NONE);
}

static void one_comes_byte_by_byte(void **state)
{
	size_t end = add(0, 300, 7);

	(void)state;
	for (size_t i = 0; i < end; i++) {
		expect_none(FRAMES_NONE);
		feed(stream + i, 1);
	}
	expect(300, 7);
	expect_none(FRAMES_NONE);
}

/* Cut at every place, with the largest behind it, which needs the room. */
static void the_rest_moves_to_the_front(void **state)
{
	size_t first = add(0, 9000, 3), end = add(first, FRAME_MAX, 4);

	(void)state;
	for (size_t cut = first; cut < first + 9; cut++) {
		feed(stream, cut);
		expect(9000, 3);
		expect_none(FRAMES_NONE);
		frames_make_room(&in);
		assert_true(in.room - in.end >= end - cut);
		feed(stream + cut, end - cut);
		expect(FRAME_MAX, 4);
		expect_none(FRAMES_NONE);
	}
}

static void a_lying_length_is_the_end(void **state)
{
	(void)state;
	frames_put_head(stream, FRAME_MAX + 1);
	feed(stream, FRAME_HEAD);
	expect_none(FRAMES_LIE);
	expect_none(FRAMES_LIE);
	set_up(NULL);
	memset(stream, 0xff, FRAME_HEAD);
	feed(stream, FRAME_HEAD);
	expect_none(FRAMES_LIE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_head_is_high_byte_first, set_up),
		cmocka_unit_test_setup(many_come_at_once, set_up),
		cmocka_unit_test_setup(one_comes_byte_by_byte, set_up),
		cmocka_unit_test_setup(the_rest_moves_to_the_front, set_up),
		cmocka_unit_test_setup(a_lying_length_is_the_end, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
