/* objects: util/log.o util/sink.o */
/*
 * Messages: one line each, whole, with the program's name; details only when
 * asked for; nothing too long for a line does harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catch.h"
#include "util/log.h"
#include "util/log_loop.h"
#include "util/sink.h"

#define LONG 100000

static void lines_have_the_name(void **state)
{
	(void)state;
	catch_begin();
	log_error("%s: %d", "subject", 7);
	log_warn("careful");
	assert_string_equal(catch_end(), "kvm-vmm: subject: 7\n"
					 "kvm-vmm: warning: careful\n");
}

static void details_are_asked_for(void **state)
{
	(void)state;
	catch_begin();
	log_info("one");
	log_set_verbose(1);
	log_info("two");
	log_set_verbose(0);
	log_info("three");
	assert_string_equal(catch_end(), "kvm-vmm: two\n");
}

static void a_long_line_is_cut(void **state)
{
	char *text = malloc(LONG);
	const char *line;

	(void)state;
	memset(text, 'x', LONG - 1);
	text[LONG - 1] = '\0';
	catch_begin();
	log_error("%s", text);
	line = catch_end();
	assert_memory_equal(line, "kvm-vmm: xxx", 12);
	assert_true(strlen(line) > 500);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	free(text);
}

/* A pipe in the place of stderr, which can be full; catch.h's file cannot. */
static int pipe_fds[2];
static int real_stderr;

static void pipe_begin(void)
{
	assert_int_equal(pipe(pipe_fds), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[1]);
}

static const char *pipe_end(void)
{
	static char buf[8192];
	ssize_t len;

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	len = read(pipe_fds[0], buf, sizeof(buf) - 1);
	assert_true(len >= 0);
	buf[len] = '\0';
	close(pipe_fds[0]);
	return buf;
}

static atomic_uint woken;

static void wake(void)
{
	atomic_fetch_add(&woken, 1);
}

static void fill_pipe(void)
{
	static const char filler[4096];

	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, 0);
}

/* What is in the pipe behind what filled it; @buf is of one more byte. */
static void read_all(char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	while ((got = read(pipe_fds[0], buf + len, size - len)) > 0) {
		while (got && !len && !buf[0])
			memmove(buf, buf + 1, --got);
		len += got;
	}
	buf[len] = '\0';
}

static void *says_a_text(void *arg)
{
	(void)arg;
	log_text("a text\n", strlen("a text\n"));
	return NULL;
}

static void *says_a_line(void *arg)
{
	(void)arg;
	log_error("a line");
	return NULL;
}

static void run(void *(*function)(void *arg))
{
	pthread_t thread;

	pthread_create(&thread, NULL, function, NULL);
	pthread_join(thread, NULL);
}

/* A line waits in no thread, and comes before what is said later. */
static void lines_wait_for_nobody(void **state)
{
	static char have[65536 + 1];

	(void)state;
	pipe_begin();
	assert_int_equal(log_attach(wake), 0);
	fill_pipe();
	woken = 0;
	run(says_a_line);
	log_error("another one");
	log_text("text\n", strlen("text\n")); /* of the one who has a loop */
	assert_true(woken > 0);
	assert_false(log_go_on());
	read_all(have, sizeof(have) - 1);
	assert_string_equal(have, "");
	assert_true(log_go_on());
	run(says_a_text);
	read_all(have, sizeof(have) - 1);
	assert_string_equal(have, "kvm-vmm: a line\nkvm-vmm: another one\n"
				  "text\na text\n");
	log_detach();
	log_error("end"); /* and waits again */
	assert_string_equal(pipe_end(), "kvm-vmm: end\n");
}

/* More than is kept for a reader who does not come: what is lost is counted. */
static void what_is_lost_is_told(void **state)
{
	static char have[65536 + 1];

	(void)state;
	pipe_begin();
	assert_int_equal(log_attach(wake), 0);
	fill_pipe();
	for (unsigned int i = 0; i < 10000; i++)
		log_error("line %06u", i);
	read_all(have, sizeof(have) - 1);
	while (!log_go_on())
		read_all(have, sizeof(have) - 1);
	log_error("again");
	read_all(have, sizeof(have) - 1);
	assert_non_null(strstr(have, " messages were lost: nobody read "
				     "stderr\nkvm-vmm: again\n"));
	log_detach();
	log_error("end"); /* and waits again */
	assert_string_equal(pipe_end(), "kvm-vmm: end\n");
}

/* While the terminal shows something else, nothing comes, and nobody waits. */
static void held_back(void **state)
{
	char buf[256];

	(void)state;
	pipe_begin();
	assert_int_equal(log_attach(wake), 0);
	log_hold(true);
	atomic_store(&woken, 0);
	log_warn("one");
	run(says_a_line);
	run(says_a_text);
	assert_true(log_go_on());
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	assert_true(read(pipe_fds[0], buf, sizeof(buf)) < 0);
	log_hold(false);
	assert_true(atomic_load(&woken) > 0);
	assert_true(log_go_on());
	assert_true(read(pipe_fds[0], buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "kvm-vmm: warning: one\n", 22);
	log_detach();
	log_error("the end");
	assert_string_equal(pipe_end(), "kvm-vmm: the end\n");
}

/*
 * A reader who has not come when the program ends: a thread that waits in the
 * middle of a text is not waited for, nor is the one that would end it.
 */
static void nobody_reads(void **state)
{
	pthread_t thread;

	(void)state;
	pipe_begin();
	assert_int_equal(log_attach(wake), 0);
	fill_pipe();
	pthread_create(&thread, NULL, says_a_text, NULL);
	for (unsigned int i = 0; i < 100; i++)
		log_error("line %u", i);
	sink_hurry();
	pthread_join(thread, NULL);
	log_detach();
	assert_int_equal(*pipe_end(), '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_the_name),
		cmocka_unit_test(details_are_asked_for),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(lines_wait_for_nobody),
		cmocka_unit_test(what_is_lost_is_told),
		cmocka_unit_test(held_back),
		cmocka_unit_test(nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
