/*
 * The system calls of kvm-net once it serves, as a program for the kernel's
 * filter (seccomp(2)): what libslirp, glib and the C library do to serve
 * connections. What nobody of them would do ends the process; anything else is
 * answered with EPERM.
 */
#include "backends/net/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define X32_BIT	   0x40000000
#define LENGTH_MAX 256

/* One call that is let through: always, or if the bits of @mask in argument
 * number @arg are @value. */
struct allowed {
	uint16_t call;
	uint8_t arg;
	uint32_t mask, value;
};

/* The most frequent ones first. */
static const struct allowed allowed[] = {
	{ .call = SYS_epoll_wait },
	{ .call = SYS_recvfrom },
	{ .call = SYS_writev },
	{ .call = SYS_sendto },
	{ .call = SYS_recvmsg },
	{ .call = SYS_clock_gettime },
	{ .call = SYS_epoll_ctl },
	{ .call = SYS_poll },
	{ .call = SYS_socket, 0, ~0u, AF_INET },
	{ .call = SYS_connect },
	{ .call = SYS_accept },
	{ .call = SYS_accept4 },
	{ .call = SYS_bind },
	{ .call = SYS_listen },
	{ .call = SYS_shutdown },
	{ .call = SYS_getsockname },
	{ .call = SYS_getpeername },
	{ .call = SYS_getsockopt },
	{ .call = SYS_setsockopt },
	{ .call = SYS_sendmsg },
	{ .call = SYS_ioctl, 1, ~0u, FIONREAD },
	{ .call = SYS_ioctl, 1, ~0u, FIONBIO },
	{ .call = SYS_fcntl, 1, ~0u, F_GETFL },
	{ .call = SYS_fcntl, 1, ~0u, F_SETFL },
	{ .call = SYS_fcntl, 1, ~0u, F_GETFD },
	{ .call = SYS_fcntl, 1, ~0u, F_SETFD },
	{ .call = SYS_dup },
	{ .call = SYS_dup2 },
	{ .call = SYS_close },
	{ .call = SYS_read },
	{ .call = SYS_write },
	{ .call = SYS_brk },
	{ .call = SYS_mmap, 2, PROT_EXEC, 0 },
	{ .call = SYS_mprotect, 2, PROT_EXEC, 0 },
	{ .call = SYS_munmap },
	{ .call = SYS_mremap },
	{ .call = SYS_madvise },
	{ .call = SYS_futex },
	{ .call = SYS_getrandom },
	{ .call = SYS_gettimeofday },
	{ .call = SYS_restart_syscall },
	{ .call = SYS_rt_sigreturn },
	{ .call = SYS_rt_sigprocmask },
	{ .call = SYS_gettid },
	{ .call = SYS_getpid },
	{ .call = SYS_exit },
	{ .call = SYS_exit_group },
};

/* Only an intruder wants these. */
static const uint16_t deadly[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_fork,
	SYS_vfork,
	SYS_clone,
	SYS_clone3,
	SYS_open,
	SYS_openat,
	SYS_openat2,
	SYS_creat,
	SYS_mount,
	SYS_umount2,
	SYS_chroot,
	SYS_pivot_root,
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_pidfd_open,
	SYS_pidfd_getfd,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_init_module,
	SYS_finit_module,
	SYS_kexec_load,
	SYS_setuid,
	SYS_setgid,
	SYS_capset,
	SYS_prctl,
	SYS_seccomp,
	SYS_memfd_create,
	SYS_symlink,
	SYS_link,
	SYS_rename,
	SYS_unlink,
	SYS_chmod,
	SYS_chown,
};

static struct sock_filter program[LENGTH_MAX];
static unsigned short length;

static void put(uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	program[length++] =
		(struct sock_filter)BPF_JUMP(code, k, if_true, if_false);
}

static void load(size_t offset)
{
	put(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void end_with(uint32_t action)
{
	put(BPF_RET | BPF_K, action, 0, 0);
}

/* Goes on behind the next @count instructions unless what is loaded is @k. */
static void unless(uint32_t k, uint8_t count)
{
	put(BPF_JMP | BPF_JEQ | BPF_K, k, 0, count);
}

static void load_call(void)
{
	load(offsetof(struct seccomp_data, nr));
}

/* The lower half of an argument: all that the kernel looks at in these. */
static void put_allowed(const struct allowed *rule)
{
	unless(rule->call, rule->mask ? 5 : 1);
	if (rule->mask) {
		load(offsetof(struct seccomp_data, args) + 8 * rule->arg);
		put(BPF_ALU | BPF_AND | BPF_K, rule->mask, 0, 0);
		unless(rule->value, 1);
	}
	end_with(SECCOMP_RET_ALLOW);
	if (rule->mask)
		load_call();
}

static void make_program(void)
{
	const size_t nr_allowed = sizeof(allowed) / sizeof(*allowed);
	const size_t nr_deadly = sizeof(deadly) / sizeof(*deadly);

	load(offsetof(struct seccomp_data, arch));
	put(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	end_with(SECCOMP_RET_KILL_PROCESS);
	load_call();
	for (size_t i = 0; i < nr_allowed; i++)
		put_allowed(&allowed[i]);
	for (size_t i = 0; i < nr_deadly; i++) {
		unless(deadly[i], 1);
		end_with(SECCOMP_RET_KILL_PROCESS);
	}
	put(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	end_with(SECCOMP_RET_KILL_PROCESS);
	end_with(SECCOMP_RET_ERRNO | EPERM);
}

bool filter_enter(void)
{
	struct sock_fprog all;

	make_program();
	all = (struct sock_fprog){ .len = length, .filter = program };
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}
