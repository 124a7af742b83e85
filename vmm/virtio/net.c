/*
 * The network card, after VIRTIO 1.1, "Network Device": one queue of buffers for
 * what comes, one of frames that go, and what is at the other end of the cable is
 * a back end's business (include/net.h).
 *
 * A frame that finds no buffer waits in the back end, and so mostly in a socket of
 * the host's kernel: nothing is lost here, and the sender feels it.
 *
 * Left out: several pairs of queues, and the control queue with its filters: a
 * guest gets every frame that comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "device.h"
#include "net.h"
#include "saved.h"
#include "virtio.h"
#include "virtio/net_card.h"
#include "virtio/net_fill.h"
#include "virtio/net_offload.h"
#include "worker.h"

#define F(bit) (UINT64_C(1) << (bit))
enum {
	F_CSUM = 0,
	F_GUEST_CSUM = 1,
	F_MTU = 3,
	F_MAC = 5,
	F_GUEST_TSO4 = 7,
	F_GUEST_TSO6 = 8,
	F_GUEST_ECN = 9,
	F_HOST_TSO4 = 11,
	F_HOST_TSO6 = 12,
	F_HOST_ECN = 13,
	F_STATUS = 16,
};
#define F_SENDS	   (F(F_CSUM) | F(F_HOST_TSO4) | F(F_HOST_TSO6) | F(F_HOST_ECN))
#define F_RECEIVES (F(F_GUEST_TSO4) | F(F_GUEST_TSO6) | F(F_GUEST_ECN))

enum { RX, TX, NR_QUEUES };

#define TURN 64 /* frames until others may have the device */

/* How long a guest that goes on has no link, from where its driver knows of it: what
 * looks only now and then is to notice that it was away, and asks for an address
 * again. Who is not told has it that long from the beginning. */
#define PULLED_NS 200000000

/* Configuration space */
struct config {
	uint8_t mac[NET_MAC_LEN];
	uint16_t status, max_pairs, mtu;
};
#define STATUS_AT offsetof(struct config, status)
#define LINK_UP	  0x1

struct card {
	struct board *board;
	struct virtio *virtio;
	struct net_end *end;
	struct event_source cable; /* what is watched of it: fd -1 nothing */
	struct event_source lifeline;
	uint32_t events;	   /* for what */
	unsigned int sends, takes; /* enum net_offload: what the guest does */
	bool is_pulled; /* the cable, for a moment: see card_go_on() */
	bool is_unseen; /* that there is no link; until it is, there is none */

	/* The frame that goes to the guest next, while one is there; of one that
	 * has to be cut, the segment, which needs memory. */
	bool has_frame;
	struct net_frame frame;
	unsigned int segment;
	uint8_t *cut;
};

static unsigned int offloads(const struct card *c, unsigned int csum,
			     unsigned int tcp4, unsigned int tcp6,
			     unsigned int ecn)
{
	return (virtio_has(c->virtio, F(csum)) ? NET_TAKES_CSUM : 0) |
	       (virtio_has(c->virtio, F(tcp4)) ? NET_TAKES_TCP4 : 0) |
	       (virtio_has(c->virtio, F(tcp6)) ? NET_TAKES_TCP6 : 0) |
	       (virtio_has(c->virtio, F(ecn)) ? NET_TAKES_ECN : 0);
}

/* --- What goes --- */

