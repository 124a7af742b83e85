/*
 * The peer at a stream socket. What it does not take at once is kept here, up to
 * a limit, and the host's sockets are not read meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "backends/net/frames.h"
#include "backends/net/peer.h"

#define IN_ROOM	 (4 * (FRAME_HEAD + FRAME_MAX))
#define OUT_ROOM (4 * (FRAME_HEAD + FRAME_MAX))
#define OUT_MUCH (OUT_ROOM / 2)
#define BATCH	 2048 /* of small frames go before a long one */

static struct stream {
	int fd;
	struct frames in;
	size_t out_end; /* in @out: what the peer has not taken yet */
	bool gone;
	uint8_t in_data[IN_ROOM],
		out[OUT_ROOM + 8]; /* who copies by words writes more */
} stream;

/* The parts that the kernel takes now; the rest of them, if it is not all, goes
 * to the end of @s->out, where there is room. */
static void write_out(struct stream *s, struct iovec *iov, int nr)
{
	ssize_t done = writev(s->fd, iov, nr);

	if (done < 0) {
		s->gone |= errno != EAGAIN && errno != EINTR;
		done = 0;
	}
	for (int i = 0; i < nr; i++) {
		size_t part = (size_t)done < iov[i].iov_len ? (size_t)done :
							      iov[i].iov_len;

		done -= part;
		memmove(s->out + s->out_end, (uint8_t *)iov[i].iov_base + part,
			iov[i].iov_len - part);
		s->out_end += iov[i].iov_len - part;
	}
}

static bool has_room(const struct stream *s, size_t len)
{
	return !s->gone && len <= FRAME_MAX &&
	       OUT_ROOM - s->out_end >= FRAME_HEAD + len;
}

static uint8_t *stream_reserve(size_t len)
{
	struct stream *s = &stream;

	return has_room(s, len) ? s->out + s->out_end + FRAME_HEAD : NULL;
}

static void stream_commit(size_t len)
{
	frames_put_head(stream.out + stream.out_end, len);
	stream.out_end += FRAME_HEAD + len;
}

static void stream_flush(void)
{
	struct stream *s = &stream;
	struct iovec iov = { s->out, s->out_end };

	s->out_end = 0;
	if (iov.iov_len)
		write_out(s, &iov, 1);
}

static bool stream_send(const void *frame, size_t len)
{
	struct stream *s = &stream;
	uint8_t head[FRAME_HEAD];
	struct iovec iov[] = { { s->out, s->out_end },
			       { head, FRAME_HEAD },
			       { (void *)frame, len } };

	if (s->out_end > BATCH || !has_room(s, len))
		return false;
	frames_put_head(head, len);
	s->out_end = 0;
	write_out(s, iov, 3);
	return true;
}

static bool stream_is_behind(void)
{
	return stream.out_end >= OUT_MUCH;
}

static unsigned int stream_wait(struct pollfd *polled, bool *now)
{
	struct stream *s = &stream;

	*now = false;
	polled[0] = (struct pollfd){ .fd = s->fd, .events = POLLIN };
	if (s->out_end)
		polled[0].events |= POLLOUT;
	return 1;
}

static enum peer_state stream_receive(const struct pollfd *polled,
				      void (*take)(uint8_t *frame, size_t len))
{
	struct stream *s = &stream;
	enum frames_found found;
	uint8_t *frame;
	ssize_t n;
	size_t len;

	if (polled->revents & POLLOUT)
		stream_flush();
	if (!(polled->revents & ~POLLOUT))
		return s->gone ? PEER_GONE : PEER_THERE;
	frames_make_room(&s->in);
	n = recv(s->fd, s->in.data + s->in.end, s->in.room - s->in.end, 0);
	if (n <= 0)
		return n && (errno == EAGAIN || errno == EINTR) ? PEER_THERE :
								  PEER_GONE;
	s->in.end += n;
	while ((found = frames_next(&s->in, &frame, &len)) == FRAMES_FRAME)
		take(frame, len);
	return found == FRAMES_LIE ? PEER_LIES : PEER_THERE;
}

static const struct peer stream_peer = {
	.reserve = stream_reserve,
	.commit = stream_commit,
	.send = stream_send,
	.flush = stream_flush,
	.is_behind = stream_is_behind,
	.wait = stream_wait,
	.receive = stream_receive,
};

const struct peer *peer_stream(int fd)
{
	stream.fd = fd;
	stream.in.data = stream.in_data;
	stream.in.room = IN_ROOM;
	return fcntl(fd, F_SETFL, O_NONBLOCK) ? NULL : &stream_peer;
}
