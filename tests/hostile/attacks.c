/* What is tried: see hostile.h. Straight to the kernel, past any C library. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

#define X32_BIT	   0x40000000
#define PKEY_NONE  -1
#define NOT_THERE  "/nonexistent/file"
#define OUTSIDE	   "/etc/passwd"
#define OWN_MEMORY "/proc/self/mem"
#define PAGE	   4096

static uint64_t scratch;
static pid_t parent, self;
static uid_t user;

/* These, too, are none of most threads' calls. */
void attacks_prepare(void)
{
	parent = getppid();
	self = getpid();
	user = getuid();
}

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	long result = syscall(nr, a, b, c, d, e, f);

	return result < 0 ? -errno : result;
}

#define CALL(nr, a, b, c, d) \
	call(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* A descriptor that was got is not needed. */
static long got(long fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Each is a function of its own, of one expression. */
#define TRY(name, expression)        \
	static long try_##name(void) \
	{                            \
		return expression;   \
	}

/* --- Files ------------------------------------------------------------------ */

TRY(open, got(CALL(SYS_open, OUTSIDE, O_RDONLY, 0, 0)))
TRY(openat, got(CALL(SYS_openat, AT_FDCWD, OUTSIDE, O_RDONLY, 0)))
TRY(open_memory, got(CALL(SYS_openat, AT_FDCWD, OWN_MEMORY, O_RDWR, 0)))
TRY(open_parent, got(CALL(SYS_openat, AT_FDCWD, "../..", O_PATH, 0)))
TRY(open_input, got(CALL(SYS_openat, AT_FDCWD, "/proc/self/fd/0", O_RDONLY, 0)))
TRY(creat, got(CALL(SYS_creat, NOT_THERE, 0600, 0, 0)))
TRY(unlink, CALL(SYS_unlink, NOT_THERE, 0, 0, 0))
TRY(rename, CALL(SYS_rename, NOT_THERE, NOT_THERE "2", 0, 0))
TRY(link, CALL(SYS_link, NOT_THERE, NOT_THERE "2", 0, 0))
TRY(symlink, CALL(SYS_symlink, "x", NOT_THERE, 0, 0))
TRY(mkdir, CALL(SYS_mkdir, NOT_THERE, 0700, 0, 0))
TRY(mknod, CALL(SYS_mknod, NOT_THERE, 0600, 0, 0))
TRY(chmod, CALL(SYS_chmod, NOT_THERE, 0777, 0, 0))
TRY(chown, CALL(SYS_chown, NOT_THERE, 0, 0, 0))
TRY(truncate, CALL(SYS_truncate, NOT_THERE, 0, 0, 0))
TRY(chdir, CALL(SYS_chdir, "/", 0, 0, 0))
TRY(by_handle, CALL(SYS_open_by_handle_at, -1, NULL, 0, 0))
TRY(memfd, got(CALL(SYS_memfd_create, "x", 0, 0, 0)))
TRY(inotify, got(CALL(SYS_inotify_init1, 0, 0, 0, 0)))

/* From a folder that is shared, whose `link` leads to `../secret`. */
TRY(open_inside, got(CALL(SYS_openat, AT_FDCWD, "inside", O_RDWR, 0)))
TRY(open_link, got(CALL(SYS_openat, AT_FDCWD, "link", O_RDONLY, 0)))
TRY(open_above, got(CALL(SYS_openat, AT_FDCWD, "../secret", O_RDONLY, 0)))
TRY(move_out, CALL(SYS_renameat, AT_FDCWD, "inside", AT_FDCWD, "../stolen"))
TRY(link_in, call(SYS_linkat, AT_FDCWD, (long)"../secret", AT_FDCWD,
		  (long)"stolen", 0, 0))
TRY(make_above, CALL(SYS_mkdirat, AT_FDCWD, "../made", 0700, 0))
TRY(remove_above, CALL(SYS_unlinkat, AT_FDCWD, "../secret", 0, 0))
TRY(cut_above, CALL(SYS_truncate, "../secret", 0, 0, 0))
TRY(mode_above, CALL(SYS_fchmodat, AT_FDCWD, "../secret", 0600, 0))

static long try_openat2(void)
{
	const uint64_t how[3] = { O_RDONLY };

	return got(CALL(SYS_openat2, AT_FDCWD, OUTSIDE, how, sizeof(how)));
}

/* --- Network ---------------------------------------------------------------- */

TRY(socket, got(CALL(SYS_socket, AF_INET, SOCK_STREAM, 0, 0)))
TRY(socket_unix, got(CALL(SYS_socket, AF_UNIX, SOCK_DGRAM, 0, 0)))
TRY(connect, CALL(SYS_connect, -1, NULL, 0, 0))
TRY(bind, CALL(SYS_bind, -1, NULL, 0, 0))
TRY(listen, CALL(SYS_listen, -1, 1, 0, 0))
TRY(send_to, call(SYS_sendto, -1, (long)"x", 1, 0, (long)"address", 8))
TRY(fast_open, call(SYS_sendto, -1, (long)"x", 1, MSG_FASTOPEN, 0, 0))

static long try_socketpair(void)
{
	int fds[2];
	long result = CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds);

	if (result < 0)
		return result;
	close(fds[0]);
	return got(fds[1]);
}

/* --- Processes -------------------------------------------------------------- */

static long end_child(long pid)
{
	if (!pid)
		syscall(SYS_exit_group, 0);
	if (pid < 0)
		return pid;
	syscall(SYS_wait4, pid, NULL, 0, NULL);
	return 0;
}

TRY(fork, end_child(CALL(SYS_fork, 0, 0, 0, 0)))
TRY(clone, end_child(CALL(SYS_clone, SIGCHLD, 0, 0, 0)))
TRY(clone_space, end_child(CALL(SYS_clone, SIGCHLD | CLONE_NEWUTS, 0, 0, 0)))
TRY(clone_half, CALL(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0))
TRY(clone3, CALL(SYS_clone3, NULL, 0, 0, 0))
TRY(execve, CALL(SYS_execve, NOT_THERE, NULL, NULL, 0))
TRY(execveat, call(SYS_execveat, -1, (long)"", 0, 0, AT_EMPTY_PATH, 0))
TRY(ptrace, CALL(SYS_ptrace, PTRACE_PEEKUSER, parent, 0, 0))
TRY(kill, CALL(SYS_kill, parent, 0, 0, 0))
TRY(tgkill, CALL(SYS_tgkill, parent, parent, 0, 0))
TRY(tkill, CALL(SYS_tkill, parent, 0, 0, 0))
TRY(queue_signal, CALL(SYS_rt_sigqueueinfo, parent, 0, NULL, 0))
TRY(pidfd_open, got(CALL(SYS_pidfd_open, parent, 0, 0, 0)))
TRY(pidfd_getfd, CALL(SYS_pidfd_getfd, -1, 0, 0, 0))
TRY(limits, CALL(SYS_prlimit64, parent, 0, NULL, NULL))
TRY(priority, CALL(SYS_setpriority, 0, 0, 0, 0))

static long try_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	return pid < 0 ? -errno : end_child(pid);
}

