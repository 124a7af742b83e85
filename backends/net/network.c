/*
 * libslirp 4.7 and its world: one loop around waiting_poll(). libslirp is asked for its
 * sockets anew each time, because a packet of the guest may have changed them and
 * it does not say so.
 */
#include "backends/net/network.h"

#include <arpa/inet.h>
#include <libslirp.h>
#include <string.h>
#include <time.h>

#include "backends/net/forward.h"
#include "backends/net/frames.h"
#include "backends/net/packet.h"
#include "backends/net/peer.h"
#include "backends/net/waiting.h"

#define LONG	    2048 /* such frames can go without a copy */
#define LITTLE	    1024 /* bytes of the guest's whose receipt need not hurry */
#define SOCKETS_MAX NETWORK_FDS_MAX

/* What libslirp says when nothing but its clock's second is to be waited for. */
#define NOTHING_DUE 1000 /* ms */
#define RECEIPT_DUE 1	 /* ms that a receipt may wait for company */

static struct network {
	Slirp *slirp;
	const struct peer *peer;
	struct packet_view view;
	bool arp;	 /* of the frames that have just come, one was of ARP */
	size_t taken;	 /* bytes of them */
	bool moved;	 /* the guest has, and the forwards not yet */
	bool has_frames; /* are there for the peer, which was not told yet */
	bool has_urgent; /* and not all of them are mere receipts */
	unsigned int nr_sockets;	  /* that belong to a connection */
	unsigned int nr_polled, nr_peers; /* the first ones are the peer's */
	struct pollfd polled[PEER_POLLED + SOCKETS_MAX];
	bool counted[SOCKETS_MAX];
} net;

/* --- To the guest ---------------------------------------------------------- */

/* memcpy() by words, up to 7 bytes more; every peer has room for them. */
static void copy_words(void *to, const void *from, size_t len)
{
	size_t words = (len + 7) / 8;

	__asm__ volatile("rep movsq"
			 : "+D"(to), "+S"(from), "+c"(words)
			 :
			 : "memory");
}

/* SlirpWriteCb: a frame for the guest. What finds no room is lost, as frames
 * are; TCP sends it again. */
static ssize_t send_packet(const void *frame, size_t len, void *opaque)
{
	struct network *n = opaque;
	size_t size = len < FRAME_MIN ? FRAME_MIN : len;
	uint8_t *copy;

	n->has_urgent |= !packet_is_receipt(frame, len);
	if (len >= LONG && n->peer->send &&
	    packet_is_plain(&n->view, frame, len) && n->peer->send(frame, len))
		return len;
	copy = n->peer->reserve(size);
	if (!copy)
		return len;
	if (len >= LONG)
		copy_words(copy, frame, len);
	else
		memcpy(copy, frame, len);
	memset(copy + len, 0, size - len);
	n->moved |= packet_to_guest(&n->view, copy, len);
	n->peer->commit(size);
	n->has_frames = true;
	return len;
}

/* The guest's TCP is not in a hurry to learn that a few bytes have arrived: what
 * answers them often follows at once, and then both interrupt it together. */
static bool can_wait(const struct network *n)
{
	return !n->has_urgent && n->taken < LITTLE;
}

static void flush(struct network *n)
{
	if (n->has_frames)
		n->peer->flush();
	n->has_frames = n->has_urgent = false;
	n->taken = 0;
}

/* --- From the guest -------------------------------------------------------- */

static void take_frame(uint8_t *frame, size_t len)
{
	struct network *n = &net;

	n->taken += len;
	n->arp |= packet_is_arp(frame, len);
	n->moved |= packet_from_guest(&n->view, frame, len);
	slirp_input(n->slirp, frame, len);
}

/* --- The rest of what libslirp asks for ------------------------------------ */

