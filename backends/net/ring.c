/* The peer in memory that is shared with it: util/net_ring.h. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/net_ring.h"
#include "backends/net/peer.h"
#include "backends/net/waiting.h"

#define BACKLOG (4u << 20) /* bytes: what 64 connections have under way */

enum { TOLD, CLOSED }; /* what is waited for: the eventfd, the socket */

static struct ring {
	struct net_lane in, out;
	int fd, bell;
} ring;

static bool waiting; /* what was reserved is in the backlog */

/* What found no room yet waits here, a length of 8 bytes before each frame. */
static struct backlog {
	size_t at, end;
	uint64_t data[BACKLOG / 8];
} backlog;

static uint64_t *place(size_t at)
{
	return &backlog.data[at / 8];
}

static size_t whole(size_t len)
{
	return 8 + ((len + 7) & ~(size_t)7);
}

/* As much of what waits as there is room for. */
static void drain(void)
{
	struct backlog *b = &backlog;

	while (b->at < b->end) {
		size_t len = *place(b->at);
		uint8_t *frame = net_lane_reserve(&ring.out, len);

		if (!frame)
			return;
		memcpy(frame, place(b->at + 8), len);
		net_lane_commit(&ring.out, len);
		b->at += whole(len);
	}
	b->at = b->end = 0;
}

static uint8_t *ring_reserve(size_t len)
{
	struct backlog *b = &backlog;
	uint8_t *frame = NULL;

	if (len > NET_RING_FRAME)
		return NULL;
	if (!b->end)
		frame = net_lane_reserve(&ring.out, len);
	if (frame)
		return frame;
	if (BACKLOG - b->end < whole(len))
		return NULL;
	waiting = true;
	return (uint8_t *)place(b->end + 8);
}

static void ring_commit(size_t len)
{
	if (!waiting) {
		net_lane_commit(&ring.out, len);
		return;
	}
	*place(backlog.end) = len;
	backlog.end += whole(len);
	waiting = false;
}

static void ring_flush(void)
{
	net_lane_tell(&ring.out);
}

static bool ring_is_behind(void)
{
	if (backlog.end) {
		drain();
		net_lane_tell(&ring.out);
	}
	return (backlog.end || net_lane_used(&ring.out) > NET_RING_LANE / 2) &&
	       net_lane_wait_room(&ring.out);
}

static unsigned int ring_wait(struct pollfd *polled, bool *now)
{
	polled[TOLD] =
		(struct pollfd){ .fd = ring.bell, .events = WAITING_RUNG };
	polled[CLOSED] = (struct pollfd){ .fd = ring.fd };
	*now = !net_lane_sleep(&ring.in);
	return 2;
}

static enum peer_state ring_receive(const struct pollfd *polled,
				    void (*take)(uint8_t *frame, size_t len))
{
	enum net_lane_found found;
	uint8_t *frame;
	uint32_t len;

	net_lane_awake(&ring.in);
	if (polled[CLOSED].revents)
		return PEER_GONE;
	while ((found = net_lane_next(&ring.in, &frame, &len)) ==
	       NET_LANE_FRAME) {
		take(frame, len);
		net_lane_done(&ring.in);
	}
	net_lane_make_room(&ring.in);
	return found == NET_LANE_LIE ? PEER_LIES : PEER_THERE;
}

static const struct peer ring_peer = {
	.reserve = ring_reserve,
	.commit = ring_commit,
	.flush = ring_flush,
	.is_behind = ring_is_behind,
	.wait = ring_wait,
	.receive = ring_receive,
};

const struct peer *peer_ring(int fd, int memory, int mine, int theirs)
{
	struct net_ring *shared;
	struct stat st;

	if (fstat(memory, &st) || (size_t)st.st_size < sizeof(*shared))
		return NULL;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      memory, 0);
	if (shared == MAP_FAILED)
		return NULL;
	close(memory);
	net_lane_init(&ring.in, shared, NET_LANE_FROM_GUEST, theirs);
	net_lane_init(&ring.out, shared, NET_LANE_TO_GUEST, theirs);
	ring.fd = fd;
	ring.bell = mine;
	return &ring_peer;
}