static long peek(long nr, pid_t pid)
{
	char here[8], there[8] = "";
	struct iovec local = { here, sizeof(here) };
	struct iovec remote = { there, sizeof(there) };

	return call(nr, pid, (long)&local, 1, (long)&remote, 1, 0) < 0 ?
		       -errno :
		       0;
}

TRY(read_memory, peek(SYS_process_vm_readv, self))
TRY(write_memory, peek(SYS_process_vm_writev, self))

/* --- Code ------------------------------------------------------------------- */

static long make_code(int how)
{
	long at = call(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE | how,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at < 0 && at > -PAGE)
		return at;
	if (!how)
		return at;
	syscall(SYS_munmap, at, PAGE);
	return 0;
}

static long change_code(long nr, int how, long key)
{
	long at = make_code(0), result;

	if (at < 0 && at > -PAGE)
		return at;
	result = CALL(nr, at, PAGE, how, key);
	syscall(SYS_munmap, at, PAGE);
	return result;
}

TRY(mmap_exec, make_code(PROT_EXEC))
TRY(mprotect_exec, change_code(SYS_mprotect, PROT_READ | PROT_EXEC, 0))
TRY(pkey_exec, change_code(SYS_pkey_mprotect, PROT_READ | PROT_EXEC, PKEY_NONE))
TRY(personality, CALL(SYS_personality, 0xffffffff, 0, 0, 0))
TRY(shared_memory, CALL(SYS_shmget, 0x5e1f, 1, 0, 0))
TRY(userfaultfd, got(CALL(SYS_userfaultfd, 1, 0, 0, 0)))
TRY(remap, CALL(SYS_remap_file_pages, 0, 0, 0, 0))