static int64_t clock_ns(void *opaque)
{
	struct timespec now;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void say_nothing(const char *text, void *opaque)
{
	(void)text;
	(void)opaque;
}

/* Its only timers are for IPv6, which there is not. */
static void *timer_new(SlirpTimerCb cb, void *arg, void *opaque)
{
	(void)cb;
	(void)arg;
	return opaque;
}

static void timer_free(void *timer, void *opaque)
{
	(void)timer;
	(void)opaque;
}

static void timer_mod(void *timer, int64_t when, void *opaque)
{
	(void)timer;
	(void)when;
	(void)opaque;
}

static void count_socket(int fd, void *opaque)
{
	struct network *n = opaque;

	if (fd < 0 || fd >= SOCKETS_MAX || n->counted[fd])
		return;
	n->counted[fd] = true;
	n->nr_sockets++;
}

static void uncount_socket(int fd, void *opaque)
{
	struct network *n = opaque;

	waiting_forget(fd);
	if (fd < 0 || fd >= SOCKETS_MAX || !n->counted[fd])
		return;
	n->counted[fd] = false;
	n->nr_sockets--;
}

static void nothing_to_wake(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = say_nothing,
	.clock_get_ns = clock_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = count_socket,
	.unregister_poll_fd = uncount_socket,
	.notify = nothing_to_wake,
};

/* --- The loop -------------------------------------------------------------- */

/* SlirpAddPollCb: the bits of both are the same in number and order, so names
 * are what is translated. */
static int add_socket(int fd, int events, void *opaque)
{
	struct network *n = opaque;
	short wanted = 0;

	if (n->nr_polled == PEER_POLLED + SOCKETS_MAX)
		return -1;
	if (events & SLIRP_POLL_IN)
		wanted |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		wanted |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		wanted |= POLLPRI;
	n->polled[n->nr_polled] = (struct pollfd){ .fd = fd, .events = wanted };
	return n->nr_polled++;
}

/* SlirpGetREventsCb. */
static int what_happened(int index, void *opaque)
{
	struct network *n = opaque;
	short events = n->polled[index].revents;
	int happened = 0;

	if (!events)
		return 0;
	if (events & POLLIN)
		happened |= SLIRP_POLL_IN;
	if (events & POLLOUT)
		happened |= SLIRP_POLL_OUT;
	if (events & POLLPRI)
		happened |= SLIRP_POLL_PRI;
	if (events & (POLLERR | POLLNVAL))
		happened |= SLIRP_POLL_ERR;
	if (events & POLLHUP)
		happened |= SLIRP_POLL_HUP;
	return happened;
}

/* Waits until something can be done, at most @due ms. While the guest does not take
 * what is there for it, nothing is read from the host's sockets either. libslirp's
 * clock needs no ticks without connections, though it asks for some while ports
 * lead inside. Whether it was woken by something. */
static bool wait_for_work(struct network *n, uint32_t due)
{
	uint32_t clock = UINT32_MAX;
	bool now;
	int nr;

	n->nr_polled = n->nr_peers = n->peer->wait(n->polled, &now);
	slirp_pollfds_fill(n->slirp, &clock, add_socket, n);
	if (n->peer->is_behind())
		for (unsigned int i = n->nr_peers; i < n->nr_polled; i++)
			n->polled[i].events &= POLLOUT;
	if (n->nr_sockets && clock < NOTHING_DUE && clock < due)
		due = clock;
	nr = waiting_poll(n->polled, n->nr_polled, now ? 0 : (int)due);
	return nr || now;
}

int network_run(void)
{
	struct network *n = &net;
	enum peer_state state = PEER_THERE;

	while (state == PEER_THERE) {
		if (!wait_for_work(n, n->has_frames ? RECEIPT_DUE : UINT32_MAX))
			n->has_urgent = true;
		slirp_pollfds_poll(n->slirp, 0, what_happened, n);
		state = n->peer->receive(n->polled, take_frame);
		/* What waited for an answer to ARP goes when it is asked to. */
		if (n->arp)
			slirp_pollfds_poll(n->slirp, 1, NULL, n);
		n->arp = false;
		if (n->moved) {
			waiting_forget_all();
			forward_to(n->slirp, n->view.guest);
		}
		n->moved = false;
		if (!can_wait(n))
			flush(n);
	}
	return state == PEER_LIES;
}

bool network_open(const struct peer *peer, unsigned int mtu, uint32_t resolver)
{
	SlirpConfig config = {
		.version = 4,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(NET_ADDR(0)),
		.vnetmask.s_addr = htonl(NET_MASK),
		.vhost.s_addr = htonl(NET_HOST),
		.vdhcp_start.s_addr = htonl(NET_FIRST_LEASE),
		.vnameserver.s_addr = htonl(NET_NAME_SERVER),
		.if_mtu = mtu,
		.if_mru = mtu,
		.disable_dns = true,
	};

	net.peer = peer;
	net.view.resolver = resolver;
	net.slirp = slirp_new(&config, &callbacks, &net);
	return net.slirp && waiting_open();
}
