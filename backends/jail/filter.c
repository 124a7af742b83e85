/*
 * The system calls that a back end has left, as a program for the kernel's filter
 * (seccomp(2)): those of its list. What none of them would do ends the process;
 * anything else is answered with EPERM.
 */
#include "backends/jail/jail.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define X32_BIT	   0x40000000
#define LENGTH_MAX 256

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
static void put_allowed(const struct jail_call *rule)
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

static void make_program(const struct jail *jail)
{
	const size_t nr_deadly = sizeof(deadly) / sizeof(*deadly);

	load(offsetof(struct seccomp_data, arch));
	put(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	end_with(SECCOMP_RET_KILL_PROCESS);
	load_call();
	for (size_t i = 0; i < jail->nr_calls; i++)
		put_allowed(&jail->calls[i]);
	for (size_t i = 0; i < nr_deadly; i++) {
		unless(deadly[i], 1);
		end_with(SECCOMP_RET_KILL_PROCESS);
	}
	put(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	end_with(SECCOMP_RET_KILL_PROCESS);
	end_with(SECCOMP_RET_ERRNO | EPERM);
}

bool filter_enter(const struct jail *jail)
{
	struct sock_fprog all;

	make_program(jail);
	all = (struct sock_fprog){ .len = length, .filter = program };
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}
