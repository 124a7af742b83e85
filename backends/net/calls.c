/*
 * What libslirp, glib and the C library do to serve connections: the system calls
 * that kvm-net has left. Connections to wherever the user may connect are its job, so
 * that is what cannot be taken from it.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "backends/jail/jail.h"
#include "backends/net/network.h"

#define MEMORY_MAX (1ull << 30)

/* The most frequent ones first. */
static const struct jail_call calls[] = {
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

const struct jail net_jail = {
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(*calls),
	.memory = MEMORY_MAX,
	.descriptors = NETWORK_FDS_MAX,
	.has_network = true,
};
