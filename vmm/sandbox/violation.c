/*
 * A call that is none of its thread's. The kernel does not make it and sends SIGSYS
 * to the thread: so that the program can put the terminal back, say which call it
 * was and end with the status of its own failures. It is no way round: whoever has
 * taken the handler away has not got the call either, and whoever blocks the signal
 * is killed by it.
 */
#define _GNU_SOURCE /* REG_RAX */
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "sandbox/sandbox.h"
#include "terminal/term.h"
#include "util/lock.h"

#define NR_SEEN 64 /* calls that were named */
#define SECCOMP 1  /* si_code; musl's headers have no SYS_SECCOMP */

static __thread struct {
	enum sandbox_kind kind;
	unsigned int nr;
} self;

static bool names_only;
static _Atomic uint64_t seen[NR_SEEN];

/* The one place from which a call is let through that is none of its thread's. */
extern const char sandbox_gate_end[] __attribute__((visibility("hidden")));
long sandbox_gate(const greg_t *regs);

__asm__(".pushsection .text, \"ax\"\n"
	".globl sandbox_gate\n"
	".hidden sandbox_gate_end\n"
	".globl sandbox_gate_end\n"
	"sandbox_gate:\n" /* offsets: gregs[], R8 first */
	"	mov	0(%rdi), %r8\n"
	"	mov	8(%rdi), %r9\n"
	"	mov	16(%rdi), %r10\n"
	"	mov	72(%rdi), %rsi\n"
	"	mov	96(%rdi), %rdx\n"
	"	mov	104(%rdi), %rax\n"
	"	mov	64(%rdi), %rdi\n"
	"	syscall\n"
	"sandbox_gate_end:\n"
	"	ret\n"
	".popsection\n");

const void *violation_gate(void)
{
	return sandbox_gate_end;
}

void violation_introduce(enum sandbox_kind kind, unsigned int nr)
{
	self.kind = kind;
	self.nr = nr;
}

/* The argument that says which of a call's forms it was, or -1: they have none. */
static int telling_arg(int nr)
{
	switch (nr) {
	case SYS_ioctl:
	case SYS_fcntl:
		return REG_RSI;
	case SYS_mmap:
	case SYS_mprotect:
	case SYS_madvise:
		return REG_RDX;
	case SYS_prctl:
	case SYS_clone:
	case SYS_socket:
	case SYS_unshare:
		return REG_RDI;
	default:
		return -1;
	}
}

static void print(const char *text, int len)
{
	if (len > 0 && write(STDERR_FILENO, text, len) < 0)
		return; /* there is no other place to say it */
}

/* @nr: of which the name is known; else it is a call of 32-bit programs. */
static void name_call(int nr, const greg_t *regs, bool known)
{
	static const char *const kinds[SANDBOX_KINDS] = {
		[SANDBOX_MAIN] = "main thread",
		[SANDBOX_MAKER] = "main thread",
		[SANDBOX_VCPU] = "vCPU",
		[SANDBOX_WORKER] = "worker",
		[SANDBOX_SHARE] = "worker of a share",
		[SANDBOX_SERVICE] = "service",
		[SANDBOX_SAVER] = "saver",
	};
	const int arg = known ? telling_arg(nr) : -1;
	char number[16] = "", with[32] = "", line[160];

	if (self.kind > SANDBOX_MAKER)
		snprintf(number, sizeof(number), " %u", self.nr);
	if (arg >= 0)
		snprintf(with, sizeof(with), " with 0x%x",
			 (unsigned int)regs[arg]);
	print(line, snprintf(line, sizeof(line),
			     "kvm-vmm: sandbox: %s%s: %s (%d)%s is none of its "
			     "calls\n",
			     kinds[self.kind], number,
			     known ? filter_call_name(nr) : "int80", nr, with));
}

/* Whether it is the first of its kind that is named. */
static bool is_new(int nr, const greg_t *regs)
{
	const int arg = telling_arg(nr);
	const uint64_t key = (uint64_t)nr << 40 | (uint64_t)self.kind << 32 |
			     (arg < 0 ? 0 : (uint32_t)regs[arg]);

	for (size_t i = 0; i < NR_SEEN; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&seen[i], &none, key + 1))
			return true;
		if (none == key + 1)
			return false;
	}
	return true;
}

/* Whose numbers are others: it is named, and not made. */
static void refuse_other(int nr, greg_t *regs)
{
	name_call(nr, regs, false);
	regs[REG_RAX] = -ENOSYS;
}

/* A new stack, as a thread has: its other end would come out of the handler. */
static bool returns_elsewhere(int nr, const greg_t *regs)
{
	return nr == SYS_vfork || (nr == SYS_clone && regs[REG_RSI]);
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	const int nr = regs[REG_RAX];
	const bool known = info->si_arch == AUDIT_ARCH_X86_64;
	const int err = errno;

	if (info->si_code != SECCOMP) {
		term_die(sig); /* somebody sent it */
		return;
	}
	if (!names_only) {
		term_restore();
		name_call(nr, regs, known);
		/* Not _exit(): a sanitizer has things to do at the end, and waits
		 * for what this thread holds where the call was the sanitizer's. */
		syscall(SYS_exit_group, STATUS_FAILED);
	}
	if (!known) {
		refuse_other(nr, regs);
		return;
	}
	if (is_new(nr, regs))
		name_call(nr, regs, true);
	regs[REG_RAX] = returns_elsewhere(nr, regs) ? -EPERM :
						      sandbox_gate(regs);
	errno = err;
}

void violation_catch(bool goes_on)
{
	struct sigaction action = { .sa_sigaction = on_sigsys,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	names_only = goes_on;
	sigaction(SIGSYS, &action, NULL);
}
