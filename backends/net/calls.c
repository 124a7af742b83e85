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
	{ JAIL_CALL(epoll_wait,
		    "waits for frames, connections and the guest's end") },
	{ JAIL_CALL(recvfrom, "what a connection has sent") },
	{ JAIL_CALL(writev, "frames to a stream") },
	{ JAIL_CALL(sendto, "what the guest sends on a connection") },
	{ JAIL_CALL(recvmsg,
		    "frames from a stream; a datagram and who sent it") },
	{ JAIL_CALL(clock_gettime, "timeouts of connections") },
	{ JAIL_CALL(epoll_ctl, "what is waited for") },
	{ JAIL_CALL(poll, "whether a connection stands") },
	{ JAIL_CALL(socket, "a connection: its job"),
	  JAIL_ONLY(0, ~0u, AF_INET, "AF_INET") },
	{ JAIL_CALL(connect, "where to: anywhere the user may; its job") },
	{ JAIL_CALL(accept, "forwards to the guest") },
	{ JAIL_CALL(accept4, "forwards to the guest") },
	{ JAIL_CALL(bind, "an address of its own for datagrams") },
	{ JAIL_CALL(listen, "FTP and the like, that want to be called back") },
	{ JAIL_CALL(shutdown, "the guest has ended one direction") },
	{ JAIL_CALL(getsockname, "which port it got") },
	{ JAIL_CALL(getpeername, "who calls") },
	{ JAIL_CALL(getsockopt, "whether connecting has failed, and why") },
	{ JAIL_CALL(setsockopt, "options of connections") },
	{ JAIL_CALL(sendmsg, "a datagram") },
	{ JAIL_CALL(ioctl, "how much is there"),
	  JAIL_ONLY(1, ~0u, FIONREAD, "FIONREAD") },
	{ JAIL_CALL(ioctl, "never to wait for one connection"),
	  JAIL_ONLY(1, ~0u, FIONBIO, "FIONBIO") },
	{ JAIL_CALL(fcntl, "never to wait for one connection"),
	  JAIL_ONLY(1, ~0u, F_GETFL, "F_GETFL") },
	{ JAIL_CALL(fcntl, "never to wait for one connection"),
	  JAIL_ONLY(1, ~0u, F_SETFL, "F_SETFL") },
	{ JAIL_CALL(fcntl, "close on exec"),
	  JAIL_ONLY(1, ~0u, F_GETFD, "F_GETFD") },
	{ JAIL_CALL(fcntl, "close on exec"),
	  JAIL_ONLY(1, ~0u, F_SETFD, "F_SETFD") },
	{ JAIL_CALL(dup, "glib") },
	{ JAIL_CALL(dup2, "glib") },
	{ JAIL_CALL(close, "a connection has ended") },
	{ JAIL_CALL(read, "the bell of the ring") },
	{ JAIL_CALL(write, "the other bell; messages") },
	{ JAIL_CALL(getrandom, "port numbers, hash tables") },
	{ JAIL_CALL(gettimeofday, "timeouts") },
#include "backends/jail/libc.inc"
};

const struct jail net_jail = {
	.program = "kvm-net",
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(*calls),
	.memory = MEMORY_MAX,
	.descriptors = NETWORK_FDS_MAX,
	.has_network = true,
};
