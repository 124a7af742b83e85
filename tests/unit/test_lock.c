/* objects: util/lock.o */
/*
 * The lock: one thread at a time has it, who waits for it gets it, and a bell
 * lets it go while its waiter sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "util/lock.h"

#define THREADS 4
#define TURNS	20000

static struct lock lock;
static struct bell bell;
static unsigned int count; /* guarded by the lock, as all below */
static unsigned int turn;  /* whose it is */
static unsigned int inside;
static bool crowded; /* two had the lock at once */

static void test_try(void **state)
{
	struct lock one = { 0 };

	(void)state;
	assert_true(lock_try(&one));
	assert_false(lock_try(&one));
	lock_give(&one);
	lock_take(&one);
	assert_false(lock_try(&one));
	lock_give(&one);
	assert_int_equal(one.state, LOCK_FREE);
}

/* Now and then with a pause in between, in which the others come to wait. */
static void *add(void *arg)
{
	for (unsigned int i = 0; i < TURNS; i++) {
		lock_take(&lock);
		crowded |= inside++ != 0;
		if (i % 64 == 0)
			sched_yield();
		count++;
		inside--;
		lock_give(&lock);
	}
	return arg;
}

static void run(void *(*body)(void *))
{
	static unsigned int ids[THREADS];
	pthread_t threads[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		ids[i] = i;
		assert_int_equal(
			pthread_create(&threads[i], NULL, body, &ids[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void test_many(void **state)
{
	(void)state;
	run(add);
	assert_false(crowded);
	assert_int_equal(count, THREADS * TURNS);
	assert_int_equal(lock.state, LOCK_FREE);
}

/* Each waits for its turn, and passes it on. */
static void *pass_on(void *arg)
{
	const unsigned int *id = arg;

	lock_take(&lock);
	for (unsigned int i = 0; i < TURNS / 100; i++) {
		while (turn != *id)
			bell_wait(&bell, &lock);
		turn = (turn + 1) % THREADS;
		bell_ring(&bell);
	}
	lock_give(&lock);
	return arg;
}

static void test_bell(void **state)
{
	(void)state;
	run(pass_on);
	assert_int_equal(turn, 0);
	assert_int_equal(bell.nr_waiting, 0);
	assert_int_equal(lock.state, LOCK_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