/* Takes @len bytes off the front of the pieces at @iov; how many are left. */
static unsigned int take_front(struct iovec **iov, unsigned int nr, void *buf,
			       size_t len)
{
	uint8_t *to = buf;

	while (nr && len) {
		size_t n = (*iov)->iov_len < len ? (*iov)->iov_len : len;

		memcpy(to, (*iov)->iov_base, n);
		to += n;
		len -= n;
		(*iov)->iov_base = (uint8_t *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
		if (!(*iov)->iov_len) {
			++*iov;
			nr--;
		}
	}
	return nr;
}

/* What was not asked for is nobody's to see. */
static void tidy(struct net_header *h, size_t len)
{
	h->flags &= NET_NEEDS_CSUM;
	if (!h->flags)
		h->csum_start = h->csum_offset = 0;
	if (!h->gso_type)
		h->gso_size = 0;
	if (h->hdr_len > len)
		h->hdr_len = 0;
}

static void send_frame(struct card *c, struct virtio_chain *chain)
{
	const size_t all = net_sum_lengths(chain->iov, chain->nr_out);
	struct iovec *iov = chain->iov;
	uint8_t bytes[NET_HEADER_SIZE];
	struct net_header header;
	unsigned int nr;

	if (all < NET_HEADER_SIZE + NET_FRAME_MIN ||
	    all > NET_HEADER_SIZE + NET_FRAME_MAX) {
		board_oddity(c->board, "a frame of no frame's length", all);
		return;
	}
	nr = take_front(&iov, chain->nr_out, bytes, NET_HEADER_SIZE);
	memcpy(&header, bytes, sizeof(header));
	tidy(&header, all - NET_HEADER_SIZE);
	if (!offload_is_right(&header, all - NET_HEADER_SIZE) ||
	    offload_wants(&header) & ~c->sends) {
		board_oddity(c->board, "a frame whose header cannot be",
			     header.gso_type);
		return;
	}
	c->end->net->send(c->end, &header, iov, nr, all - NET_HEADER_SIZE);
}

static void transmit(struct card *c)
{
	struct virtio_chain chain;

	if (!queue_is_on(c->virtio, TX))
		return;
	while (!c->end->full && queue_next(c->virtio, TX, &chain)) {
		send_frame(c, &chain);
		queue_done(c->virtio, TX, &chain, 0);
	}
	if (c->end->net->flush)
		c->end->net->flush(c->end);
	queue_tell(c->virtio, TX);
}

/* --- What comes --- */

static const struct net_header checked = { .flags = NET_DATA_VALID };
static const struct net_header unchecked;

/* Segment by segment, from where it stopped. False: no more buffers. */
static bool place_cut(struct card *c)
{
	const struct net_header *header =
		c->takes & NET_TAKES_CSUM ? &checked : &unchecked;
	size_t len;

	if (!c->cut)
		c->cut = malloc(NET_FRAME_MAX);
	while (c->cut && (len = offload_cut(&c->frame, c->segment, c->cut))) {
		if (!fill_buffers(c->virtio, RX, header, c->cut, len))
			return false;
		c->segment++;
	}
	return true;
}

/* As it is, if the guest takes it so. */
static bool deliver(struct card *c)
{
	const unsigned int wants = offload_wants(&c->frame.header) & ~c->takes;
	struct net_header header;

	if (wants & ~NET_TAKES_CSUM)
		return place_cut(c);
	if (wants)
		offload_complete(&c->frame);
	header = c->frame.header;
	if (c->end->is_checked && c->takes & NET_TAKES_CSUM)
		header.flags |= NET_DATA_VALID;
	return fill_buffers(c->virtio, RX, &header, c->frame.data,
			    c->frame.len);
}

static bool find_frame(struct card *c)
{
	while (!c->has_frame && c->end->net->next(c->end, &c->frame)) {
		c->has_frame = offload_is_right(&c->frame.header, c->frame.len);
		c->segment = 0;
		if (!c->has_frame)
			c->end->net->done(c->end);
	}
	return c->has_frame;
}

static void set_stuck(struct card *c, bool stuck)
{
	if (c->end->net->stuck)
		c->end->net->stuck(c->end, stuck);
}

/* As many as there are buffers for. The guest may be anywhere between the turns,
 * also in a reset. */
static void receive(struct card *c)
{
	unsigned int nr = 0;

	while (queue_is_on(c->virtio, RX) && find_frame(c)) {
		if (!deliver(c)) {
			set_stuck(c, true);
			break;
		}
		c->has_frame = false;
		c->end->net->done(c->end);
		if (++nr % TURN)
			continue;
		queue_tell(c->virtio, RX);
		board_let_go(c->board);
		board_take_back(c->board);
	}
	queue_tell(c->virtio, RX);
}

/* --- The cable --- */

static bool shows_link(const struct card *c)
{
	return virtio_config(c->virtio)[STATUS_AT] & LINK_UP;
}

/*
 * Down and up before the guest has looked is no change at all to it. So a driver that
 * is told of changes has all the time it needs: however slow or paused it is, to who
 * has not read the status nothing can be late. One that is not told, or has no use
 * for a status, may read it once in its life, and is not waited for.
 */
static void await_look(struct card *c)
{
	c->is_unseen = virtio_has(c->virtio, F(F_STATUS)) &&
		       virtio_hear_reads(c->virtio, true);
}

/* The order counts: first reads are heard, then there is something to be seen. */
static void show_link(struct card *c)
{
	uint16_t status = 0;

	if (!c->end->link && shows_link(c) && !c->is_unseen)
		await_look(c);
	if (c->end->link && !c->is_pulled && !c->is_unseen)
		status = LINK_UP;
	virtio_set_config(c->virtio, STATUS_AT, &status, sizeof(status));
}

/* It is known that there is no link, or nobody is waited for. */
static void come_back(struct card *c)
{
	c->is_unseen = false;
	virtio_hear_reads(c->virtio, false);
	if (c->is_pulled)
		board_timer(c->board, board_now_ns(c->board) + PULLED_NS);
	show_link(c);
}

static void card_config_read(void *dev, unsigned int off, unsigned int size)
{
	struct card *c = dev;

	if (off < STATUS_AT + sizeof(uint16_t) && off + size > STATUS_AT)
		come_back(c);
}

/* Waits for what the back end waits for now. */
static void watch(struct card *c)
{
	const uint32_t events = c->end->events | EPOLLET;

	if (c->lifeline.fd < 0 && c->end->lifeline) {
		c->lifeline.fd = c->end->lifeline;
		if (board_watch(c->board, 0, &c->lifeline, EPOLLET))
			virtio_break(c->virtio, "no thread to serve it", 0);
	}
	if (c->cable.fd != c->end->fd) {
		if (c->cable.fd >= 0)
			board_unwatch(c->board, 0, &c->cable);
		c->cable.fd = c->end->fd;
		c->events = 0;
	}
	if (c->cable.fd < 0 || events == c->events)
		return;
	c->events = events;
	if (board_watch(c->board, 0, &c->cable, events))
		virtio_break(c->virtio, "no thread to serve it", 0);
}

static void on_cable(void *arg, uint32_t events)
{
	struct card *c = arg;

	c->end->net->ready(c->end, events);
	receive(c);
	transmit(c);
	show_link(c);
	watch(c);
}

static void card_kick(void *dev, unsigned int queue)
{
	struct card *c = dev;

	if (queue == RX) {
		set_stuck(c, false);
		receive(c);
	} else {
		transmit(c);
	}
	show_link(c);
	watch(c);
}

static void card_ready(void *dev)
{
	struct card *c = dev;

	c->sends = offloads(c, F_CSUM, F_HOST_TSO4, F_HOST_TSO6, F_HOST_ECN);
	c->takes = offloads(c, F_GUEST_CSUM, F_GUEST_TSO4, F_GUEST_TSO6,
			    F_GUEST_ECN);
	if (c->end->net->accept)
		c->end->net->accept(c->end, c->takes);
	set_stuck(c, false);
	watch(c);
}

static void card_reset(void *dev)
{
	struct card *c = dev;

	set_stuck(c, true);
	c->sends = c->takes = 0;
	come_back(c); /* who begins anew has no address */
}

static void card_abort(void *dev)
{
	struct card *c = dev;

	if (c->end->net->leave)
		c->end->net->leave(c->end);
}

static void card_release(void *dev)
{
	struct card *c = dev;

	free(c->cut);
	c->end->net->close(c->end);
}

static void card_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct card *c = dev;
	const struct net_card *card = virtio_given(virtio);
	struct config config = { .max_pairs = 1, .mtu = card->mtu };

	c->board = board;
	c->virtio = virtio;
	c->end = card->end;
	c->cable = (struct event_source){ -1, on_cable, c };
	c->lifeline = (struct event_source){ -1, on_cable, c };
	memcpy(config.mac, card->mac, NET_MAC_LEN);
	if (!card->has_mac)
		config.mac[NET_MAC_LEN - 2] = board_guest_id(board);
	virtio_set_config(virtio, 0, &config, sizeof(config));
	show_link(c);
	if (card->mtu)
		virtio_offer(virtio, F(F_MTU));
	if (c->end->takes_headers)
		virtio_offer(virtio, F_SENDS | F_RECEIVES);
	if (c->end->takes_headers || c->end->is_checked)
		virtio_offer(virtio, F(F_GUEST_CSUM));
}

