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
#define LENGTH_MAX 512

#define DEADLY(call_)                               \
	{                                           \
		.name = #call_, .call = SYS_##call_ \
	}

/* Only an intruder wants these. */
const struct jail_deadly jail_deadly[] = {
	DEADLY(execve),
	DEADLY(execveat),
	DEADLY(ptrace),
	DEADLY(process_vm_readv),
	DEADLY(process_vm_writev),
	DEADLY(fork),
	DEADLY(vfork),
	DEADLY(clone),
	DEADLY(clone3),
	DEADLY(open),
	DEADLY(openat),
	DEADLY(openat2),
	DEADLY(creat),
	DEADLY(mount),
	DEADLY(umount2),
	DEADLY(chroot),
	DEADLY(pivot_root),
	DEADLY(unshare),
	DEADLY(setns),
	DEADLY(bpf),
	DEADLY(perf_event_open),
	DEADLY(userfaultfd),
	DEADLY(io_uring_setup),
	DEADLY(kill),
	DEADLY(tkill),
	DEADLY(tgkill),
	DEADLY(pidfd_open),
	DEADLY(pidfd_getfd),
	DEADLY(add_key),
	DEADLY(request_key),
	DEADLY(keyctl),
	DEADLY(init_module),
	DEADLY(finit_module),
	DEADLY(kexec_load),
	DEADLY(setuid),
	DEADLY(setgid),
	DEADLY(capset),
	DEADLY(prctl),
	DEADLY(seccomp),
	DEADLY(memfd_create),
	DEADLY(symlink),
	DEADLY(link),
	DEADLY(rename),
	DEADLY(unlink),
	DEADLY(chmod),
	DEADLY(chown),
	DEADLY(mknod),
	DEADLY(mknodat),
	DEADLY(linkat),
	DEADLY(symlinkat),
	DEADLY(renameat2),
	DEADLY(unlinkat),
	DEADLY(open_by_handle_at),
	DEADLY(rt_sigqueueinfo),
	DEADLY(rt_tgsigqueueinfo),
	DEADLY(process_madvise),
	DEADLY(swapon),
	DEADLY(reboot),
	DEADLY(delete_module),
	DEADLY(personality),
	DEADLY(modify_ldt),
	DEADLY(iopl),
	DEADLY(ioperm),
	DEADLY(io_uring_enter),
	DEADLY(io_uring_register),
	DEADLY(open_tree),
	DEADLY(move_mount),
	DEADLY(fsopen),
	DEADLY(mount_setattr),
	DEADLY(setresuid),
	DEADLY(setresgid),
	DEADLY(setreuid),
	DEADLY(setregid),
	DEADLY(setgroups),
	DEADLY(syslog),
	DEADLY(acct),
	DEADLY(kcmp),
};
const size_t jail_nr_deadly = sizeof(jail_deadly) / sizeof(*jail_deadly);

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
	load(offsetof(struct seccomp_data, arch));
	put(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	end_with(SECCOMP_RET_KILL_PROCESS);
	load_call();
	for (size_t i = 0; i < jail->nr_calls; i++)
		put_allowed(&jail->calls[i]);
	for (size_t i = 0; i < jail_nr_deadly; i++) {
		unless(jail_deadly[i].call, 1);
		end_with(SECCOMP_RET_KILL_PROCESS);
	}
	put(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	end_with(SECCOMP_RET_KILL_PROCESS);
	end_with(SECCOMP_RET_ERRNO | EPERM);
}

bool filter_enter(const struct jail *jail)
{
	struct sock_fprog all;

	if (!jail->nr_calls)
		return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	make_program(jail);
	all = (struct sock_fprog){ .len = length, .filter = program };
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}
