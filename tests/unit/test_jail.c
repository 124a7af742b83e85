/* host-objects: backends/jail/filter.o */
/*
 * What the filter of back ends leaves (backends/jail/filter.c): each call that it lists
 * for intruders ends a process, by that name; what is on a back end's own list works,
 * with those arguments only; all else is refused.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/jail/jail.h"

#define X32_BIT 0x40000000

static const struct jail_call calls[] = {
	{ JAIL_CALL(mmap, "memory"), JAIL_ONLY(2, PROT_EXEC, 0, "no code") },
	{ JAIL_CALL(write, "text") },
	{ JAIL_CALL(exit_group, "its end") },
};

static const struct jail jail = {
	.program = "test",
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(*calls),
};

static const struct jail strict = { .program = "test" };

/* How a process ends behind the filter: 0 or its errno, or 128 + the signal. */
static int try(const struct jail *which, long call, long arg2)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (prctl(PR_SET_DUMPABLE, 0) ||
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    !filter_enter(which))
			_exit(99);
		/* What is bad in the arguments shows that it was let through. */
		syscall(SYS_exit_group,
			syscall(call, 0, 0, arg2, 0, -1, 0) < 0 ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_deadly(void **state)
{
	(void)state;
	for (size_t i = 0; i < jail_nr_deadly; i++)
		if (try(&jail, jail_deadly[i].call, 0) != 128 + SIGSYS)
			fail_msg("%s does not end it", jail_deadly[i].name);
}

static void test_own(void **state)
{
	(void)state;
	assert_int_equal(try(&jail, SYS_write, 0), 0);
	/* No such file: the kernel itself has looked. */
	assert_int_equal(try(&jail, SYS_mmap, PROT_READ), EBADF);
}

static void test_arguments(void **state)
{
	(void)state;
	assert_int_equal(try(&jail, SYS_mmap, PROT_READ | PROT_EXEC), EPERM);
	assert_int_equal(try(&jail, SYS_mmap, PROT_EXEC | 1l << 32), EPERM);
}

static void test_others(void **state)
{
	static const long others[] = { SYS_read,   SYS_socket, SYS_mprotect,
				       SYS_getpid, SYS_stat,   SYS_readlink };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(try(&jail, others[i], 0), EPERM);
	assert_int_equal(try(&jail, 1000, 0), EPERM);
}

static void test_x32(void **state)
{
	(void)state;
	assert_int_equal(try(&jail, SYS_write | X32_BIT, 0), 128 + SIGSYS);
}

static void test_strict(void **state)
{
	(void)state;
	assert_int_equal(try(&strict, SYS_getpid, 0), 128 + SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadly),	  cmocka_unit_test(test_own),
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_others),
		cmocka_unit_test(test_x32),	  cmocka_unit_test(test_strict),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("jail", tests, NULL, NULL);
}
