/* objects: ending.o util/signal_self.o */
/* The last deadline comes after --timeout, however long it took to begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/time.h>
#include <unistd.h>

#include "ending.h"
#include "terminal/term.h"
#include "util/clock.h"

void term_restore(void)
{
}

void term_die(int sig)
{
	_exit(sig);
}

int event_timer_fd(void)
{
	return 0;
}

int event_add(struct event_loop *loop, struct event_source *src,
	      uint32_t events)
{
	(void)loop;
	(void)src;
	(void)events;
	return 0;
}

void event_arm(int fd, uint64_t ns, uint64_t period_ns)
{
	(void)fd;
	(void)ns;
	(void)period_ns;
}

void event_ack(int fd)
{
	(void)fd;
}

void event_notify(int fd)
{
	(void)fd;
}

static void deadline_is_behind_timeout(void **state)
{
	const struct itimerval nearly = { .it_value = { .tv_sec = 60 } };
	struct ending ending = { .arg = NULL };
	struct itimerval left;

	(void)state;
	ending_limit(100 * NS_PER_SEC);
	setitimer(ITIMER_REAL, &nearly, NULL); /* all that is left of it */
	assert_int_equal(ending_watch(&ending, NULL, -1, 100 * NS_PER_SEC), 0);
	getitimer(ITIMER_REAL, &left);
	assert_true(left.it_value.tv_sec >= 100 + ENDING_GRACE_S - 10);
	assert_true(left.it_value.tv_sec <= 100 + ENDING_GRACE_S + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_is_behind_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
