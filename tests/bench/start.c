/*
 * start ROUNDS KVM-VMM IMAGE BARE [ARG]: how long kvm-vmm takes from exec to
 * exit with a guest whose first instruction is its last, against a bare program
 * (run with ARG) that makes the same ioctls.
 *
 * First each runs once, traced and not timed, to see whether the two really do
 * the same. Then they run in pairs, each the first of every other pair, so that
 * a noisy machine is noisy for both; each pair gives a ratio, and the medians
 * are printed, of time that passed and of processor time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

#define REQUESTS_MAX 64
#define SYSCALL_STOP (SIGTRAP | 0x80) /* ptrace(2), PTRACE_O_TRACESYSGOOD */

struct side {
	char **args;
	unsigned int requests[REQUESTS_MAX]; /* before the first KVM_RUN */
	int nr_requests;
	bool is_complete; /* KVM_RUN came, and there was room for all */
};

static struct side vmm, bare;
static struct pairs pairs = { .names = { "kvm-vmm", "bare" } };
static int out; /* stdout of both, while they are timed */
static char *no_env[] = { NULL };

/* Becomes the program, under the eyes of its parent. */
static void become_traced(char **args)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (null < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(EXIT_FAILED);
	raise(SIGSTOP);
	execve(args[0], args, no_env);
	_exit(EXIT_FAILED);
}

/*
 * Notes the ioctl that a thread is about to make; true at KVM_RUN. The kernel
 * looks at 32 bits of the request; those above are the C library's whim.
 */
static bool note_request(struct side *side, pid_t thread)
{
	struct __ptrace_syscall_info call;
	unsigned int request;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(call), &call) <= 0 ||
	    call.op != PTRACE_SYSCALL_INFO_ENTRY || call.entry.nr != SYS_ioctl)
		return false;
	request = (unsigned int)call.entry.args[1];
	if (request == KVM_RUN)
		return true;
	if ((request >> 8 & 0xff) == KVMIO &&
	    side->nr_requests++ < REQUESTS_MAX)
		side->requests[side->nr_requests - 1] = request;
	return false;
}

/*
 * The signal to go on with: none for the stops that tracing makes, which are
 * the system calls, the events, and the first stop of a new thread.
 */
static long pending_signal(int status)
{
	int sig = WSTOPSIG(status);

	return sig == SYSCALL_STOP || sig == SIGTRAP || sig == SIGSTOP ? 0 :
									 sig;
}

/* Goes on until some thread is about to enter the guest, or all have ended. */
static void watch_threads(struct side *side)
{
	pid_t thread;
	int status;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == SYSCALL_STOP &&
		    note_request(side, thread)) {
			side->is_complete = side->nr_requests <= REQUESTS_MAX;
			return;
		}
		ptrace(PTRACE_SYSCALL, thread, NULL, pending_signal(status));
	}
}

/*
 * Fills in side->requests. It stays incomplete where the program runs no guest
 * and where this process may not trace another.
 */
static void list_requests(struct side *side)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		become_traced(side->args);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return;
	if (!ptrace(PTRACE_SETOPTIONS, pid, NULL,
		    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
			    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			    PTRACE_O_EXITKILL) &&
	    !ptrace(PTRACE_SYSCALL, pid, NULL, NULL))
		watch_threads(side);
	kill(pid, SIGKILL);
	while (waitpid(-1, &status, __WALL) > 0)
		;
}

static void print_requests(void)
{
	const char *verdict = ", the same";

	if (!vmm.is_complete || !bare.is_complete) {
		printf("  ioctls before KVM_RUN: not seen; may this user trace a "
		       "process?\n");
		return;
	}
	if (vmm.nr_requests != bare.nr_requests ||
	    memcmp(vmm.requests, bare.requests, sizeof(vmm.requests)) != 0)
		verdict = "; NOT the same: bring bare.c up to date";
	printf("  ioctls before KVM_RUN: kvm-vmm %d, bare %d%s\n",
	       vmm.nr_requests, bare.nr_requests, verdict);
}

static int measure(int side, struct took *took)
{
	return run_timed(side ? bare.args : vmm.args, out, took);
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc < 5 || !(rounds = parse_count(argv[1], ROUNDS_MAX))) {
		fprintf(stderr, "usage: start ROUNDS KVM-VMM IMAGE BARE "
				"[ARG]\n");
		return EXIT_USAGE;
	}
	vmm.args = (char *[]){ argv[2], argv[3], NULL };
	bare.args = argv + 4;
	list_requests(&vmm);
	list_requests(&bare);
	out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (pairs_run(&pairs, rounds, measure))
		return EXIT_FAILED;
	pairs_print(&pairs, "exec to exit:", "CPU:", "ms");
	print_requests();
	return 0;
}
