/* objects: terminal/keys.o util/ring.o util/log.o util/sink.o */
/* Who gets what is typed, before and after there was a screen to type at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "terminal/keys.h"

static struct board *const uart = (struct board *)1;
static struct board *const kbd = (struct board *)2;

static void nobody(void **state)
{
	struct keys keys = { 0 };

	(void)state;
	assert_null(keys_reader(&keys, KEYS_ANYWHERE));
	assert_null(keys_reader(&keys, KEYS_AT_SCREEN));
	assert_null(keys_reader(&keys, KEYS_AT_LINE));
	assert_true(keys_room(&keys));
}

/* Without a screen it is whoever asked last. */
static void the_last(void **state)
{
	struct keys keys = { .keyboard = kbd };

	(void)state;
	assert_true(keys_ask(&keys, uart));
	assert_false(keys_ask(&keys, uart));
	assert_ptr_equal(keys_reader(&keys, KEYS_ANYWHERE), uart);
	assert_true(keys_ask(&keys, kbd));
	assert_ptr_equal(keys_reader(&keys, KEYS_ANYWHERE), kbd);
	assert_false(keys_ask_more(&keys, uart));
	atomic_store(&keys.asked, false);
	assert_true(keys_ask_more(&keys, uart));
}

/* With one, each place has its own; where that never asked, the other. */
static void by_place(void **state)
{
	struct keys keys = { 0 };

	(void)state;
	keys_ask(&keys, uart);
	assert_ptr_equal(keys_reader(&keys, KEYS_AT_SCREEN), uart);
	atomic_store(&keys.keyboard, kbd);
	keys_ask(&keys, kbd);
	assert_ptr_equal(keys_reader(&keys, KEYS_AT_SCREEN), kbd);
	assert_ptr_equal(keys_reader(&keys, KEYS_AT_LINE), uart);
	keys = (struct keys){ .keyboard = kbd };
	assert_false(keys_ask_more(&keys, uart)); /* who never asked */
	keys_ask(&keys, kbd);
	assert_ptr_equal(keys_reader(&keys, KEYS_AT_LINE), kbd);
}

static unsigned int offers, takes;

static ssize_t offer(struct board *board, const uint8_t *buf, size_t len)
{
	assert_ptr_equal(board, kbd);
	assert_int_equal(*buf, 'a');
	assert_int_equal(len, 1);
	offers++;
	return takes;
}

/* A key is lent to the keyboard, which keeps it if it asks first. */
static void lent(void **state)
{
	struct keys keys = { .quiet = kbd };

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		keys_put(&keys, (const uint8_t *)"ab", 2);
		offers = takes = 0;
		assert_int_equal(keys_lend(&keys, offer), 0);
		takes = 1;
		assert_int_equal(keys_lend(&keys, offer), 1);
		assert_int_equal(keys_lend(&keys, offer), 0);
		assert_int_equal(offers, 2);
		keys_settle(&keys, round ? kbd : uart);
		assert_int_equal(ring_used(keys.typed), round ? 1 : 2);
		keys_settle(&keys, kbd);
		assert_int_equal(ring_used(keys.typed), round ? 1 : 2);
		ring_drop(keys.typed, ring_used(keys.typed));
	}
	free(keys.typed);
}

/* What another guest gets has not been lent to anyone there. */
static void moved(void **state)
{
	struct keys keys = { 0 }, from = { .quiet = kbd, .lent = true };

	(void)state;
	keys_put(&from, (const uint8_t *)"a", 1);
	keys_move(&keys, &from);
	keys_put(&from, (const uint8_t *)"b", 1);
	keys_settle(&from, kbd);
	assert_int_equal(ring_used(from.typed), 1);
	assert_int_equal(ring_used(keys.typed), 1);
	free(from.typed);
	free(keys.typed);
}

/* Who is in front may turn out to be the first that listens. */
static void moved_nowhere(void **state)
{
	struct keys keys = { .quiet = kbd, .lent = true };

	(void)state;
	keys_put(&keys, (const uint8_t *)"ab", 2);
	keys_move(&keys, &keys);
	assert_int_equal(ring_used(keys.typed), 2);
	keys_settle(&keys, kbd); /* 'a' was lent there, and is kept */
	assert_int_equal(ring_used(keys.typed), 1);
	free(keys.typed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody),   cmocka_unit_test(the_last),
		cmocka_unit_test(by_place), cmocka_unit_test(lent),
		cmocka_unit_test(moved),    cmocka_unit_test(moved_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
