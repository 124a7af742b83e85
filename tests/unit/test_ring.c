/* objects: util/ring.o */
/*
 * The ring of bytes: full, empty, across the end, and a long random run
 * against a model that cannot be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/ring.h"

#define STEPS 20000

static uint8_t pattern[3 * RING_SIZE];

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void starts_empty(void **state)
{
	static struct ring ring;
	size_t len = 1;

	(void)state;
	assert_int_equal(ring_used(&ring), 0);
	assert_int_equal(ring_room(&ring), RING_SIZE);
	ring_peek(&ring, &len);
	assert_int_equal(len, 0);
	ring_drop(&ring, 0);
}

static void takes_what_fits(void **state)
{
	static struct ring ring;
	size_t len;

	(void)state;
	assert_int_equal(ring_put(&ring, pattern, 10), 10);
	assert_int_equal(ring_put(&ring, pattern, sizeof(pattern)),
			 RING_SIZE - 10);
	assert_int_equal(ring_room(&ring), 0);
	assert_int_equal(ring_put(&ring, pattern, 1), 0);
	assert_memory_equal(ring_peek(&ring, &len), pattern, 10);
	assert_int_equal(len, RING_SIZE);
	ring_drop(&ring, RING_SIZE);
	assert_int_equal(ring_used(&ring), 0);
}

static void goes_round_the_end(void **state)
{
	static struct ring ring;
	size_t len;

	(void)state;
	ring_put(&ring, pattern, RING_SIZE - 3);
	ring_drop(&ring, RING_SIZE - 3);
	assert_int_equal(ring_put(&ring, pattern, 10), 10);
	assert_memory_equal(ring_peek(&ring, &len), pattern, 3);
	assert_int_equal(len, 3); /* in one piece up to the end */
	ring_drop(&ring, len);
	assert_memory_equal(ring_peek(&ring, &len), pattern + 3, 7);
	assert_int_equal(len, 7);
}

/* Every byte comes out once and in order, whatever the sizes. */
static void puts_in_front(void **state)
{
	static struct ring ring;
	size_t len;

	(void)state;
	ring_put_first(&ring, "cd", 2); /* round the beginning */
	ring_put(&ring, pattern, 3);
	ring_put_first(&ring, "ab", 2);
	assert_int_equal(ring_used(&ring), 7);
	assert_memory_equal(ring_peek(&ring, &len), "abcd", 4);
	assert_int_equal(len, 4);
	ring_drop(&ring, 4);
	assert_memory_equal(ring_peek(&ring, &len), pattern, 3);
}

static void keeps_the_order(void **state)
{
	static struct ring ring;
	size_t put = 0, taken = 0;

	(void)state;
	srandom(1);
	for (int i = 0; i < STEPS; i++) {
		size_t at = put % RING_SIZE, len;
		const uint8_t *bytes;

		put += ring_put(&ring, pattern + at, random() % RING_SIZE);
		assert_int_equal(ring_used(&ring), put - taken);
		bytes = ring_peek(&ring, &len);
		len = len ? random() % (len + 1) : 0;
		for (size_t j = 0; j < len; j += 97)
			assert_int_equal(bytes[j],
					 pattern[(taken + j) % RING_SIZE]);
		ring_drop(&ring, len);
		taken += len;
	}
	assert_true(taken > 10 * RING_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(takes_what_fits),
		cmocka_unit_test(goes_round_the_end),
		cmocka_unit_test(puts_in_front),
		cmocka_unit_test(keeps_the_order),
	};

	fill_pattern();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
