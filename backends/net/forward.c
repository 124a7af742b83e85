/*
 * Forwards, kept where the guest is: libslirp 4.7 would leave one at the first
 * address that it leases, and close and open its socket for another, which ends
 * what waits in the queue.
 */
#include "backends/net/forward.h"

#include <arpa/inet.h>
#include <libslirp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define FORWARDS_MAX 64

static struct forward {
	bool udp, on; /* on: libslirp has it */
	int fd;
	uint16_t port;
	struct sockaddr_in at; /* of the host */
} forwards[FORWARDS_MAX];

static unsigned int nr_forwards;

bool forward_add(bool udp, int fd, uint16_t port)
{
	struct forward *f = &forwards[nr_forwards];
	socklen_t len = sizeof(f->at), type_len = sizeof(int);
	int type;

	if (nr_forwards == FORWARDS_MAX ||
	    getsockname(fd, (struct sockaddr *)&f->at, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) ||
	    f->at.sin_family != AF_INET ||
	    type != (udp ? SOCK_DGRAM : SOCK_STREAM))
		return false;
	f->udp = udp;
	f->fd = fd;
	f->port = port;
	nr_forwards++;
	return true;
}

/* libslirp binds a socket of its own, to any port, which gets the lowest free
 * number; a copy of ours takes its place. */
static void forward_on(struct Slirp *slirp, struct forward *f,
		       struct in_addr guest)
{
	struct in_addr loopback = { .s_addr = htonl(INADDR_LOOPBACK) };
	int next = dup(f->fd);

	if (next < 0)
		return;
	close(next);
	if (slirp_add_hostfwd(slirp, f->udp, loopback, 0, guest, f->port))
		return;
	f->on = dup2(f->fd, next) == next;
}

void forward_to(struct Slirp *slirp, uint32_t guest)
{
	struct in_addr addr = { .s_addr = htonl(guest) };

	for (unsigned int i = 0; i < nr_forwards; i++) {
		struct forward *f = &forwards[i];

		if (f->on)
			slirp_remove_hostfwd(slirp, f->udp, f->at.sin_addr,
					     ntohs(f->at.sin_port));
		f->on = false;
		forward_on(slirp, f, addr);
	}
}
