/*
 * kvm-vmm: a small x86 hypervisor on the Linux KVM API.
 * Parse, build, run, exit status: this is the order to read it in, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "cli.h"
#include "command.h"
#include "machine.h"

/* A descriptor below 3 that the caller closed must not become ours: guest
 * output would go into whatever was opened there. */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* A guest takes some ten descriptors; the usual soft limit is for programs
 * that still use select(2), which this one does not. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct options opt;
	int err;

	fill_standard_fds();
	raise_fd_limit();
	signal(SIGPIPE, SIG_IGN); /* a write that fails says so itself */
	signal(SIGXFSZ, SIG_IGN);
	err = cli_parse(&opt, argc, argv);
	if (err < 0)
		exit(STATUS_USAGE);
	if (err > 0)
		exit(fflush(stdout) || ferror(stdout) ? STATUS_FAILED :
							STATUS_OK);
	if (opt.command)
		exit(opt.command->run(opt.command_arg));
	exit(machine_run(&opt));
}