/* --- The kernel's doors ------------------------------------------------------ */

TRY(kvm_create, CALL(SYS_ioctl, -1, KVM_CREATE_VM, 0, 0))
TRY(kvm_device, CALL(SYS_ioctl, -1, KVM_CREATE_DEVICE, 0, 0))
TRY(kvm_cap, CALL(SYS_ioctl, -1, KVM_ENABLE_CAP, 0, 0))
TRY(kvm_wide, CALL(SYS_ioctl, -1, KVM_CREATE_VM | 1l << 32, 0, 0))
TRY(tty_type, CALL(SYS_ioctl, 0, TIOCSTI, "", 0))
TRY(tty_take, CALL(SYS_ioctl, 0, TIOCSCTTY, 0, 0))
TRY(tty_paste, CALL(SYS_ioctl, 0, TIOCLINUX, "\3", 0))
TRY(dup_fd, got(CALL(SYS_fcntl, 1, F_DUPFD, 0, 0)))
TRY(own_fd, CALL(SYS_fcntl, 1, F_SETOWN, parent, 0))
TRY(prctl, CALL(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0))
TRY(arch_prctl, CALL(SYS_arch_prctl, ARCH_GET_FS, &scratch, 0, 0))
TRY(seccomp, CALL(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL, 0))
TRY(bpf, CALL(SYS_bpf, 0, NULL, 0, 0))
TRY(perf, CALL(SYS_perf_event_open, NULL, 0, 0, 0))
TRY(ring_setup, CALL(SYS_io_uring_setup, 0, NULL, 0, 0))
TRY(ring_register, CALL(SYS_io_uring_register, -1, 0, NULL, 0))
TRY(aio, CALL(SYS_io_setup, 0, NULL, 0, 0))
TRY(keyctl, CALL(SYS_keyctl, 0, -1, 0, 0))
TRY(add_key, CALL(SYS_add_key, NULL, NULL, NULL, 0))
TRY(mount, CALL(SYS_mount, "none", NOT_THERE, "tmpfs", 0))
TRY(move_mount, CALL(SYS_move_mount, -1, "", -1, ""))
TRY(umount, CALL(SYS_umount2, NOT_THERE, 0, 0, 0))
TRY(pivot_root, CALL(SYS_pivot_root, NOT_THERE, NOT_THERE, 0, 0))
TRY(chroot, CALL(SYS_chroot, NOT_THERE, 0, 0, 0))
TRY(setns, CALL(SYS_setns, -1, 0, 0, 0))
TRY(unshare, CALL(SYS_unshare, 0, 0, 0, 0))
TRY(setuid, CALL(SYS_setuid, user, 0, 0, 0))
TRY(capset, CALL(SYS_capset, NULL, NULL, 0, 0))
TRY(module, CALL(SYS_finit_module, -1, "", 0, 0))
TRY(kexec, CALL(SYS_kexec_load, 0, 0, NULL, -1))
TRY(reboot, CALL(SYS_reboot, 0, 0, 0, 0))
TRY(clock_set, CALL(SYS_clock_settime, CLOCK_REALTIME, NULL, 0, 0))
TRY(iopl, CALL(SYS_iopl, 0, 0, 0, 0))
TRY(ldt, CALL(SYS_modify_ldt, 0, NULL, 0, 0))
TRY(x32, CALL(SYS_getpid | X32_BIT, 0, 0, 0, 0))

