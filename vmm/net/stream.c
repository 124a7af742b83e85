/*
 * Frames over a stream socket. Both ways go through memory of our own: one
 * call of the kernel's brings many small frames, a large one needs no more, and
 * a peer that sends half of one and stops keeps nothing of the guest's.
 *
 * A length that no frame has ends the stream: where the next begins is unknown.
 */
#include "net/stream.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

#define PREFIX	 sizeof(uint32_t)
#define IN_SIZE	 (128 << 10)
#define OUT_SIZE (128 << 10)
#define SMALL	 2048	    /* frames that are copied, to go as one */
#define BATCH	 (32 << 10) /* bytes of them */
#define PIECES	 256	    /* of a frame */
#define FIRST	 2	    /* pieces before it: others, and its length */
#define GONE	 "the peer has gone"
#define TOLD	 3 /* times that a link is down; the others are counted */

_Static_assert(IN_SIZE >= PREFIX + NET_FRAME_MAX, "one frame at least");
_Static_assert(OUT_SIZE >= BATCH + PREFIX + NET_FRAME_MAX, "and a batch");

static struct net_stream *of(struct net_end *end)
{
	return (struct net_stream *)end;
}

static void set_full(struct net_stream *s, bool full)
{
	s->end.full = full;
	s->end.events = EPOLLIN | EPOLLRDHUP | (full ? EPOLLOUT : 0);
}

int net_stream_init(struct net_stream *s, const struct net *net)
{
	*s = (struct net_stream){
		.end = { .net = net, .fd = -1, .events = EPOLLIN },
		.is_over = true,
		.in = malloc(IN_SIZE),
		.out = malloc(OUT_SIZE)
	};
	if (s->in && s->out)
		return 0;
	net_stream_free(s);
	return -ENOMEM;
}

void net_stream_begin(struct net_stream *s, int fd)
{
	s->end.fd = fd;
	s->end.link = true;
	s->is_over = s->is_drained = s->has_hung_up = false;
	set_full(s, false);
	s->in_start = s->in_len = s->out_len = 0;
}

void net_stream_end(struct net_stream *s)
{
	if (s->end.fd >= 0)
		close(s->end.fd);
	s->end.fd = -1;
	s->end.link = false;
	s->is_over = true;
	set_full(s, false);
	s->in_len = s->out_len = 0;
}

void net_stream_free(struct net_stream *s)
{
	net_stream_end(s);
	if (s->losses > TOLD)
		log_warn("--net %s: the link was down %u times",
			 s->end.net->name, s->losses);
	free(s->in);
	free(s->out);
}

static void lose_link(struct net_stream *s, const char *why)
{
	if (s->end.link && s->losses++ < TOLD)
		log_warn("--net %s%s%s: %s: the link is down%s",
			 s->end.net->name, s->peer ? "=" : "",
			 s->peer ? s->peer : "", why,
			 s->losses == TOLD ?
				 "; from now on that is only counted" :
				 "");
	s->end.link = false;
	s->out_len = 0;
	set_full(s, false);
}

/* Nothing more is read. That the socket is shut makes it ready once more, and then
 * its owner closes it. */
static void break_off(struct net_stream *s, const char *why)
{
	lose_link(s, why);
	s->in_len = 0;
	s->is_over = true;
	shutdown(s->end.fd, SHUT_RDWR);
}

/* Reads what there is, behind what there was. False: nothing has come. */
static bool fill(struct net_stream *s)
{
	size_t room;
	ssize_t n;

	memmove(s->in, s->in + s->in_start, s->in_len);
	s->in_start = 0;
	room = IN_SIZE - s->in_len;
	n = recv(s->end.fd, s->in + s->in_len, room, MSG_DONTWAIT);
	s->is_drained = n < (ssize_t)room && !(s->has_hung_up && n > 0);
	if (n > 0)
		s->in_len += n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		break_off(s, GONE);
	return n > 0;
}

static void skip(struct net_stream *s, size_t len)
{
	s->in_start += len;
	s->in_len -= len;
}

