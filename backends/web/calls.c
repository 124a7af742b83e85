/*
 * The system calls that kvm-web has left: those of libwebsockets, zlib and the C library
 * for people who have called already. It makes no connection and opens nothing.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "backends/web/web.h"

#define MEMORY_MAX (1ull << 30)

/* The most frequent ones first. */
static const struct jail_call calls[] = {
	{ JAIL_CALL(poll, "waits for people and for kvm-vmm") },
	{ JAIL_CALL(ppoll, "the same, by some C libraries") },
	{ JAIL_CALL(recvfrom, "messages of kvm-vmm") },
	{ JAIL_CALL(sendto, "what people do, for kvm-vmm") },
	{ JAIL_CALL(read, "what people send") },
	{ JAIL_CALL(write, "pictures for people; messages") },
	{ JAIL_CALL(accept4, "somebody calls") },
	{ JAIL_CALL(close, "somebody goes") },
	{ JAIL_CALL(shutdown, "the same") },
	{ JAIL_CALL(getpeername, "who that was") },
	{ JAIL_CALL(getsockname, "where they have called") },
	{ JAIL_CALL(setsockopt, "pictures go at once"),
	  JAIL_ONLY(1, ~0u, IPPROTO_TCP, "IPPROTO_TCP") },
	{ JAIL_CALL(fcntl, "never to wait for one of them"),
	  JAIL_ONLY(1, ~0u, F_GETFL, "F_GETFL") },
	{ JAIL_CALL(fcntl, "never to wait for one of them"),
	  JAIL_ONLY(1, ~0u, F_SETFL, "F_SETFL") },
	{ JAIL_CALL(clock_gettime, "how long one has been waited for") },
	{ JAIL_CALL(gettimeofday, "the same") },
	{ JAIL_CALL(time, "random bytes of libwebsockets's") },
	{ JAIL_CALL(brk, "memory") },
	{ JAIL_CALL(mmap, "memory, none of it code"),
	  JAIL_ONLY(2, PROT_EXEC, 0, "not PROT_EXEC") },
	{ JAIL_CALL(mprotect, "memory, none of it code"),
	  JAIL_ONLY(2, PROT_EXEC, 0, "not PROT_EXEC") },
	{ JAIL_CALL(munmap, "memory") },
	{ JAIL_CALL(mremap, "memory") },
	{ JAIL_CALL(madvise, "memory") },
	{ JAIL_CALL(futex, "locks of the C library") },
	{ JAIL_CALL(getrandom, "the C library's heap") },
	{ JAIL_CALL(restart_syscall, "the kernel's own, after a stop") },
	{ JAIL_CALL(rt_sigreturn, "ends a handler") },
	{ JAIL_CALL(rt_sigprocmask, "the C library, when it aborts") },
	{ JAIL_CALL(gettid, "the same") },
	{ JAIL_CALL(getpid, "the same") },
	{ JAIL_CALL(exit, "its end") },
	{ JAIL_CALL(exit_group, "its end") },
};

const struct jail web_jail = {
	.program = "kvm-web",
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(*calls),
	.memory = MEMORY_MAX,
	.descriptors = WEB_DESCRIPTORS,
};
