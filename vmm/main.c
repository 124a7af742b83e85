/*
 * kvm-vmm: a small x86 hypervisor on the Linux KVM API.
 * Parse, build, run, exit status: this is the order to read it in, too.
 */
#define _GNU_SOURCE /* prlimit(); musl's setrlimit() brings 2 KB along */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "cli.h"
#include "command.h"
#include "core/sandbox.h"
#include "judge.h"
#include "machine.h"
#include "util/log.h"

TABLE_DECLARE(command, command);

/* A descriptor below 3 that the caller closed must not become ours: guest
 * output would go into whatever was opened there. It cannot be written to,
 * because output that goes nowhere is lost, and that is a failure. */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* The descriptor that @word hands over, as in --initrd /dev/fd/9, or -1. */
static long handed_over(const char *word)
{
	while ((word = strstr(word, "/fd/"))) {
		char *end;
		long fd;

		word += strlen("/fd/");
		fd = strtol(word, &end, 10);
		if (end > word && (!*end || *end == '/') && fd <= INT_MAX &&
		    fcntl(fd, F_GETFD) >= 0)
			return fd;
	}
	return -1;
}

static bool is_handed_over(int fd, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (handed_over(argv[i]) == fd)
			return true;
	return false;
}

/*
 * What the caller left open and does not name is none of ours: a guest that
 * broke out would find it. A kernel before 5.9 keeps what lies above.
 */
static void close_inherited_fds(int argc, char **argv)
{
	long highest = STDERR_FILENO;

	for (int i = 1; i < argc; i++)
		if (handed_over(argv[i]) > highest)
			highest = handed_over(argv[i]);
	for (int fd = STDERR_FILENO + 1; fd < highest; fd++)
		if (!is_handed_over(fd, argc, argv))
			close(fd);
	syscall(SYS_close_range, highest + 1, ~0u, 0);
}

/* A guest takes some ten descriptors; the usual soft limit is for programs
 * that still use select(2), which this one does not. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (prlimit(0, RLIMIT_NOFILE, NULL, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	prlimit(0, RLIMIT_NOFILE, &limit, NULL);
}

/* A parent that takes its own signals by signalfd(2) may have left them blocked
 * for us; so would be those that make vCPUs stop, and the last deadline. */
static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* @status, unless what was printed could not be written. A reader that has gone knows. */
static int after_printing(int status)
{
	const int err = fflush(stdout) ? errno : 0;

	if (!err && !ferror(stdout))
		return status;
	if (err != EPIPE)
		log_error("standard output: %s%s", strerror(err ? err : EIO),
			  log_advice(err));
	return STATUS_FAILED;
}

/* The command that the first word of the line names, or NULL: an image, say. */
static const struct command *find_command(const char *word)
{
	const struct command *const *row;

	TABLE_FOREACH(command, row) {
		if (word && (*row)->word && !strcmp((*row)->word, word))
			return *row;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = find_command(argv[1]);
	struct options opt;
	int err;

	fill_standard_fds();
	close_inherited_fds(argc, argv);
	raise_fd_limit();
	unblock_signals();
	signal(SIGPIPE, SIG_IGN); /* a write that fails says so itself */
	signal(SIGXFSZ, SIG_IGN);
	if (command)
		exit(after_printing(
			command->run_words((const char *const *)argv + 2)));
	err = cli_parse(&opt, argc, argv);
	if (err < 0)
		exit(STATUS_USAGE);
	if (err > 0)
		exit(after_printing(STATUS_OK));
	if (opt.command)
		exit(after_printing(opt.command->run(opt.command_arg)));
	sandbox_begin(opt.without);
	if (judge_begin(&opt, &err))
		exit(err);
	exit(machine_run(&opt));
}
