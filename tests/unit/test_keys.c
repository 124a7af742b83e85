/* objects: terminal/keys.o util/ring.o util/log.o util/sink.o */
/* Who gets what is typed, before and after there was a screen to type at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody),
		cmocka_unit_test(the_last),
		cmocka_unit_test(by_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
