/*
 * --net hub[=NAME]: a switch between the guests of one command line, in the
 * memory of kvm-vmm. Each port has an inbox; who sends puts frames into those of
 * others, with their headers, and rings only where nobody is at work:
 *
 *   card -> send() -> inbox of the port that has the address -> next() -> card
 *                  -> all others', while no port is known to have it
 *
 * A sender waits for room as long as the other end empties its inbox. It does not
 * wait for a guest that takes nothing: what is for that one is lost then.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net.h"
#include "util/event.h"
#include "util/lock.h"
#include "util/log.h"

#define INBOX_SIZE (512 << 10)
#define ALIGNMENT  16
#define PLACES	   256 /* addresses that are remembered */
#define MULTICAST  0x01
#define WHOLE(len)                                                    \
	((uint32_t)((sizeof(struct letter) + (len) + ALIGNMENT - 1) & \
		    ~(ALIGNMENT - 1)))
#define LARGEST WHOLE(NET_FRAME_MAX)
#define SENDERS 4 /* for which there is room at once */

/* In an inbox, before a frame; 0 bytes: the next one is at its beginning. */
struct letter {
	uint32_t len;
	struct net_header header;
};

struct port {
	struct net_end end; /* first; its fd is the bell, an eventfd */
	struct hub *hub;
	struct port *next;
	uint8_t *inbox;
	/* Bytes put in, by who has the hub's lock; and taken out, by the port's
	 * own thread. They only grow. */
	atomic_uint in, out;
	atomic_bool sleeps; /* until the bell rings */
	atomic_bool stuck;  /* its guest takes nothing just now */
	atomic_bool left;   /* or never will again */
	atomic_bool wanted; /* somebody waits for room */
};

/* Where an address was seen last. */
struct place {
	uint8_t mac[NET_MAC_LEN];
	struct port *port;
};

struct hub {
	char *name;
	struct hub *next;
	struct lock lock; /* of all that follows */
	struct port *ports;
	unsigned int nr_ports;
	struct place places[PLACES];
};

/* Ports are made, and go, on the main thread alone. */
static struct hub *hubs;

static const struct net hub_end;

static uint32_t room(const struct port *port)
{
	return INBOX_SIZE - (atomic_load(&port->in) - atomic_load(&port->out));
}

static struct letter *letter_at(const struct port *port, uint32_t at)
{
	return (struct letter *)(port->inbox + at % INBOX_SIZE);
}

/* Where the next @size bytes go in one piece, in front of which the end of the
 * inbox may have to be left out. False: there is no room. */
static bool find_room(struct port *port, uint32_t size, uint32_t *at)
{
	uint32_t rest;

	*at = atomic_load(&port->in);
	rest = INBOX_SIZE - *at % INBOX_SIZE;
	if (rest >= size)
		return room(port) >= size;
	if (room(port) < rest + size)
		return false;
	letter_at(port, *at)->len = 0;
	*at += rest;
	return true;
}

static void put(struct port *port, const struct net_header *header,
		const struct iovec *iov, unsigned int nr, size_t len)
{
	struct letter *letter;
	uint8_t *data;
	uint32_t at;

	if (!find_room(port, WHOLE(len), &at))
		return;
	letter = letter_at(port, at);
	*letter = (struct letter){ len, *header };
	data = (uint8_t *)(letter + 1);
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(data, iov[i].iov_base, iov[i].iov_len);
		data += iov[i].iov_len;
	}
	atomic_store(&port->in, at + WHOLE(len));
	if (atomic_exchange(&port->sleeps, false))
		event_notify(port->end.fd);
}

static struct place *place_of(struct hub *hub, const uint8_t *mac)
{
	return &hub->places[(mac[3] ^ mac[4] * 31 ^ mac[5]) % PLACES];
}

static void learn(struct port *port, const uint8_t *mac)
{
	struct place *place = place_of(port->hub, mac);

	if (mac[0] & MULTICAST)
		return;
	memcpy(place->mac, mac, NET_MAC_LEN);
	place->port = port;
}

/* The port that has the address @mac; NULL: all but one's own may. */
static struct port *find_port(struct hub *hub, const uint8_t *mac)
{
	const struct place *place = place_of(hub, mac);

	return memcmp(place->mac, mac, NET_MAC_LEN) ? NULL : place->port;
}

/* Room for a frame of everybody else's, as two may have seen the same, and for what
 * is left out at the end. */
static bool has_room(const struct port *to)
{
	const unsigned int others = to->hub->nr_ports - 1;
	const unsigned int senders = others < SENDERS ? others : SENDERS;

	return room(to) >= (senders + 1) * LARGEST;
}

/* Whether the next frame to @to might not fit, and it is worth waiting. The
 * receiver looks the other way round: first room, then `wanted`. */
static bool is_full(struct port *to)
{
	if (has_room(to))
		return false;
	atomic_store(&to->wanted, true);
	return !has_room(to) && !atomic_load(&to->stuck) &&
	       !atomic_load(&to->left);
}

/* The first @len bytes of what is at @iov. */
static bool peek(const struct iovec *iov, unsigned int nr, uint8_t *buf,
		 size_t len)
{
	for (unsigned int i = 0; i < nr && len; i++) {
		size_t n = iov[i].iov_len < len ? iov[i].iov_len : len;

		memcpy(buf, iov[i].iov_base, n);
		buf += n;
		len -= n;
	}
	return !len;
}

