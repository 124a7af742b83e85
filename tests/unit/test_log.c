/* objects: util/log.o util/reopen.o */
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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

#define LONG 100000

static int pipe_fds[2];
static int real_stderr;

/* Everything that goes to stderr between the two ends up in @buf. */
static void catch_begin(void)
{
	assert_int_equal(pipe(pipe_fds), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[1]);
}

static const char *catch_end(void)
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

static void *waits_for_a_reader(void *arg)
{
	(void)arg;
	log_error("from another thread");
	return NULL;
}

/*
 * A pipe that is full and that nobody reads. The main thread gets by although
 * another one waits in the middle of a line, and that one once there is hurry.
 */
static void nobody_reads(void **state)
{
	static const char filler[4096];
	pthread_t thread;

	(void)state;
	catch_begin();
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, 0);
	log_never_block();
	pthread_create(&thread, NULL, waits_for_a_reader, NULL);
	for (unsigned int i = 0; i < 100; i++)
		log_error("line %u", i);
	log_hurry();
	pthread_join(thread, NULL);
	assert_int_equal(*catch_end(), '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_the_name),
		cmocka_unit_test(details_are_asked_for),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
