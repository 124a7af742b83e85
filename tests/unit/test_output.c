/* objects: core/output.o core/screen.o core/event.o util/log.o util/reopen.o util/ring.o */
/* Guest output on its way to stdout, when a guest prints during a write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/output.h"
#include "core/vcpu.h"

#define GUARD_NS 20000000000ULL /* for a test that would hang */

static struct event_loop loop;
static struct output output;
static char have[64]; /* what has reached stdout */
static size_t len;
static const char *during_write; /* what a guest prints meanwhile */
static bool too_late;

static void put(const char *text)
{
	output_put(&output, 0, text, strlen(text));
}

/* Stands in for a vCPU's thread: output.c asks which one is running. */
struct vcpu *vcpu_current(void)
{
	return NULL;
}

/* In place of the C library's: stdout is a buffer here, and a guest prints
 * while it is being written to. */
ssize_t write(int fd, const void *buf, size_t size)
{
	const char *text = during_write;

	if (fd != output.out.fd)
		return syscall(SYS_write, fd, buf, size);
	assert_true(size < sizeof(have) - len);
	memcpy(have + len, buf, size);
	len += size;
	during_write = NULL;
	if (text)
		put(text);
	return size;
}

static void on_drained(void *arg)
{
	(void)arg;
	/* The next one comes while the main thread looks by itself. */
	if (len == strlen("legend a"))
		put(" b");
}

static void on_broken(void *arg, int err)
{
	(void)arg;
	fail_msg("stdout broke: %s", strerror(err));
}

static void on_guard(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	too_late = true;
}

static bool finished(void *arg)
{
	(void)arg;
	return too_late || len == strlen("legend a b");
}

static void test_busy_during_the_first_write(void **state)
{
	static const char *const names[] = { "one" };
	const struct screen_config config = { .mode = SCREEN_RAW,
					      .names = names,
					      .nr_guests = 1 };
	struct event_source guard = { event_timer_fd(), on_guard, NULL };

	(void)state;
	assert_int_equal(event_init(&loop), 0);
	output.drained = on_drained;
	output.broken = on_broken;
	assert_int_equal(output_init(&output, &loop, &config), 0);
	assert_int_equal(event_add(&loop, &guard, EPOLLIN), 0);
	event_arm(guard.fd, GUARD_NS, 0);
	put("legend");
	during_write = " a";
	output.busy = false; /* as core/output.c leaves it for its own words */
	event_run(&loop, finished, NULL);
	assert_memory_equal(have, "legend a b", len);
	assert_false(too_late);
	output_free(&output);
	event_free(&loop);
	close(guard.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy_during_the_first_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