static void hub_send(struct net_end *end, const struct net_header *header,
		     const struct iovec *iov, unsigned int nr, size_t len)
{
	struct port *port = (struct port *)end;
	struct hub *hub = port->hub;
	uint8_t macs[2 * NET_MAC_LEN];
	struct port *to;

	if (!peek(iov, nr, macs, sizeof(macs)))
		return;
	lock_take(&hub->lock);
	learn(port, macs + NET_MAC_LEN);
	to = find_port(hub, macs);
	for (struct port *p = hub->ports; p; p = p->next) {
		if (p == port || (to && p != to))
			continue;
		put(p, header, iov, nr, len);
		end->full |= is_full(p);
	}
	lock_give(&hub->lock);
}

/* Whoever waits for room looks again. */
static void ring_all(struct port *port)
{
	struct hub *hub = port->hub;

	if (!atomic_exchange(&port->wanted, false))
		return;
	lock_take(&hub->lock);
	for (struct port *p = hub->ports; p; p = p->next)
		if (p != port)
			event_notify(p->end.fd);
	lock_give(&hub->lock);
}

static void hub_ready(struct net_end *end, uint32_t events)
{
	(void)events;
	end->full = false;
}

/* The letter that is next; NULL: none. */
static struct letter *find_letter(struct port *port)
{
	uint32_t at = atomic_load(&port->out);
	struct letter *letter = letter_at(port, at);

	if (at == atomic_load(&port->in))
		return NULL;
	if (letter->len)
		return letter;
	atomic_store(&port->out, at + INBOX_SIZE - at % INBOX_SIZE);
	return letter_at(port, 0);
}

static bool hub_next(struct net_end *end, struct net_frame *frame)
{
	struct port *port = (struct port *)end;
	struct letter *letter = find_letter(port);

	if (!letter) {
		atomic_store(&port->sleeps, true);
		letter = find_letter(port);
	}
	if (!letter)
		return false;
	atomic_store(&port->sleeps, false);
	*frame = (struct net_frame){ letter->header, (uint8_t *)(letter + 1),
				     letter->len };
	return true;
}

static void hub_done(struct net_end *end)
{
	struct port *port = (struct port *)end;
	uint32_t at = atomic_load(&port->out);

	atomic_store(&port->out, at + WHOLE(letter_at(port, at)->len));
	if (room(port) > INBOX_SIZE / 4 * 3)
		ring_all(port);
}

static void hub_stuck(struct net_end *end, bool stuck)
{
	struct port *port = (struct port *)end;

	atomic_store(&port->stuck, stuck);
	if (stuck)
		ring_all(port);
}

static void hub_leave(struct net_end *end)
{
	struct port *port = (struct port *)end;

	atomic_store(&port->left, true);
	ring_all(port);
}

static struct hub *find_hub(const char *name)
{
	struct hub *hub = hubs;

	while (hub && strcmp(hub->name, name) != 0)
		hub = hub->next;
	if (hub)
		return hub;
	hub = calloc(1, sizeof(*hub));
	if (!hub)
		return NULL;
	hub->name = strdup(name);
	if (!hub->name) {
		free(hub);
		return NULL;
	}
	hub->next = hubs;
	hubs = hub;
	return hub;
}

static void remove_hub(struct hub *hub)
{
	struct hub **at = &hubs;

	while (*at != hub)
		at = &(*at)->next;
	*at = hub->next;
	free(hub->name);
	free(hub);
}

static void join_hub(struct port *port, struct hub *hub)
{
	lock_take(&hub->lock);
	port->hub = hub;
	port->next = hub->ports;
	hub->ports = port;
	hub->nr_ports++;
	lock_give(&hub->lock);
}

static void leave_hub(struct port *port)
{
	struct hub *hub = port->hub;
	struct port **at = &hub->ports;

	lock_take(&hub->lock);
	while (*at != port)
		at = &(*at)->next;
	*at = port->next;
	hub->nr_ports--;
	for (unsigned int i = 0; i < PLACES; i++)
		if (hub->places[i].port == port)
			hub->places[i].port = NULL;
	lock_give(&hub->lock);
	if (!hub->ports)
		remove_hub(hub);
}

static void free_port(struct port *port)
{
	if (port->end.fd >= 0)
		close(port->end.fd);
	free(port->inbox);
	free(port);
}

static struct net_end *hub_open(const char *arg)
{
	struct port *port = calloc(1, sizeof(*port));
	struct hub *hub;

	if (!port)
		return NULL;
	if (arg && strpbrk(arg, ",=")) {
		log_error(
			"--net hub=%s: give a name, without commas and equals "
			"signs, that the other guests give, too; or none",
			arg);
		free(port);
		return NULL;
	}
	port->end = (struct net_end){ .net = &hub_end,
				      .fd = event_fd(),
				      .events = EPOLLIN,
				      .link = true,
				      .takes_headers = true };
	port->inbox = malloc(INBOX_SIZE);
	atomic_init(&port->stuck, true);
	hub = port->inbox && port->end.fd >= 0 ? find_hub(arg ? arg : "") :
						 NULL;
	if (!hub) {
		log_error("--net hub: %s", strerror(ENOMEM));
		free_port(port);
		return NULL;
	}
	join_hub(port, hub);
	return &port->end;
}

static void hub_close(struct net_end *end)
{
	struct port *port = (struct port *)end;

	leave_hub(port);
	free_port(port);
}

static const struct net hub_end = {
	.name = "hub",
	.arg = "[=NAME]",
	.what = "other guests of this command line",
	.open = hub_open,
	.open_copy = hub_open, /* where none of the others is */
	.ready = hub_ready,
	.next = hub_next,
	.done = hub_done,
	.send = hub_send,
	.stuck = hub_stuck,
	.leave = hub_leave,
	.close = hub_close,
};

NET(hub_end);