/* Whether a frame is there as a whole, behind its length, which is @len. */
static bool is_whole(struct net_stream *s, size_t *len)
{
	uint32_t prefix;

	if (s->in_len < PREFIX)
		return false;
	memcpy(&prefix, s->in + s->in_start, PREFIX);
	*len = be32toh(prefix);
	if (*len > NET_FRAME_MAX) {
		break_off(s, "the peer says that a frame is longer than any");
		return false;
	}
	return s->in_len >= PREFIX + *len;
}

bool net_stream_next(struct net_end *end, struct net_frame *frame)
{
	struct net_stream *s = of(end);
	size_t len = 0;

	for (;;) {
		if (is_whole(s, &len)) {
			if (len >= NET_FRAME_MIN)
				break;
			skip(s, PREFIX + len); /* it is for nobody */
		} else if (s->is_over || s->is_drained || !fill(s)) {
			return false;
		}
	}
	*frame = (struct net_frame){ .data = s->in + s->in_start + PREFIX,
				     .len = len };
	return true;
}

void net_stream_done(struct net_end *end)
{
	struct net_stream *s = of(end);
	uint32_t prefix;

	memcpy(&prefix, s->in + s->in_start, PREFIX);
	skip(s, PREFIX + be32toh(prefix));
}

/* Sends the @nr pieces at @iov, and returns how many bytes of them went. */
static size_t push(struct net_stream *s, struct iovec *iov, unsigned int nr)
{
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nr };
	ssize_t n = sendmsg(s->end.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return n;
	if (errno != EAGAIN && errno != EINTR)
		lose_link(s, GONE); /* what it has sent may still be read */
	return 0;
}

/* Keeps what is behind the first @gone bytes of the pieces at @iov. The first of
 * them is what was kept before. */
static void keep(struct net_stream *s, const struct iovec *iov, unsigned int nr,
		 size_t gone)
{
	size_t kept = 0;

	for (unsigned int i = 0; i < nr; i++) {
		const size_t len = iov[i].iov_len;

		if (gone >= len) {
			gone -= len;
			continue;
		}
		memmove(s->out + kept, (const uint8_t *)iov[i].iov_base + gone,
			len - gone);
		kept += len - gone;
		gone = 0;
	}
	s->out_len = kept;
	set_full(s, kept);
}

void net_stream_flush(struct net_end *end)
{
	struct net_stream *s = of(end);
	struct iovec iov = { s->out, s->out_len };
	size_t gone;

	if (!s->out_len)
		return;
	gone = push(s, &iov, 1);
	if (s->end.link)
		keep(s, &iov, 1, gone);
}

static void copy_small(struct net_stream *s, uint32_t prefix,
		       const struct iovec *iov, unsigned int nr)
{
	memcpy(s->out + s->out_len, &prefix, PREFIX);
	s->out_len += PREFIX;
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(s->out + s->out_len, iov[i].iov_base, iov[i].iov_len);
		s->out_len += iov[i].iov_len;
	}
}

void net_stream_send(struct net_end *end, const struct net_header *header,
		     const struct iovec *iov, unsigned int nr, size_t len)
{
	struct net_stream *s = of(end);
	uint32_t prefix = htobe32(len);
	struct iovec all[FIRST + PIECES] = { { s->out, s->out_len },
					     { &prefix, PREFIX } };
	size_t gone;

	(void)header;
	if (!end->link || end->full || nr > PIECES)
		return;
	if (len <= SMALL && s->out_len < BATCH) {
		copy_small(s, prefix, iov, nr);
		return;
	}
	memcpy(all + FIRST, iov, nr * sizeof(*iov));
	gone = push(s, all, FIRST + nr);
	if (s->end.link)
		keep(s, all, FIRST + nr, gone);
}

void net_stream_ready(struct net_end *end, uint32_t events)
{
	struct net_stream *s = of(end);

	s->is_drained = false;
	s->has_hung_up |= events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP);
	if (s->has_hung_up)
		lose_link(s, GONE);
	else if (end->full)
		net_stream_flush(end);
}
