/*
 * filters: whether the filters of the sandbox let through what vmm/sandbox/calls.h
 * says and nothing else; linked with kvm-vmm's own objects and its own C library,
 * whose ioctl() decides what a request looks like to them. For each kind of thread a
 * process takes its filter and makes every call that there is: those of a row with
 * its arguments, others with none that mean anything. A call that is let through then
 * fails, or does no harm; one that is not brings SIGSYS. Prints a line for each kind,
 * and one for each that is wrong; exit status 1 if there was any.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/kinds.h"
#include "sandbox/sandbox.h"

#define CALLS	480
#define ARGS	6
#define CHECKS	4
#define NO_FD	(-1L)
#define X32_BIT 0x40000000L

/* A probe's way back into the kernel, since 6.11: no filter sees them, and from
 * anywhere else they are an illegal instruction. */
#define NR_URETPROBE 335
#define NR_UPROBE    336

struct check {
	unsigned int arg;
	uint64_t mask, value;
};

struct row {
	const char *name;
	int nr;
	unsigned int kinds;
	struct check checks[CHECKS];
};

#define ROW(call, kinds_, form, why, ...) \
	{ #call, SYS_##call, kinds_, { __VA_ARGS__ } },
static const struct row rows[] = {
#include "sandbox/calls.h"
};

#define NR_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static volatile sig_atomic_t was_refused;
static bool failed;

static void on_sigsys(int sig)
{
	(void)sig;
	was_refused = 1;
}

static void wrong(const char *kind, const char *what, int nr, long arg)
{
	printf("%s: %s: %s (%d) 0x%lx\n", kind, what, filter_call_name(nr), nr,
	       arg);
	failed = true;
}

/* What would end or change this process if it were made; clone() makes one more. */
static bool is_not_to_be_made(int nr)
{
	switch (nr) {
	case SYS_exit:
	case SYS_exit_group:
	case SYS_rt_sigreturn:
	case SYS_clone:
	case SYS_brk:
	case SYS_close:
	case SYS_rt_sigprocmask:
		return true;
	default:
		return false;
	}
}

static bool is_let_through(int nr, const long *args)
{
	was_refused = 0;
	syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	return !was_refused;
}

/* Whether a row allows @nr with @args, as the table says it. */
static bool is_allowed(unsigned int takes, int nr, const long *args)
{
	for (int i = 0; i < NR_ROWS; i++) {
		const struct row *row = &rows[i];
		bool fits = row->nr == nr && row->kinds & takes;

		for (int c = 0; c < CHECKS && fits; c++) {
			uint64_t value = row->checks[c].value == SELF ?
						 (uint64_t)getpid() :
						 row->checks[c].value;

			fits = ((uint64_t)args[row->checks[c].arg] &
				row->checks[c].mask) == value;
		}
		if (fits)
			return true;
	}
	return nr == SYS_clone3; /* is refused by an error, not by a signal */
}

static void judge(const char *kind, unsigned int takes, int nr,
		  const long *args)
{
	bool allowed = is_allowed(takes, nr, args);

	if (allowed && is_not_to_be_made(nr))
		return;
	if (is_let_through(nr, args) != allowed)
		wrong(kind, allowed ? "is refused" : "is let through", nr,
		      args[nr == SYS_ioctl || nr == SYS_fcntl]);
}

/* A row's arguments, and the others: -1, which no call takes for anything. */
static void fill(long *args, const struct row *row)
{
	for (int i = 0; i < ARGS; i++)
		args[i] = NO_FD;
	for (int c = 0; c < CHECKS; c++) {
		const struct check *check = &row->checks[c];

		if (check->mask)
			args[check->arg] = check->value == SELF ?
						   getpid() :
						   (long)check->value;
	}
}

/* A request's neighbours: one bit of it is another. */
static void try_ioctls(const char *kind, unsigned int takes,
		       unsigned long request)
{
	int (*volatile call)(int, int, ...) = (int (*)(int, int, ...))ioctl;
	long args[ARGS] = { NO_FD, (long)request, NO_FD, NO_FD, NO_FD, NO_FD };

	was_refused = 0;
	call(-1, (int)request, NULL); /* as the C library widens it */
	if (was_refused == is_allowed(takes, SYS_ioctl, args))
		wrong(kind, "by ioctl()", SYS_ioctl, (long)request);
	for (int bit = 0; bit < 32; bit++) {
		args[1] = (long)(request ^ 1UL << bit);
		judge(kind, takes, SYS_ioctl, args);
	}
}

static void try_rows(const char *kind, unsigned int takes)
{
	for (int i = 0; i < NR_ROWS; i++) {
		long args[ARGS];

		if (rows[i].kinds == SAN)
			continue;
		fill(args, &rows[i]);
		if (rows[i].nr == SYS_tgkill || rows[i].nr == SYS_kill)
			args[rows[i].nr == SYS_tgkill ? 2 : 1] = 0;
		judge(kind, takes, rows[i].nr, args);
		if (rows[i].nr == SYS_ioctl)
			try_ioctls(kind, takes, rows[i].checks[0].value);
	}
}

static void try_numbers(const char *kind, unsigned int takes)
{
	const long args[ARGS] = { NO_FD, NO_FD, NO_FD, NO_FD, NO_FD, NO_FD };

	for (int nr = 0; nr < CALLS; nr++)
		if (nr < NR_URETPROBE || nr > NR_UPROBE)
			judge(kind, takes, nr, args);
	for (int nr = 0; nr < CALLS; nr++)
		if (is_let_through((int)(nr | X32_BIT), args))
			wrong(kind, "is let through as x32", nr, 0);
}

/* What an intruder would like, with arguments that would do; whatever the table
 * says. */
static void try_wishes(const char *kind)
{
	const struct {
		int nr;
		long args[ARGS];
	} wishes[] = {
		{ SYS_mmap,
		  { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0 } },
		{ SYS_mprotect, { 0, 4096, PROT_EXEC } },
		{ SYS_clone, { SIGCHLD } },
		{ SYS_clone, { CLONE_VM | CLONE_VFORK | SIGCHLD } },
		{ SYS_clone, { THREAD_MUST | CLONE_NEWUSER } },
		{ SYS_tgkill, { 1, 1, 0 } },
		{ SYS_kill, { 1, 0 } },
		{ SYS_tkill, { 1, 0 } },
		{ SYS_socket, { 1, 1, 0 } },
		{ SYS_fcntl, { 0, F_DUPFD, 9 } },
		{ SYS_ioctl, { 0, TIOCSTI, 0 } },
		{ SYS_prctl, { PR_SET_DUMPABLE, 1 } },
		{ SYS_ptrace, { 0 } },
		{ SYS_execve, { 0 } },
		{ SYS_io_uring_setup, { 1, 0 } },
		{ SYS_seccomp,
		  { SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    0 } },
		{ SYS_process_vm_writev, { 1 } },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (is_let_through(wishes[i].nr, wishes[i].args))
			wrong(kind, "is granted", wishes[i].nr,
			      wishes[i].args[0]);
}

static int in_child(const char *name, enum sandbox_kind kind,
		    unsigned int takes)
{
	struct sigaction action = { .sa_handler = on_sigsys,
				    .sa_flags = SA_NODEFER };

	sigaction(SIGSYS, &action, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || filter_take(kind, NULL)) {
		perror(name);
		return 1;
	}
	try_rows(name, takes);
	try_wishes(name);
	try_numbers(name, takes);
	if (!failed)
		printf("%s: well\n", name);
	fflush(stdout);
	return failed;
}

int main(void)
{
	static const struct {
		const char *name;
		enum sandbox_kind kind;
		unsigned int takes;
	} kinds[] = {
		{ "main", SANDBOX_MAIN, MAIN },
		{ "maker", SANDBOX_MAKER, MAIN | WORKER },
		{ "vcpu", SANDBOX_VCPU, VCPU },
		{ "worker", SANDBOX_WORKER, WORKER },
		{ "share", SANDBOX_SHARE, WORKER | SHARE },
		{ "service", SANDBOX_SERVICE, SERVICE },
		{ "saver", SANDBOX_SAVER, SAVER },
	};
	int status = 0, how;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		pid_t child = fork();

		if (!child)
			_exit(in_child(kinds[i].name, kinds[i].kind,
				       kinds[i].takes));
		if (child < 0 || waitpid(child, &how, 0) < 0)
			return 2;
		if (how)
			status = 1;
		if (WIFSIGNALED(how))
			printf("%s: signal %d\n", kinds[i].name, WTERMSIG(how));
	}
	return status;
}