/* What was on its way is lost, as it is on any network. */
static bool card_restored(void *dev, struct stash *in)
{
	struct card *c = dev;

	(void)in;
	if (virtio_has(c->virtio, F(F_MTU)))
		virtio_offer(c->virtio, F(F_MTU)); /* what it was told of */
	return true;
}

/* Two cards may be on one network. A driver sees the new address when it begins
 * anew. */
static void change_mac(struct card *c)
{
	uint8_t mac[NET_MAC_LEN];

	memcpy(mac, virtio_config(c->virtio), NET_MAC_LEN);
	net_mac_of_copy(mac, board_copy(c->board));
	virtio_set_config(c->virtio, 0, mac, NET_MAC_LEN);
}

/* At the other end somebody else is now, or the same who knows nothing any more. */
static void card_go_on(void *dev)
{
	struct card *c = dev;
	const bool showed = shows_link(c);

	c->is_pulled = true;
	await_look(c);
	show_link(c);
	if (!showed) /* it may have been seen before the guest was saved */
		virtio_tell_config(c->virtio);
	if (board_copy(c->board))
		change_mac(c);
	if (!c->is_unseen)
		come_back(c);
}

static void card_timer(void *dev)
{
	struct card *c = dev;

	c->is_pulled = false;
	show_link(c);
}

static void card_forget(const void *given)
{
	const struct net_card *card = given;

	card->end->net->close(card->end);
}

const struct virtio_type net_card = {
	.name = "virtio-net",
	.id = 1,
	.features = F(F_MAC) | F(F_STATUS) | NET_MERGES,
	.nr_queues = NR_QUEUES,
	.queue_size = VIRTIO_SIZE_MAX,
	.config_size = sizeof(struct config),
	.size = sizeof(struct card),
	.version = 1,
	.saved = sizeof(struct card),
	.restored = IF_ON(CONFIG_SNAPSHOT, card_restored),
	.go_on = IF_ON(CONFIG_SNAPSHOT, card_go_on),
	.timer = IF_ON(CONFIG_SNAPSHOT, card_timer),
	.workers = 1,
	.init = card_init,
	.ready = card_ready,
	.kick = card_kick,
	.config_read = card_config_read,
	.reset = card_reset,
	.abort = card_abort,
	.release = card_release,
	.forget = card_forget,
};
