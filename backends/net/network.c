/*
 * libslirp 4.7 and its world: one loop around poll(2). libslirp is asked for its
 * sockets anew each time, because a packet of the guest may have changed them and
 * it does not say so.
 */
#include "backends/net/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libslirp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "backends/net/forward.h"
#include "backends/net/frames.h"
#include "backends/net/packet.h"

#define IN_ROOM	    (4 * (FRAME_HEAD + FRAME_MAX))
#define OUT_ROOM    (4 * (FRAME_HEAD + FRAME_MAX))
#define OUT_MUCH    (OUT_ROOM / 2) /* bytes that wait: the host shall, too */
#define SMALL	    2048	   /* such frames are collected */
#define SOCKETS_MAX 1024	   /* what main() limits descriptors to */

/* What libslirp says when nothing but its clock's second is to be waited for. */
#define NOTHING_DUE 1000 /* ms */

static struct network {
	int fd;
	Slirp *slirp;
	struct packet_view view;
	struct frames in;
	size_t out_end; /* in @out: what the peer has not taken yet */
	bool gone;
	bool untried;		 /* some of it */
	bool moved;		 /* the guest, and the forwards have not yet */
	unsigned int nr_sockets; /* that belong to a connection */
	unsigned int nr_polled;
	struct pollfd polled[1 + SOCKETS_MAX];
	bool counted[SOCKETS_MAX];
	uint8_t in_data[IN_ROOM], out[OUT_ROOM];
} net;

/* --- To the guest ---------------------------------------------------------- */

/* The parts that the kernel takes now; the rest of them, if it is not all, goes
 * to the end of @n->out, where there is room. */
static void write_out(struct network *n, struct iovec *iov, int nr)
{
	ssize_t done = writev(n->fd, iov, nr);

	if (done < 0) {
		n->gone = errno != EAGAIN && errno != EINTR;
		done = 0;
	}
	for (int i = 0; i < nr; i++) {
		size_t part = (size_t)done < iov[i].iov_len ? (size_t)done :
							      iov[i].iov_len;

		done -= part;
		memmove(n->out + n->out_end, (uint8_t *)iov[i].iov_base + part,
			iov[i].iov_len - part);
		n->out_end += iov[i].iov_len - part;
	}
}

/* Tries to be rid of all that waits. */
static void flush(struct network *n)
{
	struct iovec iov = { n->out, n->out_end };

	n->untried = false;
	n->out_end = 0;
	if (iov.iov_len)
		write_out(n, &iov, 1);
}

/* Appends a frame, mended and not too short, to what waits; there is room. */
static void append(struct network *n, const uint8_t *frame, size_t len)
{
	uint8_t *head = n->out + n->out_end, *copy = head + FRAME_HEAD;
	size_t size = len < FRAME_MIN ? FRAME_MIN : len;

	memcpy(copy, frame, len);
	memset(copy + len, 0, size - len);
	n->moved |= packet_to_guest(&n->view, copy, len);
	frames_put_head(head, size);
	n->out_end += FRAME_HEAD + size;
	n->untried = true;
}

/* SlirpWriteCb: a frame for the guest. What finds no room is lost, as frames
 * are; TCP sends it again. Long ones go without a copy, behind the short ones
 * that wait. */
static ssize_t send_packet(const void *frame, size_t len, void *opaque)
{
	struct network *n = opaque;
	uint8_t head[FRAME_HEAD];
	struct iovec iov[] = { { n->out, n->out_end },
			       { head, FRAME_HEAD },
			       { (void *)frame, len } };

	if (n->gone || len > FRAME_MAX ||
	    OUT_ROOM - n->out_end < FRAME_HEAD + FRAME_MIN + len)
		return len;
	if (len < SMALL || n->out_end >= SMALL ||
	    !packet_is_plain(&n->view, frame, len)) {
		append(n, frame, len);
		return len;
	}
	frames_put_head(head, len);
	n->untried = false;
	n->out_end = 0;
	write_out(n, iov, 3);
	return len;
}

/* --- From the guest -------------------------------------------------------- */

/* Whether @frame may be the answer that a packet of libslirp's waits for. */
static bool is_arp(const uint8_t *frame, size_t len)
{
	return len > 13 && frame[12] == 0x08 && frame[13] == 0x06;
}

/* What has come; false: it is no frame. What waited for an answer to ARP, libslirp
 * sends when it is next asked to. */
static bool take_frames(struct network *n)
{
	enum frames_found found;
	bool arp = false;
	uint8_t *frame;
	size_t len;

	while ((found = frames_next(&n->in, &frame, &len)) == FRAMES_FRAME) {
		n->moved |= packet_from_guest(&n->view, frame, len);
		arp |= is_arp(frame, len);
		slirp_input(n->slirp, frame, len);
	}
	if (arp)
		slirp_pollfds_poll(n->slirp, 1, NULL, n);
	return found != FRAMES_LIE;
}

static bool receive(struct network *n)
{
	ssize_t len;

	frames_make_room(&n->in);
	len = recv(n->fd, n->in.data + n->in.end, n->in.room - n->in.end, 0);
	if (len <= 0) {
		n->gone = !len || (errno != EAGAIN && errno != EINTR);
		return true;
	}
	n->in.end += len;
	return take_frames(n);
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

	if (n->nr_polled == 1 + SOCKETS_MAX)
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

/* Waits until something can be done. While the guest does not take what waits
 * for it, nothing is read from the host's sockets either. libslirp's clock needs
 * no ticks without connections, though it asks for some while ports lead inside. */
static void wait_for_work(struct network *n)
{
	uint32_t due = UINT32_MAX;

	n->polled[0] = (struct pollfd){ .fd = n->fd, .events = POLLIN };
	if (n->out_end)
		n->polled[0].events |= POLLOUT;
	n->nr_polled = 1;
	slirp_pollfds_fill(n->slirp, &due, add_socket, n);
	for (unsigned int i = 1; n->out_end >= OUT_MUCH && i < n->nr_polled;
	     i++)
		n->polled[i].events &= POLLOUT;
	if (!n->nr_sockets || due >= NOTHING_DUE)
		due = UINT32_MAX;
	if (poll(n->polled, n->nr_polled, due) < 0)
		for (unsigned int i = 0; i < n->nr_polled; i++)
			n->polled[i].revents = 0;
}

int network_run(void)
{
	struct network *n = &net;
	bool good = true;

	while (good && !n->gone) {
		wait_for_work(n);
		if (n->polled[0].revents & POLLOUT)
			flush(n);
		slirp_pollfds_poll(n->slirp, 0, what_happened, n);
		if (n->polled[0].revents & (POLLIN | POLLHUP | POLLERR))
			good = receive(n);
		if (n->moved)
			forward_to(n->slirp, n->view.guest);
		n->moved = false;
		if (n->untried)
			flush(n);
	}
	return !good;
}

bool network_open(int fd, unsigned int mtu, uint32_t resolver)
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

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return false;
	net.fd = fd;
	net.view.resolver = resolver;
	net.in.data = net.in_data;
	net.in.room = IN_ROOM;
	net.slirp = slirp_new(&config, &callbacks, &net);
	return net.slirp != NULL;
}