/* Whoever takes the handler away that ends the program by name, or the signal. */
static long try_no_handler(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGSYS, &ignore, NULL);
	return try_socket();
}

static long try_no_signal(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return try_socket();
}

/* The door of 32-bit programs, where 20 is getpid(). */
static long try_int80(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	return result < 0 ? result : 0;
}

#define ATTACK(name_)                              \
	{                                          \
		.name = #name_, .try = try_##name_ \
	}

const struct attack attacks[] = {
	ATTACK(add_key),      ATTACK(aio),	     ATTACK(arch_prctl),
	ATTACK(bind),	      ATTACK(bpf),	     ATTACK(by_handle),
	ATTACK(capset),	      ATTACK(chdir),	     ATTACK(chmod),
	ATTACK(chown),	      ATTACK(chroot),	     ATTACK(clock_set),
	ATTACK(clone),	      ATTACK(clone3),	     ATTACK(clone_half),
	ATTACK(clone_space),  ATTACK(connect),	     ATTACK(creat),
	ATTACK(cut_above),    ATTACK(dup_fd),	     ATTACK(execve),
	ATTACK(execveat),     ATTACK(fast_open),     ATTACK(fork),
	ATTACK(inotify),      ATTACK(int80),	     ATTACK(iopl),
	ATTACK(kexec),	      ATTACK(keyctl),	     ATTACK(kill),
	ATTACK(kvm_cap),      ATTACK(kvm_create),    ATTACK(kvm_device),
	ATTACK(kvm_wide),     ATTACK(ldt),	     ATTACK(limits),
	ATTACK(link),	      ATTACK(link_in),	     ATTACK(listen),
	ATTACK(make_above),   ATTACK(memfd),	     ATTACK(mkdir),
	ATTACK(mknod),	      ATTACK(mmap_exec),     ATTACK(mode_above),
	ATTACK(module),	      ATTACK(mount),	     ATTACK(move_mount),
	ATTACK(move_out),     ATTACK(mprotect_exec), ATTACK(no_handler),
	ATTACK(no_signal),    ATTACK(open),	     ATTACK(open_above),
	ATTACK(open_input),   ATTACK(open_inside),   ATTACK(open_link),
	ATTACK(open_memory),  ATTACK(open_parent),   ATTACK(openat),
	ATTACK(openat2),      ATTACK(own_fd),	     ATTACK(perf),
	ATTACK(personality),  ATTACK(pidfd_getfd),   ATTACK(pidfd_open),
	ATTACK(pivot_root),   ATTACK(pkey_exec),     ATTACK(prctl),
	ATTACK(priority),     ATTACK(ptrace),	     ATTACK(queue_signal),
	ATTACK(read_memory),  ATTACK(reboot),	     ATTACK(remap),
	ATTACK(remove_above), ATTACK(rename),	     ATTACK(ring_register),
	ATTACK(ring_setup),   ATTACK(seccomp),	     ATTACK(send_to),
	ATTACK(setns),	      ATTACK(setuid),	     ATTACK(shared_memory),
	ATTACK(socket),	      ATTACK(socket_unix),   ATTACK(socketpair),
	ATTACK(symlink),      ATTACK(tgkill),	     ATTACK(tkill),
	ATTACK(truncate),     ATTACK(tty_paste),     ATTACK(tty_take),
	ATTACK(tty_type),     ATTACK(umount),	     ATTACK(unlink),
	ATTACK(unshare),      ATTACK(userfaultfd),   ATTACK(vfork),
	ATTACK(write_memory), ATTACK(x32),
};
const size_t nr_attacks = sizeof(attacks) / sizeof(*attacks);

static bool is_named(const char *name, const char *names)
{
	const size_t len = strlen(name);

	if (!strcmp(names, "all"))
		return true;
	for (const char *at = names; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

void attacks_try(const char *names)
{
	for (size_t i = 0; i < nr_attacks; i++) {
		long result;

		if (!is_named(attacks[i].name, names))
			continue;
		result = attacks[i].try();
		dprintf(STDOUT_FILENO, "attack: %s: %ld\n", attacks[i].name,
			result < 0 ? -result : 0);
	}
}
