/* objects: util/event.o util/log.o util/sink.o */
/*
 * The event loop: what is forgotten is not called any more, also when it was ready
 * together with what has forgotten it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util/event.h"

#define NR 4

static struct event_loop loop;
static struct event_source *sources[NR];
static unsigned int calls;

/* Whichever comes first takes all others with it, and their memory. */
static void end_others(void *arg, uint32_t events)
{
	(void)events;
	calls++;
	for (int i = 0; i < NR; i++) {
		if (!sources[i] || sources[i] == arg)
			continue;
		event_forget(&loop, sources[i]);
		close(sources[i]->fd);
		free(sources[i]);
		sources[i] = NULL;
	}
}

static bool once(void *arg)
{
	(void)arg;
	return calls;
}

static void forgotten_in_one_batch(void **state)
{
	(void)state;
	assert_int_equal(event_init(&loop), 0);
	for (int i = 0; i < NR; i++) {
		sources[i] = calloc(1, sizeof(*sources[i]));
		assert_non_null(sources[i]);
		sources[i]->fd = event_fd();
		sources[i]->ready = end_others;
		sources[i]->arg = sources[i];
		assert_int_equal(event_add(&loop, sources[i], EPOLLIN), 0);
		event_notify(sources[i]->fd);
	}
	event_run(&loop, once, NULL);
	assert_int_equal(calls, 1);
	end_others(NULL, 0);
	event_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgotten_in_one_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
