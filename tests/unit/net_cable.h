/*
 * A network card over the fake board, whose cable ends in a back end that the test
 * plays: what was sent, and what is to come.
 */
#ifndef MKVM_NET_CABLE_H
#define MKVM_NET_CABLE_H

#include "virtio_queues.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net.h"

enum { RX, TX };

#define HEADER 12

#define F_CSUM	     (1U << 0)
#define F_GUEST_CSUM (1U << 1)
#define F_MTU	     (1U << 3)
#define F_MAC	     (1U << 5)
#define F_GUEST_TSO4 (1U << 7)
#define F_HOST_TSO4  (1U << 11)
#define F_MERGE	     (1U << 15)
#define F_STATUS     (1U << 16)

/* What the back end was given, and what it has. */
static struct {
	struct net_end end;
	char arg[64];

	unsigned int nr_sent, flushes;
	struct net_header header;
	uint8_t sent[NET_FRAME_MAX];
	size_t sent_len;
	unsigned int full_after; /* so many more frames */

	struct net_frame waiting[4];
	unsigned int nr_waiting;
	unsigned int nr_taken;

	unsigned int accepted;
	bool stuck, has_left;
} cable;

static bool is_checked; /* of cards that are opened */
static uint8_t bytes[NET_FRAME_MAX];

static const struct net fake;

static struct net_end *fake_open(const char *arg)
{
	snprintf(cable.arg, sizeof(cable.arg), "%s", arg ? arg : "(none)");
	cable.end.net = &fake;
	cable.end.fd = event_fd();
	cable.end.events = EPOLLIN;
	return &cable.end;
}

static void fake_ready(struct net_end *end, uint32_t events)
{
	(void)events;
	end->full = false;
}

static bool fake_next(struct net_end *end, struct net_frame *frame)
{
	(void)end;
	if (!cable.nr_waiting)
		return false;
	*frame = cable.waiting[0];
	return true;
}

static void fake_done(struct net_end *end)
{
	(void)end;
	assert_true(cable.nr_waiting);
	cable.nr_waiting--;
	cable.nr_taken++;
	memmove(cable.waiting, cable.waiting + 1,
		cable.nr_waiting * sizeof(cable.waiting[0]));
}

static void fake_send(struct net_end *end, const struct net_header *header,
		      const struct iovec *iov, unsigned int nr, size_t len)
{
	assert_false(end->full);
	cable.nr_sent++;
	cable.header = *header;
	cable.sent_len = 0;
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(cable.sent + cable.sent_len, iov[i].iov_base,
		       iov[i].iov_len);
		cable.sent_len += iov[i].iov_len;
	}
	assert_int_equal(cable.sent_len, len);
	if (cable.full_after && !--cable.full_after)
		end->full = true;
}

static void fake_flush(struct net_end *end)
{
	(void)end;
	cable.flushes++;
}

static void fake_accept(struct net_end *end, unsigned int offloads)
{
	(void)end;
	cable.accepted = offloads;
}

static void fake_stuck(struct net_end *end, bool stuck)
{
	(void)end;
	cable.stuck = stuck;
}

static void fake_leave(struct net_end *end)
{
	(void)end;
	cable.has_left = true;
}

static void fake_close(struct net_end *end)
{
	close(end->fd);
}

static const struct net fake = {
	.name = "fake",
	.arg = "",
	.what = "",
	.open = fake_open,
	.ready = fake_ready,
	.next = fake_next,
	.done = fake_done,
	.send = fake_send,
	.flush = fake_flush,
	.accept = fake_accept,
	.stuck = fake_stuck,
	.leave = fake_leave,
	.close = fake_close,
};

NET(fake);

/* A card over @transport whose cable's other end passes headers on if @headers. */
static inline void open_card_over(const char *transport, const char *arg,
				  bool headers)
{
	memset(w, 0, sizeof(*w));
	memset(&cable, 0, sizeof(cable));
	cable.end.link = true;
	cable.end.takes_headers = headers;
	cable.end.is_checked = is_checked;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7 + (i >> 8);
	open_over(transport, arg);
}

static inline void open_card(const char *arg, bool headers)
{
	open_card_over("pci", arg, headers);
}

/* Something has happened at the other end. */
static inline void ring(void)
{
	event_notify(cable.end.fd);
	assert_true(fake_work(&w->board));
}

static inline void kick_card(unsigned int q)
{
	kick_queue(q);
	fake_work(&w->board);
}

static inline void come(struct net_header header, size_t len)
{
	cable.waiting[cable.nr_waiting++] =
		(struct net_frame){ header, bytes, len };
}

static const struct net_header plain;

/* The guest sends @len bytes of a frame behind @header, at descriptor @i. */
static inline void send_frame(struct net_header header, unsigned int i,
			      size_t len)
{
	memset(w->ram + DATA, 0, HEADER);
	memcpy(w->ram + DATA, &header, sizeof(header));
	memcpy(w->ram + DATA + HEADER, bytes, len);
	give(TX, i, DATA, HEADER + len, 0);
	kick_card(TX);
}

#endif
